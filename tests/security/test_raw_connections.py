"""Connections that are not meant well: they are cut off, and the server serves the others."""

import socket

import pytest

from tests.builders import message, register, state_of
from tests.running import RunningServer, Tenant
from tests.security.process_memory import MEGABYTE, resident
from tests.transport.raw_http2 import RawConnection

ENHANCE_YOUR_CALM = 11


def test_a_flood_of_pings_is_told_to_calm_down_and_cut_off(tenant: Tenant, server: RunningServer) -> None:
    """Two strikes are free; of four pings at once the last is one too many."""
    with RawConnection(server.address) as connection:
        connection.settings()
        for _ in range(4):
            connection.ping()
        connection.read_until_closed()
    assert connection.goodbye == (ENHANCE_YOUR_CALM, b"too_many_pings")
    register(tenant.client, message("m"))
    assert state_of(tenant.client, "m") == "QUEUED"


def test_streams_that_are_reset_at_once_hold_neither_memory_nor_the_others(
    tenant: Tenant, server: RunningServer
) -> None:
    """How many wait at once is bounded, and so is the memory that they take, however many there are."""
    register(tenant.client, message("m"))
    before = resident(server.pid)
    for _ in range(3):
        _reset_rapidly(server, tenant.key, 3_000)
        assert state_of(tenant.client, "m") == "QUEUED"
    assert resident(server.pid) - before < 60 * MEGABYTE


def _reset_rapidly(server: RunningServer, key: str, count: int) -> None:
    with RawConnection(server.address) as connection:
        connection.settings()
        for _ in range(count):
            connection.begin_and_reset("/messagestatus.v1.MessageStatusService/GetStatus", key)
        connection.ping()
        connection.read_until_answered()


def test_two_pings_are_answered(server: RunningServer) -> None:
    with RawConnection(server.address) as connection:
        connection.settings()
        for _ in range(2):
            connection.ping()
            connection.read_until_answered()
    assert connection.goodbye is None


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: tests\r\n\r\n",
        bytes.fromhex("16030100050100000103"),
        bytes(4_096),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64,
    ],
    ids=["HTTP/1.1", "TLS", "zeros", "no frames"],
)
def test_what_is_not_http2_is_cut_off(tenant: Tenant, server: RunningServer, said: bytes) -> None:
    host, _, port = server.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(said)
        while True:
            try:
                if not connection.recv(65_536):
                    break
            except ConnectionResetError:
                break
    register(tenant.client, message("m"))
    assert state_of(tenant.client, "m") == "QUEUED"
