"""Only the express engine is asked here."""

from collections.abc import Iterator

import pytest

from tests.engines import ENGINE_VARIABLE
from tests.running import Operator, RunningServer


@pytest.fixture(scope="session")
def engine() -> str:
    """Name the engine."""
    return "express"


@pytest.fixture(autouse=True)
def _chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENGINE_VARIABLE, "express")


@pytest.fixture(scope="session")
def server(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Run a status server with the engine."""
    running = RunningServer(tmp_path_factory.mktemp("express"), "--engine", engine)
    yield running
    running.terminate()


@pytest.fixture(scope="session")
def operator(server: RunningServer) -> Iterator[Operator]:
    """Act as the operator of the server."""
    operator = Operator(server)
    yield operator
    operator.close()
