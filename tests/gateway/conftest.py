"""Gateway processes, kept for the whole run: one before a scripted upstream, one before a real server."""

from collections.abc import Callable, Iterator

import httpx2
import pytest

from tests.running import RunningGateway, RunningServer

from .gateway_process import GatewayProcess
from .scripted_upstream import KEY, ScriptedUpstream

Start = Callable[..., RunningGateway]


@pytest.fixture(scope="session")
def _scripted_upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        yield upstream


@pytest.fixture
def upstream(_scripted_upstream: ScriptedUpstream) -> Iterator[ScriptedUpstream]:
    """The upstream, with nothing in it."""
    _scripted_upstream.reset()
    yield _scripted_upstream
    _scripted_upstream.gate.set()


@pytest.fixture(scope="session")
def gateway(_scripted_upstream: ScriptedUpstream) -> Iterator[GatewayProcess]:
    """A gateway with little patience, so that tests of its patience are quick."""
    options = ("--listen", "127.0.0.1:0", "--deadline", "1", "--arrival", "0.5", "--max-body", "1000")
    upstream = ("--upstream", f"127.0.0.1:{_scripted_upstream.port}", "--rate-limit", "ryze=none")
    with GatewayProcess(*options, *upstream) as running:
        yield running


@pytest.fixture(scope="session")
def live_gateway(server: RunningServer) -> Iterator[RunningGateway]:
    """A gateway in front of a real status server. It limits nobody: tests ask more often than clients."""
    running = RunningGateway(server.address, "--rate-limit", "ryze=none")
    yield running
    running.terminate()


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts gateways that a test ends itself; those that it leaves end with it."""
    started: list[RunningGateway] = []

    def start_one(upstream: str, *options: str) -> RunningGateway:
        started.append(RunningGateway(upstream, *options))
        return started[-1]

    yield start_one
    for gateway in started:
        if gateway.returncode is None:
            gateway.kill()


@pytest.fixture
def client(gateway: GatewayProcess, upstream: ScriptedUpstream) -> Iterator[httpx2.Client]:
    """A client of the tenant, in the Namirial dialect."""
    del upstream  # emptied before the client asks
    with httpx2.Client(base_url=gateway.url, headers={"X-Api-Key": KEY}) as asking:
        yield asking
