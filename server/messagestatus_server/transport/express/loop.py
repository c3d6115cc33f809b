"""An event loop that waits for a completion queue: coroutines and calls take turns in one thread."""

import asyncio
import selectors
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from messagestatus_server.logs import described
from messagestatus_server.transport.express.core import Call, Queue, cygrpc

Tag = Callable[[Any], None]
"""Called with the event that ends what it was given with."""

LONGEST_SLEEP = 0.05
"""How long the loop sleeps at most, in seconds: with no call to ring, other threads cannot wake it."""

_MOST_EVENTS = 256
"""How many events are taken in a row before what else is ready has its turn."""

_MOST_TURNS = 8
"""How many turns are taken up in a row by what is ready anyway, before the queue is asked again.

What waits goes through several turns on its way, and to ask the queue costs more than any of them.
"""

_COMPLETE = cygrpc.CompletionType.operation_complete
_NEVER = 0.0
"""A deadline long past: the queue is asked and not waited for."""

log = structlog.get_logger()


class CompletionQueueLoop(asyncio.SelectorEventLoop):
    """An asyncio loop with a completion queue in the place of a selector. It has no use for sockets.

    A thread that wants to be heard at once (`call_soon_threadsafe`) rings: it begins nothing at all on a
    call that is under way, whose completion then comes out of the queue.
    """

    def __init__(self, queue: Queue) -> None:
        super().__init__(_CompletionQueueSelector(queue))
        self._ringable: dict[Call, None] = {}
        self._bell: Call | None = None
        self._rung = False

    def offer_bell(self, call: Call) -> None:
        """Let other threads wake the loop by a call, until it is withdrawn."""
        self._ringable[call] = None
        self._bell = call

    def withdraw_bell(self, call: Call) -> None:
        """Let go of a call."""
        self._ringable.pop(call, None)
        if self._bell is call:
            self._bell = next(iter(self._ringable), None)

    def _write_to_self(self) -> None:
        """Wake the loop, from any thread."""
        bell = self._bell
        if bell is not None and not self._rung:
            # Before it rings: it may be heard before this thread goes on.
            self._rung = True
            if bell.start_server_batch((), self._heard):
                self._rung = False

    def _heard(self, event: Any) -> None:
        del event
        self._rung = False


class _CompletionQueueSelector(selectors.BaseSelector):
    """Hands events to their tags where a selector would find sockets ready; it finds none."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._passed = 0
        self._registered: dict[Any, selectors.SelectorKey] = {}

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for an event, and take those that are there."""
        if timeout == 0 and self._passed < _MOST_TURNS:
            self._passed += 1
            return []
        self._passed = 0
        if timeout is None or timeout > LONGEST_SLEEP:
            timeout = LONGEST_SLEEP
        poll = self._queue.poll
        event = poll(time.time() + timeout if timeout > 0 else _NEVER)
        taken = 0
        while event.completion_type == _COMPLETE:
            try:
                event.tag(event)
            except Exception as fault:  # noqa: BLE001 - one call's fault must not end the loop of all
                log.error("fault", **described(fault))  # noqa: TRY400 - the text may hold secrets
            taken += 1
            if taken == _MOST_EVENTS:
                break
            event = poll(_NEVER)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """Take note of the pipe that every loop makes for itself, and never look at it."""
        key = self._registered[fileobj] = selectors.SelectorKey(fileobj, fileobj, events, data)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """Forget it."""
        return self._registered.pop(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """Return what was registered."""
        return self._registered
