"""MessageService: what senders announce, one outcome per item."""

from functools import partial

from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_service_pb2 as pb
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.message import Name
from messagestatus_server.domain.refusals import Refusal
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.messages import Messages, Suppression
from messagestatus_server.service.registering import Registered
from messagestatus_server.transport.error_status import item_error
from messagestatus_server.transport.instants import micros
from messagestatus_server.transport.message_values import registration
from messagestatus_server.transport.method import Method
from messagestatus_server.transport.parsing import check_batch, each, parsed

SERVICE = "messagestatus.v1.MessageService"


def methods(messages: Messages, clock: Clock) -> list[Method]:
    """Return the methods of the service."""
    return [
        Method(SERVICE, "RegisterMessages", Scope.INGEST, partial(_register, messages)),
        Method(SERVICE, "SuppressMessages", Scope.INGEST, partial(_suppress, messages, clock)),
        Method(SERVICE, "DeleteMessages", Scope.INGEST, partial(_delete, messages)),
    ]


async def _register(messages: Messages, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.RegisterMessagesRequest, body)
    check_batch("messages", request.messages)
    outcomes = await messages.register(caller, each(registration, request.messages))
    return pb.RegisterMessagesResponse(outcomes=map(_registered, outcomes)).SerializeToString()


async def _suppress(messages: Messages, clock: Clock, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.SuppressMessagesRequest, body)
    check_batch("suppressions", request.suppressions)
    items = each(partial(_suppression, clock()), request.suppressions)
    outcomes = await messages.suppress(caller, items)
    return pb.SuppressMessagesResponse(outcomes=map(_suppressed, outcomes)).SerializeToString()


async def _delete(messages: Messages, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.DeleteMessagesRequest, body)
    check_batch("messages", request.messages)
    outcomes = await messages.delete(caller, [_name(name) for name in request.messages])
    return pb.DeleteMessagesResponse(outcomes=map(_deleted, outcomes)).SerializeToString()


def _name(proto: pb.MessageName | pb.MessageSuppression) -> Name:
    return Name(proto.message_id, proto.instance if proto.HasField("instance") else None)


def _suppression(now: int, proto: pb.MessageSuppression) -> Suppression:
    told = proto.HasField("suppress_time")
    return Suppression(_name(proto), micros("suppress_time", proto.suppress_time) if told else now)


def _registered(outcome: Registered | Refusal) -> pb.RegistrationOutcome:
    if isinstance(outcome, Refusal):
        return pb.RegistrationOutcome(error=item_error(outcome))
    return pb.RegistrationOutcome(
        result=pb.RegistrationResult.ValueType(outcome.result),
        state=state_pb.DeliveryState.ValueType(outcome.state),
    )


def _suppressed(outcome: bool | Refusal) -> pb.SuppressionOutcome:
    if isinstance(outcome, Refusal):
        return pb.SuppressionOutcome(error=item_error(outcome))
    return pb.SuppressionOutcome(changed=outcome)


def _deleted(outcome: bool | Refusal) -> pb.DeletionOutcome:
    if isinstance(outcome, Refusal):
        return pb.DeletionOutcome(error=item_error(outcome))
    return pb.DeletionOutcome(deleted=outcome)
