"""A thousand quiet watches on one gateway: what they take, and what they leave to others."""

import re
import socket
import time
from pathlib import Path

import httpx2
import pytest

from tests.builders import message, register
from tests.running import RunningGateway, RunningServer, Tenant

from .conftest import Start
from .samples import MESSAGE_ID

STREAMS = 1_000
MOST_EACH = 100_000
"""Bytes that one quiet stream may take, in either process."""


def memory(pid: int) -> int:
    """Return the bytes that a process has in memory, its share of what is shared included."""
    told = re.search(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert told is not None
    return int(told[1]) * 1024


def opened(gateway: RunningGateway, key: str, count: int) -> list[socket.socket]:
    """Open watches, each heard from."""
    address = "127.0.0.1", int(gateway.url.rpartition(":")[2])
    asked = f"GET /v1/watch?heartbeat=300 HTTP/1.1\r\nhost: gateway\r\nx-api-key: {key}\r\n\r\n".encode()
    connections = []
    for _ in range(count):
        connections.append(socket.create_connection(address, timeout=20))
        connections[-1].sendall(asked)
    for connection in connections:
        received = b""
        while b"id: " not in received:
            received += connection.recv(4096)
    return connections


@pytest.mark.slow
def test_quiet_streams_are_cheap_and_slow_nobody_down(
    start: Start, server: RunningServer, tenant: Tenant
) -> None:
    gateway = start(server.address)
    register(tenant.client, message(MESSAGE_ID))
    with httpx2.Client(base_url=gateway.url, headers={"X-Api-Key": tenant.key}) as client:

        def typical() -> float:
            times = []
            for _ in range(300):
                began = time.perf_counter()
                assert client.get(f"/api/messagestatus/{MESSAGE_ID}").status_code == 200
                times.append(time.perf_counter() - began)
            return sorted(times)[len(times) // 2]

        watching = opened(gateway, tenant.key, 50)
        alone, before = typical(), [memory(process.pid) for process in (gateway, server)]
        watching += opened(gateway, tenant.key, STREAMS)
        taken = [memory(process.pid) for process in (gateway, server)]
        among_many = typical()
    for connection in watching:
        connection.close()
    gateway.terminate()
    assert [after - first < STREAMS * MOST_EACH for first, after in zip(before, taken, strict=True)] == [
        True
    ] * 2
    assert among_many < 2 * alone
