"""The services over a real SQLite store, driven step by step, with a look at the raw rows."""

import asyncio
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar
from unittest import mock

from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.message import Message, Name
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.refusals import Refusal
from messagestatus_server.domain.registration import Registration
from messagestatus_server.providers.tables import lexicon
from messagestatus_server.service.access import Access
from messagestatus_server.service.authentication import Authentication
from messagestatus_server.service.callbacks import Callbacks
from messagestatus_server.service.histories import Histories, History
from messagestatus_server.service.lookup import Lookup
from messagestatus_server.service.messages import Messages, Suppression
from messagestatus_server.service.policies import Policies
from messagestatus_server.service.receipts import Receipts
from messagestatus_server.service.registering import Registered
from messagestatus_server.service.reporting import Reported
from messagestatus_server.service.routes import Routes
from messagestatus_server.service.sealing import KEY_SIZE, Seal
from messagestatus_server.service.stuck import StuckMessages
from messagestatus_server.service.timer import Timer
from messagestatus_server.storage.migrations import migrate
from messagestatus_server.storage.sqlite import connection
from messagestatus_server.storage.sqlite.connection import open_reader
from messagestatus_server.storage.sqlite.store import SqliteStore
from messagestatus_server.storage.sqlite.transaction import SqliteTransaction
from messagestatus_server.storage.store import Transaction
from messagestatus_server.transport.codec import ProtobufCodec
from tests.domain.samples import NOON
from tests.domain.strategies import TENANT

T = TypeVar("T")

CODEC = ProtobufCodec()
WORDS = lexicon()

_KEPT = (
    "message",
    "recipient",
    "receipt",
    "provider_name",
    "change",
    "removal",
    "quarantine",
    "repetition",
    "route",
    "callback",
    "callback_tally",
    "awaiting",
    "awaiting_tally",
    "deadline_sweep",
)
"""The tables that hold what became of messages, and the routes by which that came."""


_WITHOUT_FSYNC = tuple(
    (name, 0 if name == "synchronous" else wanted) for name, wanted in connection._WRITER_SETTINGS
)


class Rows(NamedTuple):
    """What is stored of messages, without what depends on the order of arrival."""

    messages: list[tuple[Any, ...]]
    recipients: list[tuple[Any, ...]]
    receipts: list[tuple[Any, ...]]
    provider_names: list[tuple[Any, ...]]


class Workbench:
    """The services, their store, and a clock that stands until it is moved. Use it as a context."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = NOON
        self.seal_key = bytes(KEY_SIZE)
        self.caller = Caller(TENANT, "tests", "key", frozenset(Scope))
        self._runner = asyncio.Runner()
        migrate(path)
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.callbacks.close())
        self.run(self.store.close())
        self._raw.close()
        self._runner.close()

    def restart(self) -> None:
        """Close the store, and open it again."""
        self.run(self.callbacks.close())
        self.run(self.store.close())
        self._raw.close()
        self._open()

    def run(self, awaitable: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await awaitable

        return self._runner.run(awaited())

    def register(self, *registrations: Registration) -> list[Registered | Refusal]:
        return self.run(self.messages.register(self.caller, registrations))

    def report(self, *receipts: Receipt) -> list[Reported | Refusal]:
        return self.run(self.receipts.report(self.caller, receipts))

    def suppress(self, name: Name, suppress_time: int) -> bool | Refusal:
        return self.run(self.messages.suppress(self.caller, [Suppression(name, suppress_time)]))[0]

    def delete(self, name: Name) -> bool | Refusal:
        return self.run(self.messages.delete(self.caller, [name]))[0]

    def history(self, name: Name, as_of: int | None = None) -> History:
        return self.run(self.histories.history(self.caller, name, as_of))

    def get(self, name: Name) -> bytes:
        return self.run(self.lookup.get(self.caller, name))

    def message(self, name: Name) -> Message:
        """Return a message as the store reads it back."""
        return self.run(self.lookup.find(self.caller, name)).message

    def rows(self) -> Rows:
        """Return what is stored, so that any order of arrival must give the same."""
        return Rows(
            self.select(
                "SELECT m.tenant, message_id, instance, phone, reference_key, reference_service,"
                " reference_action, channel, accept_time, roll_up, state, precedence, reason, change_time,"
                " receipt_key, origin, resource FROM message m ORDER BY message_id, instance"
            ),
            self.select(
                "SELECT message_id, instance, user_id, named, r.state, r.precedence, r.receipt_key, standing"
                " FROM recipient r JOIN message ON handle = message ORDER BY message_id, instance, user_id"
            ),
            self.select(
                "SELECT r.receipt_key, message_id, instance, named, parked_id, parked_provider,"
                " parked_provider_id, r.state, r.precedence, occur_time, content"
                " FROM receipt r LEFT JOIN message ON handle = message ORDER BY r.receipt_key"
            ),
            self.select(
                "SELECT provider, provider_message_id, message_id, instance"
                " FROM provider_name p JOIN message ON handle = message ORDER BY 1, 2, 3, 4"
            ),
        )

    def changes(self) -> list[tuple[Any, ...]]:
        """Return the change feed: message, kind, state before, state, reason, change time."""
        return self.select(
            "SELECT message, kind, previous_state, state, reason, change_time FROM change ORDER BY sequence"
        )

    def select(self, sql: str, bindings: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return list(self._raw.execute(sql, bindings))

    def clear(self) -> None:
        """Forget every message and receipt."""

        async def work(tx: Transaction) -> None:
            assert isinstance(tx, SqliteTransaction)
            for table in _KEPT:
                tx._session.control(f"DELETE FROM {table}")

        self.run(self.store.write(work))
        self.policies.forget(self.caller.tenant)

    def _open(self) -> None:
        def clock() -> int:
            return self.now

        # What these tests hold does not hang on fsync, and most of their time would.
        with mock.patch.object(connection, "_WRITER_SETTINGS", _WITHOUT_FSYNC):
            self.store = SqliteStore(self.path, CODEC, lambda _: None)
        self._raw = open_reader(self.path)
        self.lookup = Lookup(self.store, clock)
        policies = self.policies = Policies(self.store, clock)
        self.messages = Messages(self.store, CODEC, clock, policies, WORDS)
        self.receipts = Receipts(self.store, clock, policies, lexicon=WORDS)
        self.histories = Histories(self.store, self.lookup, WORDS)
        access = Access(self.store, Authentication(self.store, clock), clock)
        seal = Seal(self.seal_key)
        self.routes = Routes(self.store, access, policies, seal=seal, lexicon=WORDS, clock=clock)
        self.callbacks = Callbacks(self.store, self.routes, self.receipts, clock)
        self.stuck = StuckMessages(self.store, access)
        self.timer = Timer(self.store, policies, clock)
