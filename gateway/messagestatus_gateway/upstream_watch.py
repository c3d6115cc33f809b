"""Watches of the upstream: connections of their own, and one stream a watch."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import grpc
from google.protobuf.message import DecodeError

from messagestatus.v1 import status_watch_service_pb2 as watch_pb2
from messagestatus_gateway.caller import Caller
from messagestatus_gateway.refusal import RefusedError, UpstreamRefusal
from messagestatus_gateway.rpc_error import refusal_of

_WATCH = f"/{watch_pb2.DESCRIPTOR.services_by_name['StatusWatchService'].full_name}/Watch"

# What the upstream lets under way at once on one connection. The next would wait for one to end, and nobody
# would be told.
_MOST_ON_ONE = 100

_Call = grpc.aio.UnaryStreamCall[bytes, bytes]


class WatchEnded(Exception):
    """The watch was ended from this side."""


class UpstreamWatch:
    """One stream of the upstream's. It is read only as fast as whoever reads it."""

    __slots__ = ("_call", "_ended")

    def __init__(self, call: _Call) -> None:
        """Takes a call that has begun."""
        self._call = call
        self._ended = False

    async def read(self, patience: float) -> watch_pb2.WatchResponse:
        """Waits for what comes next.

        Args:
            patience: Seconds after which an upstream that says nothing is taken for dead.

        Raises:
            RefusedError: The upstream ended it, or is dead.
            WatchEnded: This side did.
        """
        if self._ended:
            raise WatchEnded
        try:
            async with asyncio.timeout(patience):
                reply = await self._call.read()
            if not isinstance(reply, bytes):
                # It never ends a watch of its own accord without saying why.
                raise RefusedError(UpstreamRefusal(grpc.StatusCode.UNAVAILABLE))
            return watch_pb2.WatchResponse.FromString(reply)
        except TimeoutError:
            raise RefusedError(UpstreamRefusal(grpc.StatusCode.UNAVAILABLE)) from None
        except grpc.aio.AioRpcError as error:
            raise RefusedError(refusal_of(error)) from None
        except DecodeError:
            raise RefusedError(UpstreamRefusal(grpc.StatusCode.INTERNAL)) from None
        except asyncio.CancelledError:
            if self._ended:
                raise WatchEnded from None
            raise

    def end(self) -> None:
        """Ends it at once, and whoever waits for what comes next."""
        self._ended = True
        self._call.cancel()


class _Connection:
    """A channel, and how many watches are on it."""

    __slots__ = ("channel", "under_way", "watch")

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel
        self.under_way = 0
        # Replies come as bytes: gRPC swallows what does not parse, and would answer None.
        self.watch: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = channel.unary_stream(_WATCH)


class WatchedUpstream:
    """Opens watches, on as many connections as they need. Look-ups never wait behind them."""

    def __init__(self, connect: Callable[[], grpc.aio.Channel]) -> None:
        """Takes what makes a channel with a connection of its own."""
        self._connect = connect
        self._connections: list[_Connection] = []

    @asynccontextmanager
    async def watch(self, caller: Caller, request: watch_pb2.WatchRequest) -> AsyncIterator[UpstreamWatch]:
        """Opens a watch, which ends with the context."""
        connection = self._with_room()
        connection.under_way += 1
        metadata = ("authorization", f"Bearer {caller.credential}"), ("x-request-id", caller.request_id)
        watch = UpstreamWatch(connection.watch(request.SerializeToString(), metadata=metadata))
        try:
            yield watch
        finally:
            watch.end()
            connection.under_way -= 1
            await self._tidy(connection)

    async def close(self) -> None:
        """Closes all connections."""
        connections, self._connections = self._connections, []
        for connection in connections:
            await connection.channel.close()

    def _with_room(self) -> _Connection:
        for connection in self._connections:
            if connection.under_way < _MOST_ON_ONE:
                return connection
        made = _Connection(self._connect())
        self._connections.append(made)
        return made

    async def _tidy(self, connection: _Connection) -> None:
        """Closes a connection that nobody watches on, unless it is the last: somebody will come again."""
        if not connection.under_way and len(self._connections) > 1 and connection in self._connections:
            self._connections.remove(connection)
            await connection.channel.close()
