"""An engine: what speaks gRPC. Two of them serve the same handlers, and keep the same promises."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import grpc

from messagestatus_server.transport import health
from messagestatus_server.transport.calls import Calls
from messagestatus_server.transport.health import Health
from messagestatus_server.transport.limits import OPTIONS
from messagestatus_server.transport.method import Handler, Method, Stream
from messagestatus_server.transport.reflection import reflecting


class Offer(NamedTuple):
    """What a server offers on its port: methods, health, and reflection where callers may see the contract.

    `options` are channel options beside the usual limits; of the same option, these count. `streams` are
    streaming methods as engines serve them.
    """

    calls: Calls
    methods: Sequence[Method]
    reflect: bool = True
    options: Mapping[str, int] | None = None
    streams: Sequence[Stream] = ()

    @property
    def channel_options(self) -> list[tuple[str, int]]:
        """The limits of the connections."""
        return list({**dict(OPTIONS), **(self.options or {})}.items())

    @property
    def services(self) -> list[str]:
        """The services that have methods."""
        streamed = {stream.path.split("/")[1] for stream in self.streams}
        return sorted(streamed.union(method.service for method in self.methods))

    def handlers(self, health_of_services: Health) -> dict[str, Handler]:
        """Return everything that is served, by its path."""
        return {handler.path: handler for handler in self._each(health_of_services)}

    def _each(self, health_of_services: Health) -> Iterable[Handler]:
        yield from map(self.calls.unary, self.methods)
        yield from self.streams
        for handler in health_of_services.handlers:
            yield self.calls.guarded(handler) if isinstance(handler, Stream) else handler
        if self.reflect:
            yield self.calls.guarded(reflecting([*self.services, health.SERVICE]))


class Engine(Protocol):
    """Serves an offer on one port, until it is stopped. Its methods are called from one event loop."""

    async def start(self, address: str, credentials: grpc.ServerCredentials | None) -> str:
        """Start serving, and return the address with the port that was bound.

        Raises:
            OSError: The address cannot be bound.
        """

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run work in the loop that serves, and wait for its end.

        Tasks that it leaves behind go on there, beside the calls. Only in that loop may the store be read;
        it may have no use for sockets.
        """

    async def set_serving(self, *, serving: bool) -> None:
        """Tell health checks whether calls are welcome."""

    async def stop(self, grace: float) -> None:
        """Take no more calls, and let those under way end within the grace, in seconds."""
