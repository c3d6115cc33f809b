"""Whatever happens to the connection or the server: no change is missing, and none comes twice."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from messagestatus import CallError, Client, DeliveryState, Interrupted, Resumed
from messagestatus.resuming import Notice, OnGap
from messagestatus.v1.status_change_pb2 import ChangeKind
from tests.builders import PHONE, message, receipt, state
from tests.client.wire import Wire
from tests.running import Operator, RunningServer, Tenant

LAST = "last"


class Mortal:
    """A server that a test kills and starts again, at one address."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.running = RunningServer(data)
        self.address = self.running.address
        operator = Operator(self.running)
        self.key = operator.tenant("mortal").key
        operator.close()

    def restart(self) -> None:
        """Kill it, and start it on what it left."""
        self.running.kill()
        self.running = RunningServer(self._data, listen=self.address)


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Mortal]:
    """Run a server that the test may kill."""
    mortal = Mortal(tmp_path / "data")
    yield mortal
    mortal.running.kill()


def _all_sequences(client: Client) -> list[int]:
    """Read the whole feed, undisturbed."""
    sequences = []
    for change in client.watch(start="oldest"):
        sequences.append(change.sequence)
        if change.message_id == LAST:
            break
    return sequences


class _Watcher(threading.Thread):
    """Watches until the last message is registered."""

    def __init__(self, client: Client) -> None:
        super().__init__(daemon=True)
        self.notices: list[Notice] = []
        self.sequences: list[int] = []
        self._watch = client.watch(heartbeat=1, on_notice=self.notices.append).begin()
        self.start()

    def run(self) -> None:
        for change in self._watch:
            self.sequences.append(change.sequence)
            if change.message_id == LAST:
                return

    def resumed(self) -> int:
        """Count how often it went on after an interruption."""
        return sum(isinstance(notice, Resumed) for notice in self.notices)


class _Writer(threading.Thread):
    """Registers messages and reports on them, until it is stopped."""

    def __init__(self, address: str, key: str) -> None:
        super().__init__(daemon=True)
        self._address, self._key = address, key
        self._stopped = threading.Event()
        self.start()

    def run(self) -> None:
        with Client(self._address, self._key) as client:
            number = 0
            while not self._stopped.wait(0.01):
                number += 1
                name = f"m{number}"
                self._until_it_is_safe(client, name)
            client.register([message(LAST)])

    def stop(self) -> None:
        """Register the last message, and end."""
        self._stopped.set()
        self.join(30)

    def _until_it_is_safe(self, client: Client, name: str) -> None:
        while True:
            try:
                client.register([message(name)])
                client.report([receipt(name, "SENT", 1), receipt(name, "DELIVERED", 2)])
            except CallError:
                time.sleep(0.05)
            else:
                return


@pytest.mark.parametrize(
    "cuts",
    [
        pytest.param(10, id="brief"),
        pytest.param(50, id="thorough", marks=[pytest.mark.slow, pytest.mark.timeout(600)]),
    ],
)
def test_a_connection_that_is_cut_again_and_again_loses_nothing(
    wire: Wire, server: RunningServer, tenant: Tenant, cuts: int
) -> None:
    with Client(wire.address, tenant.key) as client, Client(server.address, tenant.key) as direct:
        watcher = _Watcher(client)
        writer = _Writer(server.address, tenant.key)
        for cut in range(1, cuts + 1):
            seen = len(watcher.sequences)
            while watcher.resumed() < cut - 1 or len(watcher.sequences) <= seen:
                time.sleep(0.005)
            wire.cut()
        writer.stop()
        watcher.join(30)
        assert watcher.sequences == _all_sequences(direct)
    assert watcher.resumed() == cuts


def test_a_server_that_is_killed_and_started_again_loses_nothing(mortal: Mortal) -> None:
    with Client(mortal.address, mortal.key) as client:
        watcher = _Watcher(client)
        writer = _Writer(mortal.address, mortal.key)
        for life in range(1, 4):
            seen = len(watcher.sequences)
            while watcher.resumed() < life - 1 or len(watcher.sequences) <= seen:
                time.sleep(0.01)
            mortal.restart()
        writer.stop()
        watcher.join(30)
        assert watcher.sequences == _all_sequences(client)
    assert watcher.resumed() >= 3


