"""A change: what watchers and webhooks hear of a message."""

from enum import IntEnum
from typing import NamedTuple

from messagestatus_server.domain.message import Message, Standing
from messagestatus_server.domain.state import DeliveryState, FailureReason


class ChangeKind(IntEnum):
    """What happened to a message."""

    REGISTERED = 1
    ADVANCED = 2
    COMPLETED = 3
    SUPPRESSED = 4
    DELETED = 5


class Change(NamedTuple):
    """One row of the change feed; `change_time` is in microseconds, UTC."""

    kind: ChangeKind
    previous_state: DeliveryState
    state: DeliveryState
    reason: FailureReason
    change_time: int


def change(kind: ChangeKind, before: Message | None, after: Message) -> Change:
    """Describe how a message changed."""
    return Change(
        kind,
        DeliveryState.UNSPECIFIED if before is None else before.standing.state,
        after.standing.state,
        after.standing.reason,
        after.standing.change_time,
    )


def moved(before: Message, after: Message) -> bool:
    """Tell whether anything that callers see is different, but for the revision."""
    # Most receipts move the state itself, and then nothing else needs to be compared.
    return before.standing.state is not after.standing.state or _seen(before) != _seen(after)


def _seen(message: Message) -> Message:
    """Return a message without what no caller sees: which receipts decide, and how they rank."""
    return message._replace(
        standing=message.standing._replace(precedence=0, key=b""),
        general=message.origin,
        recipients={
            user: Standing(standing.state, 0, standing.change_time, reason=standing.reason)
            for user, standing in message.recipients.items()
        },
        revision=0,
    )
