"""Fixtures that many tests share: one running server, and a tenant of its own for each test."""

from collections.abc import Iterator

import pytest

from tests.running import Operator, RunningGateway, RunningServer, Tenant


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Run a status server for the whole session."""
    running = RunningServer(tmp_path_factory.mktemp("server"))
    yield running
    running.terminate()


@pytest.fixture(scope="session")
def operator(server: RunningServer) -> Iterator[Operator]:
    """Act as the operator of the server."""
    operator = Operator(server)
    yield operator
    operator.close()


@pytest.fixture
def tenant(operator: Operator) -> Tenant:
    """Create a tenant that no other test knows."""
    return operator.tenant()


@pytest.fixture(scope="session")
def gateway(server: RunningServer) -> Iterator[RunningGateway]:
    """Run a gateway in front of the server for the whole session."""
    running = RunningGateway(server.address)
    yield running
    running.terminate()
