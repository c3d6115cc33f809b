"""The loop over a completion queue: it wakes for calls, for timers, and for other threads."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from messagestatus_server.transport.express.core import cygrpc
from messagestatus_server.transport.express.loop import LONGEST_SLEEP, CompletionQueueLoop
from tests.transport.scripted import scripted


@pytest.fixture
def loop() -> Iterator[CompletionQueueLoop]:
    queue = cygrpc.CompletionQueue()
    loop = CompletionQueueLoop(queue)
    yield loop
    loop.close()
    queue.shutdown()
    while queue.poll().completion_type != cygrpc.CompletionType.queue_shutdown:
        pass


def test_timers_go_off_in_their_order(loop: CompletionQueueLoop) -> None:
    heard: list[int] = []
    for number in (3, 1, 2):
        loop.call_later(number / 100, heard.append, number)
    loop.call_later(0.05, loop.stop)
    loop.run_forever()
    assert heard == [1, 2, 3]


def test_another_thread_is_heard_even_with_no_call_to_ring(loop: CompletionQueueLoop) -> None:
    calling = threading.Timer(0.05, loop.call_soon_threadsafe, [loop.stop])
    calling.start()
    started = time.monotonic()
    loop.run_forever()
    calling.join()
    assert time.monotonic() - started < 100 * LONGEST_SLEEP


def test_coroutines_have_all_that_asyncio_gives_them(loop: CompletionQueueLoop) -> None:
    async def work() -> tuple[int, str]:
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            first = group.create_task(asyncio.to_thread(lambda: 1))
            second = group.create_task(asyncio.sleep(0.01, "two"))
        return first.result(), second.result()

    async def all_of_it() -> tuple[int, str]:
        done = await work()
        await asyncio.get_running_loop().shutdown_default_executor()
        return done

    assert loop.run_until_complete(all_of_it()) == (1, "two")


async def test_a_call_that_waits_for_another_thread_is_woken_by_it_each_time() -> None:
    """A hundred waits in a row: were the ringing lost, each would last as long as the longest sleep."""

    async def waits() -> bytes:
        for _ in range(100):
            await asyncio.to_thread(lambda: None)
        return b"done"

    async with scripted({"Wait": waits}) as server:
        started = time.monotonic()
        calls = [server.call("Wait") for _ in range(4)]
        assert [await call for call in calls] == [b"done"] * 4
        assert time.monotonic() - started < 100 * LONGEST_SLEEP
