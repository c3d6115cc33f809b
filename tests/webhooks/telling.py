"""Events and endpoints for tests: each call says only what its test is about."""

from typing import Any

from messagestatus_server.domain.change import Change, ChangeKind
from messagestatus_server.domain.message import Message
from messagestatus_server.domain.state import DeliveryState, FailureReason
from messagestatus_server.domain.webhook import Endpoint, EndpointSpec, Event
from tests.domain.samples import NOON, message

MINUTE = 60_000_000


def event(
    previous_state: DeliveryState = DeliveryState.SENT,
    state: DeliveryState = DeliveryState.DELIVERED,
    kind: ChangeKind = ChangeKind.ADVANCED,
    about: Message | None = None,
    **said: Any,
) -> Event:
    """Return an event of a change a minute after noon, committed a second later, of a message of noon."""
    change = Change(kind, previous_state, state, FailureReason.UNSPECIFIED, NOON + MINUTE)
    about = message() if about is None and kind is not ChangeKind.DELETED else about
    said = {"event_id": "evt_1", "message_id": "m", "instance": "", **said}
    return Event(change=change, commit_time=NOON + MINUTE + 1_000_000, message=about, **said)


def endpoint(**decided: Any) -> Endpoint:
    """Return an endpoint that nothing has happened to."""
    return Endpoint("ep_1", 1, EndpointSpec("https://hooks.example.com/", **decided), b"", NOON)
