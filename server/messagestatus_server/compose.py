"""Puts the server together: the only place that knows every part of it."""

import asyncio
from collections.abc import Mapping

import apsw
import grpc
import structlog

from messagestatus_server import files
from messagestatus_server.service.access import Access
from messagestatus_server.service.authentication import Authentication
from messagestatus_server.service.clock import Clock, now
from messagestatus_server.service.directory import Directory
from messagestatus_server.service.first_start import OPERATOR, make_operator
from messagestatus_server.service.lookup import Lookup
from messagestatus_server.service.messages import Messages
from messagestatus_server.service.receipts import Receipts
from messagestatus_server.settings import Settings, TlsFiles
from messagestatus_server.storage.codec import Codec
from messagestatus_server.storage.migrations import migrate
from messagestatus_server.storage.sqlite.connection import Memory
from messagestatus_server.storage.sqlite.store import SqliteStore
from messagestatus_server.storage.store import Store
from messagestatus_server.transport import (
    access_methods,
    directory_methods,
    message_methods,
    receipt_methods,
    status_methods,
)
from messagestatus_server.transport.calls import Calls
from messagestatus_server.transport.codec import ProtobufCodec
from messagestatus_server.transport.engine import Offer
from messagestatus_server.transport.engines import EngineChoice, engine
from messagestatus_server.transport.method import Method

log = structlog.get_logger()


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
        authentication = Authentication(self._store, self._clock)
        offer = Offer(
            Calls(authentication, settings.most_calls),
            methods(self._store, codec, authentication, self._clock, settings.commit_group),
            settings.reflect,
            self._options,
        )
        self._engine = engine(EngineChoice(settings.engine), offer)
        credentials = None if settings.tls is None else _credentials(settings.tls)
        address = await self._engine.start(settings.listen, credentials)
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
        await self._engine.stop(self._settings.drain_grace)
        await self._store.close()
        log.info("stopped")

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


def methods(
    store: Store, codec: Codec, authentication: Authentication, clock: Clock, most_joined: int
) -> list[Method]:
    """Return every method of every service, over a store."""
    lookup = Lookup(store, clock)
    return [
        *status_methods.methods(lookup),
        *message_methods.methods(Messages(store, codec, clock), clock),
        *receipt_methods.methods(Receipts(store, lookup, clock, most_joined)),
        *directory_methods.methods(Directory(store)),
        *access_methods.methods(Access(store, authentication, clock)),
    ]


def _credentials(tls: TlsFiles) -> grpc.ServerCredentials:
    pair = tls.key.read_bytes(), tls.certificate.read_bytes()
    authority = None if tls.client_ca is None else tls.client_ca.read_bytes()
    return grpc.ssl_server_credentials(
        [pair], root_certificates=authority, require_client_auth=authority is not None
    )
