"""Requests that are valid, but for what a test changes; and the calls that carry them, in one line."""

from collections.abc import Sequence
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import delivery_receipt_service_pb2 as reporting_pb
from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import error_reason_pb2 as reason_pb
from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from messagestatus_server.domain.state import DeliveryState
from tests.running import Client

PHONE = "+1234567890"

_START = 1_767_225_600  # 2026-01-01T00:00:00Z


def moment(seconds: float = 0) -> Timestamp:
    """Return a time so many seconds after a fixed one; the microsecond is kept."""
    micros = round(seconds * 1_000_000)
    whole, fraction = divmod(micros, 1_000_000)
    return Timestamp(seconds=_START + whole, nanos=fraction * 1_000)


def state(name: str) -> state_pb.DeliveryState.ValueType:
    """Return a state of the contract by its short name."""
    return state_pb.DeliveryState.Value(f"DELIVERY_STATE_{name}")


def message(message_id: str, **fields: Any) -> message_pb.MessageRegistration:
    """Return a registration."""
    return message_pb.MessageRegistration(message_id=message_id, **fields)


def receipt(message_id: str, claimed: str, seconds: float = 0, **fields: Any) -> receipt_pb.DeliveryReceipt:
    """Return a receipt that claims a state, by its short name, at a time."""
    return receipt_pb.DeliveryReceipt(
        message_id=message_id, state=state(claimed), occur_time=moment(seconds), **fields
    )


def register(
    client: Client, *messages: message_pb.MessageRegistration
) -> Sequence[message_pb.RegistrationOutcome]:
    """Register messages, and return the outcomes."""
    return client.messages.RegisterMessages(message_pb.RegisterMessagesRequest(messages=messages)).outcomes


def report(client: Client, *receipts: receipt_pb.DeliveryReceipt) -> Sequence[reporting_pb.ReceiptOutcome]:
    """Report receipts, and return the outcomes."""
    return client.receipts.ReportReceipts(reporting_pb.ReportReceiptsRequest(receipts=receipts)).outcomes


def get(client: Client, message_id: str, instance: str | None = None) -> status_pb.MessageStatus:
    """Return the status of a message."""
    request = lookup_pb.GetStatusRequest(message_id=message_id, instance=instance)
    return client.status.GetStatus(request).message_status


def state_of(client: Client, message_id: str, instance: str | None = None) -> str:
    """Return the short name of a message's state."""
    return DeliveryState(get(client, message_id, instance).state).name


def history(
    client: Client, message_id: str, instance: str | None = None
) -> Sequence[reporting_pb.ReceiptRecord]:
    """Return the receipts of a message."""
    return whole_history(client, message_id, instance=instance).records


def whole_history(client: Client, message_id: str, **fields: Any) -> reporting_pb.ListReceiptsResponse:
    """Return the receipts of a message, with the state that they make."""
    return client.receipts.ListReceipts(reporting_pb.ListReceiptsRequest(message_id=message_id, **fields))


def disposition(outcome: reporting_pb.ReceiptOutcome | reporting_pb.ReceiptRecord) -> str:
    """Return the short name of what became of a receipt."""
    return receipt_pb.ReceiptDisposition.Name(outcome.disposition).removeprefix("RECEIPT_DISPOSITION_")


def result(outcome: message_pb.RegistrationOutcome) -> str:
    """Return the short name of what a registration did."""
    return message_pb.RegistrationResult.Name(outcome.result).removeprefix("REGISTRATION_RESULT_")


def error(outcome: Any) -> tuple[str, str]:
    """Return the short name of the reason why an item was refused, and the field at fault."""
    item: reason_pb.ItemError = outcome.error
    return reason_pb.ErrorReason.Name(item.reason).removeprefix("ERROR_REASON_"), item.field
