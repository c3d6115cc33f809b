"""Both engines keep every promise: the fixtures by which a package of tests runs once with each of them."""

from collections.abc import Iterator

import pytest

from tests.running import Operator, RunningServer

ENGINE_VARIABLE = "MESSAGESTATUS_SERVER_ENGINE"


@pytest.fixture(scope="session", params=["stock", "express"])
def engine(request: pytest.FixtureRequest) -> str:
    """Name the engine."""
    return str(request.param)


@pytest.fixture(autouse=True)
def _chosen(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let servers that a test starts itself have the engine, too."""
    monkeypatch.setenv(ENGINE_VARIABLE, engine)


@pytest.fixture(scope="session")
def server(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Run a status server with the engine."""
    running = RunningServer(tmp_path_factory.mktemp(engine), "--engine", engine)
    yield running
    running.terminate()


@pytest.fixture(scope="session")
def operator(server: RunningServer) -> Iterator[Operator]:
    """Act as the operator of the server."""
    operator = Operator(server)
    yield operator
    operator.close()
