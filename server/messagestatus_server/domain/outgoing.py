"""What waits to be told to endpoints, and what was tried."""

from enum import IntEnum
from typing import NamedTuple

from messagestatus_server.domain.change import Change
from messagestatus_server.domain.webhook import Attempt


class Result(IntEnum):
    """How an attempt to tell an endpoint of an event ended; DEAD is not tried again by itself."""

    TAKEN = 1
    RETRIED = 2
    DEAD = 3


class Outgoing(NamedTuple):
    """A change that an endpoint is to be told of.

    `sequence` is its place in the feed of the tenant. `message` is the store's handle of the message;
    `message_id` and `instance` are its name once it is deleted, and empty before. `attempts` is how many were
    made. `skipped` is how many earlier changes it stands for beside its own. `lease` tells one claim of it
    from any other, 0 while there is none. `commit_time` is in microseconds, UTC.
    """

    sequence: int
    message: int
    change: Change
    commit_time: int
    message_id: str = ""
    instance: str = ""
    attempts: int = 0
    skipped: int = 0
    lease: int = 0


class Waiting(NamedTuple):
    """An endpoint for which something waits, and since or until when (microseconds, UTC)."""

    tenant: int
    endpoint_id: str
    due_time: int


class LoggedAttempt(NamedTuple):
    """An attempt as it is kept, of one event; those of a batch were one request.

    `sequence` is the place of the change in the feed; 0 for an event that only tries the endpoint, which
    alone has its `event_id` here. `number` counts the attempts on the event from 1 on. `next_time` is when
    the next one is due, in microseconds, UTC, None where there is none. `attempt_id` is given by the store.
    """

    sequence: int
    message_id: str
    instance: str
    number: int
    attempt: Attempt
    result: Result
    next_time: int | None = None
    event_id: str = ""
    attempt_id: int = 0
