"""A server of either engine whose endpoints may be on this machine, and a receiver for each test."""

from collections.abc import Iterator

import pytest

from tests.hooks import HERE, Hooks, receiving
from tests.running import Client, Operator, RunningServer


@pytest.fixture(scope="session")
def server(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Run a status server whose endpoints may be on this machine."""
    running = RunningServer(tmp_path_factory.mktemp(engine), "--engine", engine, *HERE)
    yield running
    running.terminate()


@pytest.fixture(scope="session")
def operator(server: RunningServer) -> Iterator[Operator]:
    operator = Operator(server)
    yield operator
    operator.close()


@pytest.fixture
def admin(operator: Operator) -> Client:
    return operator.client


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with receiving() as hooks:
        yield hooks
