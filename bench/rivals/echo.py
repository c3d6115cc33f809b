"""The floor: grpcio's core with one completion queue and one thread, and an answer that never changes.

It is run with GRPC_EXPERIMENTS=-event_engine_listener, without which grpcio costs half as much again.
"""

import gc

from grpc._cython import cygrpc  # type: ignore[attr-defined]  # it ships no types

from bench.rivals.serving import tell
from bench.rows import ACTION, PROVIDER, SERVICE, STATUS, Rows
from messagestatus.v1.delivery_state_pb2 import DELIVERY_STATE_DELIVERED
from messagestatus.v1.message_status_pb2 import (
    CHANNEL_RCS,
    CONTENT_KIND_VIDEO,
    DIRECTION_OUTBOUND,
    MessageStatus,
)
from messagestatus.v1.message_status_service_pb2 import GetStatusResponse

OUTSTANDING = 64
"""How many calls are asked for in advance."""

_EMPTY = 0
_TAKEN = object()


def main() -> None:
    """Serve until the process is ended."""
    server = cygrpc.Server([(b"grpc.minimal_stack", 1), (b"grpc.so_reuseport", 0)], False)
    queue = cygrpc.CompletionQueue()
    server.register_completion_queue(queue)
    port = server.add_http2_port(b"127.0.0.1:0")
    server.start()
    for _ in range(OUTSTANDING):
        server.request_call(queue, queue, _TAKEN)
    gc.freeze()
    gc.disable()
    tell(f"127.0.0.1:{port}")
    _serve(server, queue, _answer())


def _serve(server: cygrpc.Server, queue: cygrpc.CompletionQueue, answer: bytes) -> None:
    while True:
        event = queue.poll()
        if event.tag is _TAKEN:
            call = event.call
            server.request_call(queue, queue, _TAKEN)
            # The tag of the next event is the call itself: what it is answered by.
            call.start_server_batch((cygrpc.ReceiveMessageOperation(_EMPTY),), call)
        elif event.tag is not None and event.batch_operations[0].message() is not None:
            # Operations hold memory of the batch they are in, and cannot be shared.
            answering = (
                cygrpc.ReceiveCloseOnServerOperation(_EMPTY),
                cygrpc.SendInitialMetadataOperation(None, _EMPTY),
                cygrpc.SendMessageOperation(answer, _EMPTY),
                cygrpc.SendStatusFromServerOperation(None, cygrpc.StatusCode.ok, b"", _EMPTY),
            )
            event.tag.start_server_batch(answering, None)


def _answer() -> bytes:
    row = Rows(1)[0]
    status = MessageStatus(
        message_id=row.message_id,
        direction=DIRECTION_OUTBOUND,
        channel=CHANNEL_RCS,
        content_kind=CONTENT_KIND_VIDEO,
        phone=row.phone,
        state=DELIVERY_STATE_DELIVERED,
        segments=1,
        revision=2,
    )
    status.reference.service, status.reference.action, status.reference.key = (
        SERVICE,
        ACTION,
        row.reference_key,
    )
    status.provider.name, status.provider.message_id = PROVIDER, row.provider_message_id
    status.provider.status = STATUS
    status.accept_time.FromMicroseconds(row.accept_time)
    status.message_time.FromMicroseconds(row.accept_time)
    status.change_time.FromMicroseconds(row.deliver_time)
    return GetStatusResponse(message_status=status).SerializeToString()


if __name__ == "__main__":
    main()
