"""A watch for asyncio: gone on with by itself after whatever interrupts it."""

import asyncio
import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeAlias

import grpc
import grpc.aio

from messagestatus.call_error import CallError
from messagestatus.resuming import Progress, client_closed, ended, silent
from messagestatus.spreading import Spreading
from messagestatus.v1.status_change_pb2 import StatusChange
from messagestatus.v1.status_watch_service_pb2 import WatchRequest, WatchResponse
from messagestatus.v1.status_watch_service_pb2_grpc import StatusWatchServiceStub

_Metadata: TypeAlias = tuple[tuple[str, str], ...]


class Watch:
    """Iterates over changes, without an end of its own; see `messagestatus.watching.Watch`.

    A waiting for a change that is cancelled, as by a time limit, loses none. It ends by `close()`, by `with`,
    or when nobody knows it any more.
    """

    def __init__(self, line: "Line", address: str, metadata: _Metadata, progress: Progress) -> None:
        self._line = line
        self._address = address
        self._metadata = metadata
        self._progress = progress
        self._closed = asyncio.Event()
        self._turn = asyncio.Lock()
        self._stream: _Stream | None = None
        self._held: WatchResponse | None = None

    @property
    def token(self) -> str:
        """What a later watch goes on from, after everything that this one has yielded: keep it with that."""
        return self._progress.token

    async def begin(self) -> Self:
        """Wait until the server has answered, and return this watch: it will miss nothing from now on."""
        async with self._turn:
            while self._held is None and not (self._progress.answered or self._closed.is_set()):
                response = await self._awaited()
                if response is not None and response.WhichOneof("event"):
                    # The token may not lead past what was not yielded yet.
                    self._held = response
                elif response is not None:
                    self._take(response)
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StatusChange:
        async with self._turn:
            while not self._closed.is_set():
                response = await self._awaited()
                change = None if response is None else self._take(response)
                if change is not None:
                    return change
        raise StopAsyncIteration

    def close(self) -> None:
        """End the watch. Whoever waits for a change is told that there are no more."""
        self._closed.set()
        self._leave()

    async def _awaited(self) -> WatchResponse | None:
        """Return the next response; None after an interruption, when it is time to ask again."""
        try:
            return await self._next()
        except CallError as error:
            await self._interrupted(error)
            return None

    def _take(self, response: WatchResponse) -> StatusChange | None:
        try:
            return self._progress.take(response)
        except BaseException:
            # The response is lost with it: the next stream begins where this watch stands.
            self._leave()
            raise

    async def _next(self) -> WatchResponse:
        """Wait for the next response, in a stream that is begun if there is none. Raises CallError."""
        if self._held is not None:
            held, self._held = self._held, None
            return held
        stream = self._stream
        if stream is None:
            stream = self._stream = self._line.begin(self._progress.request(), self._metadata)
        # Not awaited itself: a waiting that is cancelled must not end the call.
        reading = stream.reading()
        if not (await asyncio.wait({reading}, timeout=self._progress.silence))[0]:
            await self._line.renew(stream.channel)
            raise silent(self._address, self._progress.silence)
        stream.taken()
        if reading.cancelled():
            # By `close`, or with a channel that was found dead.
            raise ended(self._address)
        failure = reading.exception()
        if isinstance(failure, grpc.aio.AioRpcError):
            raise CallError.of(failure, self._address) from failure
        arrived = reading.result()
        if not isinstance(arrived, WatchResponse):
            raise ended(self._address)
        return arrived

    async def _interrupted(self, error: CallError) -> None:
        """Leave the stream, and wait for as long as is due. Raises CallError when that is no use."""
        self._leave()
        if self._closed.is_set():
            return
        try:
            async with asyncio.timeout(self._progress.pause_after(error)):
                await self._closed.wait()
        except TimeoutError:
            return

    def _leave(self) -> None:
        self._held = None
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # The loop may have ended before, and the call with it.
        with contextlib.suppress(RuntimeError):
            self._leave()


class _Stream:
    """One call, the channel that it is on, and the reading of its next response."""

    def __init__(self, channel: grpc.aio.Channel, request: WatchRequest, metadata: _Metadata) -> None:
        self.channel = channel
        self.left = False
        self._call: Any = StatusWatchServiceStub(channel).Watch(request, metadata=metadata)
        self._reading: asyncio.Task[Any] | None = None

    def reading(self) -> "asyncio.Task[Any]":
        """Return the reading of the next response, which goes on whoever waits for it."""
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._call.read())
            self._reading.add_done_callback(_seen)
        return self._reading

    def taken(self) -> None:
        """Let the next reading be that of the next response."""
        self._reading = None

    def cancel(self) -> None:
        """End the call, and the reading."""
        self.left = True
        self._call.cancel()
        if self._reading is not None:
            self._reading.cancel()


def _seen(reading: "asyncio.Task[Any]") -> None:
    """Look at how a reading ended, as nobody may wait for it any more, and asyncio complains of that."""
    if not reading.cancelled():
        reading.exception()


class Line:
    """The channels that the watches of a client share, each replaced when its connection is found dead."""

    def __init__(self, opened: Callable[[], grpc.aio.Channel], address: str) -> None:
        self._address = address
        self._spreading = Spreading(opened)
        self._closed = False

    def begin(self, request: WatchRequest, metadata: _Metadata) -> _Stream:
        """Begin a stream. Raises CallError when the client is closed."""
        if self._closed:
            raise client_closed(self._address)
        group = self._spreading.group()
        stream = _Stream(group.channel, request, metadata)
        group.streams.append(stream)
        return stream

    async def renew(self, dead: grpc.aio.Channel) -> None:
        """Give up a channel. Its other watches are interrupted, and go on with another one."""
        self._spreading.forget(dead)
        await dead.close()

    async def close(self) -> None:
        """Close the channels for good."""
        self._closed = True
        for channel in self._spreading.channels():
            await channel.close()
