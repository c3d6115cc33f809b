"""The life of a stream: a task that takes requests and sends replies, one at a time each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from messagestatus_server.transport.error_status import Failure
from messagestatus_server.transport.express.core import NO_FLAGS, Call, cygrpc
from messagestatus_server.transport.express.loop import CompletionQueueLoop
from messagestatus_server.transport.express.reply import BEGIN_REPLY, finish, status
from messagestatus_server.transport.method import Ended, Metadata, Stream


class _Gone(Exception):
    """The client is not there any more."""


class StreamCall:
    """One call of a streaming method. A reply is taken from the handler when the one before has left."""

    def __init__(self, loop: CompletionQueueLoop, handler: Stream, event: Any) -> None:
        call: Call = event.call
        self._loop = loop
        self._handler = handler
        self._call = call
        self._metadata: Metadata = event.invocation_metadata
        self._begun = False
        loop.offer_bell(call)
        call.start_server_batch((cygrpc.ReceiveCloseOnServerOperation(NO_FLAGS),), self._on_close)
        self._task: asyncio.Task[None] | None = loop.create_task(self._serve())
        self._task.add_done_callback(self._on_done)

    async def _serve(self) -> None:
        failure: Failure | None = None
        try:
            # mypy takes an async iterator for what it is at least; handlers are generators.
            async with aclosing(self._handler.serve(self._metadata, self._requests())) as replies:  # type: ignore[type-var]
                async for body in replies:
                    await self._send(body)
        except Ended as end:
            failure = end.failure
        except _Gone:
            return
        self._end(failure)

    async def _requests(self) -> AsyncIterator[bytes]:
        while True:
            (received,) = await self._operate(cygrpc.ReceiveMessageOperation(NO_FLAGS))
            body: bytes | None = received.message()
            if body is None:
                return
            yield body

    async def _send(self, body: bytes) -> None:
        message = cygrpc.SendMessageOperation(body, NO_FLAGS)
        await self._operate(*self._beginning(), message)

    def _end(self, failure: Failure | None) -> None:
        finish(self._call, (*self._beginning(), status(failure, ())))

    def _beginning(self) -> tuple[Any, ...]:
        """Return what must go before the first reply."""
        if self._begun:
            return ()
        self._begun = True
        return (BEGIN_REPLY,)

    async def _operate(self, *operations: Any) -> Any:
        """Begin operations, and return them when they are done."""
        done: asyncio.Future[Any] = self._loop.create_future()

        def settle(event: Any) -> None:
            if not done.done():
                done.set_result(event)

        if self._call.start_server_batch(operations, settle):
            raise _Gone
        event = await done
        if not event.success:
            raise _Gone
        return event.batch_operations

    def _on_close(self, event: Any) -> None:
        del event
        if self._task is not None:
            self._task.cancel()

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._task = None
        self._loop.withdraw_bell(self._call)
        if not task.cancelled():
            task.result()
