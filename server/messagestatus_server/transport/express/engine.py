"""The express engine: a server on grpcio's core, with a thread, a queue and an event loop of its own."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import grpc

from messagestatus_server.transport.engine import Offer
from messagestatus_server.transport.error_status import Failure
from messagestatus_server.transport.express.core import cygrpc
from messagestatus_server.transport.express.loop import CompletionQueueLoop
from messagestatus_server.transport.express.reply import send_reply
from messagestatus_server.transport.express.round import Round
from messagestatus_server.transport.express.stream import StreamCall
from messagestatus_server.transport.express.unary import UnaryCall
from messagestatus_server.transport.health import Health
from messagestatus_server.transport.method import Reply, Unary

_READY_FOR = 64
"""For how many calls at once the core need not ask us before it takes them in."""

_LAST_CALLS = 5.0
"""How long calls that were cut off may take to be gone, in seconds."""

_UNKNOWN_METHOD = Reply(b"", failure=Failure(grpc.StatusCode.UNIMPLEMENTED, "Method not found!"))


class ExpressEngine:
    """Implements `engine.Engine`. What it serves runs in its own thread; so does all of the reading."""

    def __init__(self, offer: Offer) -> None:
        self._health = Health(offer.services)
        self._handlers = {path.encode(): each for path, each in offer.handlers(self._health).items()}
        self._queue = cygrpc.CompletionQueue()
        self._server = cygrpc.Server(offer.channel_options, False)
        self._server.register_completion_queue(self._queue)
        self._thread = threading.Thread(target=self._run, name="express", daemon=True)
        self._stopping = False

    async def start(self, address: str, credentials: grpc.ServerCredentials | None) -> str:
        """Start serving."""
        # The public wrapper has no other name for what the core takes.
        secured = getattr(credentials, "_credentials", None)
        try:
            port = self._server.add_http2_port(address.encode(), secured)
        except RuntimeError:
            port = 0
        if not port:
            raise OSError(f"cannot listen on {address}")
        self._loop = CompletionQueueLoop(self._queue)
        self._round = Round(self._loop)
        self._server.start()
        self._health.set_serving(serving=True)
        self._thread.start()
        return f"{address.rpartition(':')[0]}:{port}"

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run work in the loop that serves, and wait for its end."""

        async def done() -> None:
            await work()

        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(done(), self._loop))

    async def set_serving(self, *, serving: bool) -> None:
        """Tell health checks whether calls are welcome."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(partial(self._health.set_serving, serving=serving))

    async def stop(self, grace: float) -> None:
        """Take no more calls, and let those under way end within the grace, in seconds."""
        if not self._loop.is_closed():
            draining = asyncio.run_coroutine_threadsafe(self._drain(grace), self._loop)
            await asyncio.wrap_future(draining)
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        for _ in range(_READY_FOR):
            self._welcome()
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()
        self._queue.shutdown()
        while self._queue.poll().completion_type != cygrpc.CompletionType.queue_shutdown:
            pass
        self._server.destroy()

    def _welcome(self) -> None:
        self._server.request_call(self._queue, self._queue, self._on_call)

    def _on_call(self, event: Any) -> None:
        if not event.success:
            return
        if not self._stopping:
            self._welcome()
        handler = self._handlers.get(event.call_details.method)
        if handler is None:
            send_reply(event.call, _UNKNOWN_METHOD, closing=True)
        elif isinstance(handler, Unary):
            UnaryCall(self._loop, self._round, handler, event)
        else:
            StreamCall(self._loop, handler, event)

    async def _drain(self, grace: float) -> None:
        self._stopping = True
        self._health.end()
        ended = asyncio.Event()
        self._server.shutdown(self._queue, lambda _: ended.set())
        if not await _heard(ended, grace):
            self._server.cancel_all_calls()
            await _heard(ended, _LAST_CALLS)


async def _heard(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
