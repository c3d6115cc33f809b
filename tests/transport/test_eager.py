"""Work that does not wait is done on the spot; what waits becomes a task where it stands, and is timed."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from messagestatus_server.transport.eager import within


class Fault(Exception):
    pass


async def _at_once() -> str:
    return "done"


async def _late(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "done"


async def _failing() -> str:
    raise Fault


async def _failing_late() -> str:
    await asyncio.sleep(0)
    raise Fault


def _stepped(work: Coroutine[Any, Any, str]) -> str | None:
    """Step work once by hand, outside any task; None when it has to wait."""
    try:
        work.send(None)
    except StopIteration as end:
        return str(end.value)
    return None


def test_what_need_not_wait_needs_neither_loop_nor_task() -> None:
    assert _stepped(within(1, _at_once())) == "done"


def test_what_fails_at_once_fails_at_once() -> None:
    with pytest.raises(Fault):
        _stepped(within(1, _failing()))


async def test_what_was_stepped_by_hand_goes_on_as_a_task() -> None:
    work = within(1, _late(0.01))
    stepped: list[asyncio.Task[str]] = []

    def by_hand() -> None:
        assert asyncio.current_task() is None
        assert _stepped(work) is None
        stepped.append(asyncio.get_running_loop().create_task(work))

    asyncio.get_running_loop().call_soon(by_hand)
    await asyncio.sleep(0)
    assert await stepped[0] == "done"


async def test_what_fails_after_waiting_fails() -> None:
    with pytest.raises(Fault):
        await within(1, _failing_late())


async def test_what_takes_too_long_is_cancelled_and_says_so() -> None:
    ended: list[str] = []

    async def work() -> str:
        try:
            return await _late(30)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    with pytest.raises(TimeoutError):
        await within(0.01, work())
    assert ended == ["cancelled"]


async def test_whoever_cancels_the_task_cancels_the_work() -> None:
    ended = asyncio.Event()

    async def work() -> str:
        try:
            return await _late(30)
        finally:
            ended.set()

    task = asyncio.create_task(within(60, work()))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


@pytest.mark.parametrize("waits_for_a_future", [True, False])
async def test_work_that_was_begun_by_hand_is_cancelled_even_before_its_task_has_run(
    waits_for_a_future: bool,
) -> None:
    """The client may go in the very turn of the loop in which its call came."""
    ended: list[str] = []
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def work() -> str:
        try:
            if not waits_for_a_future:
                await asyncio.sleep(0)
            return await future
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    begun = within(60, work())
    asyncio.get_running_loop().call_soon(_stepped, begun)
    await asyncio.sleep(0)
    task = asyncio.create_task(begun)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["cancelled"]
    assert future.cancelled() == waits_for_a_future


async def test_work_may_wait_any_number_of_times_and_catch_what_is_thrown() -> None:
    async def work() -> str:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_exception, Fault())
        try:
            await future
        except Fault:
            await asyncio.sleep(0)
        return await _late(0)

    assert await within(1, work()) == "done"
