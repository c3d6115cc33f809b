"""A server of its own for each test, with one tenant, that can be killed and started again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import Client, Operator, RunningServer


class MortalServer:
    """A status server on one data directory, through all of its lives."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._clients: list[Client] = []
        self.running = RunningServer(data)
        operator = Operator(self.running)
        self.key = operator.tenant("load").key
        operator.close()

    def start(self) -> None:
        """Start it again, on what it left."""
        self.running = RunningServer(self._data)

    def connect(self, deadline: float = 20) -> Client:
        """Return a client of the present life, closed with the server."""
        client = Client(self.running.address, self.key, deadline=deadline)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()
        if self.running.returncode is None:
            self.running.kill()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[MortalServer]:
    """Run a server that the test may kill."""
    mortal = MortalServer(tmp_path / "data")
    yield mortal
    mortal.close()
