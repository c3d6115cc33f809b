"""Replaying finds every receipt its message, and leaves alone what people have decided."""

import pytest

from messagestatus_server.domain.message import Channel, Name, Provider
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.refusals import RouteNotFound
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.route import Deadline, IdForm, Override
from messagestatus_server.domain.state import DeliveryState, Finality
from messagestatus_server.domain.vocabulary import Meaning
from messagestatus_server.service import replaying
from messagestatus_server.service.quarantine import Meant
from tests.domain.samples import NOON
from tests.service.review import Review, Told, changes_nothing
from tests.service.route import Line, event, settle
from tests.service.workbench import Workbench

S = DeliveryState
M = Name("m")
P1 = Registration("m", provider=Provider("twilio", "p1"))
HANDSET = "DELIVERED/DELIVERED_TO_HANDSET"
BAFFLED = Override("baffled", "", Meaning(S.DELIVERED, Finality.SOFT))


def test_orphans_find_their_messages_when_a_route_is_told_how_identifiers_are_written(
    inbox: Workbench, review: Review
) -> None:
    line = Line(inbox)
    inbox.register(Registration("m", provider=Provider("twilio", "P1")))
    line.post(event("p1"))
    assert review.replay() == Told(1, 1, 0, 0, 0, 0)
    assert len(review.parked()) == 1
    line.update(id_forms=frozenset({IdForm.CASE}))
    inbox.now += 2_000_000
    assert review.replay() == Told(1, 1, 0, 0, 1, 0)
    assert review.parked() == []
    assert inbox.message(M).standing.state is S.DELIVERED
    changes_nothing(review)


def test_orphans_find_their_messages_when_the_reference_turns_out_to_be_the_message_id(
    inbox: Workbench, review: Review
) -> None:
    line = Line(inbox, "infobip")
    inbox.register(Registration("m"))
    line.post(event(word=HANDSET, reference="m"), event(word="seen"))
    assert len(review.parked()) == 2
    line.update(reference_is_message_id=True)
    assert review.replay() == Told(1, 2, 0, 1, 1, 0)
    message = inbox.message(M)
    assert (message.standing.state, message.revision) == (S.READ, 3), "one of them teaches the other its name"
    changes_nothing(review)


def test_parked_receipts_that_are_replaced_are_found_under_their_new_name(
    inbox: Workbench, review: Review
) -> None:
    line = Line(inbox, "infobip")
    line.post(event(word=HANDSET, reference="m"))
    line.update(reference_is_message_id=True)
    assert review.replay() == Told(1, 1, 0, 1, 0, 0)
    changes_nothing(review)
    inbox.register(Registration("m"))
    assert inbox.message(M).standing.state is S.DELIVERED


def test_what_people_have_said_of_an_unknown_word_is_not_taken_back(
    inbox: Workbench, line: Line, review: Review
) -> None:
    """Until the word has a mapping: then that is what it means."""
    inbox.register(P1)
    line.post(event(word="baffled"))
    (waiting,) = review.waiting()
    inbox.run(review.quarantine.adopt(inbox.caller, "", waiting.item.quarantine_id, Meant(S.EXPIRED)))
    assert review.replay() == Told(1, 1, 0, 0, 0, 0)
    changes_nothing(review)
    assert inbox.message(M).standing.state is S.EXPIRED
    line.update(overrides=(BAFFLED,))
    assert review.replay() == Told(1, 1, 0, 1, 1, 0)
    assert inbox.message(M).standing.state is S.DELIVERED


def test_the_message_that_people_gave_a_receipt_to_keeps_it(inbox: Workbench, review: Review) -> None:
    line = Line(inbox, "infobip", reference_is_message_id=True)
    line.post(event(word="BAFFLED/ODD", reference="wrong"))
    inbox.register(Registration("m"))
    (key,) = review.parked()
    review.adopt(key, "m")
    changes_nothing(review)
    line.update(
        reference_is_message_id=True,
        overrides=(Override("BAFFLED/ODD", "", Meaning(S.DELIVERED, Finality.SOFT)),),
    )
    assert review.replay() == Told(1, 1, 0, 1, 1, 0)
    assert inbox.message(M).standing.state is S.DELIVERED
    inbox.register(Registration("wrong"))
    assert inbox.message(Name("wrong")).standing.state is S.QUEUED
    changes_nothing(review)


def test_a_message_that_was_deleted_comes_back_as_orphans(
    inbox: Workbench, line: Line, review: Review
) -> None:
    inbox.register(P1)
    line.post(event(word="baffled"))
    inbox.delete(M)
    assert inbox.select("SELECT count(*) FROM quarantine") == [(0,)]
    assert review.replay() == Told(1, 1, 1, 0, 0, 1)
    assert len(review.parked()) == len(review.waiting()) == 1
    changes_nothing(review)


def test_only_one_route_and_only_since_a_time(inbox: Workbench, line: Line, review: Review) -> None:
    other = Line(inbox, name="other", provider_name="infobip")
    line.post(event())
    inbox.now = NOON + 9
    line.post(event("p2"))
    other.post(event("p3", HANDSET))
    assert review.replay()[0] == 3
    assert review.replay(route="acme")[0] == 2
    assert review.replay(NOON + 9)[0] == 2
    assert review.replay(NOON + 9, "acme")[0] == 1
    assert review.replay(NOON + 10)[0] == 0
    with pytest.raises(RouteNotFound):
        review.replay(route="none")


