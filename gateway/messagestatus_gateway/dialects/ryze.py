"""The RyzeAPI dialect: where one message of one WhatsApp instance stands.

Sources: RyzeAPI, "Message delivery status" (cited as "Message delivery status"), and the guides
"Authentication", "Errors" and "Rate limit & CORS". What they leave open is decided where it is written
down below.
"""

from http import HTTPStatus

import orjson

from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.error_reason_pb2 import ErrorReason
from messagestatus.v1.message_status_pb2 import Direction, MessageStatus
from messagestatus_gateway.caller import Caller
from messagestatus_gateway.dialect import Answer, Dialect, Route
from messagestatus_gateway.rate_limit import RateLimit
from messagestatus_gateway.refusal import GatewayRefusal, Refusal, RefusedError, UpstreamRefusal
from messagestatus_gateway.request import Request
from messagestatus_gateway.timestamps import to_second

# Message delivery status, "`status` map". Its codes are its own, not those of WhatsApp's protocol.
_PENDING = ("pending", 0)
_SENT = ("sent", 1)
_DELIVERED = ("delivered", 2)
_RECEIVED = ("received", 3)
_READ = ("read", 4)
_PLAYED = ("played", 5)
_ERROR = ("error", -1)

_SHOWN = {
    DeliveryState.DELIVERY_STATE_UNSPECIFIED: _PENDING,
    DeliveryState.DELIVERY_STATE_QUEUED: _PENDING,
    DeliveryState.DELIVERY_STATE_ROUTING: _PENDING,
    DeliveryState.DELIVERY_STATE_ACCEPTED: _PENDING,
    DeliveryState.DELIVERY_STATE_SENT: _SENT,
    DeliveryState.DELIVERY_STATE_UNKNOWN: _SENT,
    DeliveryState.DELIVERY_STATE_FAILED: _ERROR,
    DeliveryState.DELIVERY_STATE_UNDELIVERED: _ERROR,
    DeliveryState.DELIVERY_STATE_EXPIRED: _ERROR,
    DeliveryState.DELIVERY_STATE_REJECTED: _ERROR,
    DeliveryState.DELIVERY_STATE_DELETED: _ERROR,
    DeliveryState.DELIVERY_STATE_PARTIALLY_DELIVERED: _DELIVERED,
    DeliveryState.DELIVERY_STATE_DELIVERED: _DELIVERED,
    DeliveryState.DELIVERY_STATE_RECEIVED: _RECEIVED,
    DeliveryState.DELIVERY_STATE_READ: _READ,
    DeliveryState.DELIVERY_STATE_PLAYED: _PLAYED,
    DeliveryState.DELIVERY_STATE_REPLIED: _READ,
}

# Looked up once: to ask the enumeration itself for a value takes longer than to render half a message.
_INBOUND = Direction.DIRECTION_INBOUND

# Message delivery status, "Error responses"; the third and the last are of the guides.
_INSTANCE_REQUIRED = "Instance name is required"
_MESSAGE_ID_REQUIRED = "messageId query parameter is required"
_INSTANCE_DENIED = "Instance token does not match the requested instance"
_ELSEWHERE = "Message does not belong to this instance"
_TEXT_OF_REASON = {
    ErrorReason.ERROR_REASON_INSTANCE_NOT_FOUND: "Instance not found",
    ErrorReason.ERROR_REASON_INSTANCE_DENIED: _INSTANCE_DENIED,
}
_TEXT_OF_STATUS = {
    HTTPStatus.UNAUTHORIZED: "Invalid token",
    HTTPStatus.TOO_MANY_REQUESTS: "Rate limit exceeded. Try again later.",
}


