"""Replaying: what is understood better now is folded again, and doing it twice changes nothing."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from messagestatus_server.domain.message import Channel, Name, Provider
from messagestatus_server.domain.raw_callback import Verdict
from messagestatus_server.domain.receipt import Disposition, Receipt
from messagestatus_server.domain.refusals import RouteNotFound
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.route import Deadline, IdForm, Override
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.domain.vocabulary import Meaning
from messagestatus_server.providers.callback import Callback, Config, Malformed
from messagestatus_server.providers.callback import Told as Item
from messagestatus_server.providers.infobip import Infobip
from messagestatus_server.service import replaying
from messagestatus_server.service.quarantine import Meant
from tests.domain.samples import NOON
from tests.service.agreement import check_agreement, check_feed
from tests.service.review import Review, Told
from tests.service.route import Line, event, settle
from tests.service.workbench import Workbench

S = DeliveryState
M = Name("m")
P1 = Registration("m", provider=Provider("twilio", "p1"))
HANDSET = "DELIVERED/DELIVERED_TO_HANDSET"
BAFFLED = Override("baffled", "", Meaning(S.DELIVERED, Finality.SOFT))


@pytest.fixture
def inbox(bench: Workbench) -> Iterator[Workbench]:
    """A workbench that acts as a tenant with routes."""
    caller = bench.caller
    settle(bench)
    yield bench
    bench.caller = caller


@pytest.fixture
def review(inbox: Workbench) -> Review:
    return Review(inbox)


@pytest.fixture
def line(inbox: Workbench) -> Line:
    return Line(inbox)


def everything(bench: Workbench) -> list[Any]:
    """Return all that is kept, in whatever order it came."""
    tables = (
        "message",
        "recipient",
        "receipt",
        "quarantine",
        "repetition",
        "callback",
        "callback_tally",
        "change",
    )
    return [bench.select(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in tables]


def changes_nothing(review: Review) -> None:
    """Hold that another replay finds all as it must be."""
    before = everything(review.bench)
    told = review.replay()
    assert (told.added, told.mended, told.moved) == (0, 0, 0)
    assert everything(review.bench) == before
    check_agreement(review.bench)
    check_feed(review.bench)


def test_a_word_that_is_mapped_later_moves_its_message(inbox: Workbench, line: Line, review: Review) -> None:
    inbox.register(P1)
    line.post(event(word="baffled"))
    assert review.replay() == Told(1, 1, 0, 0, 0, 1)
    line.update(overrides=(BAFFLED,))
    assert review.replay() == Told(1, 1, 0, 1, 1, 0)
    message = inbox.message(M)
    assert (message.standing.state, message.revision) == (S.DELIVERED, 2)
    assert review.waiting() == []
    assert line.kept() == [(Verdict.TAKEN, "", 1, 0)]
    changes_nothing(review)


def test_an_adapter_that_fails_on_item_3_of_5_loses_nothing(
    inbox: Workbench, review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four receipts are folded, the answer is 2xx, and a mended adapter finds the third one kept."""
    line = Line(inbox, "infobip")
    names = [f"p{number}" for number in range(1, 6)]
    inbox.register(*(Registration(f"m{name}", provider=Provider("infobip", name)) for name in names))
    read = Infobip.read

    def failing(self: Infobip, item: Any, callback: Callback, config: Config) -> Item | None:
        if item["messageId"] == "p3":
            raise ZeroDivisionError
        return read(self, item, callback, config)

    with monkeypatch.context() as broken:
        broken.setattr(Infobip, "read", failing)
        assert line.post(*(event(name, HANDSET) for name in names)).status == HTTPStatus.OK
        assert review.replay() == Told(1, 4, 0, 0, 0, 1)
    states = [inbox.message(Name(f"m{name}")).standing.state for name in names]
    assert states == [S.DELIVERED, S.DELIVERED, S.QUEUED, S.DELIVERED, S.DELIVERED]
    (waiting,) = review.waiting()
    assert (waiting.route, waiting.item.item, waiting.item.fault) == (
        "acme",
        3,
        "the reader of infobip failed: ZeroDivisionError",
    )
    (kept,) = inbox.run(inbox.store.callbacks(inbox.caller.tenant, None, [], None, 9))
    assert (kept.callback_id, kept.verdict, kept.quarantined) == (
        waiting.item.callback,
        Verdict.QUARANTINED,
        1,
    )
    assert review.replay() == Told(1, 5, 1, 0, 1, 0)
    assert inbox.message(Name("mp3")).standing.state is S.DELIVERED
    assert review.waiting() == []
    assert line.kept() == [(Verdict.TAKEN, "", 5, 0)]
    changes_nothing(review)


