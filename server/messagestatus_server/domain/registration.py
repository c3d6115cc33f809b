"""A registration: how a sender announces a message, and completes it later."""

from typing import NamedTuple, TypeVar

from messagestatus_server.domain.guards import Guard, guard_claim
from messagestatus_server.domain.message import (
    Channel,
    ContentKind,
    Direction,
    Message,
    Provider,
    Reference,
    RollUp,
    Standing,
)
from messagestatus_server.domain.refusals import FieldInvalid, MessageAlreadyExists
from messagestatus_server.domain.state import DeliveryState, FailureReason

T = TypeVar("T")


class Registration(NamedTuple):
    """What a sender says of a message; the default of a field means that nothing is said.

    Times are microseconds, UTC. The native status of the provider is a word of `vocabulary`.
    """

    message_id: str
    instance: str = ""
    conversation_id: str = ""
    direction: Direction = Direction.UNSPECIFIED
    channel: Channel = Channel.UNSPECIFIED
    content_kind: ContentKind = ContentKind.UNSPECIFIED
    phone: str = ""
    reference: Reference = Reference()
    provider: Provider = Provider()
    state: DeliveryState = DeliveryState.UNSPECIFIED
    reason: FailureReason = FailureReason.UNSPECIFIED
    accept_time: int | None = None
    message_time: int | None = None
    segments: int = 0
    author: str = ""
    recipients: tuple[str, ...] = ()
    roll_up: RollUp = RollUp.SINGLE
    vocabulary: str = ""


def announce(registration: Registration, now: int) -> Message:
    """Return the new message of a registration made now (microseconds, UTC).

    Raises:
        FieldInvalid: The first state cannot be true of such a message.
    """
    accept_time = now if registration.accept_time is None else registration.accept_time
    message_time = accept_time if registration.message_time is None else registration.message_time
    state = registration.state or DeliveryState.QUEUED
    origin = Standing(
        state=state,
        precedence=state,
        change_time=accept_time,
        reason=registration.reason,
        channel=registration.channel,
        provider=registration.provider,
    )
    return _checked(
        Message(
            message_id=registration.message_id,
            instance=registration.instance,
            origin=origin,
            standing=origin,
            general=origin,
            accept_time=accept_time,
            message_time=message_time,
            conversation_id=registration.conversation_id,
            direction=registration.direction or Direction.OUTBOUND,
            content_kind=registration.content_kind,
            phone=registration.phone,
            reference=registration.reference,
            segments=registration.segments,
            author=registration.author,
            roll_up=registration.roll_up or (RollUp.ALL if registration.recipients else RollUp.SINGLE),
            named=registration.recipients,
            recipients=dict.fromkeys(registration.recipients, origin),
        )
    )


def complete(message: Message, registration: Registration) -> Message | None:
    """Return the message with what a later registration adds, not folded yet; None if it adds nothing.

    Raises:
        MessageAlreadyExists: The registration says otherwise of something that is known.
        FieldInvalid: The first state cannot be true of such a message.
    """
    fill = _Filling(message.message_id)
    origin = message.origin
    state = fill("state", origin.state, registration.state, unset=DeliveryState.QUEUED)
    fill.time("accept_time", message.accept_time, registration.accept_time, unset=None)
    fill("direction", message.direction, registration.direction, unset=None)
    named = fill("recipient_user_ids", message.named, registration.recipients, unset=())
    rule = registration.roll_up or (RollUp.ALL if named and not message.roll_up else RollUp.SINGLE)
    completed = message._replace(
        origin=origin._replace(
            state=state,
            precedence=state,
            reason=fill("reason", origin.reason, registration.reason),
            channel=fill("channel", origin.channel, registration.channel),
            provider=Provider(*fill.each("provider", origin.provider, registration.provider)),
        ),
        message_time=fill.time(
            "message_time", message.message_time, registration.message_time, unset=message.accept_time
        ),
        conversation_id=fill("conversation_id", message.conversation_id, registration.conversation_id),
        content_kind=fill("content_kind", message.content_kind, registration.content_kind),
        phone=fill("phone", message.phone, registration.phone),
        reference=Reference(*fill.each("reference", message.reference, registration.reference)),
        segments=fill("segments", message.segments, registration.segments),
        author=fill("author_user_id", message.author, registration.author),
        roll_up=fill("roll_up", message.roll_up, rule, unset=RollUp.SINGLE),
        named=named,
    )
    return None if completed == message else _checked(completed)


class _Filling:
    """Fills what was not said before, and refuses what was said differently."""

    def __init__(self, message_id: str) -> None:
        self._message_id = message_id

    def __call__(self, field: str, known: T, said: T | None, *, unset: T | None = None) -> T:
        if not said or said == known:
            return known
        if known and known != unset:
            raise MessageAlreadyExists(field, self._message_id)
        return said

    def time(self, field: str, known: int, said: int | None, *, unset: int | None) -> int:
        """Fill a time, which is said whatever its number."""
        if said is None or said == known:
            return known
        if known != unset:
            raise MessageAlreadyExists(field, self._message_id)
        return said

    def each(self, field: str, known: Provider | Reference, said: Provider | Reference) -> list[str]:
        return [
            self(f"{field}.{name}", old, new)
            for name, old, new in zip(known._fields, known, said, strict=True)
        ]


def _checked(message: Message) -> Message:
    origin = message.origin
    refused = guard_claim(
        origin.state,
        channel=origin.channel,
        content_kind=message.content_kind,
        direction=message.direction,
    )
    if refused is not Guard.UNSPECIFIED:
        raise FieldInvalid("state", f"cannot be {origin.state.name}: {refused.name}")
    return message
