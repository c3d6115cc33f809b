"""The upstream: the status server as the dialects see it."""

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from grpc_health.v1 import health_pb2

from messagestatus.v1 import callback_service_pb2 as callback_pb2
from messagestatus.v1 import message_status_service_pb2 as service_pb2
from messagestatus.v1.message_status_pb2 import MessageStatus
from messagestatus_gateway.caller import Caller
from messagestatus_gateway.coalesce import BATCH_LIMIT, Coalescer, Outcome
from messagestatus_gateway.refusal import RefusedError, UpstreamRefusal
from messagestatus_gateway.rpc_error import refusal_of, tenant_in

_READS = service_pb2.DESCRIPTOR.services_by_name["MessageStatusService"].full_name
_CALLBACKS = callback_pb2.DESCRIPTOR.services_by_name["CallbackService"].full_name
_HEALTH_DEADLINE = 1.0

_Reply = TypeVar("_Reply", bound=Message)
_Method = grpc.aio.UnaryUnaryMultiCallable[bytes, bytes]
_Metadata = tuple[tuple[str, str], ...]


class Upstream:
    """The calls that dialects make. Each raises `RefusedError` with an `UpstreamRefusal`."""

    def __init__(self, channel: grpc.aio.Channel, deadline: float, *, coalesce: bool = True) -> None:
        """Takes an open channel, the seconds that one look-up may take, and whether look-ups go together."""
        self.deadline = deadline
        self._coalescer = Coalescer(self._ask_batch, deadline) if coalesce else None
        # Replies come as bytes: gRPC swallows what does not parse, and would answer None.
        self._get_status: _Method = channel.unary_unary(f"/{_READS}/GetStatus")
        self._list_by_phone: _Method = channel.unary_unary(f"/{_READS}/ListByPhone")
        self._list_by_reference: _Method = channel.unary_unary(f"/{_READS}/ListByReference")
        self._batch_status: _Method = channel.unary_unary(f"/{_READS}/BatchStatus")
        self._receive_callback: _Method = channel.unary_unary(f"/{_CALLBACKS}/ReceiveCallback")
        self._check_health: _Method = channel.unary_unary("/grpc.health.v1.Health/Check")

    def look_up(
        self, caller: Caller, message_id: str, instance: str | None = None
    ) -> Coroutine[Any, Any, MessageStatus]:
        """Gets one status in the BASIC view, together with whatever else this caller asks just now."""
        if self._coalescer is not None:
            return self._coalescer.look_up(caller, message_id, instance)
        return self._ask_one(caller, message_id, instance)

    async def get_status(self, caller: Caller, request: service_pb2.GetStatusRequest) -> MessageStatus:
        """Gets one status in the view the request names, by a call of its own."""
        reply = await self._call(self._get_status, _as(caller), request, service_pb2.GetStatusResponse)
        return reply.message_status

    async def list_by_phone(
        self, caller: Caller, request: service_pb2.ListByPhoneRequest
    ) -> Sequence[MessageStatus]:
        """Lists the messages to one phone number, the newest first."""
        reply = await self._call(self._list_by_phone, _as(caller), request, service_pb2.ListByPhoneResponse)
        return reply.message_statuses

    async def list_by_reference(
        self, caller: Caller, request: service_pb2.ListByReferenceRequest
    ) -> Sequence[MessageStatus]:
        """Lists the messages with one reference key, the newest first."""
        reply = await self._call(
            self._list_by_reference, _as(caller), request, service_pb2.ListByReferenceResponse
        )
        return reply.message_statuses

    async def batch_status(
        self, caller: Caller, instance: str | None, message_ids: Sequence[str]
    ) -> Sequence[Outcome]:
        """Gets up to 1,000 statuses in the BASIC view, each with its own outcome, in order.

        Those that fit into one batch with what else this caller asks just now go together with it.
        """
        if self._coalescer is not None and 1 <= len(message_ids) <= BATCH_LIMIT:
            return await self._coalescer.look_up_all(caller, message_ids, instance)
        return await self._ask_batch(caller, instance, message_ids)

    async def authenticate(self, caller: Caller, instance: str | None = None) -> str:
        """Has the upstream judge the credential, and an instance where one is named, by a batch of nothing.

        A dialect asks for it before it tells a caller of a fault in the request itself.

        Returns:
            The name of the tenant whose credential it is; empty where the upstream does not tell.
        """
        call = self._start(self._batch_status, _as(caller), service_pb2.BatchStatusRequest(instance=instance))
        try:
            await call
            return tenant_in(await call.trailing_metadata())
        except grpc.aio.AioRpcError as error:
            raise RefusedError(refusal_of(error)) from None

    async def receive_callback(
        self, request_id: str, request: callback_pb2.ReceiveCallbackRequest
    ) -> callback_pb2.ReceiveCallbackResponse:
        """Hands a carrier's callback on. It is safe when the reply says so, and only then."""
        return await self._call(
            self._receive_callback,
            (("x-request-id", request_id),),
            request,
            callback_pb2.ReceiveCallbackResponse,
        )

    async def is_serving(self) -> bool:
        """Tells whether the upstream says that it serves. No answer within a second is a no."""
        request = health_pb2.HealthCheckRequest().SerializeToString()
        try:
            reply = health_pb2.HealthCheckResponse.FromString(
                await self._check_health(request, timeout=_HEALTH_DEADLINE)
            )
        except (grpc.aio.AioRpcError, DecodeError):
            return False
        return bool(reply.status == health_pb2.HealthCheckResponse.SERVING)

    async def _ask_one(self, caller: Caller, message_id: str, instance: str | None) -> MessageStatus:
        (outcome,) = await self._ask_batch(caller, instance, (message_id,))
        if isinstance(outcome, MessageStatus):
            return outcome
        raise RefusedError(outcome)

    async def _ask_batch(
        self, caller: Caller, instance: str | None, message_ids: Sequence[str]
    ) -> Sequence[Outcome]:
        request = service_pb2.BatchStatusRequest(message_ids=message_ids, instance=instance)
        reply = await self._call(self._batch_status, _as(caller), request, service_pb2.BatchStatusResponse)
        outcomes = [
            outcome.message_status
            if outcome.HasField("message_status")
            else UpstreamRefusal.of_reason(outcome.error_reason)
            for outcome in reply.outcomes
        ]
        if len(outcomes) != len(message_ids):
            raise RefusedError(UpstreamRefusal(grpc.StatusCode.INTERNAL))
        return outcomes

    async def _call(
        self,
        method: _Method,
        metadata: _Metadata,
        request: Message,
        reply_type: type[_Reply],
    ) -> _Reply:
        try:
            return reply_type.FromString(await self._start(method, metadata, request))
        except grpc.aio.AioRpcError as error:
            raise RefusedError(refusal_of(error)) from None
        except DecodeError:
            raise RefusedError(UpstreamRefusal(grpc.StatusCode.INTERNAL)) from None

    def _start(
        self, method: _Method, metadata: _Metadata, request: Message
    ) -> grpc.aio.UnaryUnaryCall[bytes, bytes]:
        return method(request.SerializeToString(), timeout=self.deadline, metadata=metadata)


def _as(caller: Caller) -> _Metadata:
    return ("authorization", f"Bearer {caller.credential}"), ("x-request-id", caller.request_id)
