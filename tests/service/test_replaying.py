"""Replaying: what is understood better now is folded again, and doing it twice changes nothing."""

from http import HTTPStatus
from typing import Any

import pytest

from messagestatus_server.domain.message import Name, Provider
from messagestatus_server.domain.raw_callback import Verdict
from messagestatus_server.domain.receipt import Disposition
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.route import Override
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.domain.vocabulary import Meaning
from messagestatus_server.providers.callback import Callback, Config, Malformed
from messagestatus_server.providers.callback import Told as Item
from messagestatus_server.providers.infobip import Infobip
from tests.domain.samples import NOON
from tests.service.review import Review, Told, changes_nothing, everything
from tests.service.route import Line, event
from tests.service.workbench import Workbench

S = DeliveryState
M = Name("m")
P1 = Registration("m", provider=Provider("twilio", "p1"))
HANDSET = "DELIVERED/DELIVERED_TO_HANDSET"
BAFFLED = Override("baffled", "", Meaning(S.DELIVERED, Finality.SOFT))


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
