"""What both clients ask, and how they read the answers: builds requests and takes replies apart."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.resuming import STARTS, OnGap, Start
from messagestatus.v1.delivery_receipt_service_pb2 import ListReceiptsRequest
from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.error_reason_pb2 import ErrorReason
from messagestatus.v1.message_status_pb2 import Channel, MessageStatus
from messagestatus.v1.message_status_service_pb2 import (
    BatchStatusResponse,
    GetStatusRequest,
    ListByPhoneRequest,
    ListByReferenceRequest,
    StatusView,
)
from messagestatus.v1.status_watch_service_pb2 import WatchFilter, WatchRequest

BATCH = 1_000
"""The most items that one call may have."""

PAGE = 100
"""The most messages that one page may have."""

_Item = TypeVar("_Item")


class Found(NamedTuple):
    """What a batch found for one identifier.

    Attributes:
        message_id: The identifier that was asked for.
        status: Where the message stands; None when it was not found.
        reason: Why not, as `ErrorReason` has it without its prefix; empty when it was.
    """

    message_id: str
    status: MessageStatus | None
    reason: str = ""


def metadata(key: str, request_id: str | None) -> tuple[tuple[str, str], ...]:
    """Return what goes with a call."""
    credential = (("x-api-key", key),)
    return (*credential, ("x-request-id", request_id)) if request_id else credential


def several(message_ids: Iterable[str]) -> Iterable[str]:
    """Return the identifiers.

    Raises:
        TypeError: It is one text, whose letters would be taken for identifiers.
    """
    if isinstance(message_ids, str):
        raise TypeError("message_ids must be several, such as a list, and not one text")
    return message_ids


def batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    """Yield the items by as many as one call may have."""
    remaining = iter(items)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def found(message_ids: Sequence[str], reply: BatchStatusResponse) -> Iterator[Found]:
    """Yield what a batch found, in the order of the request."""
    for message_id, outcome in zip(message_ids, reply.outcomes, strict=True):
        if outcome.HasField("message_status"):
            yield Found(message_id, outcome.message_status)
        else:
            yield Found(message_id, None, _reason(outcome.error_reason))


def get_request(message_id: str, instance: str | None, *, full: bool) -> GetStatusRequest:
    """Return the request for one message."""
    view = StatusView.STATUS_VIEW_FULL if full else StatusView.STATUS_VIEW_BASIC
    return GetStatusRequest(message_id=message_id, instance=instance, view=view)


def phone_request(
    phone: str,
    before: datetime | None,
    states: Iterable[DeliveryState.ValueType],
    channels: Iterable[Channel.ValueType],
    instance: str | None,
) -> ListByPhoneRequest:
    """Return the request for the first page of a phone number."""
    return ListByPhoneRequest(
        phone=phone,
        before_time=moment(before),
        page_size=PAGE,
        states=states,
        channels=channels,
        instance=instance,
    )


def reference_request(  # noqa: PLR0917 - both clients give all of it
    key: str,
    service: str,
    action: str,
    before: datetime | None,
    states: Iterable[DeliveryState.ValueType],
    channels: Iterable[Channel.ValueType],
    instance: str | None,
) -> ListByReferenceRequest:
    """Return the request for the first page of a reference."""
    return ListByReferenceRequest(
        key=key,
        service=service,
        action=action,
        before_time=moment(before),
        page_size=PAGE,
        states=states,
        channels=channels,
        instance=instance,
    )


def history_request(message_id: str, instance: str | None, as_of: datetime | None) -> ListReceiptsRequest:
    """Return the request for the receipts of a message."""
    return ListReceiptsRequest(message_id=message_id, instance=instance, as_of_time=moment(as_of))


def watch_filter(  # noqa: PLR0917 - both clients give all of it
    message_ids: Iterable[str],
    phone: str,
    reference: str,
    instance: str | None,
    states: Iterable[DeliveryState.ValueType],
    channels: Iterable[Channel.ValueType],
) -> WatchFilter:
    """Return which changes are wanted."""
    return WatchFilter(
        message_ids=several(message_ids),
        phone=phone,
        reference_key=reference,
        instance=instance,
        states=states,
        channels=channels,
    )


def watch_request(
    wanted: WatchFilter, token: str, start: Start, on_gap: OnGap, heartbeat: float
) -> WatchRequest:
    """Return the request that begins a watch.

    Raises:
        ValueError: A snapshot is asked for, now or after a gap, of more than the server gives one of.
    """
    narrow = wanted.message_ids or wanted.phone or wanted.reference_key
    if "snapshot" in {start, on_gap} and not narrow:
        raise ValueError("a snapshot needs message_ids, a phone or a reference")
    interval = Duration()
    interval.FromMilliseconds(round(heartbeat * 1000))
    return WatchRequest(filter=wanted, resume_token=token, start=STARTS[start], heartbeat_interval=interval)


def moment(time: datetime | None) -> Timestamp | None:
    """Return a time as the contract has it.

    Raises:
        ValueError: It does not name its zone, so which moment it means is not known.
    """
    if time is None:
        return None
    if time.tzinfo is None:
        raise ValueError(f"{time} has no time zone")
    converted = Timestamp()
    converted.FromDatetime(time)
    return converted


def _reason(number: ErrorReason.ValueType) -> str:
    # A newer server may have reasons that this client does not know.
    named = ErrorReason.DESCRIPTOR.values_by_number.get(number)
    return named.name.removeprefix("ERROR_REASON_") if named else str(number)
