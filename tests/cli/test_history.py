"""`history`: every receipt of a message, with what it changed, and where the message stands."""

import json

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt, ReceiptDisposition
from messagestatus.v1.delivery_receipt_service_pb2 import ListReceiptsResponse, ReceiptRecord
from messagestatus.v1.delivery_state_pb2 import DeliveryState, FailureReason
from messagestatus.v1.message_status_pb2 import Provider
from messagestatus_server.cli.exit_code import ExitCode

from .conftest import Run
from .scripted_service import ScriptedService

_WIDTH = 120
"""How wide a terminal is that shows an ordinary history without breaking a line."""

_NOON = 1770206400  # 2026-02-04T12:00:00Z


def _record(
    word: str,
    at: int,
    before: DeliveryState.ValueType,
    after: DeliveryState.ValueType,
    *,
    why: str,
    became: str = "APPLIED",
) -> ReceiptRecord:
    return ReceiptRecord(
        receipt=DeliveryReceipt(
            provider=Provider(name="twilio", status=word),
            source="twilio-eu",
            state=after,
            occur_time=Timestamp(seconds=_NOON + at),
        ),
        receive_time=Timestamp(seconds=_NOON + at, nanos=123456000),
        disposition=ReceiptDisposition.Value(f"RECEIPT_DISPOSITION_{became}"),
        previous_state=before,
        new_state=after,
        explanation=why,
    )


_QUEUED = DeliveryState.DELIVERY_STATE_QUEUED
_SENT = DeliveryState.DELIVERY_STATE_SENT
_UNDELIVERED = DeliveryState.DELIVERY_STATE_UNDELIVERED

_HISTORY = ListReceiptsResponse(
    records=[
        _record("sent", 1, _QUEUED, _SENT, why="QUEUED to SENT"),
        _record("queued", 2, _SENT, _SENT, why="SENT is stronger", became="STALE"),
        _record("undelivered", 3, _SENT, _UNDELIVERED, why="SENT to UNDELIVERED"),
    ],
    state=_UNDELIVERED,
    reason=FailureReason.FAILURE_REASON_ABSENT,
    advice="Try again later.",
)


def test_each_receipt_has_a_row_and_what_changed_is_said_once(run: Run, service: ScriptedService) -> None:
    service.history = _HISTORY
    headings, sent, queued, undelivered, _ = run("history", "m1").out.splitlines()
    assert headings.split() == (
        ["OCCURRED", "ARRIVED", "SOURCE", "PROVIDER", "WORD", "BECAME", "CHANGED", "BECAUSE"]
    )
    assert sent.split(maxsplit=6) == (
        ["2026-02-04T12:00:01Z", "12:00:01Z", "twilio-eu", "twilio", "sent", "APPLIED", "QUEUED to SENT"]
    )
    assert queued.split(maxsplit=6)[4:] == ["queued", "STALE", "SENT is stronger"]
    assert undelivered.endswith("SENT to UNDELIVERED")


def test_the_last_line_says_where_the_message_stands_and_what_to_do(
    run: Run, service: ScriptedService
) -> None:
    service.history = _HISTORY
    assert run("history", "m1").out.splitlines()[-1] == (
        "The message is UNDELIVERED (ABSENT). Try again later."
    )


def test_an_ordinary_history_fits_a_terminal(run: Run, service: ScriptedService) -> None:
    service.history = _HISTORY
    assert max(map(len, run("history", "m1").out.splitlines())) <= _WIDTH


def test_columns_that_a_receipt_needs_are_shown(run: Run, service: ScriptedService) -> None:
    failed = ReceiptRecord()
    failed.CopyFrom(_HISTORY.records[2])
    failed.receipt.provider.code = "30003"
    failed.receipt.reason = FailureReason.FAILURE_REASON_ABSENT
    failed.receipt.recipient_user_id = "ann"
    service.history = ListReceiptsResponse(records=[failed], state=_UNDELIVERED)
    headings, row, _ = run("history", "m1").out.splitlines()
    assert headings.split()[4:] == ["WORD", "CODE", "REASON", "RECIPIENT", "BECAME", "CHANGED"]
    assert row.split()[4:9] == ["undelivered", "30003", "ABSENT", "ann", "APPLIED"]


def test_a_state_that_was_told_outright_stands_where_the_word_would(
    run: Run, service: ScriptedService
) -> None:
    outright = ReceiptRecord(receipt=DeliveryReceipt(state=_SENT), receive_time=Timestamp(seconds=_NOON))
    service.history = ListReceiptsResponse(records=[outright], state=_SENT)
    _, row, _ = run("history", "m1").out.splitlines()
    assert row.split() == ["2026-02-04T12:00:00Z", "12:00:00Z", "SENT"]


def test_a_receipt_that_came_on_another_day_shows_which(run: Run, service: ScriptedService) -> None:
    late = ReceiptRecord()
    late.CopyFrom(_HISTORY.records[0])
    late.receive_time.seconds += 86400
    service.history = ListReceiptsResponse(records=[late], state=_SENT)
    _, row, _ = run("history", "m1").out.splitlines()
    assert row.split()[:2] == ["2026-02-04T12:00:01Z", "2026-02-05T12:00:01Z"]


def test_a_time_is_asked_for_as_it_is_given_and_named_in_the_answer(
    run: Run, service: ScriptedService
) -> None:
    service.history = ListReceiptsResponse(state=_SENT)
    ended = run("history", "m1", "--as-of", "2026-02-04T13:00:00.5+01:00")
    assert ended.out == "At 2026-02-04T13:00:00.5+01:00 the message was SENT.\n"
    assert service.asked_history is not None
    assert service.asked_history.as_of_time == Timestamp(seconds=_NOON, nanos=500_000_000)


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("wrong", ["yesterday", "2026-02-04T12:00:00"])
def test_a_time_that_is_none_is_a_wrong_command_line(run: Run, wrong: str) -> None:
    ended = run("history", "m1", "--as-of", wrong)
    assert ended.code == ExitCode.USAGE
    assert "as_of_time" in ended.err


def test_what_is_parked_has_no_message_yet(run: Run, service: ScriptedService) -> None:
    service.history = ListReceiptsResponse()
    assert run("history", "m1").out == "The message is not registered.\n"


def test_json_is_one_receipt_a_line(run: Run, service: ScriptedService) -> None:
    service.history = _HISTORY
    lines = [json.loads(line) for line in run("history", "m1", "--json").out.splitlines()]
    assert [line["new_state"] for line in lines] == [
        "DELIVERY_STATE_SENT",
        "DELIVERY_STATE_SENT",
        "DELIVERY_STATE_UNDELIVERED",
    ]
    assert lines[0]["receive_time"] == "2026-02-04T12:00:01.123456Z"
