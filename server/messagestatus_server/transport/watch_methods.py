"""StatusWatchService: changes as they are committed."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from messagestatus.v1 import status_change_pb2 as change_pb
from messagestatus.v1 import status_watch_service_pb2 as pb
from messagestatus_server.domain.admission import e164
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.change import ChangeKind
from messagestatus_server.domain.feed import Filter, Happening
from messagestatus_server.domain.identifier import identifier, optional_text
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.refusals import FieldInvalid, ServerStopping, WatcherTooSlow
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.watching import Seen, Start, Watching
from messagestatus_server.transport.instants import timestamp
from messagestatus_server.transport.method import StreamMethod
from messagestatus_server.transport.parsing import check_batch, enumerated, parsed
from messagestatus_server.transport.resume_token import place, resume_token

SERVICE = "messagestatus.v1.StatusWatchService"

USUAL_HEARTBEAT = 15.0
_SHORTEST_HEARTBEAT = 1.0
_LONGEST_HEARTBEAT = 300.0


def streams(watching: Watching) -> list[StreamMethod]:
    """Return the methods of the service."""
    return [StreamMethod(SERVICE, "Watch", Scope.READ, partial(_watch, watching))]


async def _watch(watching: Watching, caller: Caller, body: bytes) -> AsyncGenerator[bytes, None]:
    request = parsed(pb.WatchRequest, body)
    wanted, heartbeat = _filter(request.filter), _heartbeat(request)
    start = enumerated("start", Start, request.start)
    identity = await watching.identity()
    after = place(identity, caller.tenant, request.resume_token) if request.resume_token else None
    last = request.resume_token
    try:
        async with aclosing(watching.watch(caller, wanted, start, after, heartbeat)) as seen:
            async for each in seen:
                last = "" if each.sequence is None else resume_token(identity, caller.tenant, each.sequence)
                yield _response(each, last)
    except WatcherTooSlow:
        raise WatcherTooSlow(last) from None
    except ServerStopping:
        raise ServerStopping(last) from None


def _response(seen: Seen, token: str) -> bytes:
    response = pb.WatchResponse(resume_token=token)
    if seen.happening is not None:
        _fill_change(response.change, seen.happening)
    elif seen.resource:
        reply = lookup_pb.GetStatusResponse.FromString(seen.resource)
        response.snapshot.CopyFrom(reply.message_status)
    elif seen.snapshot is not None:
        response.snapshot_end.messages = seen.snapshot
    return response.SerializeToString()


def _fill_change(proto: change_pb.StatusChange, happening: Happening) -> None:
    # A stored answer has the status as its field 1, as a change has it.
    proto.MergeFromString(happening.resource)
    change = happening.change
    proto.kind = change_pb.ChangeKind.ValueType(change.kind)
    proto.message_id = happening.message_id
    proto.instance = happening.instance
    proto.previous_state = state_pb.DeliveryState.ValueType(change.previous_state)
    proto.state = state_pb.DeliveryState.ValueType(change.state)
    proto.reason = state_pb.FailureReason.ValueType(change.reason)
    proto.change_time.CopyFrom(timestamp(change.change_time))
    proto.commit_time.CopyFrom(timestamp(happening.commit_time))
    proto.sequence = happening.sequence
    if change.kind is ChangeKind.DELETED:
        proto.ClearField("message_status")


def _filter(proto: pb.WatchFilter) -> Filter:
    check_batch("filter.message_ids", proto.message_ids)
    for message_id in proto.message_ids:
        identifier("filter.message_ids", message_id)
    optional_text("filter.reference_key", proto.reference_key)
    if proto.phone:
        e164("filter.phone", proto.phone)
    return Filter(
        frozenset(proto.message_ids),
        proto.phone,
        proto.reference_key,
        proto.instance if proto.HasField("instance") else None,
        frozenset(enumerated("filter.states", DeliveryState, number) for number in proto.states),
        frozenset(enumerated("filter.channels", Channel, number) for number in proto.channels),
    )


def _heartbeat(request: pb.WatchRequest) -> float:
    if not request.HasField("heartbeat_interval"):
        return USUAL_HEARTBEAT
    seconds = request.heartbeat_interval.seconds + request.heartbeat_interval.nanos / 1e9
    if not _SHORTEST_HEARTBEAT <= seconds <= _LONGEST_HEARTBEAT:
        raise FieldInvalid("heartbeat_interval", "must be from 1 second to 5 minutes")
    return seconds
