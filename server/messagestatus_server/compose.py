"""Puts the server together: the only place that knows every part of it."""

import asyncio
from collections.abc import Mapping

import apsw
import grpc
import structlog

from messagestatus_server import files
from messagestatus_server.providers.tables import lexicon
from messagestatus_server.service.access import Access
from messagestatus_server.service.authentication import Authentication
from messagestatus_server.service.callback_journal import CallbackJournal
from messagestatus_server.service.callbacks import Callbacks
from messagestatus_server.service.clock import Clock, now
from messagestatus_server.service.directory import Directory
from messagestatus_server.service.error_dictionary import ErrorDictionary
from messagestatus_server.service.feed import Feed
from messagestatus_server.service.feed_retention import FeedRetention
from messagestatus_server.service.first_start import OPERATOR, make_operator
from messagestatus_server.service.gauges import Gauging
from messagestatus_server.service.histories import Histories
from messagestatus_server.service.housekeeping import Housekeeping, Retention
from messagestatus_server.service.lookup import Lookup
from messagestatus_server.service.messages import Messages
from messagestatus_server.service.orphans import Orphans
from messagestatus_server.service.policies import Policies
from messagestatus_server.service.quarantine import Quarantine
from messagestatus_server.service.receipts import Receipts
from messagestatus_server.service.replaying import Replaying
from messagestatus_server.service.routes import Routes
from messagestatus_server.service.sealing import KEY_SIZE, Seal
from messagestatus_server.service.stuck import StuckMessages
from messagestatus_server.service.timer import Timer
from messagestatus_server.service.watching import Watching
from messagestatus_server.service.webhooks.attempts import Attempts
from messagestatus_server.service.webhooks.endpoints import Endpoints
from messagestatus_server.service.webhooks.forgetting import DAY, Forgetting
from messagestatus_server.service.webhooks.replaying import Replaying as EventReplaying
from messagestatus_server.service.webhooks.secrets import Vault
from messagestatus_server.service.webhooks.settling import Settling
from messagestatus_server.service.webhooks.worker import Worker
from messagestatus_server.settings import Settings, TlsFiles, WebhookSettings
from messagestatus_server.storage.codec import Codec
from messagestatus_server.storage.migrations import migrate
from messagestatus_server.storage.sqlite.connection import Memory
from messagestatus_server.storage.sqlite.store import SqliteStore
from messagestatus_server.storage.store import Store
from messagestatus_server.transport import (
    access_methods,
    callback_methods,
    directory_methods,
    error_dictionary_methods,
    message_methods,
    receipt_methods,
    review_methods,
    route_methods,
    status_methods,
    stuck_methods,
    watch_methods,
    webhook_methods,
)
from messagestatus_server.transport.calls import Calls
from messagestatus_server.transport.codec import ProtobufCodec
from messagestatus_server.transport.engine import Offer
from messagestatus_server.transport.engines import EngineChoice, engine
from messagestatus_server.transport.method import Method, Stream
from messagestatus_server.transport.resume_token import resume_token
from messagestatus_server.transport.streams import Streams
from messagestatus_server.webhooks.addresses import PORTS, allowance
from messagestatus_server.webhooks.sender import Sender

log = structlog.get_logger()

HOUSEKEEPING_INTERVAL = 60.0
"""Seconds between two looks for what is past its time."""