def test_a_callback_that_was_malformed_is_taken_when_it_can_be_read(
    inbox: Workbench, review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(inbox, "infobip")
    inbox.register(Registration("m", provider=Provider("infobip", "p1")))
    inbox.now = NOON + 5_000_000

    def refusing(*_: object) -> None:
        raise Malformed("it is Tuesday")

    with monkeypatch.context() as broken:
        broken.setattr(Infobip, "split", refusing)
        assert line.post(event(word=HANDSET)).status == HTTPStatus.BAD_REQUEST
        assert review.replay() == Told(1, 0, 0, 0, 0, 0)
    assert line.kept() == [(Verdict.MALFORMED, "it is Tuesday", 0, 0)]
    inbox.now += 1
    assert review.replay() == Told(1, 1, 1, 0, 1, 0)
    (record,) = inbox.history(M).records
    assert (record.entry.receive_time, record.disposition) == (NOON + 5_000_000, Disposition.APPLIED)
    assert line.kept() == [(Verdict.TAKEN, "", 1, 0)]
    assert line.counted() == {Verdict.MALFORMED: 1}, "what came is counted as it came"
    changes_nothing(review)


def test_what_cannot_be_read_any_more_keeps_what_was_made_of_it(
    inbox: Workbench, review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Line(inbox, "infobip")
    line.post(event(word=HANDSET))
    before = everything(inbox)

    def refusing(*_: object) -> None:
        raise Malformed("it is Tuesday")

    monkeypatch.setattr(Infobip, "split", refusing)
    assert review.replay() == Told(1, 0, 0, 0, 0, 0)
    assert everything(inbox) == before


@pytest.mark.parametrize(
    "meaning",
    [
        Meaning(S.REJECTED, Finality.FINAL, FailureReason.BLOCKED),
        Meaning(S.DELIVERED, Finality.FINAL),
        Meaning(S.DELIVERED, Finality.SOFT, precedence=75),
        Meaning(S.UNSPECIFIED, Finality.NONE),
    ],
)
def test_a_word_that_is_decided_anew_replaces_what_was_folded(
    inbox: Workbench, line: Line, review: Review, meaning: Meaning
) -> None:
    """The message ends as if the word had meant that from the beginning."""
    decided = (Override("delivered", "", meaning),)

    def told() -> None:
        inbox.register(P1)
        line.post(event(word="sent"))
        line.post(event(step=2))

    told()
    line.update(overrides=decided)
    assert review.replay()[3] == 1
    changes_nothing(review)
    mended = inbox.rows()
    inbox.delete(M)
    told()
    assert inbox.rows() == mended


def test_a_reply_and_a_recipient_that_are_no_longer_read_are_gone(inbox: Workbench, review: Review) -> None:
    """A group keeps nobody who was in it only by what was misread."""
    line = Line(inbox, "infobip")
    inbox.register(Registration("m", provider=Provider("infobip", "p1"), recipients=("ann",)))
    read = Infobip.read

    def misreading(self: Infobip, item: Any, callback: Callback, config: Config) -> Item | None:
        told = read(self, item, callback, config)
        return told and told._replace(recipient="eve", event_id="e")

    def right(self: Infobip, item: Any, callback: Callback, config: Config) -> Item | None:
        told = read(self, item, callback, config)
        return told and told._replace(recipient="ann", event_id="e")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Infobip, "read", misreading)
        line.post(event(word=HANDSET))
        assert set(inbox.message(M).recipients) == {"ann", "eve"}
        patched.setattr(Infobip, "read", right)
        assert review.replay() == Told(1, 1, 0, 1, 1, 0)
        assert {user: each.state for user, each in inbox.message(M).recipients.items()} == {
            "ann": S.DELIVERED
        }
        changes_nothing(review)


def test_a_repetition_is_not_counted_again_and_mends_nothing(
    inbox: Workbench, line: Line, review: Review
) -> None:
    inbox.register(P1)
    line.post(event(word="baffled"))
    inbox.now += 7
    line.post(event(word="baffled"))
    inbox.now += 7
    line.update(overrides=(BAFFLED,))
    line.post(event(word="baffled"))
    assert [shown.item.fault for shown in review.waiting()] == [""]
    assert review.replay() == Told(3, 3, 0, 1, 1, 0)
    assert inbox.select("SELECT times FROM repetition") == [(2,)]
    assert review.waiting() == []
    assert [row[0] for row in line.kept()] == [Verdict.TAKEN] * 3
    changes_nothing(review)


def test_two_things_under_one_key_do_not_take_turns(
    inbox: Workbench, review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came first stays; what contradicts it waits in quarantine, however often it is read."""
    line = Line(inbox, "infobip")
    inbox.register(Registration("m", provider=Provider("infobip", "p1")))
    read = Infobip.read

    def one_event(self: Infobip, item: Any, callback: Callback, config: Config) -> Item | None:
        told = read(self, item, callback, config)
        return told and told._replace(event_id="same")

    monkeypatch.setattr(Infobip, "read", one_event)
    for number, words in enumerate(([HANDSET, "REJECTED/REJECTED_NETWORK"], ["PENDING/PENDING_ENROUTE"])):
        inbox.now = NOON + number
        line.post(*(event("p1", word) for word in words))
    assert len(review.waiting()) == 2
    assert review.replay() == Told(2, 3, 0, 0, 0, 2)
    changes_nothing(review)
    assert inbox.message(M).standing.state is S.DELIVERED


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
