"""A real gRPC server in this process, whose methods do what a test says."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import grpc

from messagestatus_server.domain.access import ApiKey, Grant, digest
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.service.authentication import Authentication
from messagestatus_server.service.clock import now
from messagestatus_server.storage.store import KnownKey
from messagestatus_server.transport.calls import Calls
from messagestatus_server.transport.engine import Engine, Offer
from messagestatus_server.transport.engines import EngineChoice, engine
from messagestatus_server.transport.method import Method
from tests.engines import ENGINE_VARIABLE

SERVICE = "tests.v1.ScriptedService"
KEY = "the-key-of-scripted-servers"

Answer = Callable[[], Coroutine[Any, Any, bytes]]


class _OneKey:
    """A store that knows one key, and nothing else."""

    async def find_key(self, presented: bytes) -> KnownKey | None:
        if presented != digest(KEY):
            return None
        scopes = frozenset({Scope.READ})
        key = ApiKey("key_1", Grant("tests", scopes), "the-", now())
        return KnownKey(Caller(1, "tests", "key_1", scopes), key, digest(KEY))


class Scripted:
    """A running server, and a channel to it."""

    def __init__(self, address: str, engine: Engine, channel: grpc.aio.Channel) -> None:
        self.address = address
        self.engine = engine
        self.channel = channel

    def call(
        self,
        name: str,
        body: bytes = b"",
        *,
        timeout: float | None = 20,
        metadata: tuple[tuple[str, str], ...] = (),
    ) -> "grpc.aio.UnaryUnaryCall[bytes, bytes]":
        """Start a call."""
        method: Any = self.channel.unary_unary(f"/{SERVICE}/{name}")
        return cast(
            "grpc.aio.UnaryUnaryCall[bytes, bytes]",
            method(body, timeout=timeout, metadata=(("x-api-key", KEY), *metadata)),
        )


def calls(most_calls: int = 1_000) -> Calls:
    """Return what every call of a scripted server goes through."""
    return Calls(Authentication(cast("Any", _OneKey()), now), most_calls)


def method(name: str, answer: Answer) -> Method:
    """Return a method that answers as it is told, in the event loop of whoever tells it."""
    home = asyncio.get_running_loop()

    async def answered(caller: Caller, body: bytes) -> bytes:
        del caller, body
        if asyncio.get_running_loop() is home:
            return await answer()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(answer(), home))

    return Method(SERVICE, name, Scope.READ, answered)


@asynccontextmanager
async def scripted(
    answers: Mapping[str, Answer], *, most_calls: int = 1_000, options: Mapping[str, int] | None = None
) -> AsyncIterator[Scripted]:
    """Serve methods that answer as they are told, by their names."""
    methods = [method(name, answer) for name, answer in answers.items()]
    offer = Offer(calls(most_calls), methods, reflect=False, options=options)
    serving = engine(EngineChoice(os.environ[ENGINE_VARIABLE]), offer)
    address = await serving.start("127.0.0.1:0", None)
    async with grpc.aio.insecure_channel(address) as channel:
        yield Scripted(address, serving, channel)
    await serving.stop(0)
