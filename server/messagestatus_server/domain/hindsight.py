"""Hindsight: what was known of a message at a time."""

from collections.abc import Collection, Iterable

from messagestatus_server.domain.fold import refold
from messagestatus_server.domain.history import Repetitions
from messagestatus_server.domain.message import Message
from messagestatus_server.domain.receipt import Entry


def known_by(entries: Iterable[Entry], as_of: int) -> list[Entry]:
    """Return the receipts that had arrived by a time (microseconds, UTC)."""
    return [entry for entry in entries if entry.receive_time <= as_of]


def repeated_by(repetitions: Repetitions, as_of: int) -> Repetitions:
    """Return the repetitions that were over by a time: of others, it is not kept how many were."""
    return {key: again for key, again in repetitions.items() if again.last_time <= as_of}


def message_by(message: Message, entries: Collection[Entry], as_of: int) -> Message | None:
    """Return a message as it was known at a time (microseconds, UTC).

    When a message was registered is not kept, nor when its registration was completed: all that it says
    counts as known from the time on when the message was accepted. A suppression from a later time on does
    not count.

    Args:
        message: The message as it is known now.
        entries: The receipts that had arrived by then.
        as_of: The time.

    Returns:
        The message, or None if it was not accepted yet.
    """
    if as_of < message.accept_time:
        return None
    if message.suppress_time is not None and message.suppress_time > as_of:
        message = message._replace(suppress_time=None)
    return refold(message, entries, revision=1)
