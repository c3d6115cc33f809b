"""The client for asyncio does the same: asked for everything once, and interrupted."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import grpc
import pytest

from messagestatus import CallError, Client
from messagestatus.aio import Client as AsyncClient
from messagestatus.aio_watching import Watch
from messagestatus.resuming import Interrupted, Notice, Resumed, SnapshotComplete
from messagestatus.v1.access_service_pb2 import ListKeysRequest
from messagestatus.v1.access_service_pb2_grpc import AccessServiceStub
from tests.builders import PHONE, message, moment, receipt, state
from tests.client.wire import Wire
from tests.running import RunningServer, Tenant


@pytest.fixture
async def there(server: RunningServer, tenant: Tenant) -> AsyncIterator[AsyncClient]:
    """Call the server as the service of a tenant that no other test knows."""
    async with AsyncClient(server.address, tenant.key) as client:
        yield client


async def test_every_method_answers_as_its_namesake(
    there: AsyncClient, server: RunningServer, tenant: Tenant
) -> None:
    ids = [f"m{number:04}" for number in range(1_101)]
    await there.register(
        message(each, phone=PHONE, reference={"key": "k"}, accept_time=moment(number))
        for number, each in enumerate(ids)
    )
    reported = await there.report([receipt(each, "SENT", 5_000) for each in ids])
    assert len(reported) == len(ids)
    with Client(server.address, tenant.key) as here:
        assert await there.get(ids[0]) == here.get(ids[0])
        assert await there.history(ids[0]) == here.history(ids[0])
        assert [each async for each in there.batch([*ids, "x"])] == list(here.batch([*ids, "x"]))
        before = datetime(2026, 1, 1, 0, 5, tzinfo=UTC)
        assert [each async for each in there.list_by_phone(PHONE, before=before)] == list(
            here.list_by_phone(PHONE, before=before)
        )
        assert len([each async for each in there.list_by_reference("k")]) == len(ids)


async def test_any_service_of_the_contract_can_be_asked(server: RunningServer) -> None:
    async with AsyncClient(server.address, server.admin_key) as operator:
        reply = await operator.ask(AccessServiceStub(operator.channel).ListKeys, ListKeysRequest())
    assert reply.keys


async def test_a_refusal_says_which(there: AsyncClient) -> None:
    with pytest.raises(CallError) as raised:
        await there.get("nothing", request_id="mine-7")
    assert (raised.value.reason, raised.value.request_id) == ("MESSAGE_NOT_FOUND", "mine-7")


async def test_a_watch_that_has_begun_misses_nothing(there: AsyncClient) -> None:
    with there.watch(["m"]) as watch:
        assert (await watch.begin()).token
        await there.register([message("m")])
        assert (await anext(watch)).message_id == "m"


async def test_a_snapshot_comes_first(there: AsyncClient) -> None:
    await there.register([message("m", phone=PHONE)])
    notices: list[Notice] = []
    watch = await there.watch(phone=PHONE, start="snapshot", on_notice=notices.append).begin()
    await there.report([receipt("m", "SENT")])
    assert [(await anext(watch)).state for _ in range(2)] == [state("QUEUED"), state("SENT")]
    assert notices == [SnapshotComplete(1)]


async def test_a_time_limit_on_waiting_loses_nothing_and_costs_no_connection(there: AsyncClient) -> None:
    notices: list[Notice] = []
    watch = await there.watch(on_notice=notices.append).begin()
    for number in range(5):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(watch), 0.05)
        await there.register([message(f"m{number}")])
        assert (await asyncio.wait_for(anext(watch), 5)).message_id == f"m{number}"
    assert notices == []


async def test_leaving_the_loop_ends_the_watch(there: AsyncClient) -> None:
    await there.register([message("m")])
    async for change in there.watch(start="oldest"):
        assert change.message_id == "m"
        break
    _, going_on = await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()}, timeout=5)
    assert not going_on


async def test_many_watches_of_one_client_begin_at_once(there: AsyncClient) -> None:
    """A server lets streams wait that are more than a hundred on one connection."""
    watches = [there.watch([f"m{number}"]) for number in range(300)]
    async with asyncio.timeout(15):
        await asyncio.gather(*(watch.begin() for watch in watches))
    await there.register([message("m299")])
    assert (await anext(watches[299])).message_id == "m299"


async def test_close_ends_the_loop(there: AsyncClient) -> None:
    watch = there.watch()
    asyncio.get_running_loop().call_later(0.3, watch.close)
    assert [change async for change in watch] == []


async def test_closing_the_client_ends_its_watches(server: RunningServer, tenant: Tenant) -> None:
    async with AsyncClient(server.address, tenant.key) as client:
        loops = [asyncio.create_task(_collected(client.watch())) for _ in range(3)]
        await asyncio.sleep(0.3)
    assert await asyncio.gather(*loops) == [[], [], []]


async def test_a_closed_client_says_so(server: RunningServer) -> None:
    client = AsyncClient(server.address, server.admin_key)
    await client.close()
    with pytest.raises(CallError, match="the client is closed"):
        await anext(client.watch())


async def test_a_key_that_is_wrong_ends_the_watch_with_an_error(server: RunningServer) -> None:
    async with AsyncClient(server.address, "not-a-key") as client:
        with pytest.raises(CallError) as raised:
            await anext(client.watch())
    assert raised.value.code is grpc.StatusCode.UNAUTHENTICATED


async def test_a_connection_that_is_cut_again_and_again_loses_nothing(
    server: RunningServer, tenant: Tenant, there: AsyncClient
) -> None:
    resumed = asyncio.Event()

    def tell(notice: Notice) -> None:
        if isinstance(notice, Resumed):
            resumed.set()

    with Wire(server.address) as wire:
        async with AsyncClient(wire.address, tenant.key) as client:
            watch = await client.watch(on_notice=tell).begin()
            seen = asyncio.create_task(_collected(watch, until="last"))
            for number in range(10):
                await there.register([message(f"m{number}")])
                resumed.clear()
                wire.cut()
                await resumed.wait()
            await there.register([message("last")])
            assert await seen == [*(f"m{number}" for number in range(10)), "last"]


async def test_a_connection_that_went_dead_is_noticed_and_left_by_all_its_watches(
    server: RunningServer, tenant: Tenant, there: AsyncClient
) -> None:
    notices: list[Notice] = []
    with Wire(server.address) as wire:
        async with AsyncClient(wire.address, tenant.key) as client:
            first = await client.watch(heartbeat=1, on_notice=notices.append).begin()
            second = await client.watch(heartbeat=60).begin()
            wire.stall()
            await there.register([message("m")])
            began = time.monotonic()
            changes = await asyncio.gather(anext(first), anext(second))
            assert [change.message_id for change in changes] == ["m", "m"]
            assert 2 < time.monotonic() - began < 10
    assert isinstance(notices[0], Interrupted)
    assert "nothing was heard" in str(notices[0].error)


async def _collected(watch: Watch, until: str = "") -> list[str]:
    names = []
    async for change in watch:
        names.append(change.message_id)
        if change.message_id == until:
            break
    return names