def test_what_a_caller_raises_on_being_told_costs_no_change(
    wire: Wire, server: RunningServer, tenant: Tenant
) -> None:
    def tell(notice: Notice) -> None:
        raise RuntimeError(type(notice).__name__)

    with Client(wire.address, tenant.key) as client, Client(server.address, tenant.key) as direct:
        watch = client.watch(on_notice=tell).begin()
        direct.register([message("a"), message("b")])
        assert next(watch).message_id == "a"
        wire.cut()
        direct.register([message("c")])
        seen: list[str] = []
        told: list[str] = []
        while len(seen) < 2:
            try:
                seen.append(next(watch).message_id)
            except RuntimeError as error:
                told.append(str(error))
        assert seen == ["b", "c"]
        assert set(told) == {"Interrupted", "Resumed"}


def test_a_connection_that_went_dead_is_noticed_by_the_missing_heartbeat(
    wire: Wire, server: RunningServer, tenant: Tenant
) -> None:
    notices: list[Notice] = []
    with Client(wire.address, tenant.key) as client, Client(server.address, tenant.key) as direct:
        first = client.watch(["m"], heartbeat=1, on_notice=notices.append).begin()
        second = client.watch(["m"], heartbeat=60).begin()
        wire.stall()
        direct.register([message("m")])
        assert next(first).message_id == "m"
        assert next(second).message_id == "m", (
            "shares the connection, and moves to the new one with the first"
        )
    assert wire.connections == 2
    interrupted = notices[0]
    assert isinstance(interrupted, Interrupted)
    assert "nothing was heard for 2.5 seconds" in str(interrupted.error)


@pytest.mark.parametrize(
    ("on_gap", "kinds"),
    [
        ("snapshot", [ChangeKind.CHANGE_KIND_UNSPECIFIED]),
        ("oldest", [ChangeKind.CHANGE_KIND_REGISTERED, ChangeKind.CHANGE_KIND_ADVANCED]),
    ],
)
def test_after_a_gap_a_watch_begins_anew_as_it_was_told(
    mortal: Mortal, tmp_path: Path, on_gap: OnGap, kinds: list[ChangeKind.ValueType]
) -> None:
    """A database that is not the one the token is from has no history after it."""
    token = _token_of_another_database(tmp_path / "other")
    with Client(mortal.address, mortal.key) as client:
        client.register([message("m", phone=PHONE)])
        client.report([receipt("m", "SENT")])
        with pytest.raises(CallError) as raised:
            next(client.watch(token=token))
        assert raised.value.reason == "RESUME_TOKEN_EXPIRED"
        watch = client.watch(phone=PHONE, token=token, on_gap=on_gap)
        assert [next(watch).kind for _ in kinds] == kinds
        client.report([receipt("m", "DELIVERED", 1)])
        assert next(watch).state == DeliveryState.DELIVERY_STATE_DELIVERED


def _token_of_another_database(data: Path) -> str:
    other = Mortal(data)
    try:
        with Client(other.address, other.key) as client:
            return client.watch().begin().token
    finally:
        other.running.kill()


def test_a_reader_that_is_too_slow_misses_nothing(server: RunningServer, tenant: Tenant) -> None:
    """The server gives it up after a thousand changes; it takes what had arrived, and asks for the rest."""
    notices: list[Notice] = []
    window = [("grpc.http2.lookahead_bytes", 1_024), ("grpc.http2.bdp_probe", 0)]
    with (
        Client(server.address, tenant.key, options=window) as slow,
        Client(server.address, tenant.key) as writer,
    ):
        watch = slow.watch(on_notice=notices.append).begin()
        names = [f"m{number}" for number in range(6_000)]
        long = {"service": "s" * 200, "key": "k" * 200}
        writer.register(message(name, reference=long, state=state("SENT")) for name in names)
        time.sleep(1)
        assert [next(watch).message_id for _ in names] == names
    reasons = [notice.error.reason for notice in notices if isinstance(notice, Interrupted)]
    assert set(reasons) == {"WATCHER_TOO_SLOW"}
