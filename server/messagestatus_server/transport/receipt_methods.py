"""DeliveryReceiptService: receipts in, and their history."""

from functools import partial

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import delivery_receipt_service_pb2 as pb
from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.history import Record
from messagestatus_server.domain.message import Name
from messagestatus_server.domain.refusals import Refusal
from messagestatus_server.service.receipts import Receipts, Reported
from messagestatus_server.transport.codec import receipt_proto
from messagestatus_server.transport.error_status import item_error
from messagestatus_server.transport.instants import timestamp
from messagestatus_server.transport.message_values import receipt
from messagestatus_server.transport.method import Method
from messagestatus_server.transport.parsing import check_batch, each, parsed

SERVICE = "messagestatus.v1.DeliveryReceiptService"


def methods(receipts: Receipts) -> list[Method]:
    """Return the methods of the service."""
    return [
        Method(SERVICE, "ReportReceipts", Scope.INGEST, partial(_report, receipts)),
        Method(SERVICE, "ListReceipts", Scope.READ, partial(_list, receipts)),
    ]


async def _report(receipts: Receipts, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.ReportReceiptsRequest, body)
    check_batch("receipts", request.receipts)
    outcomes = await receipts.report(caller, each(receipt, request.receipts))
    return pb.ReportReceiptsResponse(outcomes=map(_reported, outcomes)).SerializeToString()


async def _list(receipts: Receipts, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.ListReceiptsRequest, body)
    name = Name(request.message_id, request.instance if request.HasField("instance") else None)
    records = await receipts.history(caller, name)
    return pb.ListReceiptsResponse(records=map(_record, records)).SerializeToString()


def _reported(outcome: Reported | Refusal) -> pb.ReceiptOutcome:
    if isinstance(outcome, Refusal):
        return pb.ReceiptOutcome(error=item_error(outcome))
    return pb.ReceiptOutcome(
        disposition=receipt_pb.ReceiptDisposition.ValueType(outcome.disposition),
        receipt_key=outcome.key.hex(),
        state=state_pb.DeliveryState.ValueType(outcome.state),
        guard=receipt_pb.ReceiptGuard.ValueType(outcome.guard),
    )


def _record(record: Record) -> pb.ReceiptRecord:
    return pb.ReceiptRecord(
        receipt=receipt_proto(record.entry.receipt),
        receipt_key=record.entry.key.hex(),
        receive_time=timestamp(record.entry.receive_time),
        disposition=receipt_pb.ReceiptDisposition.ValueType(record.disposition),
        guard=receipt_pb.ReceiptGuard.ValueType(record.guard),
        explanation=record.explanation,
    )