class Server:
    """A status server, from its start to its end, in one event loop."""

    def __init__(
        self, settings: Settings, clock: Clock = now, options: Mapping[str, int] | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._stopping = False

    async def start(self) -> str:
        """Open the database, migrated, and serve; return the address that was bound.

        Raises:
            OSError: The address cannot be bound, or a file cannot be read.
            DataInUseError: Another server has the data directory.
            SchemaTooNewError: The database is of a newer version.
            EngineUnfitError: The engine that was asked for cannot run here.
        """
        settings = self._settings
        files.lock(settings.data)
        for step in migrate(settings.database):
            log.info("migrated", step=step)
        codec = ProtobufCodec()
        self._store = SqliteStore(
            settings.database,
            codec,
            self._on_health,
            settings.commit_group,
            Memory(settings.cache, settings.mapped),
        )
        await self._first_start()
        seal = Seal(files.seal_key(settings.seal_key, KEY_SIZE))
        self._services = Services(
            self._store,
            codec,
            self._clock,
            seal=seal,
            commit_group=settings.commit_group,
            webhooks=settings.webhooks,
        )
        offer = Offer(
            Calls(self._services.authentication, settings.most_calls),
            self._services.methods(self._clock),
            settings.reflect,
            self._options,
            self._services.streams(settings.most_watches),
        )
        self._engine = engine(EngineChoice(settings.engine), offer)
        credentials = None if settings.tls is None else _credentials(settings.tls)
        address = await self._engine.start(settings.listen, credentials)
        retention = Retention(settings.raw_days, settings.orphan_days)
        self._housekeeping = Housekeeping(
            self._store,
            self._clock,
            retention,
            [FeedRetention(self._store, settings.feed_days), self._services.webhooks.forgetting],
        )
        await self._engine.run(self._begin_tasks)
        self._services.webhooks.worker.start()
        log.info(
            "serving",
            address=address,
            engine=type(self._engine).__name__.removesuffix("Engine").lower(),
            tls=credentials is not None,
            sqlite=apsw.sqlite_lib_version(),
        )
        return address

    async def stop(self) -> None:
        """Drain: turn health off first, let calls end, commit, and leave the database checkpointed."""
        self._stopping = True
        log.info("draining")
        await self._engine.set_serving(serving=False)
        await asyncio.sleep(self._settings.drain_delay)
        await self._engine.run(self._end_tasks)
        self._services.feed.stop()
        grace = self._settings.drain_grace
        await asyncio.gather(self._engine.stop(grace), self._services.webhooks.stop(grace))
        await self._services.callbacks.close()
        await self._store.close()
        log.info("stopped")

    async def _begin_tasks(self) -> None:
        self._services.timer.start(self._settings.timer_interval)
        self._housekeeping.start(HOUSEKEEPING_INTERVAL)

    async def _end_tasks(self) -> None:
        await self._services.timer.close()
        await self._housekeeping.close()

    async def _first_start(self) -> None:
        if await self._store.tenants():
            return
        path = self._settings.admin_key
        secret = files.admin_secret(path)
        if await make_operator(self._store, self._clock, secret):
            log.info("first start", tenant=OPERATOR, admin_key_file=str(path))

    def _on_health(self, sound: bool) -> None:
        def tell() -> None:
            if not self._stopping:
                task = self._loop.create_task(self._engine.set_serving(serving=sound))
                self._told = task

        self._loop.call_soon_threadsafe(tell)


class Services:
    """What the methods call, over a store."""

    def __init__(
        self,
        store: Store,
        codec: Codec,
        clock: Clock,
        *,
        seal: Seal,
        commit_group: int,
        webhooks: WebhookSettings,
    ) -> None:
        words = lexicon()
        self.authentication = Authentication(store, clock)
        self.lookup = Lookup(store, clock)
        self.policies = Policies(store, clock)
        self.messages = Messages(store, codec, clock, self.policies, words)
        self.receipts = Receipts(store, clock, self.policies, lexicon=words, most_joined=commit_group)
        self.histories = Histories(store, self.lookup, words)
        self.directory = Directory(store)
        self.error_dictionary = ErrorDictionary(words)
        self.access = Access(store, self.authentication, clock)
        self.routes = Routes(store, self.access, self.policies, seal=seal, lexicon=words, clock=clock)
        self.feed = Feed(store)
        self.watching = Watching(store, self.lookup, self.feed)
        self.callbacks = Callbacks(store, self.routes, self.receipts, clock)
        self.callback_journal = CallbackJournal(store, self.access)
        self.replaying = Replaying(store, self.access, self.routes, self.policies, lexicon=words, clock=clock)
        self.orphans = Orphans(store, self.access, self.policies, clock, words)
        self.quarantine = Quarantine(store, self.access, self.policies, clock, words)
        self.stuck = StuckMessages(store, self.access)
        self.gauging = Gauging(store, self.access, self.stuck)
        self.timer = Timer(store, self.policies, clock)
        self.webhooks = Webhooks(store, self.access, seal, clock, webhooks)

    def streams(self, most: int) -> list[Stream]:
        """Return every streaming method, so many of which may be called at once."""
        streams = Streams(self.authentication, most)
        return [streams.stream(method) for method in watch_methods.streams(self.watching)]

    def methods(self, clock: Clock) -> list[Method]:
        """Return every method of every service."""
        return [
            *status_methods.methods(self.lookup),
            *message_methods.methods(self.messages, clock),
            *receipt_methods.methods(self.receipts, self.histories),
            *directory_methods.methods(self.directory),
            *error_dictionary_methods.methods(self.error_dictionary),
            *access_methods.methods(self.access),
            *route_methods.methods(self.routes),
            *callback_methods.methods(self.callbacks, self.callback_journal, self.replaying),
            *review_methods.methods(self.orphans, self.quarantine, self.gauging),
            *stuck_methods.methods(self.stuck),
            *self.webhooks.methods(),
        ]


class Webhooks:
    """What tells endpoints, and what their administration calls."""

    def __init__(
        self, store: Store, access: Access, seal: Seal, clock: Clock, settings: WebhookSettings
    ) -> None:
        # What is one's own may be asked in plain text, and nothing else.
        allowed = allowance(settings.networks, settings.networks, PORTS.union(settings.ports))
        vault = Vault(seal)
        self._sender = Sender(allowed, now=clock)
        self.worker = Worker(
            store,
            self._sender,
            vault=vault,
            resume_token=resume_token,
            settling=Settling(settings.disable_days * DAY),
            clock=clock,
        )
        self._endpoints = Endpoints(store, access, vault=vault, allowed=allowed, clock=clock)
        self._attempts = Attempts(store, self._endpoints, self.worker)
        self._replaying = EventReplaying(store, self._endpoints, clock)
        self.forgetting = Forgetting(store, settings.kept_days)

    def methods(self) -> list[Method]:
        """Return the methods of their service."""
        return webhook_methods.methods(self._endpoints, self._attempts, self._replaying)

    async def stop(self, grace: float) -> None:
        """Tell nothing more, once what is under way has ended, or the grace has, in seconds."""
        await self.worker.stop(grace)
        await self._sender.aclose()


def _credentials(tls: TlsFiles) -> grpc.ServerCredentials:
    pair = tls.key.read_bytes(), tls.certificate.read_bytes()
    authority = None if tls.client_ca is None else tls.client_ca.read_bytes()
    return grpc.ssl_server_credentials(
        [pair], root_certificates=authority, require_client_auth=authority is not None
    )
