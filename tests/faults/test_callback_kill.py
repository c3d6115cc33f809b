"""A server that is killed under callbacks has each receipt once that a carrier was told is safe."""

import queue
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import apsw
import httpx2
import pytest

from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event
from messagestatus_server.domain.state import DeliveryState
from tests.builders import message, register
from tests.faults.checking import check_sound, revisions
from tests.running import Client, Operator, RunningGateway, RunningServer
from tests.transport.routes import opened

THREADS = 4
BATCH = 10
MESSAGES = 25
"""How many messages the carrier has in each life of the server."""


Receipt = tuple[str, str]
"""Of which message, and which word."""


class Told(NamedTuple):
    """A callback as the carrier sends it, again and again until it is safe."""

    carrier: Carrier
    url: str
    events: tuple[Event, ...]

    @property
    def receipts(self) -> list[Receipt]:
        """What is told."""
        return [(event.provider_message_id, event.word) for event in self.events]


class Inbox:
    """A server on one data directory through all of its lives, a gateway before it, and two routes."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.server = RunningServer(data)
        self._operator = Operator(self.server)
        self.gateway = RunningGateway(self.server.address, "--deadline", "2")
        admin = self._operator.client
        self.key = self.server.admin_key
        self.routes = {name: opened(admin, name.replace("_", "-"), name) for name in ("twilio", "infobip")}

    def start(self) -> None:
        """Start the server again, where the gateway looks for it."""
        self.server = RunningServer(self._data, listen=self.server.address)

    def callbacks(self, life: int) -> list[Told]:
        """Return what the carriers have to tell of new messages: singles, and batches of ten."""
        single, url = self.routes["twilio"][0], self._url("twilio")
        told = [
            Told(single, url, (_event(single, life, number, word, step),))
            for number in range(MESSAGES)
            for step, word in enumerate(single.script, 1)
        ]
        batching, url = self.routes["infobip"][0], self._url("infobip")
        events = [
            _event(batching, life, number, word, step)
            for step, word in enumerate(batching.script, 1)
            for number in range(MESSAGES)
        ]
        told += [Told(batching, url, tuple(events[at : at + BATCH])) for at in range(0, len(events), BATCH)]
        return told

    def register(self, life: int, first: int) -> None:
        """Register every other message of a life, from a number on."""
        client = Client(self.server.address, self.key)
        for name, (carrier, _) in self.routes.items():
            names = [_message_id(carrier, life, number) for number in range(first, MESSAGES, 2)]
            register(
                client,
                *(message(each, provider={"name": name, "message_id": each}) for each in names),
            )
        client.close()

    def close(self) -> None:
        self._operator.close()
        for process in (self.gateway, self.server):
            if process.returncode is None:
                process.kill()

    def _url(self, name: str) -> str:
        return f"{self.gateway.url}{self.routes[name][1]}"


def _message_id(carrier: Carrier, life: int, number: int) -> str:
    return carrier.new_message_id(life * 1000 + number)


def _event(carrier: Carrier, life: int, number: int, word: str, step: int) -> Event:
    at = 1_700_000_000_000_000 + step * 1_000_000
    return Event(_message_id(carrier, life, number), "+436601234567", word, occur_time=at, step=step)


class Load:
    """Carriers that send what is not safe yet, from several threads, until all of it is."""

    def __init__(self, callbacks: list[Told], chance: Random) -> None:
        chance.shuffle(callbacks)
        self._waiting: queue.SimpleQueue[Told] = queue.SimpleQueue()
        for told in callbacks:
            self._waiting.put(told)
        self._left = len(callbacks)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self.safe: list[Told] = []
        self.statuses: set[int] = set()
        self._threads = [threading.Thread(target=self._run) for _ in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, safe: int) -> None:
        """Wait until so many callbacks are safe."""
        while len(self.safe) < min(safe, self._left):
            self._stopped.wait(0.002)

    def finish(self) -> None:
        """Wait until every callback was answered 2xx."""
        for thread in self._threads:
            thread.join(120)
            assert not thread.is_alive()
        assert len(self.safe) == self._left

    def _run(self) -> None:
        with httpx2.Client(timeout=20) as client:
            while len(self.safe) < self._left:
                try:
                    told = self._waiting.get(timeout=0.05)
                except queue.Empty:
                    continue
                posting = told.carrier.post(told.url, told.events)
                status = client.request(
                    posting.method, posting.url, headers=dict(posting.headers), content=posting.body
                ).status_code
                with self._lock:
                    self.statuses.add(status)
                    if status == 200:
                        self.safe.append(told)
                if status != 200:
                    time.sleep(0.02)  # a carrier waits, too, if longer
                    self._waiting.put(told)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    inbox = Inbox(tmp_path / "data")
    yield inbox
    inbox.close()


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(3, id="brief"),
        pytest.param(50, id="thorough", marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
    ],
)
def test_no_receipt_that_a_carrier_was_told_is_safe_is_lost_or_doubled_by_kill_9(
    inbox: Inbox, kills: int
) -> None:
    """At random moments; the carrier comes again with what was not answered 2xx, and only with that."""
    seed = secrets.token_hex(4)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    chance = Random(seed)
    everything: list[Told] = []
    for life in range(kills):
        inbox.register(life, 0)
        load = Load(inbox.callbacks(life), chance)
        load.wait_for(chance.randint(1, 60))
        time.sleep(chance.uniform(0, 0.03))  # any moment will do: this picks one
        inbox.server.kill()
        safe = [receipt for told in list(load.safe) for receipt in told.receipts]
        inbox.start()
        assert set(safe) <= set(journal(inbox.server))
        load.finish()
        assert load.statuses <= {200, 503}
        # The receipts of these have waited for them.
        inbox.register(life, 1)
        everything += load.safe
        check_sound(inbox.server)
    expected = sorted(receipt for told in everything for receipt in told.receipts)
    assert journal(inbox.server) == expected
    check_folded(inbox, expected)


def journal(server: RunningServer) -> list[Receipt]:
    """Return what the journal holds, each as often as it is there."""
    reader = apsw.Connection(str(server.database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        kept = [
            DeliveryReceipt.FromString(content)
            for (content,) in reader.execute("SELECT content FROM receipt")
        ]
    finally:
        reader.close()
    return sorted((receipt.provider.message_id, receipt.provider.status) for receipt in kept)


def check_folded(inbox: Inbox, receipts: list[Receipt]) -> None:
    """Hold that each message was moved by each of its receipts once, and stands where the last one says."""
    client = Client(inbox.server.address, inbox.key)
    expected = Counter(message_id for message_id, _ in receipts)
    assert revisions(client, sorted(expected)) == {each: 1 + count for each, count in expected.items()}
    client.close()
    reader = apsw.Connection(str(inbox.server.database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        assert reader.execute("SELECT DISTINCT state FROM message").get == DeliveryState.DELIVERED
        assert reader.execute("SELECT count(*) FROM receipt WHERE message IS NULL").get == 0
    finally:
        reader.close()
