"""A disk that fails: the write is not acknowledged, health says so, and the server comes back by itself."""

import resource
import secrets
import time
from collections.abc import Iterator

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.faults.checking import check_nothing_lost, check_sound, revisions
from tests.faults.conftest import MortalServer
from tests.faults.load import Ledger, Load, Said, register

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Health:
    """Asks a server for its health."""

    def __init__(self, address: str) -> None:
        self.channel = grpc.insecure_channel(address)
        self._stub = health_pb2_grpc.HealthStub(self.channel)

    def is_now(self, wanted: int) -> bool:
        return bool(self._stub.Check(health_pb2.HealthCheckRequest(), timeout=5).status == wanted)

    def becomes(self, wanted: int) -> bool:
        """Tell whether the server gets there soon, if only for a moment: it tries again at every write."""
        patience = time.monotonic() + 10
        while time.monotonic() < patience:
            if self.is_now(wanted):
                return True
            time.sleep(0.01)  # a health check is a question; only asking again finds out
        return False


@pytest.fixture
def health(mortal: MortalServer) -> Iterator[Health]:
    health = Health(mortal.running.address)
    yield health
    health.channel.close()


def _let_files_grow_to(pid: int, size: int) -> None:
    """Let every write of a process beyond a size of file fail, which SQLite takes for a failing disk."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_failing_disk_stops_the_server_until_it_works_again(mortal: MortalServer, health: Health) -> None:
    ledger = Ledger()
    load = Load(mortal.connect, ledger, secrets.token_hex(4))
    load.wait_for(100)
    _let_files_grow_to(mortal.running.pid, 8192)
    assert health.becomes(NOT_SERVING)
    load.stop()
    assert set(load.faults) == {grpc.StatusCode.UNAVAILABLE}
    client = mortal.connect()
    known = sorted(said.message_id for said in ledger.acknowledged if said.receipt is None)
    assert set(known) <= set(revisions(client, sorted(ledger.messages())))
    with pytest.raises(grpc.RpcError) as refused:
        register(client, [Said("while-broken")])
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    _let_files_grow_to(mortal.running.pid, resource.RLIM_INFINITY)
    assert health.becomes(SERVING)
    check_nothing_lost(client, ledger)
    check_sound(mortal.running)
