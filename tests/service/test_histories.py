"""Histories over a store: who may see one, how long it may be, and what it says of a time."""

import pytest

from messagestatus_server.domain.message import Name, Provider
from messagestatus_server.domain.receipt import Disposition, Receipt
from messagestatus_server.domain.refusals import ConversationDenied, MessageNotFound
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service import histories
from tests.domain.samples import NOON
from tests.service.workbench import Workbench

S = DeliveryState
M = Name("m")


def told(state: S, at: int) -> Receipt:
    """Return a receipt that tells of a time, in microseconds after noon."""
    return Receipt("m", state=state, occur_time=NOON + at)


def test_beyond_the_limit_what_arrived_last_is_left_out_whatever_it_tells_of(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(histories, "LONGEST_HISTORY", 2)
    bench.register(Registration("m"))
    for at in (3, 2, 1):
        bench.now += 1
        bench.report(told(S.SENT, at))
    history = bench.history(M)
    assert [record.entry.occur_time - NOON for record in history.records] == [2, 3]
    assert history.state is S.SENT


def test_a_history_ends_where_the_message_stood_at_the_arrival_of_each_receipt(bench: Workbench) -> None:
    """In the order of arrival, from before the first receipt to the present."""
    bench.register(Registration("m"))
    states = [S.QUEUED]
    for at, state in enumerate((S.SENT, S.READ, S.DELIVERED), 1):
        bench.now = NOON + at
        bench.report(told(state, at))
        states.append(bench.message(M).standing.state)
    assert [bench.history(M, NOON + at).state for at in range(4)] == states
    assert [len(bench.history(M, NOON + at).records) for at in range(4)] == [0, 1, 2, 3]
    assert bench.history(M, NOON + 9) == bench.history(M)


def test_a_message_that_was_deleted_was_never_known(bench: Workbench) -> None:
    bench.register(Registration("m"))
    bench.delete(M)
    with pytest.raises(MessageNotFound):
        bench.history(M, NOON)


def test_repetitions_that_went_on_after_the_time_are_not_shown(bench: Workbench) -> None:
    bench.register(Registration("m"))
    for at in range(3):
        bench.now = NOON + at
        bench.report(told(S.SENT, 0))
    dispositions = [[record.disposition for record in bench.history(M, NOON + at).records] for at in range(3)]
    assert dispositions == [[Disposition.APPLIED]] * 2 + [[Disposition.APPLIED, Disposition.DUPLICATE]]


def test_a_receipt_that_waited_counts_from_its_arrival(bench: Workbench) -> None:
    """When it was claimed is not kept, nor when its message was registered."""
    bench.report(Receipt(provider=Provider("acme", "p1"), state=S.SENT, occur_time=NOON))
    bench.now = NOON + 5
    bench.register(Registration("m", accept_time=NOON, provider=Provider("acme", "p1")))
    assert bench.history(M, NOON).state is S.SENT


def test_a_person_sees_no_history_of_what_is_not_theirs_and_nothing_that_is_parked(bench: Workbench) -> None:
    def seen_by(user_id: str) -> histories.History:
        return bench.run(bench.histories.history(bench.caller._replace(user_id=user_id), M, NOON))

    bench.report(told(S.SENT, 0))
    with pytest.raises(MessageNotFound):
        seen_by("ann")
    bench.register(Registration("m", author="ann"))
    with pytest.raises(ConversationDenied):
        seen_by("eve")
    assert seen_by("ann") == bench.history(M)
