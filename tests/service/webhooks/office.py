"""A worker over a real SQLite store, scripted receivers, and a clock that stands until it is moved."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from messagestatus_server.domain.change import Change, ChangeKind
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.outgoing import LoggedAttempt
from messagestatus_server.domain.state import DeliveryState, FailureReason
from messagestatus_server.domain.webhook import Attempt, Endpoint, EndpointSpec, EventFilter, Fault
from messagestatus_server.service.sealing import KEY_SIZE, Seal
from messagestatus_server.service.webhooks.claiming import LEASE
from messagestatus_server.service.webhooks.lanes import Lanes
from messagestatus_server.service.webhooks.secrets import Secrets, Vault
from messagestatus_server.service.webhooks.settling import Settling
from messagestatus_server.service.webhooks.worker import Worker
from messagestatus_server.storage.codec import draft
from messagestatus_server.storage.migrations import migrate
from messagestatus_server.storage.sqlite import connection
from messagestatus_server.storage.sqlite.store import SqliteStore
from messagestatus_server.storage.store import Stored, Transaction
from messagestatus_server.transport.resume_token import resume_token
from messagestatus_server.webhooks.signing import new_secret
from tests.domain.samples import NOON
from tests.service.workbench import _WITHOUT_FSYNC, CODEC
from tests.storage.conformance.samples import message

TENANT = 1
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

ANYTHING = EventFilter()

HANG = None
"""A receiver that is asked and does not answer until it is told to."""


class Post(NamedTuple):
    """A request as a receiver got it."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    at: int

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events in it, of our own format."""
        content = json.loads(self.body)
        return list(content["data"]["events"]) if "events" in content["data"] else [content]

    @property
    def told(self) -> list[tuple[str, str]]:
        """Which message went where."""
        return [(event["data"]["message_id"], event["data"]["state"]) for event in self.events]


Answer = Callable[[Post], int | Attempt | None]


class Receivers:
    """Implements `worker.Send`: every receiver answers as the test says, at once or when it is let."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self.posts: list[Post] = []
        self.answer: Answer = lambda _: 200
        self.under_way = 0
        self.most_under_way = 0
        self._hanging: list[asyncio.Future[int | Attempt]] = []

    async def send(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Attempt:
        assert 0 < seconds <= LEASE / SECOND / 2
        start_time = self._clock()
        post = Post(url, headers, body, start_time)
        self.posts.append(post)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            said = self.answer(post)
            if said is HANG:
                future = asyncio.get_running_loop().create_future()
                self._hanging.append(future)
                said = await future
        finally:
            self.under_way -= 1
        return said if isinstance(said, Attempt) else Attempt(start_time, 1_000, said or 0)

    def let(self, said: int | Attempt) -> None:
        """Let all who hang answer."""
        hanging, self._hanging = self._hanging, []
        for future in hanging:
            if not future.done():
                future.set_result(said)

    def told(self) -> list[tuple[str, str]]:
        """Return which message went where, in the order of the requests, and forget them."""
        posts, self.posts = self.posts, []
        return [each for post in posts for each in post.told]


class Office:
    """Everything between a change and its receivers."""

    def __init__(self, store: SqliteStore, settling: dict[str, Any]) -> None:
        self.store = store
        self.now = NOON
        self.receivers = Receivers(self.clock)
        self.vault = Vault(Seal(bytes(KEY_SIZE)))
        self._settling = {"chance": lambda: 0.5, **settling}
        self.lanes = Lanes()
        self.worker = self._worker()
        self._stored: dict[str, Stored] = {}
        self._endpoints = 0

    def clock(self) -> int:
        return self.now

    async def endpoint(self, wanted: EventFilter = ANYTHING, **decided: Any) -> Endpoint:
        """Create an endpoint that takes as much as it can get, unless told."""
        self._endpoints += 1
        endpoint_id = decided.pop("endpoint_id", f"ep_{self._endpoints}")
        tenant = decided.pop("tenant", TENANT)
        decided = {"rate": 10_000, "concurrency": 100, **decided}
        spec = EndpointSpec(f"https://{endpoint_id}.example.com/", event_filter=wanted, **decided)
        sealed = self.vault.close(endpoint_id, Secrets(new_secret()))
        endpoint = Endpoint(endpoint_id, tenant, spec, sealed, NOON)
        await self.store.write(lambda tx: tx.add_endpoint(endpoint))
        return endpoint

    async def register(self, *message_ids: str, **said: Any) -> None:
        """Register messages, silently."""
        said = {"channel": Channel.SMS, **said}
        messages = [message(message_id, **said) for message_id in message_ids]

        async def work(tx: Transaction) -> list[int]:
            return await tx.insert_messages(TENANT, [draft(CODEC, each) for each in messages])

        for handle, each in zip(await self.store.write(work), messages, strict=True):
            self._stored[each.message_id] = Stored(handle, each, CODEC.encode_message(each))

    async def change(
        self, message_id: str, *states: DeliveryState, kind: ChangeKind = ChangeKind.ADVANCED
    ) -> None:
        """Let a message go through states, in one transaction."""
        if message_id not in self._stored:
            await self.register(message_id)
        handle = self._stored[message_id].handle
        previous = (DeliveryState.UNSPECIFIED, *states)
        changes = [
            (handle, Change(kind, before, after, FailureReason.UNSPECIFIED, self.now))
            for before, after in zip(previous, states, strict=False)
        ]
        await self.store.write(lambda tx: tx.append_changes(TENANT, changes, self.now))

    async def delete(self, message_id: str) -> None:
        await self.store.write(lambda tx: tx.delete_message(TENANT, self._stored[message_id], self.now))

    async def run(self) -> int | None:
        """Tell what is due now, whatever comes of it, and return when more is due."""
        while True:
            told = len(self.receivers.posts)
            await self.worker.turn()
            for _ in range(5):
                await asyncio.sleep(0)
            again = await self.worker.turn()
            if len(self.receivers.posts) == told:
                return again

    async def run_until(self, until: int) -> None:
        """Let time pass from one thing due to the next."""
        while (again := await self.run()) is not None and again <= until:
            self.now = max(again, self.now + 1)
        self.now = until

    def crash(self) -> None:
        """Let another worker take over from one of which nothing is heard any more."""
        for task in self.worker._under_way:
            task.cancel()
        self.lanes = Lanes()
        self.worker = self._worker()

    async def known(self, endpoint: Endpoint) -> Endpoint:
        """Return an endpoint as it is kept."""
        found = await self.store.find_endpoint(endpoint.tenant, endpoint.endpoint_id)
        assert found is not None
        return found

    async def attempts(self, endpoint: Endpoint) -> Sequence[LoggedAttempt]:
        """Return the attempts on an endpoint, the oldest first."""
        found = await self.store.attempts(
            endpoint.tenant, endpoint.endpoint_id, message_id="", results=(), before=None, limit=1_000
        )
        return found[::-1]

    async def waiting(self, endpoint: Endpoint) -> int:
        """Return how much waits for an endpoint, dead events apart."""

        def count(tx: Any) -> int:
            sql = "SELECT count(*) FROM outbox WHERE endpoint = ? AND dead_time IS NULL"
            (found,) = tx._session._connection.execute(sql, (endpoint.endpoint_id,)).fetchall()
            return int(found[0])

        async def work(tx: Transaction) -> int:
            return count(tx)

        return await self.store.write(work)

    def _worker(self) -> Worker:
        return Worker(
            self.store,
            self.receivers,
            vault=self.vault,
            resume_token=resume_token,
            settling=Settling(**self._settling),
            clock=self.clock,
            lanes=self.lanes,
        )


@asynccontextmanager
async def opened(path: Path, **settling: Any) -> AsyncIterator[Office]:
    """Open an office over a new database."""
    migrate(path)
    with mock.patch.object(connection, "_WRITER_SETTINGS", _WITHOUT_FSYNC):
        store = SqliteStore(path, CODEC, lambda _: None)
    yield Office(store, settling)
    await store.close()


def failing(fault: Fault = Fault.TIMEOUT) -> Attempt:
    """Return an attempt that nobody answered."""
    return Attempt(NOON, 15 * SECOND, fault=fault)


def in_turn(*said: int | Attempt | None) -> Answer:
    """Answer one thing after another, and the last one for ever."""
    left = list(said)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]
