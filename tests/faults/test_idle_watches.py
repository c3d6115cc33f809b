"""Thousands of watches that wait cost little memory, hold nobody up, and hear of a change at once."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from messagestatus.v1 import delivery_receipt_service_pb2 as report_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from messagestatus.v1 import status_watch_service_pb2 as pb
from messagestatus.v1.delivery_receipt_service_pb2_grpc import DeliveryReceiptServiceStub
from messagestatus.v1.message_status_service_pb2_grpc import MessageStatusServiceStub
from messagestatus.v1.status_watch_service_pb2_grpc import StatusWatchServiceStub
from tests.builders import message, receipt, register
from tests.engines import engine
from tests.running import Operator, RunningServer
from tests.security.process_memory import resident

__all__ = ["engine"]

KILOBYTE = 1024
STREAMS_A_CONNECTION = 100
SLOW = [pytest.mark.slow, pytest.mark.timeout(900)]


class Watched:
    """A server with one tenant, and clients in this process."""

    def __init__(self, data: Path, engine: str) -> None:
        self.server = RunningServer(data, "--engine", engine)
        self.operator = Operator(self.server)
        tenant = self.operator.tenant("t")
        self.client = tenant.client
        self.metadata = (("x-api-key", tenant.key),)
        self.channels: list[grpc.aio.Channel] = []

    def connect(self) -> grpc.aio.Channel:
        """Open a connection of its own."""
        options = [("grpc.use_local_subchannel_pool", 1)]
        self.channels.append(grpc.aio.insecure_channel(self.server.address, options=options))
        return self.channels[-1]

    async def watch(self, number: int) -> list[Any]:
        """Begin so many watches, each of a message of its own that is not there yet."""
        watches: list[Any] = []
        stub: Any = None
        for each in range(number):
            if each % STREAMS_A_CONNECTION == 0:
                stub = StatusWatchServiceStub(self.connect())
            wanted = pb.WatchFilter(message_ids=[f"idle-{each}"])
            request = pb.WatchRequest(filter=wanted, heartbeat_interval=Duration(seconds=15))
            watches.append(stub.Watch(request, metadata=self.metadata, timeout=600))
            if each % STREAMS_A_CONNECTION == STREAMS_A_CONNECTION - 1:
                await asyncio.gather(*(watch.read() for watch in watches[-STREAMS_A_CONNECTION:]))
        return watches

    async def slowest_of_a_hundred(self, calls: int) -> float:
        """Look a message up so often, and return the 99th percentile of the times, in milliseconds."""
        stub: Any = MessageStatusServiceStub(self.connect())
        request = lookup_pb.GetStatusRequest(message_id="m0")
        times = []
        for _ in range(100 + calls):
            started = time.perf_counter()
            await stub.GetStatus(request, metadata=self.metadata, timeout=20)
            times.append((time.perf_counter() - started) * 1_000)
        # The first ones also open the connection.
        return _percentile_99(times[100:])


@asynccontextmanager
async def _watched(data: Path, engine: str) -> AsyncIterator[Watched]:
    watched = Watched(data, engine)
    register(watched.client, message("m0"))
    try:
        yield watched
    finally:
        for channel in watched.channels:
            await channel.close()
        watched.operator.close()
        assert watched.server.terminate() == 0


def _percentile_99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


@pytest.mark.parametrize(
    ("streams", "calls"), [pytest.param(200, 500, id="brief"), pytest.param(2_000, 5_000, marks=SLOW)]
)
async def test_a_watch_that_waits_takes_less_than_a_hundred_kilobytes_and_holds_no_call_up(
    tmp_path: Path, engine: str, streams: int, calls: int
) -> None:
    async with _watched(tmp_path, engine) as watched:
        await watched.watch(STREAMS_A_CONNECTION)
        alone = await watched.slowest_of_a_hundred(calls)
        before = resident(watched.server.pid)
        watches = await watched.watch(streams)
        each = (resident(watched.server.pid) - before) / streams
        beside = await watched.slowest_of_a_hundred(calls)
        print(  # noqa: T201 - the figures are what the slow run is for
            f"{engine}: {streams} watches, {each / KILOBYTE:.1f} kB each;"
            f" GetStatus p99 {alone:.2f} ms alone, {beside:.2f} ms beside them"
        )
        assert each < 100 * KILOBYTE
        assert beside < 2 * alone + 20
        register(watched.client, *[message(f"idle-{number}") for number in (0, streams // 2, streams - 1)])
        for number in (0, streams // 2, streams - 1):
            while not (heard := await watches[number].read()).HasField("change"):
                pass
            assert heard.change.message_id == f"idle-{number}"


@pytest.mark.parametrize(
    "seconds", [pytest.param(2, id="brief"), pytest.param(20, id="thorough", marks=SLOW)]
)
async def test_a_change_is_heard_of_soon_after_its_commit(tmp_path: Path, engine: str, seconds: int) -> None:
    """500 receipts a second, in fifty calls; from the answer to a call to the hearing of its changes."""
    rounds = seconds * 50
    async with _watched(tmp_path, engine) as watched:
        for number in range(rounds):
            register(watched.client, *[message(f"r{number}-{each}") for each in range(10)])
        stub: Any = StatusWatchServiceStub(watched.connect())
        watch = stub.Watch(pb.WatchRequest(), metadata=watched.metadata, timeout=600)
        await watch.read()
        reporting: Any = DeliveryReceiptServiceStub(watched.connect())
        committed: dict[str, float] = {}
        heard: list[tuple[str, float]] = []

        async def listen() -> None:
            while len(heard) < rounds * 10:
                response = await watch.read()
                if response.HasField("change"):
                    heard.append((response.change.message_id, time.perf_counter()))

        listening = asyncio.create_task(listen())
        beginning = time.perf_counter()
        for number in range(rounds):
            await asyncio.sleep(max(0, beginning + number / 50 - time.perf_counter()))
            said = [receipt(f"r{number}-{each}", "SENT", 1) for each in range(10)]
            await reporting.ReportReceipts(
                report_pb.ReportReceiptsRequest(receipts=said), metadata=watched.metadata, timeout=20
            )
            committed.update(dict.fromkeys((each.message_id for each in said), time.perf_counter()))
        async with asyncio.timeout(30):
            await listening
        late = [(at - committed[said]) * 1_000 for said, at in heard]
        print(  # noqa: T201 - as above
            f"{engine}: a change is heard {sorted(late)[len(late) // 2]:.1f} ms after the answer to its"
            f" sender, p99 {_percentile_99(late):.1f} ms"
        )
        assert _percentile_99(late) < 100
