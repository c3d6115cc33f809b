"""The FULL view of a message: every recipient, the counts per state, and the names of people."""

from collections import Counter

from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from messagestatus.v1 import user_pb2 as user_pb
from messagestatus_server.domain.directory import User
from messagestatus_server.domain.message import Standing
from messagestatus_server.service.lookup import FullStatus
from messagestatus_server.transport.codec import fill_status, serialized
from messagestatus_server.transport.instants import timestamp


def full_status(full: FullStatus) -> bytes:
    """Return the `GetStatusResponse` of a message in the FULL view."""
    message = full.message
    response = lookup_pb.GetStatusResponse()
    status = response.message_status
    fill_status(status, message)
    if message.author:
        status.author.CopyFrom(_person(full, message.author))
    for user_id, standing in sorted(message.recipients.items()):
        status.recipients.append(_recipient(full, user_id, standing))
    counts = Counter(standing.state for standing in message.recipients.values())
    for state, count in sorted(counts.items()):
        status.state_counts.append(
            status_pb.StateCount(state=state_pb.DeliveryState.ValueType(state), count=count)
        )
    return serialized(response)


def _recipient(full: FullStatus, user_id: str, standing: Standing) -> status_pb.Recipient:
    return status_pb.Recipient(
        user=_person(full, user_id),
        state=state_pb.DeliveryState.ValueType(standing.state),
        reason=state_pb.FailureReason.ValueType(standing.reason),
        change_time=timestamp(standing.change_time),
    )


def _person(full: FullStatus, user_id: str) -> user_pb.User:
    """Return a person, without the login name if external to whom the caller acts as.

    A service acts as nobody, and to nobody everyone is internal (Symphony, "Message Status", Note).
    """
    user = full.users.get(user_id, User(user_id))
    external = full.company is not None and user.company != full.company
    return user_pb.User(
        user_id=user.user_id,
        first_name=user.first_name,
        last_name=user.last_name,
        display_name=user.display_name,
        email=user.email,
        user_name="" if external else user.user_name,
        company=user.company,
        external=external,
    )
