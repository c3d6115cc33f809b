"""The present, as the service reckons it."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Tells the present in microseconds, UTC."""


def now() -> int:
    """Return the present in microseconds, UTC."""
    return time.time_ns() // 1000
