"""The life of a unary call: three events where nothing has to wait, and a task where something does."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import grpc
import structlog

from messagestatus_server.transport.error_status import Failure
from messagestatus_server.transport.express.core import FOREVER, NO_FLAGS, Call, cygrpc
from messagestatus_server.transport.express.loop import CompletionQueueLoop
from messagestatus_server.transport.method import Metadata, Reply, Unary

# Without metadata it holds nothing that belongs to a call, so that all can share it.
BEGIN_REPLY = cygrpc.SendInitialMetadataOperation(None, NO_FLAGS)

_NO_REQUEST = Reply(b"", failure=Failure(grpc.StatusCode.UNIMPLEMENTED, "the method takes one request"))
_OK = int(cygrpc.StatusCode.ok)
_ReceiveClose = cygrpc.ReceiveCloseOnServerOperation
_ReceiveMessage = cygrpc.ReceiveMessageOperation
_SendMessage = cygrpc.SendMessageOperation
_SendStatus = cygrpc.SendStatusFromServerOperation

log = structlog.get_logger()


class UnaryCall:
    """One call of a unary method, from its request to the event that ends it."""

    __slots__ = ("_call", "_deadline", "_handler", "_loop", "_metadata", "_task")

    def __init__(
        self, loop: CompletionQueueLoop, handler: Unary, call: Call, metadata: Metadata, deadline: float
    ) -> None:
        self._loop = loop
        self._handler = handler
        self._call = call
        self._metadata = metadata
        self._deadline = deadline
        self._task: asyncio.Task[Reply] | None = None
        call.start_server_batch((_ReceiveMessage(NO_FLAGS),), self._on_request)

    def _on_request(self, event: Any) -> None:
        body = event.batch_operations[0].message()
        if body is None:
            # The client has gone, or has ended its side without a request.
            send_reply(self._call, _NO_REQUEST, closing=True)
            return
        handler, metadata = self._handler, self._metadata
        if handler.at_once is not None:
            reply = handler.at_once(metadata, body)
            if reply is not None:
                send_reply(self._call, reply, closing=True)
                return
        remaining = None if self._deadline > FOREVER else self._deadline - time.time()
        serving = handler.serve(metadata, body, remaining)
        try:
            serving.send(None)
        except StopIteration as end:
            send_reply(self._call, end.value, closing=True)
        else:
            self._go_on(serving)

    def _go_on(self, serving: Coroutine[Any, Any, Reply]) -> None:
        """Let the rest be a task, for as long as the client is there."""
        self._loop.offer_bell(self._call)
        self._call.start_server_batch((_ReceiveClose(NO_FLAGS),), self._on_close)
        self._task = self._loop.create_task(serving)
        self._task.add_done_callback(self._on_done)

    def _on_close(self, event: Any) -> None:
        del event
        if self._task is not None:
            self._task.cancel()

    def _on_done(self, task: asyncio.Task[Reply]) -> None:
        self._task = None
        self._loop.withdraw_bell(self._call)
        if not task.cancelled():
            send_reply(self._call, task.result(), closing=False)


def send_reply(call: Call, reply: Reply, *, closing: bool) -> None:
    """End a call with a reply or a failure.

    Args:
        call: The call.
        reply: What ends it.
        closing: Whether nothing waits for the client's side to close yet.
    """
    body, trailers, failure = reply
    operations = (
        (BEGIN_REPLY, _SendMessage(body, NO_FLAGS), _SendStatus(trailers, _OK, b"", NO_FLAGS))
        if failure is None
        else (BEGIN_REPLY, status_of(failure, trailers))
    )
    begin(call, (*operations, _ReceiveClose(NO_FLAGS)) if closing else operations)


def status_of(failure: Failure, trailers: Any) -> Any:
    """Return the operation that ends a call with a failure."""
    code, text, more = failure
    return _SendStatus((*trailers, *more), code.value[0], text, NO_FLAGS)


def begin(call: Call, operations: Any) -> None:
    """Begin the last operations of a call."""
    if call.start_server_batch(operations, _done):
        log.error("the core took no reply")
        call.cancel()


def _done(event: Any) -> None:
    """Take note that a call has ended: with the event, what the core still held of it is let go."""
