"""The ladder of attempts: what an answer means, when the next attempt is due, and when there is none.

Source: Standard Webhooks 1.0.0, "Deliverability and reliability": its example schedule, which ends 75 hours
and 35 minutes after the first attempt, and what each status code asks for.
"""

import random
from collections.abc import Callable
from enum import IntEnum
from http import HTTPStatus

from messagestatus_server.domain.webhook import Attempt, Endpoint, Fault

Chance = Callable[[], float]
"""Returns a random number from 0 up to 1."""

_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR

DELAYS = (
    0,
    5 * _SECOND,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    5 * _HOUR,
    10 * _HOUR,
    14 * _HOUR,
    20 * _HOUR,
    24 * _HOUR,
)
"""How long to wait before each attempt, in microseconds after the one before."""

LONGEST_PAUSE = _DAY
"""How long a receiver can put off an attempt with `Retry-After`, in microseconds."""

DISABLED_AFTER = 5 * _DAY
"""For how long every attempt must have failed before an endpoint is disabled, in microseconds."""

_JITTER = 0.2
_DEFAULT_PAUSE = 10 * _SECOND
_THROTTLING = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}


class Verdict(IntEnum):
    """What became of an attempt."""

    TOLD = 1
    FAILED = 2
    GONE = 3


def verdict(attempt: Attempt) -> Verdict:
    """Return what an answer means: 2xx is success, 410 ends the endpoint, and the rest may be tried again.

    A success of which too much is said is one. One that breaks off, or does not end in time, is not: to tell
    twice does less harm than not to tell.
    """
    if attempt.status == HTTPStatus.GONE:
        return Verdict.GONE
    answered = attempt.fault in {Fault.NONE, Fault.TOO_LONG}
    told = HTTPStatus.OK <= attempt.status < HTTPStatus.MULTIPLE_CHOICES
    return Verdict.TOLD if answered and told else Verdict.FAILED


def next_time(
    attempts: int, now: int, retry_after: int | None = None, chance: Chance = random.random
) -> int | None:
    """Return when to try again, in microseconds, UTC; None when the ladder ends, and the letter is dead.

    The time is spread by up to a fifth either way, so that what failed together does not return together.

    Args:
        attempts: How many attempts were made and failed.
        now: The time of the last one, in microseconds, UTC.
        retry_after: The least time to wait, in microseconds, as the receiver asked; None when it did not.
        chance: The random numbers to spread with.
    """
    if attempts >= len(DELAYS):
        return None
    delay = round(DELAYS[attempts] * (1 + _JITTER * (2 * chance() - 1)))
    if retry_after is not None:
        # Spread beyond the pause too, never into it.
        asked = min(max(retry_after, 0), LONGEST_PAUSE)
        delay = max(delay, round(asked * (1 + _JITTER / 2 * chance())))
    return now + delay


def pause(attempt: Attempt) -> int:
    """Return for how long nothing else should be sent to the endpoint either, in microseconds; mostly 0.

    429, 502 and 504 tell of too many requests, and so does any answer that fails with `Retry-After`.
    """
    if verdict(attempt) is Verdict.TOLD:
        return 0
    if attempt.retry_after is not None:
        return min(max(attempt.retry_after, 0), LONGEST_PAUSE)
    return _DEFAULT_PAUSE if attempt.status in _THROTTLING else 0


def is_lost(endpoint: Endpoint, now: int, after: int = DISABLED_AFTER) -> bool:
    """Tell whether every attempt on an endpoint has failed for so long that it should be disabled.

    Args:
        endpoint: The endpoint, after the attempt that failed last.
        now: The time of that attempt, in microseconds, UTC.
        after: How long is long, in microseconds; 0 for never.
    """
    since = endpoint.failing_since
    return after > 0 and since is not None and now - since >= after
