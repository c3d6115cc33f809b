"""Keeps a server and its gateways running, and stops them in order: gateways first, so that they drain."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence

import structlog

from messagestatus_server.cli.supervision.child import Child
from messagestatus_server.cli.supervision.sockets import Address, until_answered

_log = structlog.get_logger()


class Supervisor:
    """One server and its gateways. They run until a signal, or until one of them cannot be kept running."""

    def __init__(self, server: Child, gateways: Sequence[Child]) -> None:
        self._server = server
        self._gateways = gateways
        self._stop = asyncio.Event()
        self.killed = False

    async def run(self, address: Address, when_up: Callable[[], Awaitable[None]]) -> None:
        """Start the server, then the gateways; once up, do `when_up`; then watch until the end.

        Raises DiesAtOnceError when a child cannot be kept running; the others are stopped first.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._asked_to_stop, number)
        keepers = [asyncio.create_task(self._server.keep_running())]
        start = asyncio.create_task(self._start_gateways(address, keepers, when_up))
        try:
            await self._until_stopped(keepers, start)
        finally:
            start.cancel()
            _log.info("stopping")
            await asyncio.gather(*(gateway.stop() for gateway in self._gateways))
            await self._server.stop()
            await asyncio.gather(start, *keepers, return_exceptions=True)

    async def _start_gateways(
        self, address: Address, keepers: list[asyncio.Task[None]], when_up: Callable[[], Awaitable[None]]
    ) -> None:
        """Wait until the server answers, then start what depends on it."""
        await until_answered(address)
        keepers += [asyncio.create_task(gateway.keep_running()) for gateway in self._gateways]
        await when_up()

    async def _until_stopped(self, keepers: list[asyncio.Task[None]], start: asyncio.Task[None]) -> None:
        """Wait for a signal. Raises what a keeper or the start raises first."""
        stopped = asyncio.create_task(self._stop.wait())
        starting = {start}
        while not stopped.done():
            done, _ = await asyncio.wait({stopped, *starting, *keepers}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopped}:
                task.result()
            starting -= done

    def _asked_to_stop(self, number: signal.Signals) -> None:
        """Stop in order at the first signal; kill at a Ctrl-C after that.

        Another SIGTERM is no impatience: service managers and `timeout` send more than one.
        """
        if not self._stop.is_set():
            self._stop.set()
            return
        if number is not signal.SIGINT:
            return
        self.killed = True
        _log.warning("killing")
        for child in (*self._gateways, self._server):
            child.signal(signal.SIGKILL)
