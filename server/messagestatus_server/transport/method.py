"""What engines serve: methods of services, as coroutines over bytes that know nothing of an engine."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, NamedTuple

from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.transport.error_status import Failure, Trailers

Metadata = Sequence[tuple[str, str | bytes]]

Answer = Callable[[Caller, bytes], Coroutine[Any, Any, bytes]]
"""Answers a call: from its caller and the bytes of its request to the bytes of its reply."""


AtOnce = Callable[[Caller, bytes], bytes | None]
"""Answers the usual case of a call on the spot. For others it gives None or raises; it changes nothing."""


class Method(NamedTuple):
    """A unary method for those who have a key with a scope; for everybody, where that is None.

    Where a method has `at_once`, calls take that way first, and `answer` is for what it leaves.
    """

    service: str
    name: str
    scope: Scope | None
    answer: Answer
    at_once: AtOnce | None = None

    @property
    def path(self) -> str:
        """The path of the method, as gRPC and log lines have it."""
        return f"/{self.service}/{self.name}"


Streamed = Callable[[Caller, bytes], AsyncGenerator[bytes, None]]
"""Answers a streaming call: from its caller and the bytes of its request to those of its replies."""


class StreamMethod(NamedTuple):
    """A method with one request and any number of replies, for those who have a key with a scope."""

    service: str
    name: str
    scope: Scope
    answer: Streamed

    @property
    def path(self) -> str:
        """The path of the method, as gRPC and log lines have it."""
        return f"/{self.service}/{self.name}"


class Reply(NamedTuple):
    """How a unary call ends: with the bytes of a reply, or with a failure; and what goes beside either."""

    body: bytes
    trailers: Trailers = ()
    failure: Failure | None = None


class Unary(NamedTuple):
    """One request, one reply.

    `at_once`, where there is one, is asked first, and gives None for calls that it leaves to `serve`. That is
    also told the seconds until the caller's deadline, None where it has none. Neither ever raises.
    """

    path: str
    serve: Callable[[Metadata, bytes, float | None], Coroutine[Any, Any, Reply]]
    at_once: Callable[[Metadata, bytes], Reply | None] | None = None


class Stream(NamedTuple):
    """Any number of requests, any number of replies. The stream ends with the replies, or with `Ended`."""

    path: str
    serve: Callable[[Metadata, AsyncIterator[bytes]], AsyncIterator[bytes]]


class Ended(Exception):
    """Ends a stream with a failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


Handler = Unary | Stream
