"""Webhooks: endpoints, what each of them wants to hear, and the attempts to tell them."""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from messagestatus_server.domain.change import Change, ChangeKind
from messagestatus_server.domain.identifier import LONGEST_TEXT, optional_text
from messagestatus_server.domain.message import Channel, Message
from messagestatus_server.domain.refusals import FieldInvalid, FieldRequired
from messagestatus_server.domain.state import DeliveryState

_MOST_FILTERED = 1_000
_MOST_PER_SECOND = 10_000
_MOST_AT_ONCE = 100
_MOST_IN_BATCH = 100
_LONGEST_COALESCING = 3_600_000_000


class Format(IntEnum):
    """The shape in which an endpoint is told."""

    STANDARD = 1
    NAMIRIAL = 2
    RYZE = 3


class Signing(IntEnum):
    """How an endpoint knows what is ours."""

    SHARED_SECRET = 1
    KEY_PAIR = 2


class DisabledReason(IntEnum):
    """Why an endpoint is told nothing; NONE where it is told."""

    NONE = 0
    REQUESTED = 1
    GONE = 2
    FAILING = 3


class Fault(IntEnum):
    """What kept an attempt from being answered as HTTP has it.

    TOO_LONG alone leaves a good answer good: the receiver has answered, and talks on.
    """

    NONE = 0
    REFUSED_URL = 1
    REFUSED_ADDRESS = 2
    UNRESOLVED = 3
    CONNECT = 4
    TLS = 5
    TIMEOUT = 6
    CLOSED = 7
    MALFORMED = 8
    TOO_LONG = 9


class Event(NamedTuple):
    """One change of one message, as endpoints are told of it.

    `event_id` tells the event from every other one, is the same in every attempt, and has no full stop.
    `message` is the message at least as new as the change, None when it is deleted; where the two differ,
    the change is what is told. `sequence` and `token` are the change's place in its tenant's feed.
    `skipped` is how many earlier changes of the message this event stands for beside its own. `test`
    marks one that never happened, and was asked for to try the endpoint. `commit_time` is in microseconds,
    UTC.
    """

    event_id: str
    message_id: str
    instance: str
    change: Change
    commit_time: int
    message: Message | None = None
    sequence: int = 0
    token: str = ""
    skipped: int = 0
    test: bool = False


class EventFilter(NamedTuple):
    """Which events an endpoint wants; an empty set wants all."""

    kinds: frozenset[ChangeKind] = frozenset()
    states: frozenset[DeliveryState] = frozenset()
    channels: frozenset[Channel] = frozenset()
    instances: frozenset[str] = frozenset()

    def wants(self, event: Event) -> bool:
        """Tell whether an event is wanted: each set that is not empty must have what the event has.

        The channel of a message that is deleted is not known, so that no filter by channel wants it.
        """
        change, message = event.change, event.message
        return (
            (not self.kinds or change.kind in self.kinds)
            and (not self.states or change.state in self.states)
            and (not self.instances or event.instance in self.instances)
            and (not self.channels or (message is not None and message.standing.channel in self.channels))
        )


class EndpointSpec(NamedTuple):
    """What is decided about an endpoint.

    It gets at most `rate` requests a second, and `concurrency` at once. Changes of one message within
    `coalesce_window` (microseconds) are told as one, the latest; a request carries up to `batch_size` events
    where that is above 1.
    """

    url: str
    format: Format = Format.STANDARD
    signing: Signing = Signing.SHARED_SECRET
    event_filter: EventFilter = EventFilter()
    rate: int = 50
    concurrency: int = 8
    coalesce_window: int = 0
    batch_size: int = 1
    description: str = ""


class Endpoint(NamedTuple):
    """An endpoint as it is kept.

    `sealed_secrets` are its signing secrets as only this installation can read them; `public_key` verifies
    what it signs by a key pair, empty for a shared secret. `failing_since` is when the first of the attempts
    failed that have all failed since, None when the last one succeeded. Times are in microseconds, UTC.
    """

    endpoint_id: str
    tenant: int
    spec: EndpointSpec
    sealed_secrets: bytes
    create_time: int
    disabled_reason: DisabledReason = DisabledReason.NONE
    failing_since: int | None = None
    previous_secret_expire_time: int | None = None
    public_key: str = ""


class Attempt(NamedTuple):
    """One try to tell an endpoint, and what came of it.

    `status` is the HTTP status, 0 where none came. `answer` is the beginning of the answer's body.
    `start_time` is in microseconds, UTC; `duration` and `retry_after` are in microseconds, the latter None
    where the answer asks for no pause. The address that was connected to is not kept: an endpoint's owner
    could ask it for addresses of our own network.
    """

    start_time: int
    duration: int
    status: int = 0
    fault: Fault = Fault.NONE
    retry_after: int | None = None
    answer: str = ""


def coalesced(events: Sequence[Event]) -> Event:
    """Return the one event that stands for several of one message, the oldest of which comes first.

    It is the latest one, seen from where the message stood before the first. A message that was registered
    meanwhile is told as registered, unless it is deleted.
    """
    first, last = events[0], events[-1]
    kind = last.change.kind
    if first.change.kind is ChangeKind.REGISTERED and kind is not ChangeKind.DELETED:
        kind = ChangeKind.REGISTERED
    return last._replace(
        change=last.change._replace(kind=kind, previous_state=first.change.previous_state),
        skipped=sum(event.skipped for event in events) + len(events) - 1,
    )


def check_endpoint(spec: EndpointSpec) -> None:
    """Check all that is decided about an endpoint but the rules for its URL.

    Raises:
        FieldInvalid, FieldRequired: A field is at fault.
    """
    if not spec.url:
        raise FieldRequired("spec.url")
    optional_text("spec.url", spec.url, LONGEST_TEXT)
    optional_text("spec.description", spec.description, LONGEST_TEXT)
    for field, number, least, most in (
        ("rate", spec.rate, 1, _MOST_PER_SECOND),
        ("concurrency", spec.concurrency, 1, _MOST_AT_ONCE),
        ("coalesce_window", spec.coalesce_window, 0, _LONGEST_COALESCING),
        ("batch_size", spec.batch_size, 1, _MOST_IN_BATCH),
    ):
        if not least <= number <= most:
            raise FieldInvalid(f"spec.{field}", f"must be from {least} to {most}")
    if spec.batch_size > 1 and spec.format is not Format.STANDARD:
        raise FieldInvalid("spec.batch_size", f"must be 1: the format {spec.format.name} has no batches")
    for name, wanted in zip(EventFilter._fields, spec.event_filter, strict=True):
        field = f"spec.filter.{name}"
        if len(wanted) > _MOST_FILTERED:
            raise FieldInvalid(field, f"has more than {_MOST_FILTERED} items")
        for item in wanted:
            if isinstance(item, str):
                optional_text(field, item)


def check_authorization(text: str) -> None:
    """Check the value of the header `authorization` that a receiver asks for; empty for none.

    Raises:
        FieldInvalid: It is too long, or no header could carry it.
    """
    optional_text("spec.authorization", text, LONGEST_TEXT)
    if not (text.isascii() and text.isprintable() and text == text.strip()):
        raise FieldInvalid("spec.authorization", "must be printable ASCII without blanks around it")
