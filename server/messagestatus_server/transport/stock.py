"""The stock engine: grpcio's public asyncio API, and nothing that another engine would have to repeat."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, cast

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from messagestatus_server.transport.calls import Calls
from messagestatus_server.transport.health import Health
from messagestatus_server.transport.limits import OPTIONS
from messagestatus_server.transport.method import Method

Context = grpc.aio.ServicerContext[bytes, bytes]
Behaviour = Callable[[bytes, Context], Awaitable[bytes]]


class StockEngine:
    """Serves methods, health and reflection on one port.

    Args:
        calls: What every call goes through.
        methods: What is served.
        reflect: Whether callers may ask for the contract.
        options: Channel options beside the usual limits; of the same option, these count.
    """

    def __init__(
        self,
        calls: Calls,
        methods: Sequence[Method],
        *,
        reflect: bool,
        options: Mapping[str, int] | None = None,
    ) -> None:
        services = sorted({method.service for method in methods})
        self._server = grpc.aio.server(options=list({**dict(OPTIONS), **(options or {})}.items()))
        self._server.add_generic_rpc_handlers(tuple(_generic_handlers(calls, methods)))
        self._health = Health(services)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        if reflect:
            names = [*services, health.SERVICE_NAME, reflection.SERVICE_NAME]
            reflection.enable_server_reflection(names, self._server)

    async def start(self, address: str, credentials: grpc.ServerCredentials | None) -> str:
        """Start serving, and return the address with the port that was bound.

        Raises:
            OSError: The address cannot be bound.
        """
        try:
            port = (
                self._server.add_insecure_port(address)
                if credentials is None
                else self._server.add_secure_port(address, credentials)
            )
        except RuntimeError as fault:
            raise OSError(f"cannot listen on {address}") from fault
        await self.set_serving(serving=True)
        await self._server.start()
        host = address.rpartition(":")[0]
        return f"{host}:{port}"

    async def set_serving(self, *, serving: bool) -> None:
        """Tell health checks whether calls are welcome."""
        await self._health.set_serving(serving=serving)

    async def stop(self, grace: float) -> None:
        """Take no more calls, and let those under way end within the grace, in seconds."""
        await self._health.end()
        await self._server.stop(grace)


def _generic_handlers(calls: Calls, methods: Iterable[Method]) -> Iterable[grpc.GenericRpcHandler]:
    def service(method: Method) -> str:
        return method.service

    for name, grouped in groupby(sorted(methods, key=service), key=service):
        handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            # Without a deserializer the bytes come as they are: one that raised would answer INTERNAL.
            method.name: grpc.unary_unary_rpc_method_handler(cast("Any", _behaviour(calls, method)))
            for method in grouped
        }
        yield grpc.method_handlers_generic_handler(name, handlers)


def _behaviour(calls: Calls, method: Method) -> Behaviour:
    async def serve(body: bytes, context: Context) -> bytes:
        metadata = [(name, value) for name, value in context.invocation_metadata() or ()]
        reply = await calls.answer(method, metadata, body, context.time_remaining())
        if reply.failure is not None:
            code, text, trailers = reply.failure
            await context.abort(code, text, (*reply.trailers, *trailers))
        context.set_trailing_metadata(reply.trailers)
        return reply.body

    return serve
