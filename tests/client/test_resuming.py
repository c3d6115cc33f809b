"""What a watch does after whatever ends its stream."""

from typing import Any

import grpc
import pytest

from messagestatus import CallError, Interrupted, Resumed, SnapshotComplete
from messagestatus.asking import watch_filter, watch_request
from messagestatus.resuming import Notice, OnGap, Progress, Start
from messagestatus.v1.message_status_pb2 import MessageStatus
from messagestatus.v1.status_change_pb2 import ChangeKind, StatusChange
from messagestatus.v1.status_watch_service_pb2 import SnapshotEnd, WatchResponse, WatchStart
from tests.builders import moment, state

_PASSING = (
    "UNAVAILABLE",
    "RESOURCE_EXHAUSTED",
    "INTERNAL",
    "UNKNOWN",
    "CANCELLED",
    "DEADLINE_EXCEEDED",
    "ABORTED",
)


def _progress(
    notices: list[Notice] | None = None, start: Start = "now", token: str = "", on_gap: OnGap = "raise"
) -> Progress:
    wanted = watch_filter(["m"], "", "", None, (), ())
    told = notices.append if notices is not None else None
    return Progress(watch_request(wanted, token, start, on_gap, 15), on_gap, told)


def _failed(code: str, **fields: Any) -> CallError:
    return CallError(grpc.StatusCode[code], "as the test says", **fields)


_GAP = _failed("OUT_OF_RANGE", reason="RESUME_TOKEN_EXPIRED")


@pytest.mark.parametrize("code", list(grpc.StatusCode), ids=lambda code: str(code.name))
def test_what_may_pass_is_waited_for_and_the_rest_is_raised(code: grpc.StatusCode) -> None:
    error = CallError(code, "")
    if code.name in _PASSING:
        assert _progress().pause_after(error) > 0
    elif code is not grpc.StatusCode.OK:
        with pytest.raises(CallError) as raised:
            _progress().pause_after(error)
        assert raised.value is error


def test_pauses_grow_to_ten_seconds_and_are_never_the_same() -> None:
    progress = _progress()
    pauses = [progress.pause_after(_failed("UNAVAILABLE")) for _ in range(100)]
    assert all(1 / 16 <= pause <= 1 / 4 for pause in pauses[:1])
    assert max(pauses) <= 10
    assert min(pauses[10:]) >= 2.5
    assert len(set(pauses)) == len(pauses)


def test_an_answer_makes_pauses_short_again() -> None:
    progress = _progress()
    for _ in range(20):
        progress.pause_after(_failed("UNAVAILABLE"))
    progress.take(WatchResponse(resume_token="t"))
    assert progress.pause_after(_failed("UNAVAILABLE")) <= 1 / 4


def test_what_the_server_asks_to_wait_is_waited_and_a_little_more() -> None:
    assert 3 < _progress().pause_after(_failed("RESOURCE_EXHAUSTED", retry_after=3)) <= 3.25


def test_the_next_request_goes_on_after_what_was_taken() -> None:
    progress = _progress(start="oldest")
    assert progress.request().start == WatchStart.WATCH_START_OLDEST
    change = progress.take(WatchResponse(resume_token="t1", change=StatusChange(sequence=1)))
    assert change == StatusChange(sequence=1)
    assert progress.take(WatchResponse(resume_token="t2")) is None
    assert (progress.token, progress.request().resume_token) == ("t2", "t2")


def test_a_snapshot_cut_short_begins_anew() -> None:
    notices: list[Notice] = []
    progress = _progress(notices, start="snapshot")
    progress.take(WatchResponse(resume_token="t", snapshot=MessageStatus(message_id="m")))
    assert (progress.token, progress.request().resume_token) == ("", "")
    progress.take(WatchResponse(resume_token="t", snapshot_end=SnapshotEnd(messages=1)))
    assert progress.request().resume_token == "t"
    assert notices == [SnapshotComplete(1)]


def test_a_message_of_a_snapshot_is_a_change_of_no_kind() -> None:
    status = MessageStatus(message_id="m", instance="i", state=state("SENT"), change_time=moment())
    assert _progress().take(WatchResponse(snapshot=status)) == StatusChange(
        message_status=status, message_id="m", instance="i", state=state("SENT"), change_time=moment()
    )
    assert StatusChange().kind == ChangeKind.CHANGE_KIND_UNSPECIFIED


def test_a_gap_is_an_error_unless_the_caller_says_how_to_begin_anew() -> None:
    with pytest.raises(CallError):
        _progress(token="old").pause_after(_GAP)
    progress = _progress(token="old", on_gap="snapshot")
    progress.pause_after(_GAP)
    assert progress.token == ""
    assert progress.request().start == WatchStart.WATCH_START_SNAPSHOT
    assert not progress.request().resume_token


def test_a_gap_without_a_token_is_an_error_anyway() -> None:
    """It would come again and again."""
    with pytest.raises(CallError):
        _progress(on_gap="oldest").pause_after(_GAP)


def test_a_caller_is_told_of_interruptions_and_of_their_end() -> None:
    notices: list[Notice] = []
    progress = _progress(notices)
    error = _failed("UNAVAILABLE")
    first = progress.pause_after(error)
    second = progress.pause_after(error)
    progress.take(WatchResponse(resume_token="t"))
    third = progress.pause_after(error)
    assert notices == [
        Interrupted(error, first, 1, answered=False),
        Interrupted(error, second, 2, answered=False),
        Resumed(),
        Interrupted(error, third, 1, answered=True),
    ]


def test_where_nobody_asked_to_be_told_interruptions_stand_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    _progress([]).pause_after(_failed("UNAVAILABLE"))
    assert caplog.messages == []
    _progress().pause_after(_failed("UNAVAILABLE"))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert caplog.messages[0].endswith(" s: UNAVAILABLE: as the test says")


def test_a_snapshot_of_everything_is_refused_before_the_server_is_asked() -> None:
    everything = watch_filter((), "", "", None, (), ())
    with pytest.raises(ValueError, match="a snapshot needs"):
        watch_request(everything, "", "snapshot", "raise", 15)
    with pytest.raises(ValueError, match="a snapshot needs"):
        watch_request(everything, "t", "now", "snapshot", 15)


def test_silence_is_two_and_a_half_heartbeats() -> None:
    assert _progress().silence == 37.5
