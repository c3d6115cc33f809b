"""The process: one listening socket, one channel to the upstream, and a drain at the end."""

import asyncio
import gc
import signal
import socket
from collections.abc import Generator, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import partial

import structlog
import uvicorn

from messagestatus_gateway.access_log import AccessLog
from messagestatus_gateway.app import Gateway
from messagestatus_gateway.callbacks import Callbacks
from messagestatus_gateway.caller_address import Proxies
from messagestatus_gateway.channel import STEADY, connect
from messagestatus_gateway.cors import Cors
from messagestatus_gateway.dialect import Dialect
from messagestatus_gateway.dialects import DIALECTS
from messagestatus_gateway.http_protocol import BoundedHttpProtocol
from messagestatus_gateway.meter import CountingMeter, Meter
from messagestatus_gateway.pages import pages
from messagestatus_gateway.settings import Address, Settings
from messagestatus_gateway.shared_counts import SharedCounts
from messagestatus_gateway.upstream import Upstream
from messagestatus_gateway.upstream_watch import WatchedUpstream
from messagestatus_gateway.watch import Watches

_log = structlog.get_logger()

_BACKLOG = 2048
_COLLECTED_AFTER = 20_000


async def serve(settings: Settings, access_log: AccessLog) -> None:
    """Serves until SIGTERM or SIGINT, and then until the requests under way are answered.

    Raises:
        OSError: The address cannot be listened on, or the descriptor is no socket.
    """
    listener = _listener(settings)
    # What was loaded stays, and what requests make goes with them: the collector need not look often.
    gc.freeze()
    gc.set_threshold(_COLLECTED_AFTER)
    async with AsyncExitStack() as stack:
        stack.callback(access_log.flush)
        channel = await stack.enter_async_context(connect(settings.upstream))
        upstream = Upstream(channel, settings.upstream.deadline, coalesce=settings.upstream.coalesce)
        dialects = [dialect(upstream) for dialect in DIALECTS]
        proxies = Proxies(settings.trusted_proxies, settings.public_url)
        watched = WatchedUpstream(partial(connect, settings.upstream, STEADY))
        stack.push_async_callback(watched.close)
        cors = Cors(settings.cors_origins)
        watches = Watches(upstream, watched, settings.limits, cors)
        callbacks = Callbacks(upstream, proxies, tls=settings.tls_cert is not None)
        gateway = Gateway(
            [*dialects, callbacks],
            pages(upstream),
            settings.limits,
            meters=_meters(settings, dialects, upstream, stack),
            cors=cors,
            watches=watches,
            access_log=access_log,
        )
        config = uvicorn.Config(
            gateway,
            http=BoundedHttpProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # Nothing here asks for the client's scheme or address as a proxy may tell it.
            proxy_headers=False,
            backlog=_BACKLOG,
            timeout_graceful_shutdown=settings.drain,
            ssl_certfile=settings.tls_cert,
            ssl_keyfile=settings.tls_key,
        )
        await _DrainingServer(config, watches).serve(sockets=[listener])


def _meters(
    settings: Settings, dialects: Sequence[Dialect], upstream: Upstream, stack: AsyncExitStack
) -> dict[str, Meter]:
    """Gives a meter to each dialect that has somebody to limit; they share one table, open on the stack."""
    limits = {
        dialect: limit
        for dialect in dialects
        if (limit := settings.rate_limits.of(dialect.name(), dialect.rate_limit))
    }
    if not limits:
        return {}
    counts = stack.enter_context(SharedCounts.in_file(settings.rate_limit_dir / "calls"))
    realm = settings.upstream.address
    return {
        dialect.name(): CountingMeter(dialect, limit, counts, upstream, realm)
        for dialect, limit in limits.items()
    }


def _listener(settings: Settings) -> socket.socket:
    if settings.fd is not None:
        return socket.socket(fileno=settings.fd)
    family = socket.AF_INET6 if ":" in settings.listen.host else socket.AF_INET
    return socket.create_server(settings.listen, family=family, backlog=_BACKLOG)


class _DrainingServer(uvicorn.Server):
    """A uvicorn that says where it listens, and for which a signal to stop is no failure."""

    def __init__(self, config: uvicorn.Config, watches: Watches) -> None:
        super().__init__(config)
        self._watches = watches

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # They would last for the whole of the drain, and then be cut off without a word.
        self._watches.stop()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            _log.info("listening", address=str(Address(*listener.getsockname()[:2])))

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        # uvicorn's own raises the signal again when all is done, and the process would die of it.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield
        _log.info("stopped")
