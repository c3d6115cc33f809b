"""DirectoryService: people and conversations, one outcome per item."""

from collections.abc import Sequence
from functools import partial

from messagestatus.v1 import directory_pb2 as directory_pb
from messagestatus.v1 import directory_service_pb2 as pb
from messagestatus.v1 import user_pb2 as user_pb
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.directory import Conversation, Membership, User
from messagestatus_server.domain.identifier import identifier, optional_text
from messagestatus_server.domain.refusals import FieldInvalid, Refusal
from messagestatus_server.service.directory import Directory
from messagestatus_server.transport.error_status import item_error
from messagestatus_server.transport.instants import micros
from messagestatus_server.transport.method import Method
from messagestatus_server.transport.parsing import check_batch, each, parsed

SERVICE = "messagestatus.v1.DirectoryService"


def methods(directory: Directory) -> list[Method]:
    """Return the methods of the service."""
    return [
        Method(SERVICE, "PutUsers", Scope.INGEST, partial(_put_users, directory)),
        Method(SERVICE, "PutConversations", Scope.INGEST, partial(_put_conversations, directory)),
    ]


async def _put_users(directory: Directory, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.PutUsersRequest, body)
    check_batch("users", request.users)
    refused = await directory.put_users(caller, each(_user, request.users))
    return pb.PutUsersResponse(outcomes=_outcomes(refused)).SerializeToString()


async def _put_conversations(directory: Directory, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.PutConversationsRequest, body)
    check_batch("conversations", request.conversations)
    refused = await directory.put_conversations(caller, each(_conversation, request.conversations))
    return pb.PutConversationsResponse(outcomes=_outcomes(refused)).SerializeToString()


def _user(proto: user_pb.User) -> User:
    identifier("user_id", proto.user_id)
    return User(*(optional_text(field, getattr(proto, field)) for field in User._fields))


def _conversation(proto: directory_pb.Conversation) -> Conversation:
    return Conversation(
        identifier("conversation_id", proto.conversation_id),
        proto.view_history,
        tuple(
            _membership(f"memberships[{place}]", membership)
            for place, membership in enumerate(proto.memberships)
        ),
    )


def _membership(path: str, proto: directory_pb.Membership) -> Membership:
    joined = micros(f"{path}.join_time", proto.join_time) if proto.HasField("join_time") else None
    left = micros(f"{path}.leave_time", proto.leave_time) if proto.HasField("leave_time") else None
    if joined is not None and left is not None and left < joined:
        raise FieldInvalid(f"{path}.leave_time", "must not be before join_time")
    return Membership(identifier(f"{path}.user_id", proto.user_id), joined, left)


def _outcomes(refused: Sequence[Refusal | None]) -> list[pb.PutOutcome]:
    return [pb.PutOutcome(error=None if refusal is None else item_error(refusal)) for refusal in refused]
