"""An upstream that speaks the contract and misbehaves on request: a real gRPC server with a script.

It knows just enough of a status server to answer look-ups; what it cannot show, the real one does.
"""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from messagestatus.v1 import message_status_service_pb2 as service_pb2
from messagestatus.v1.error_reason_pb2 import ErrorReason
from messagestatus.v1.message_status_pb2 import MessageStatus

KEY = "key-of-the-tenant"

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_REQUESTS: dict[str, type[Message]] = {
    "GetStatus": service_pb2.GetStatusRequest,
    "ListByPhone": service_pb2.ListByPhoneRequest,
    "ListByReference": service_pb2.ListByReferenceRequest,
    "BatchStatus": service_pb2.BatchStatusRequest,
}


@dataclass(frozen=True)
class Call:
    """One call as it arrived."""

    method: str
    request: Message
    metadata: dict[str, str]


def rich_status(
    code: grpc.StatusCode,
    reason: str,
    metadata: dict[str, str] | None = None,
    retry_seconds: float = 0,
    domain: str = "messagestatus",
) -> status_pb2.Status:
    """Makes the status of a refusal as the contract has it."""
    details = [any_pb2.Any(), any_pb2.Any()]
    details[0].Pack(error_details_pb2.ErrorInfo(reason=reason, domain=domain, metadata=metadata or {}))
    delay = duration_pb2.Duration(nanos=round(retry_seconds % 1 * 1e9), seconds=int(retry_seconds))
    details[1].Pack(error_details_pb2.RetryInfo(retry_delay=delay))
    number: int = code.value[0]
    return status_pb2.Status(code=number, details=details if retry_seconds else details[:1])


class ScriptedUpstream(grpc.GenericRpcHandler):
    """The server, and what a test tells it to do."""

    def __init__(self) -> None:
        self._health = health.HealthServicer()
        self._server = grpc.server(ThreadPoolExecutor(32))
        self._server.add_generic_rpc_handlers((self,))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self.reset()

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.gate.set()
        self._server.stop(None).wait()

    def secure(self, key: bytes, certificate: bytes, client_ca: bytes) -> int:
        """Listens on one more port, for callers that show a certificate; to be called before it starts."""
        credentials = grpc.ssl_server_credentials([(key, certificate)], client_ca, require_client_auth=True)
        return self._server.add_secure_port("127.0.0.1:0", credentials)

    def reset(self) -> None:
        """Forgets all messages, calls and faults."""
        self.messages: dict[str, MessageStatus] = {}
        self.calls: list[Call] = []
        # Each call takes the next of these, while there are any.
        self.refusals: list[status_pb2.Status] = []
        self.refuse_always: status_pb2.Status | None = None
        self.replies: list[bytes] = []
        # Calls wait while it is not set; `arrived` is counted up before.
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Semaphore(0)
        self.set_serving(True)

    def set_serving(self, serving: bool) -> None:
        """Sets what the health service answers."""
        status = (
            health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        )
        self._health.set("", status)

    def add(self, *statuses: MessageStatus) -> None:
        """Makes messages known."""
        for status in statuses:
            self.messages[status.message_id] = status

    def service(
        self, handler_call_details: grpc.HandlerCallDetails
    ) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        """Routes a call."""
        service, _, method = handler_call_details.method.strip("/").partition("/")
        if service != "messagestatus.v1.MessageStatusService":
            return None
        metadata = {key: str(value) for key, value in handler_call_details.invocation_metadata}

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            return self._answer(Call(method, _REQUESTS[method].FromString(request), metadata), context)

        return grpc.unary_unary_rpc_method_handler(answer)

    def _answer(self, call: Call, context: grpc.ServicerContext) -> bytes:
        self.calls.append(call)
        self.arrived.release()
        gate = self.gate
        gate.wait(10)
        if self.gate is not gate or not context.is_active():
            return b""  # its caller gave up, and the script belongs to others now
        if self.replies:
            return self.replies.pop(0)
        refusal = self.refusals.pop(0) if self.refusals else self.refuse_always
        if call.metadata.get("authorization") != f"Bearer {KEY}":
            refusal = rich_status(grpc.StatusCode.UNAUTHENTICATED, "CREDENTIAL_INVALID")
        refusal = refusal or self._fault_of(call.request)
        if refusal is not None:
            context.abort_with_status(rpc_status.to_status(refusal))
        return self._reply(call.request).SerializeToString()

    def _fault_of(self, request: Message) -> status_pb2.Status | None:
        if isinstance(request, service_pb2.ListByPhoneRequest) and not _E164.fullmatch(request.phone):
            return rich_status(grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID", {"field": "phone"})
        if isinstance(request, service_pb2.ListByReferenceRequest) and "\0" in request.key:
            return rich_status(grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID", {"field": "key"})
        if isinstance(request, service_pb2.GetStatusRequest) and request.message_id not in self.messages:
            return rich_status(
                grpc.StatusCode.NOT_FOUND, "MESSAGE_NOT_FOUND", {"message_id": request.message_id}
            )
        return None

    def _reply(self, request: Message) -> Message:
        match request:
            case service_pb2.GetStatusRequest():
                return service_pb2.GetStatusResponse(message_status=self.messages[request.message_id])
            case service_pb2.ListByPhoneRequest():
                found = [one for one in self.messages.values() if one.phone == request.phone]
                return service_pb2.ListByPhoneResponse(message_statuses=_page(found, request))
            case service_pb2.ListByReferenceRequest():
                found = [one for one in self.messages.values() if one.reference.key == request.key]
                return service_pb2.ListByReferenceResponse(message_statuses=_page(found, request))
            case _:
                assert isinstance(request, service_pb2.BatchStatusRequest)
                outcomes = [self._outcome(message_id) for message_id in request.message_ids]
                return service_pb2.BatchStatusResponse(outcomes=outcomes)

    def _outcome(self, message_id: str) -> service_pb2.StatusOutcome:
        if message_id in self.messages:
            return service_pb2.StatusOutcome(message_status=self.messages[message_id])
        return service_pb2.StatusOutcome(error_reason=ErrorReason.ERROR_REASON_MESSAGE_NOT_FOUND)


def _page(
    found: list[MessageStatus], request: service_pb2.ListByPhoneRequest | service_pb2.ListByReferenceRequest
) -> list[MessageStatus]:
    before = request.before_time.ToNanoseconds() if request.HasField("before_time") else None
    found = [one for one in found if before is None or one.accept_time.ToNanoseconds() < before]
    found.sort(key=lambda one: (one.accept_time.ToNanoseconds(), one.message_id), reverse=True)
    return found[: request.page_size or 50]
