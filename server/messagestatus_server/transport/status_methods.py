"""MessageStatusService: lookups, answered with the bytes that are stored."""

from collections.abc import Iterable
from functools import partial

from messagestatus.v1 import message_status_service_pb2 as pb
from messagestatus_server.domain.admission import e164
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.identifier import identifier, optional_text
from messagestatus_server.domain.message import Channel, Name
from messagestatus_server.domain.page import Filters, PhoneQuery, Query, ReferenceQuery, page_size
from messagestatus_server.domain.refusals import FieldInvalid, FieldRequired, Refusal
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.lookup import Lookup
from messagestatus_server.transport.error_status import error_reason
from messagestatus_server.transport.full_view import full_status
from messagestatus_server.transport.instants import ceiling_micros
from messagestatus_server.transport.method import Method
from messagestatus_server.transport.page_token import cursor, page_token
from messagestatus_server.transport.parsing import check_batch, enumerated, parsed

SERVICE = "messagestatus.v1.MessageStatusService"

_FIELD_ONE = b"\x0a"
"""Marks a field with the number 1 that has a length: a message, or text."""

_FIELD_TWO = b"\x12"
"""Marks a field with the number 2 that has a length."""

_BASIC = frozenset((pb.STATUS_VIEW_UNSPECIFIED, pb.STATUS_VIEW_BASIC))

_SEVEN_BITS = 0x7F
_MORE = 0x80


def methods(lookup: Lookup) -> list[Method]:
    """Return the methods of the service."""
    return [
        Method(SERVICE, "GetStatus", Scope.READ, partial(_get_status, lookup), partial(_stored, lookup)),
        Method(SERVICE, "ListByPhone", Scope.READ, partial(_list_by_phone, lookup)),
        Method(SERVICE, "ListByReference", Scope.READ, partial(_list_by_reference, lookup)),
        Method(SERVICE, "BatchStatus", Scope.READ, partial(_batch_status, lookup)),
    ]


def _stored(lookup: Lookup, caller: Caller, body: bytes) -> bytes | None:
    """Answer a GetStatus whose reply is stored."""
    request = pb.GetStatusRequest.FromString(body)
    return lookup.get_at_once(caller, _name(request)) if request.view in _BASIC else None


async def _get_status(lookup: Lookup, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.GetStatusRequest, body)
    name = _name(request)
    view = request.view
    if view in _BASIC:
        return await lookup.get(caller, name)
    if view != pb.STATUS_VIEW_FULL:
        raise FieldInvalid("view", f"has no value {view}")
    return full_status(await lookup.get_full(caller, name))


def _name(request: pb.GetStatusRequest) -> Name:
    return Name(request.message_id, request.instance if request.HasField("instance") else None)


async def _list_by_phone(lookup: Lookup, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.ListByPhoneRequest, body)
    if not request.phone:
        raise FieldRequired("phone")
    query = PhoneQuery(e164("phone", request.phone), _before_time(request), _filters(request))
    return await _page(lookup, caller, request, query)


async def _list_by_reference(lookup: Lookup, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.ListByReferenceRequest, body)
    filters = _filters(request)._replace(
        service=optional_text("service", request.service), action=optional_text("action", request.action)
    )
    query = ReferenceQuery(identifier("key", request.key), _before_time(request), filters)
    return await _page(lookup, caller, request, query)


async def _batch_status(lookup: Lookup, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.BatchStatusRequest, body)
    check_batch("message_ids", request.message_ids)
    instance = request.instance if request.HasField("instance") else None
    outcomes = await lookup.batch(caller, request.message_ids, instance)
    return _repeated([each if isinstance(each, bytes) else _refused(each) for each in outcomes])


async def _page(
    lookup: Lookup,
    caller: Caller,
    request: pb.ListByPhoneRequest | pb.ListByReferenceRequest,
    query: Query,
) -> bytes:
    if request.page_size < 0:
        raise FieldInvalid("page_size", "must not be negative")
    place = cursor(caller.tenant, query, request.page_token)
    resources, following = await lookup.page(caller, query, place, page_size(request.page_size))
    token = page_token(caller.tenant, query, following).encode()
    # A stored message already is field 1 of a reply.
    return b"".join(resources) + (_FIELD_TWO + _varint(len(token)) + token if token else b"")


def _before_time(request: pb.ListByPhoneRequest | pb.ListByReferenceRequest) -> int | None:
    if not request.HasField("before_time"):
        return None
    return ceiling_micros("before_time", request.before_time)


def _filters(request: pb.ListByPhoneRequest | pb.ListByReferenceRequest) -> Filters:
    return Filters(
        frozenset(enumerated("states", DeliveryState, number) for number in request.states),
        frozenset(enumerated("channels", Channel, number) for number in request.channels),
        optional_text("instance", request.instance) if request.HasField("instance") else None,
    )


def _refused(refusal: Refusal) -> bytes:
    return pb.StatusOutcome(error_reason=error_reason(refusal)).SerializeToString()


def _repeated(items: Iterable[bytes]) -> bytes:
    """Return the bytes of a reply whose field 1 is repeated."""
    return b"".join([part for item in items for part in (_head(len(item)), item)])


def _head(length: int) -> bytes:
    """Return what goes before an item of a repeated field 1."""
    return _HEADS[length] if length < len(_HEADS) else _FIELD_ONE + _varint(length)


def _varint(number: int) -> bytes:
    """Return a number as protobuf writes it: seven bits a byte, the lowest first."""
    written = bytearray()
    while number > _SEVEN_BITS:
        written.append(number & _SEVEN_BITS | _MORE)
        number >>= 7
    written.append(number)
    return bytes(written)


# Of nearly every status; to put one together takes longer than all else that a batch does for an item.
_HEADS = [_FIELD_ONE + _varint(length) for length in range(1024)]
