"""Callbacks when the upstream fails: 503 with the time to come again, and nothing is lost or doubled."""

import os
import signal
import socket
import time

import httpx2
import pytest

from tests.builders import history
from tests.running import Client, Operator, RunningGateway, RunningServer, Tenant
from tests.transport.routes import administrator

from .called import Called
from .gateway_process import GatewayProcess
from .scripted_upstream import ScriptedUpstream


@pytest.fixture
def admin(operator: Operator, tenant: Tenant) -> Client:
    """An administrator of a tenant."""
    return administrator(operator, tenant.name)


def test_an_upstream_that_is_down_or_says_no_is_503_with_the_time_to_come_again(
    upstream: ScriptedUpstream,
) -> None:
    """The scripted one knows of no callbacks, which is a fault of its own and no carrier's."""
    for port in (1, upstream.port):
        options = ("--listen", "127.0.0.1:0", "--upstream", f"127.0.0.1:{port}", "--deadline", "2")
        with GatewayProcess(*options) as running:
            answer = httpx2.post(f"{running.url}/receipts/acme", content=b"a=1", timeout=20)
            assert (answer.status_code, answer.content) == (503, b"Service Unavailable")
            assert int(answer.headers["retry-after"]) >= 1


def test_an_upstream_that_does_not_answer_is_503_when_the_deadline_is_over() -> None:
    """Nothing is answered 2xx of which the gateway does not know that it is safe."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        options = ("--listen", "127.0.0.1:0", "--upstream", f"127.0.0.1:{port}", "--deadline", "0.5")
        with GatewayProcess(*options) as running:
            began = time.monotonic()
            answer = httpx2.post(f"{running.url}/receipts/acme", content=b"a=1", timeout=20)
            assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
            assert 0.4 < time.monotonic() - began < 5


def test_a_server_that_stands_still_is_503_and_goes_on_where_it_was(
    admin: Client, tenant: Tenant, server: RunningServer
) -> None:
    """What it had begun when nobody waited any more may be there; what comes again is there once."""
    running = RunningGateway(server.address, "--deadline", "0.5")
    try:
        called = Called(admin, tenant, "twilio", running)
        posting = called.posting()
        os.kill(server.pid, signal.SIGSTOP)
        try:
            assert called.send(posting).status_code == 503
        finally:
            os.kill(server.pid, signal.SIGCONT)
        assert called.send(posting).status_code == 200
        assert len(history(tenant.client, "m")) == 1
    finally:
        running.terminate()
