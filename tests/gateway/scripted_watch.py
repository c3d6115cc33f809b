"""An upstream whose watches do as a script says, and which tells how much was taken from them."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Self

import grpc

from messagestatus.v1.message_status_pb2 import MessageStatus, Provider
from messagestatus.v1.status_change_pb2 import StatusChange
from messagestatus.v1.status_watch_service_pb2 import WatchRequest, WatchResponse

SIZE = 10_000
"""Bytes of a change, and a few more."""


def bulky(number: int) -> WatchResponse:
    """Make a change that fills buffers."""
    status = MessageStatus(message_id=f"m{number}", provider=Provider(detail="x" * SIZE))
    change = StatusChange(message_status=status, message_id=f"m{number}", sequence=number)
    return WatchResponse(resume_token=f"after-{number}", change=change)


class ScriptedWatches(grpc.GenericRpcHandler):
    """The server. A watch begins with a heartbeat; then come changes, as far as they are taken."""

    def __init__(self, changes: int = 0) -> None:
        self._changes = changes
        self._server = grpc.server(ThreadPoolExecutor(16))
        self._server.add_generic_rpc_handlers((self,))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self.requests: list[WatchRequest] = []
        self.sent = 0
        self.ended = threading.Semaphore(0)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(None).wait()

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        if not handler_call_details.method.endswith("StatusWatchService/Watch"):
            return None
        return grpc.unary_stream_rpc_method_handler(self._watch)

    def _watch(self, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        self.requests.append(WatchRequest.FromString(request))
        over = threading.Event()
        context.add_callback(over.set)
        try:
            yield WatchResponse(resume_token="after-0").SerializeToString()
            for number in range(1, self._changes + 1):
                self.sent = number
                yield bulky(number).SerializeToString()
            over.wait()
        finally:
            self.ended.release()
