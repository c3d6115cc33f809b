"""DeliveryReceiptService: receipts in, and their history."""

from functools import cache, partial

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import delivery_receipt_service_pb2 as pb
from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.guards import Guard
from messagestatus_server.domain.history import Record
from messagestatus_server.domain.message import Name
from messagestatus_server.domain.receipt import Disposition
from messagestatus_server.domain.refusals import Refusal
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.histories import Histories
from messagestatus_server.service.receipts import Receipts
from messagestatus_server.service.reporting import Reported
from messagestatus_server.transport.error_status import item_error
from messagestatus_server.transport.instants import fill_time, micros, timestamp
from messagestatus_server.transport.message_values import receipt
from messagestatus_server.transport.method import Method
from messagestatus_server.transport.parsing import check_batch, each, parsed
from messagestatus_server.transport.receipt_values import receipt_proto

_ANY_KEY = "k" * 32
"""Stands where a receipt's key is written: as long as every key, and unlike any of them."""

_MOST_REPEATS = 2**31 - 1

SERVICE = "messagestatus.v1.DeliveryReceiptService"


def methods(receipts: Receipts, histories: Histories) -> list[Method]:
    """Return the methods of the service."""
    return [
        Method(SERVICE, "ReportReceipts", Scope.INGEST, partial(_report, receipts)),
        Method(SERVICE, "ListReceipts", Scope.READ, partial(_list, histories)),
    ]


async def _report(receipts: Receipts, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.ReportReceiptsRequest, body)
    check_batch("receipts", request.receipts)
    outcomes = await receipts.report(caller, each(receipt, request.receipts))
    # A repeated field is what its elements are, one after the other.
    return b"".join(map(_reported, outcomes))


async def _list(histories: Histories, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.ListReceiptsRequest, body)
    name = Name(request.message_id, request.instance if request.HasField("instance") else None)
    as_of = micros("as_of_time", request.as_of_time) if request.HasField("as_of_time") else None
    told = await histories.history(caller, name, as_of)
    return pb.ListReceiptsResponse(
        records=map(record_proto, told.records),
        state=state_pb.DeliveryState.ValueType(told.state),
        reason=state_pb.FailureReason.ValueType(told.reason),
        advice=told.advice,
    ).SerializeToString()


def _reported(outcome: Reported | Refusal) -> bytes:
    """Return an outcome, in a reply of its own."""
    if isinstance(outcome, Refusal):
        refused = pb.ReceiptOutcome(error=item_error(outcome))
        return pb.ReportReceiptsResponse(outcomes=[refused]).SerializeToString()
    head, tail = _around_key(outcome.disposition, outcome.state, outcome.guard)
    return head + outcome.key.hex().encode() + tail


@cache
def _around_key(disposition: Disposition, state: DeliveryState, guard: Guard) -> tuple[bytes, bytes]:
    """Return what stands in an outcome before the receipt's key, and after it."""
    outcome = pb.ReceiptOutcome(
        disposition=receipt_pb.ReceiptDisposition.ValueType(disposition),
        receipt_key=_ANY_KEY,
        state=state_pb.DeliveryState.ValueType(state),
        guard=receipt_pb.ReceiptGuard.ValueType(guard),
    )
    reply = pb.ReportReceiptsResponse(outcomes=[outcome]).SerializeToString(deterministic=True)
    head, tail = reply.split(_ANY_KEY.encode())
    return head, tail


def record_proto(record: Record) -> pb.ReceiptRecord:
    """Return a receipt of the contract with what became of it."""
    proto = pb.ReceiptRecord(
        receipt=receipt_proto(record.entry.receipt),
        receipt_key=record.entry.key.hex(),
        receive_time=timestamp(record.entry.receive_time),
        disposition=receipt_pb.ReceiptDisposition.ValueType(record.disposition),
        guard=receipt_pb.ReceiptGuard.ValueType(record.guard),
        explanation=record.explanation,
        previous_state=state_pb.DeliveryState.ValueType(record.previous_state),
        new_state=state_pb.DeliveryState.ValueType(record.new_state),
        advice=record.advice,
    )
    if record.repetition is not None:
        proto.repeats = min(record.repetition.times, _MOST_REPEATS)
        fill_time(proto.last_repeat_time, record.repetition.last_time)
    return proto
