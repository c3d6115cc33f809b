"""Guards: receipts that cannot be true of their message, whatever the order they came in."""

from enum import IntEnum

from messagestatus_server.domain.message import Channel, ContentKind, Direction, Message
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.state import DeliveryState


class Guard(IntEnum):
    """Why a receipt cannot be true of its message."""

    UNSPECIFIED = 0
    CHANNEL_HAS_NO_READS = 1
    CONTENT_NOT_PLAYABLE = 2
    CHANNEL_HAS_NO_REPLIES = 3
    NOT_INBOUND = 4
    AFTER_SUPPRESSION = 5


_WITHOUT_READS = frozenset({Channel.SMS})
_WITHOUT_REPLIES = frozenset({Channel.SMS, Channel.VOICE, Channel.PUSH})
_PLAYABLE = frozenset({ContentKind.AUDIO, ContentKind.VIDEO, ContentKind.UNSPECIFIED})


def guard(message: Message, receipt: Receipt, occur_time: int) -> Guard:
    """Return the guard that refuses a receipt, or UNSPECIFIED.

    A guard refuses what is known to be impossible: an unspecified channel or content kind refuses
    nothing. A receipt at the very time of the suppression is refused; an earlier one never is, however
    late it arrives.
    """
    if message.suppress_time is not None and occur_time >= message.suppress_time:
        return Guard.AFTER_SUPPRESSION
    return guard_claim(
        receipt.state,
        channel=receipt.channel or message.channel,
        content_kind=message.content_kind,
        direction=message.direction,
        own_side=receipt.own_side,
    )


def guard_claim(
    state: DeliveryState,
    *,
    channel: Channel,
    content_kind: ContentKind,
    direction: Direction,
    own_side: bool = False,
) -> Guard:
    """Return the guard that refuses a state on such a message, or UNSPECIFIED."""
    inbound = direction is Direction.INBOUND
    if (own_side or state is DeliveryState.RECEIVED) and not inbound:
        return Guard.NOT_INBOUND
    if state is DeliveryState.REPLIED and channel in _WITHOUT_REPLIES:
        return Guard.CHANNEL_HAS_NO_REPLIES
    if (state is DeliveryState.READ or state is DeliveryState.PLAYED) and channel in _WITHOUT_READS:
        return Guard.CHANNEL_HAS_NO_READS
    if state is DeliveryState.PLAYED and content_kind not in _PLAYABLE:
        return Guard.CONTENT_NOT_PLAYABLE
    return Guard.UNSPECIFIED
