"""Coroutines that are run on the spot for as long as they do not wait; most lookups never do.

A task for each call costs more than many a lookup. So an engine may step the coroutine of a call by hand
first, and only one that has to wait becomes a task, at the place where it stands.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return what work comes to; it has so many seconds, if it has to wait at all.

    Raises:
        TimeoutError: It was not done by then, and was cancelled.
    """
    try:
        waiting = work.send(None)
    except StopIteration as end:
        done: T = end.value
        return done
    try:
        # Here whoever steps us by hand makes a task of us: only a task can be timed.
        await asyncio.sleep(0)
    except asyncio.CancelledError as gone:
        # As a task does: what is waited for is cancelled, which then cancels the work.
        if not asyncio.isfuture(waiting):
            return await _Begun(work, partial(work.throw, gone))
        waiting.cancel()
        return await _Begun(work, lambda: waiting)
    async with asyncio.timeout(seconds):
        return await _Begun(work, lambda: waiting)


class _Begun(Awaitable[T], Generic[T]):
    """A coroutine that was begun already, and the step that gives what it waits for."""

    def __init__(self, work: Coroutine[Any, Any, T], step: Callable[[], Any]) -> None:
        self._work = work
        self._step = step

    def __await__(self) -> Generator[Any, Any, T]:
        step = self._step
        while True:
            try:
                waiting = step()
            except StopIteration as end:
                done: T = end.value
                return done
            try:
                sent = yield waiting
            except BaseException as fault:  # noqa: BLE001 - whatever is thrown at us is meant for the work
                step = partial(self._work.throw, fault)
            else:
                step = partial(self._work.send, sent)