def test_another_tenants_route_is_no_route(inbox: Workbench, review: Review) -> None:
    Line(inbox)
    settle(inbox, "strangers")
    with pytest.raises(RouteNotFound):
        review.replay(route="acme")
    assert review.replay() == Told(0, 0, 0, 0, 0, 0)


def test_what_was_never_verified_is_never_read(line: Line, review: Review) -> None:
    line.send(line.carrier.post(line.url, [event()]), headers={})
    assert len(line.kept()) == 1
    assert review.replay() == Told(0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(("part", "most"), [(1, 1_000), (2, 1_000), (7, 1_000), (200, 1), (200, 3)])
def test_parts_of_any_size_come_to_the_same(
    inbox: Workbench, review: Review, monkeypatch: pytest.MonkeyPatch, part: int, most: int
) -> None:
    """Also where all callbacks came at one time, and the last part is just full."""
    line = Line(inbox, "infobip")
    for number in range(7):
        inbox.now = NOON + number // 3
        line.post(event(f"p{number}", "BAFFLED/ODD"), event(f"q{number}", HANDSET))
    line.update(overrides=(Override("BAFFLED/ODD", "", Meaning(S.SENT, Finality.NONE)),))
    monkeypatch.setattr(replaying, "PART", part)
    monkeypatch.setattr(replaying, "MOST_RECEIPTS", most)
    assert review.replay() == Told(7, 14, 0, 7, 0, 0)
    changes_nothing(review)


def test_receipts_that_were_reported_are_mended_when_their_word_is_known(
    inbox: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No callback has them; they wait in quarantine themselves."""
    baffled = Receipt(
        message_id="m", provider=Provider("p", "", "BAFFLED"), vocabulary="ryze", occur_time=NOON
    )
    inbox.register(Registration("m"))
    inbox.report(baffled, baffled._replace(message_id="parked"))
    review = Review(inbox)
    assert review.replay() == Told(0, 2, 0, 0, 0, 2)
    words = {"BAFFLED": Meaning(S.DELIVERED, Finality.SOFT)}
    review = Review(inbox, review.lexicon.overridden("ryze", words))
    monkeypatch.setattr(replaying, "QUARANTINED_PART", 1)
    assert review.replay(NOON + 1) == Told(0, 0, 0, 0, 0, 0)
    assert review.replay() == Told(0, 2, 0, 2, 1, 0)
    assert inbox.message(M).standing.state is S.DELIVERED
    inbox.register(Registration("parked"))
    assert inbox.message(Name("parked")).standing.state is S.DELIVERED
    assert review.waiting() == []
    changes_nothing(review)


def test_receipts_whose_callback_is_forgotten_are_mended_all_the_same(
    inbox: Workbench, line: Line, review: Review
) -> None:
    inbox.register(P1)
    line.post(event(word="baffled"))
    tenant = inbox.caller.tenant
    inbox.run(inbox.store.write(lambda tx: tx.forget_callbacks(tenant, NOON + 1, 9)))
    line.update(overrides=(BAFFLED,))
    assert review.replay(route="acme") == Told(0, 0, 0, 1, 1, 0)
    assert inbox.message(M).standing.state is S.DELIVERED
    changes_nothing(review)


def test_a_fault_that_was_released_comes_back_while_it_cannot_be_read(
    inbox: Workbench, line: Line, review: Review
) -> None:
    """A word that was released stays so: its receipt is known, and has no meaning."""
    line.post(event(word=""))
    line.post(event(word="baffled"))
    waiting = [shown.item.quarantine_id for shown in review.waiting()]
    inbox.run(review.quarantine.drop(inbox.caller, "", waiting))
    review.replay()
    assert [shown.item.fault for shown in review.waiting()] == ["MessageStatus is missing"]
    changes_nothing(review)


@pytest.mark.parametrize(
    ("meaning", "state", "waits"),
    [
        (Meaning(S.DELIVERED, Finality.FINAL), S.DELIVERED, 0),
        (Meaning(S.SENT, Finality.FINAL), S.SENT, 0),
        (Meaning(S.SENT, Finality.NONE), S.UNKNOWN, 1),
    ],
)
def test_a_message_that_was_marked_as_stuck_waits_no_more_when_an_outcome_is_understood(
    inbox: Workbench, review: Review, meaning: Meaning, state: DeliveryState, waits: int
) -> None:
    deadlines = (Deadline(Channel.UNSPECIFIED, 1_000_000),)
    line = Line(inbox, deadlines=deadlines)
    inbox.register(P1)
    line.post(event(word="baffled"))
    inbox.now += 5_000_000
    inbox.run(inbox.timer.turn())
    assert inbox.message(M).standing.state is S.UNKNOWN
    line.update(deadlines=deadlines, overrides=(Override("baffled", "", meaning),))
    assert review.replay()[3] == 1
    assert inbox.message(M).standing.state is state
    assert inbox.select("SELECT count(*) FROM awaiting") == [(waits,)]
    changes_nothing(review)