class Ryze(Dialect):
    """One look-up: by instance and message id."""

    prefixes = ("/api/chat/status",)
    rate_limit = RateLimit(calls=100, seconds=60)  # Message delivery status, "Rate-limit"

    @property
    def routes(self) -> tuple[Route, ...]:
        """Message delivery status, and its path without the instance, which has an error of its own."""
        return (
            Route("GET", "/api/chat/status/{instance}", self._status),
            Route("GET", "/api/chat/status", self._without_instance),
            Route("GET", "/api/chat/status/", self._without_instance),
        )

    def credential(self, request: Request) -> str:
        """Finds the token: the first of `token` and `Authorization` that is not empty decides.

        Guide "Authentication": both headers carry either kind of token. Its third place, `?token=`, is
        for WebSockets of browsers alone, and counts for nothing here.
        """
        token = request.header(b"token")
        if token:
            return token
        scheme, _, bearer = request.header(b"authorization").partition(" ")
        return bearer.strip() if scheme.lower() == "bearer" else ""

    def refuse(self, request: Request | None, refusal: Refusal) -> Answer:  # noqa: ARG002
        """Says no in the guide's envelope: no code, one sentence."""
        if _is_no_instance(refusal):
            refusal = UpstreamRefusal.of_reason(ErrorReason.ERROR_REASON_INSTANCE_NOT_FOUND)
        text = refusal.text if isinstance(refusal, GatewayRefusal) else _TEXT_OF_REASON.get(refusal.reason)
        text = text or _TEXT_OF_STATUS.get(refusal.status, refusal.status.phrase)
        return Answer(refusal.status, orjson.dumps({"success": False, "error": {"message": text}}))

    async def _status(self, request: Request) -> Answer:
        caller, instance = self._caller(request), request.captured["instance"]
        message_id = next(iter(request.query_values("messageId")), "").strip()
        if not message_id:
            # What is wrong with the instance is told first.
            await self._upstream.authenticate(caller, instance)
            raise RefusedError(GatewayRefusal(HTTPStatus.BAD_REQUEST, _MESSAGE_ID_REQUIRED))
        try:
            status = await self._upstream.look_up(caller, message_id, instance)
        except RefusedError as error:
            if not _is_missing(error.refusal):
                raise
            await self._blame_instance(caller, message_id)
            raise RefusedError(GatewayRefusal(HTTPStatus.NOT_FOUND, "Message not found")) from None
        return Answer.showing(shown(status))

    async def _blame_instance(self, caller: Caller, message_id: str) -> None:
        """Says that the message is another instance's, if this token may see it there.

        Without the instance, the upstream looks wherever the token opens: an account token's look-up
        finds it, an instance token's has looked everywhere it may.
        """
        try:
            await self._upstream.look_up(caller, message_id)
        except RefusedError as error:
            if _is_missing(error.refusal):
                return
            if not _is_ambiguous(error.refusal):
                raise
        raise RefusedError(GatewayRefusal(HTTPStatus.NOT_FOUND, _ELSEWHERE))

    def _caller(self, request: Request) -> Caller:
        return Caller.presenting(self.credential(request), request.request_id)

    async def _without_instance(self, request: Request) -> Answer:
        await self._upstream.authenticate(self._caller(request))
        raise RefusedError(GatewayRefusal(HTTPStatus.BAD_REQUEST, _INSTANCE_REQUIRED))


def shown(status: MessageStatus) -> dict[str, str | int | bool]:
    """Renders one message. Message delivery status, "Success response", in the order of its example."""
    word, code = _SHOWN.get(status.state, _PENDING)
    # "The moment the message traveled": it stays when the status changes.
    travelled = status.message_time if status.HasField("message_time") else status.accept_time
    return {
        "success": True,
        "message": "Message status retrieved successfully",
        "message_id": status.message_id,
        "status": word,
        "status_code": code,
        "direction": "received" if status.direction == _INBOUND else "sent",
        "chat_jid": status.conversation_id,
        "timestamp": to_second(travelled),
    }


def _is_no_instance(refusal: Refusal) -> bool:
    """Tells whether the instance's name is one that none could have."""
    return (
        isinstance(refusal, UpstreamRefusal)
        and refusal.reason == ErrorReason.ERROR_REASON_FIELD_INVALID
        and refusal.metadata.get("field") == "instance"
    )


def _is_missing(refusal: Refusal) -> bool:
    """Tells whether no such message is known, which includes ids that none could have."""
    return (
        isinstance(refusal, UpstreamRefusal)
        and refusal.reason
        in {ErrorReason.ERROR_REASON_MESSAGE_NOT_FOUND, ErrorReason.ERROR_REASON_FIELD_INVALID}
        and not _is_no_instance(refusal)
    )


def _is_ambiguous(refusal: Refusal) -> bool:
    return (
        isinstance(refusal, UpstreamRefusal) and refusal.reason == ErrorReason.ERROR_REASON_INSTANCE_AMBIGUOUS
    )
