"""The stock engine: grpcio's public asyncio API, and nothing that another engine would have to repeat."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, cast

import grpc

from messagestatus_server.transport.engine import Offer
from messagestatus_server.transport.health import Health
from messagestatus_server.transport.method import Ended, Handler, Stream, Unary

Context = grpc.aio.ServicerContext[bytes, bytes]


class StockEngine:
    """Implements `engine.Engine` in the event loop it is made in."""

    def __init__(self, offer: Offer) -> None:
        self._health = Health(offer.services)
        self._server = grpc.aio.server(options=offer.channel_options)
        self._server.add_generic_rpc_handlers((_Handlers(offer.handlers(self._health)),))

    async def start(self, address: str, credentials: grpc.ServerCredentials | None) -> str:
        """Start serving."""
        try:
            port = (
                self._server.add_insecure_port(address)
                if credentials is None
                else self._server.add_secure_port(address, credentials)
            )
        except RuntimeError as fault:
            raise OSError(f"cannot listen on {address}") from fault
        self._health.set_serving(serving=True)
        await self._server.start()
        return f"{address.rpartition(':')[0]}:{port}"

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run work in the loop that serves, which is this one."""
        await work()

    async def set_serving(self, *, serving: bool) -> None:
        """Tell health checks whether calls are welcome."""
        self._health.set_serving(serving=serving)

    async def stop(self, grace: float) -> None:
        """Take no more calls, and let those under way end within the grace, in seconds."""
        self._health.end()
        await self._server.stop(grace)


class _Handlers(grpc.GenericRpcHandler):
    """Finds handlers by their paths, and fits them to what grpcio calls."""

    def __init__(self, handlers: dict[str, Handler]) -> None:
        # Without a deserializer the bytes come as they are: one that raised would answer INTERNAL.
        self._by_path: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            path: (
                grpc.unary_unary_rpc_method_handler(cast("Any", _unary(handler)))
                if isinstance(handler, Unary)
                else grpc.stream_stream_rpc_method_handler(cast("Any", _stream(handler)))
            )
            for path, handler in handlers.items()
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """Return what serves a path, None where nothing does."""
        return self._by_path.get(handler_call_details.method)


def _unary(handler: Unary) -> Any:
    async def serve(body: bytes, context: Context) -> bytes:
        metadata = cast("Any", context.invocation_metadata() or ())
        reply = None if handler.at_once is None else handler.at_once(metadata, body)
        if reply is None:
            reply = await handler.serve(metadata, body, context.time_remaining())
        body, trailers, failure = reply
        if failure is not None:
            await context.abort(failure.code, failure.text, (*trailers, *failure.trailers))
        context.set_trailing_metadata(trailers)
        return body

    return serve


def _stream(handler: Stream) -> Any:
    async def serve(requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        metadata = cast("Any", context.invocation_metadata() or ())
        try:
            # mypy takes an async iterator for what it is at least; handlers are generators.
            async with aclosing(handler.serve(metadata, requests)) as replies:  # type: ignore[type-var]
                async for body in replies:
                    yield body
        except Ended as end:
            await context.abort(end.failure.code, end.failure.text, end.failure.trailers)

    return serve
