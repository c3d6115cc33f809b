"""The worker as the server runs it: woken by commits, one after another, until it is stopped."""

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from messagestatus_server.domain.outgoing import Result
from messagestatus_server.domain.refusals import DiskFull, StoreUnavailable
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.service.webhooks import worker
from tests.domain.samples import NOON

from .office import HANG, Office


async def heard(office: Office, number: int, seconds: float = 5) -> None:
    """Wait until so many requests have come."""
    async with asyncio.timeout(seconds):
        while len(office.receivers.posts) < number:  # noqa: ASYNC110 - receivers ring no bell
            await asyncio.sleep(0.005)


async def test_a_commit_wakes_it_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOKED_EVERY", 60.0)
    await office.endpoint()
    office.worker.start()
    for number in range(20):
        await asyncio.sleep(0.02)
        started = time.perf_counter()
        await office.change(f"m{number}", S.SENT)
        await heard(office, number + 1)
        assert time.perf_counter() - started < 1
    await office.worker.stop(1)


async def test_while_nothing_waits_it_only_looks_now_and_then(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own commits do not wake it."""
    monkeypatch.setattr(worker, "LOOKED_EVERY", 0.1)
    await office.endpoint()
    turns = 0
    turn = office.worker.turn

    async def counted() -> int | None:
        nonlocal turns
        turns += 1
        return await turn()

    monkeypatch.setattr(office.worker, "turn", counted)
    office.worker.start()
    await asyncio.sleep(0.55)
    await office.worker.stop(1)
    assert 3 <= turns <= 7


async def test_what_the_store_refuses_is_tried_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LOOKED_EVERY", 0.05)
    endpoint = await office.endpoint()
    await office.change("m", S.SENT)
    write, refused = office.store.write, 0

    async def refusing(work: object) -> object:
        nonlocal refused
        if refused < 6 and office.receivers.posts:
            refused += 1
            raise DiskFull
        return await write(work)  # type: ignore[arg-type]

    monkeypatch.setattr(office.store, "write", refusing)
    with capture_logs() as lines:
        office.worker.start()
        await heard(office, 1)
        async with asyncio.timeout(5):
            while not await office.attempts(endpoint):  # noqa: ASYNC110 - nor does the store
                await asyncio.sleep(0.01)
    assert {line["event"] for line in lines} == {"webhooks wait"}
    await office.worker.stop(1)
    (attempt,) = await office.attempts(endpoint)
    assert (attempt.result, office.receivers.told()) == (Result.TAKEN, [("m", "SENT")])


async def test_it_lets_what_is_under_way_end_within_the_grace(office: Office) -> None:
    endpoint = await office.endpoint()
    office.receivers.answer = lambda _: HANG
    office.worker.start()
    await office.change("m", S.SENT)
    await heard(office, 1)
    stopping = asyncio.create_task(office.worker.stop(10))
    await asyncio.sleep(0.05)
    await office.change("n", S.SENT)
    office.receivers.let(200)
    await stopping
    assert [attempt.message_id for attempt in await office.attempts(endpoint)] == ["m"]
    assert await office.waiting(endpoint) == 1
    with pytest.raises(StoreUnavailable):
        await office.worker.try_out(endpoint, "test_1")


async def test_an_event_that_tries_an_endpoint_out_is_asked_for_from_any_loop(office: Office) -> None:
    endpoint = await office.endpoint()
    office.worker.start()
    logged = await asyncio.to_thread(lambda: asyncio.run(office.worker.try_out(endpoint, "test_1")))
    assert (logged.sequence, logged.event_id, logged.attempt.start_time) == (0, "test_1", NOON)
    assert office.receivers.posts[0].events[0]["type"] == "test"
    await office.worker.stop(1)


async def test_no_more_is_claimed_than_may_be_under_way(office: Office) -> None:
    office.lanes._most = 20
    await office.endpoint(concurrency=100)
    office.receivers.answer = lambda _: HANG
    for number in range(60):
        await office.change(f"m{number}", S.SENT)
    await office.run()
    assert office.receivers.under_way == 10
    for _ in range(6):
        office.receivers.let(200)
        await office.run()
    assert office.receivers.most_under_way == 10
    assert len(office.receivers.told()) == 60
