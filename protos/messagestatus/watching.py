"""A watch: changes as they are committed, gone on with by itself after whatever interrupts it."""

import sys
import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeAlias

import grpc

from messagestatus.call_error import CallError
from messagestatus.resuming import Progress, client_closed, ended, silent
from messagestatus.spreading import Spreading
from messagestatus.v1.status_change_pb2 import StatusChange
from messagestatus.v1.status_watch_service_pb2 import WatchRequest, WatchResponse
from messagestatus.v1.status_watch_service_pb2_grpc import StatusWatchServiceStub

_READ_AHEAD = 100
"""How many responses wait for a reader. What is beyond waits with the server, which knows its limit."""

_Metadata: TypeAlias = tuple[tuple[str, str], ...]


class Watch:
    """Iterates over changes, without an end of its own.

    After a lost connection, a restart of the server, or being too slow, it goes on where it left off: no
    change is missing and none comes twice. Only what cannot pass is raised, as CallError: a key that is
    revoked, a token whose history is gone. Heartbeats are not shown.

    A message of a snapshot comes as a change of no kind: with where it stands, and no state before. A
    snapshot that is interrupted begins anew.

    Threads may share it: each change goes to one of them. It ends by `close()` from any thread, by `with`, or
    when nobody knows it any more, as after leaving a loop over it.
    """

    def __init__(self, line: "Line", address: str, metadata: _Metadata, progress: Progress) -> None:
        self._line = line
        self._address = address
        self._metadata = metadata
        self._progress = progress
        self._closed = threading.Event()
        self._turn = threading.Lock()
        self._stream: _Stream | None = None
        self._held: WatchResponse | None = None

    @property
    def token(self) -> str:
        """What a later watch goes on from, after everything that this one has yielded: keep it with that.

        Empty before the server has answered, and while a snapshot is not complete.
        """
        return self._progress.token

    def begin(self) -> Self:
        """Wait until the server has answered, and return this watch: it will miss nothing from now on.

        Without it, the watch begins when the first change is asked for.
        """
        with self._turn:
            while self._held is None and not (self._progress.answered or self._closed.is_set()):
                response = self._awaited()
                if response is not None and response.WhichOneof("event"):
                    # The token may not lead past what was not yielded yet.
                    self._held = response
                elif response is not None:
                    self._take(response)
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> StatusChange:
        with self._turn:
            while not self._closed.is_set():
                response = self._awaited()
                change = None if response is None else self._take(response)
                if change is not None:
                    return change
        raise StopIteration

    def close(self) -> None:
        """End the watch. Whoever waits for a change is told that there are no more."""
        if self._closed.is_set():
            return
        self._closed.set()
        stream = self._stream
        if stream is not None:
            stream.cancel()

    def _awaited(self) -> WatchResponse | None:
        """Return the next response; None after an interruption, when it is time to ask again."""
        try:
            return self._next()
        except CallError as error:
            self._interrupted(error)
            return None
        except BaseException:
            # What had arrived may be lost with it: the next stream begins where this watch stands.
            self._leave()
            raise

    def _take(self, response: WatchResponse) -> StatusChange | None:
        try:
            return self._progress.take(response)
        except BaseException:
            self._leave()
            raise

    def _next(self) -> WatchResponse:
        """Wait for the next response, in a stream that is begun if there is none. Raises CallError."""
        if self._held is not None:
            held, self._held = self._held, None
            return held
        if self._stream is None:
            self._stream = self._line.begin(self._progress.request(), self._metadata)
            if self._closed.is_set():
                # By somebody who saw no stream to end.
                self._stream.cancel()
        try:
            arrived = self._stream.inbox.get(self._progress.silence)
        except TimeoutError:
            self._line.renew(self._stream.channel)
            raise silent(self._address, self._progress.silence) from None
        if isinstance(arrived, grpc.RpcError):
            raise CallError.of(arrived, self._address) from arrived
        if arrived is None:
            raise ended(self._address)
        return arrived

    def _interrupted(self, error: CallError) -> None:
        """Leave the stream, and wait for as long as is due. Raises CallError when that is no use."""
        self._leave()
        if not self._closed.is_set():
            self._closed.wait(self._progress.pause_after(error))

    def _leave(self) -> None:
        self._held = None
        if self._stream is not None:
            self._stream.cancel()
            self._stream = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # When Python ends, a thread of gRPC may have been stopped with a lock that this would wait for.
        if not sys.is_finalizing():
            self.close()


class Line:
    """The channels that the watches of a client share, each replaced when its connection is found dead."""

    def __init__(self, opened: Callable[[], grpc.Channel], address: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._spreading = Spreading(opened)
        self._closed = False

    def begin(self, request: WatchRequest, metadata: _Metadata) -> "_Stream":
        """Begin a stream. Raises CallError when the client is closed."""
        with self._lock:
            if self._closed:
                raise client_closed(self._address)
            group = self._spreading.group()
            stream = _Stream(group.channel, request, metadata)
            group.streams.append(stream)
            return stream

    def renew(self, dead: grpc.Channel) -> None:
        """Give up a channel. Its other watches are interrupted, and go on with another one."""
        with self._lock:
            self._spreading.forget(dead)
        dead.close()

    def close(self) -> None:
        """Close the channels for good."""
        with self._lock:
            self._closed = True
            for channel in self._spreading.channels():
                channel.close()


class _Stream:
    """One call, read by a thread of its own: one cannot wait for gRPC with a time limit, but for an inbox."""

    def __init__(self, channel: grpc.Channel, request: WatchRequest, metadata: _Metadata) -> None:
        self.channel = channel
        self.left = False
        self.inbox = _Inbox()
        self._call = StatusWatchServiceStub(channel).Watch(request, metadata=metadata)
        # It must not know the watch, which would never be let go of while somebody reads for it.
        threading.Thread(
            target=_read, args=(self._call, self.inbox), name="messagestatus-watch", daemon=True
        ).start()

    def cancel(self) -> None:
        """End the call, and the waiting on both sides of the inbox."""
        self.left = True
        self._call.cancel()
        self.inbox.close()


class _Inbox:
    """What has arrived: a bounded queue that can be closed.

    Its lock is one that its holder may take again, unlike that of `queue.Queue`: a watch may be closed by a
    signal's function or by the collection of garbage, in the midst of anything.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._waiting: deque[WatchResponse | grpc.RpcError | None] = deque()
        self._closed = False

    def put(self, arrived: WatchResponse | grpc.RpcError | None) -> None:
        """Add what arrived, when there is room."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < _READ_AHEAD or self._closed)
            self._waiting.append(arrived)
            self._changed.notify_all()

    def get(self, timeout: float) -> WatchResponse | grpc.RpcError | None:
        """Return what arrived next; None for the end. Raises TimeoutError after so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._waiting or self._closed, timeout):
                raise TimeoutError
            if self._closed:
                return None
            self._changed.notify_all()
            return self._waiting.popleft()

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def _read(call: Any, inbox: _Inbox) -> None:
    try:
        for response in call:
            inbox.put(response)
    except grpc.RpcError as error:
        inbox.put(error)
    else:
        inbox.put(None)
