"""The life of a unary call: three events where nothing has to wait, and a task where something does."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import grpc

from messagestatus_server.transport.error_status import Failure
from messagestatus_server.transport.express.core import FOREVER, NO_FLAGS, Call, cygrpc
from messagestatus_server.transport.express.loop import CompletionQueueLoop
from messagestatus_server.transport.express.reply import send_reply
from messagestatus_server.transport.express.round import Round
from messagestatus_server.transport.method import Metadata, Reply, Unary

_NO_REQUEST = Reply(b"", failure=Failure(grpc.StatusCode.UNIMPLEMENTED, "the method takes one request"))

_ReceiveClose = cygrpc.ReceiveCloseOnServerOperation
_ReceiveMessage = cygrpc.ReceiveMessageOperation


class UnaryCall:
    """One call of a unary method, from its request to the event that ends it."""

    __slots__ = ("_body", "_deadline", "_handler", "_loop", "_metadata", "_round", "_task", "call")

    def __init__(self, loop: CompletionQueueLoop, present: Round, handler: Unary, event: Any) -> None:
        self.call: Call = event.call
        self._loop = loop
        self._round = present
        self._handler = handler
        self._metadata: Metadata = event.invocation_metadata
        self._deadline: float = event.call_details.deadline
        self._body: bytes | None = None
        self._task: asyncio.Task[Reply] | None = None
        self.call.start_server_batch((_ReceiveMessage(NO_FLAGS),), self._on_request)

    def answered(self) -> Reply | None:
        """Return the reply, or None where it has to be waited for, and is sent when it is there."""
        body, handler, metadata = self._body, self._handler, self._metadata
        if body is None:
            # The client has gone, or has ended its side without a request.
            return _NO_REQUEST
        if handler.at_once is not None:
            reply = handler.at_once(metadata, body)
            if reply is not None:
                return reply
        remaining = None if self._deadline > FOREVER else self._deadline - time.time()
        serving = handler.serve(metadata, body, remaining)
        try:
            serving.send(None)
        except StopIteration as end:
            done: Reply = end.value
            return done
        self._go_on(serving)
        return None

    def _on_request(self, event: Any) -> None:
        self._body = event.batch_operations[0].message()
        self._round.add(self)

    def _go_on(self, serving: Coroutine[Any, Any, Reply]) -> None:
        """Let the rest be a task, for as long as the client is there."""
        self._loop.offer_bell(self.call)
        self.call.start_server_batch((_ReceiveClose(NO_FLAGS),), self._on_close)
        self._task = self._loop.create_task(serving)
        self._task.add_done_callback(self._on_done)

    def _on_close(self, event: Any) -> None:
        del event
        if self._task is not None:
            self._task.cancel()

    def _on_done(self, task: asyncio.Task[Reply]) -> None:
        self._task = None
        self._loop.withdraw_bell(self.call)
        if not task.cancelled():
            send_reply(self.call, task.result(), closing=False)
