"""A sample event: what an endpoint is sent when its owner wants to try it."""

from messagestatus_server.domain.change import Change, ChangeKind
from messagestatus_server.domain.message import Channel, Message, Provider, Reference, Standing
from messagestatus_server.domain.state import DeliveryState, FailureReason
from messagestatus_server.domain.webhook import Event

_MESSAGE_ID = "00000000-0000-4000-8000-000000000000"
_SECOND = 1_000_000


def sample_event(event_id: str, now: int) -> Event:
    """Return the delivery of a message that never was, which every format has a word for.

    Args:
        event_id: Tells it from every other event.
        now: When it is said to have happened, in microseconds, UTC.
    """
    provider = Provider("sample", "sample-1", "delivered", "0")
    registered = Standing(DeliveryState.SENT, DeliveryState.SENT, now - _SECOND, channel=Channel.SMS)
    delivered = Standing(
        DeliveryState.DELIVERED, DeliveryState.DELIVERED, now, channel=Channel.SMS, provider=provider
    )
    message = Message(
        _MESSAGE_ID,
        "",
        registered,
        delivered,
        registered,
        accept_time=now - _SECOND,
        message_time=now - _SECOND,
        phone="+10000000000",
        reference=Reference("SAMPLE", "TEST", "sample"),
        segments=1,
    )
    change = Change(
        ChangeKind.ADVANCED, DeliveryState.SENT, DeliveryState.DELIVERED, FailureReason.UNSPECIFIED, now
    )
    return Event(event_id, _MESSAGE_ID, "", change, now, message, test=True)
