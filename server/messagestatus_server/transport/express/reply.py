"""How a call is ended: the operations of the core by which a reply or a failure leaves."""

from typing import Any

import structlog

from messagestatus_server.transport.error_status import Failure, Trailers
from messagestatus_server.transport.express.core import NO_FLAGS, Call, cygrpc
from messagestatus_server.transport.method import Reply

# Without metadata it holds nothing that belongs to a call, so that all can share it.
BEGIN_REPLY = cygrpc.SendInitialMetadataOperation(None, NO_FLAGS)

_OK = int(cygrpc.StatusCode.ok)
_ReceiveClose = cygrpc.ReceiveCloseOnServerOperation
_SendMessage = cygrpc.SendMessageOperation
_SendStatus = cygrpc.SendStatusFromServerOperation

log = structlog.get_logger()


def send_reply(call: Call, reply: Reply, *, closing: bool) -> None:
    """End a call with a reply or a failure.

    Args:
        call: The call.
        reply: What ends it.
        closing: Whether nothing waits for the client's side to close yet.
    """
    body, trailers, failure = reply
    operations = (
        (BEGIN_REPLY, _SendMessage(body, NO_FLAGS), status(None, trailers))
        if failure is None
        else (BEGIN_REPLY, status(failure, trailers))
    )
    finish(call, (*operations, _ReceiveClose(NO_FLAGS)) if closing else operations)


def status(failure: Failure | None, trailers: Trailers) -> Any:
    """Return the operation that ends a call well, or with a failure."""
    if failure is None:
        return _SendStatus(trailers, _OK, b"", NO_FLAGS)
    code, text, more = failure
    return _SendStatus((*trailers, *more), code.value[0], text, NO_FLAGS)


def finish(call: Call, operations: Any) -> None:
    """Begin the last operations of a call."""
    if call.start_server_batch(operations, _done):
        log.error("the core took no reply")
        call.cancel()


def _done(event: Any) -> None:
    """Take note that a call has ended: with the event, what the core still held of it is let go."""
