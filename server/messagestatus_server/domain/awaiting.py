"""Awaiting: until when a message waits for a receipt, what ends that, and what is claimed if none comes."""

import hashlib
from typing import NamedTuple

from messagestatus_server.domain.guards import Guard, guard
from messagestatus_server.domain.message import Channel, Message, Provider, RollUp
from messagestatus_server.domain.receipt import TIMER, Entry, Receipt
from messagestatus_server.domain.route import Deadline
from messagestatus_server.domain.state import ARRIVALS, FAILURES, DeliveryState, Finality

MARK_PRECEDENCE = 34
"""How strong a mark is: stronger than SENT, and weaker than whatever a carrier tells from UNKNOWN on."""

_OUTCOMES = ARRIVALS | FAILURES
_ENDING = frozenset({Finality.SOFT, Finality.FINAL})
_UNITS = ((86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s"))


class Awaited(NamedTuple):
    """Until when a message waits (microseconds, UTC), and by the deadline of which provider and channel."""

    provider: str
    channel: Channel
    due_time: int


class Due(NamedTuple):
    """A message that waits, by the store's own handle of it."""

    handle: int
    awaited: Awaited
    message: Message


class Stuck(NamedTuple):
    """A message that was marked at a time (microseconds, UTC), by the store's own handle of it."""

    handle: int
    message_id: str
    instance: str
    state: DeliveryState
    awaited: Awaited
    mark_time: int


class StuckPlace(NamedTuple):
    """The place of a message among those that are stuck, the longest waiting first."""

    due_time: int
    handle: int


class Waiting(NamedTuple):
    """How many messages of a provider on a channel wait, and how many were marked."""

    provider: str
    channel: Channel
    awaited: int
    stuck: int


class Sweep(NamedTuple):
    """A search, from a time on (microseconds, UTC), for the messages of a provider whose deadlines changed.

    Those up to a name that the provider has for a message were looked at.
    """

    tenant: int
    provider: str
    begin_time: int
    after_id: str = ""
    after_handle: int = 0


def is_last(receipt: Receipt) -> bool:
    """Tell whether a carrier says with a receipt that no more need be waited for."""
    return bool(receipt.state) and receipt.finality in _ENDING and receipt.source != TIMER


def for_everybody(message: Message, receipt: Receipt) -> bool:
    """Tell whether a receipt speaks of all that its message was sent to."""
    return message.roll_up is RollUp.SINGLE or not receipt.recipient


def ends_waiting(message: Message, entry: Entry) -> bool:
    """Tell whether a receipt ends the waiting of a message, which is told with the receipt folded in.

    One of a single recipient of many does where all of them have been told of.
    """
    receipt = entry.receipt
    if not is_last(receipt) or guard(message, receipt, entry.occur_time) is not Guard.UNSPECIFIED:
        return False
    return for_everybody(message, receipt) or all(
        standing.precedence > MARK_PRECEDENCE for standing in message.recipients.values()
    )


def has_outcome(message: Message) -> bool:
    """Tell whether it is known of a message that it arrived, or that it failed."""
    return message.standing.state in _OUTCOMES


def is_marked(message: Message) -> bool:
    """Tell whether a mark may be what decides where everybody stands."""
    deciding = message.standing if message.roll_up is RollUp.SINGLE else message.general
    return deciding.precedence == MARK_PRECEDENCE


def mark(message: Message, awaited: Awaited, deadline: Deadline) -> Receipt:
    """Return the receipt by which the timer tells that none came in time.

    It is the same whenever it is made: it tells of the time when one was due, and its event is named after
    that time and the message.
    """
    name = f"{message.instance}\0{message.message_id}".encode()
    known = message.standing.provider
    return Receipt(
        message_id=message.message_id,
        instance=message.instance,
        provider=Provider(
            awaited.provider,
            known.message_id if known.name == awaited.provider else "",
            detail=f"no receipt within {_duration(deadline.after)}",
        ),
        state=deadline.state,
        precedence=MARK_PRECEDENCE,
        finality=Finality.NONE,
        occur_time=awaited.due_time,
        event_id=f"{TIMER}:{awaited.due_time}:{hashlib.sha256(name).hexdigest()[:16]}",
        source=TIMER,
    )


def _duration(micros: int) -> str:
    """Return a duration for people, in the largest unit that it is a whole number of."""
    for size, unit in _UNITS:
        if micros % size == 0:
            return f"{micros // size} {unit}"
    return f"{micros / 1_000_000:g} s"
