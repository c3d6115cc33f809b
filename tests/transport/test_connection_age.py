"""Connections end by their age, and no call notices."""

import asyncio
import time
from pathlib import Path

import grpc

from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from messagestatus.v1.message_status_service_pb2_grpc import MessageStatusServiceStub
from messagestatus_server.compose import Server
from messagestatus_server.settings import Settings

SECONDS = 4
CALLS = 1_000
ESTABLISHED = "01"


def _clients_ports(port: int) -> set[int]:
    """Return the local ports of the connections that are open to a port of this machine."""
    tables = [Path("/proc/self/net", name).read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    return {
        int(row[1].rpartition(":")[2], 16)
        for table in tables
        for row in map(str.split, table)
        if row[3] == ESTABLISHED and int(row[2].rpartition(":")[2], 16) == port
    }


async def test_a_thousand_calls_over_connections_of_one_second_do_not_fail(tmp_path: Path) -> None:
    options = {"grpc.max_connection_age_ms": 1_000, "grpc.max_connection_age_grace_ms": 5_000}
    server = Server(Settings(tmp_path, "127.0.0.1:0"), options=options)
    address = await server.start()
    metadata = (("x-api-key", (tmp_path / "admin.key").read_text().strip()),)
    seen: set[int] = set()
    codes: list[grpc.StatusCode] = []
    async with grpc.aio.insecure_channel(address) as channel:
        stub = MessageStatusServiceStub(channel)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until or len(codes) < CALLS:
            call = stub.BatchStatus(lookup_pb.BatchStatusRequest(message_ids=["m"]), metadata=metadata)
            codes.append(await call.code())
            if len(codes) % 20 == 0:
                seen |= _clients_ports(int(address.rpartition(":")[2]))
            await asyncio.sleep(0.002)
    await server.stop()
    assert set(codes) == {grpc.StatusCode.OK}
    assert len(seen) >= 3
