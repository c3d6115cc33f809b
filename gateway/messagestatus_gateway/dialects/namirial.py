"""The Namirial dialect: the Message status API of the Namirial SMS Gateway.

Sources: Namirial, "Check the message status" (cited as "Message status API") and its OpenAPI
document "Message status API (1.0.0)". What they leave open is decided where it is written down below.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NoReturn

import grpc
import orjson
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.message_status_pb2 import Channel, MessageStatus, Provider, Reference
from messagestatus.v1.message_status_service_pb2 import ListByPhoneRequest, ListByReferenceRequest
from messagestatus_gateway.caller import Caller
from messagestatus_gateway.dialect import Answer, Dialect, Route
from messagestatus_gateway.refusal import GatewayRefusal, Refusal, RefusedError, UpstreamRefusal
from messagestatus_gateway.request import Request
from messagestatus_gateway.timestamps import parse_timestamp, to_second

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_DEFAULT_COUNT = 50
_MAX_COUNT = 100
_MAX_INT64_TEXT = str((1 << 63) - 1)

# Message status API, "Body Response", `status`.
_WORDS = {
    DeliveryState.DELIVERY_STATE_UNSPECIFIED: "PROVIDER_ACCEPTANCE",
    DeliveryState.DELIVERY_STATE_QUEUED: "PROVIDER_ACCEPTANCE",
    DeliveryState.DELIVERY_STATE_ROUTING: "PROVIDER_ACCEPTANCE",
    DeliveryState.DELIVERY_STATE_ACCEPTED: "PROVIDER_ACCEPTANCE",
    DeliveryState.DELIVERY_STATE_SENT: "SENT",
    DeliveryState.DELIVERY_STATE_UNKNOWN: "SENT",
    DeliveryState.DELIVERY_STATE_FAILED: "REJECTED",
    DeliveryState.DELIVERY_STATE_UNDELIVERED: "UNDELIVERED",
    DeliveryState.DELIVERY_STATE_EXPIRED: "UNDELIVERED",
    DeliveryState.DELIVERY_STATE_REJECTED: "REJECTED",
    DeliveryState.DELIVERY_STATE_DELETED: "UNDELIVERED",
    DeliveryState.DELIVERY_STATE_PARTIALLY_DELIVERED: "DELIVERED",
    DeliveryState.DELIVERY_STATE_DELIVERED: "DELIVERED",
    DeliveryState.DELIVERY_STATE_RECEIVED: "DELIVERED",
    DeliveryState.DELIVERY_STATE_READ: "READ",
    DeliveryState.DELIVERY_STATE_PLAYED: "READ",
    DeliveryState.DELIVERY_STATE_REPLIED: "READ",
}

# The document knows SMS and RCS. A key sees its tenant's other messages too, under their own names.
_CHANNELS = {number: name.removeprefix("CHANNEL_") for name, number in Channel.items()}

# Looked up once: to ask the enumeration itself for a value takes longer than to render half a message.
_SMS = Channel.CHANNEL_SMS
_NO_CHANNEL = _CHANNELS[Channel.CHANNEL_UNSPECIFIED]
_NO_WORD = _WORDS[DeliveryState.DELIVERY_STATE_UNSPECIFIED]


class Namirial(Dialect):
    """Three look-ups: by message id, by phone number, by reference key."""

    prefixes = ("/api/messagestatus",)

    @property
    def routes(self) -> tuple[Route, ...]:
        """Message status API, the three sections "Endpoint"."""
        return (
            Route("GET", "/api/messagestatus/{messageid}", self._by_id),
            Route("GET", "/api/messagestatus/phonenumber/{phonenumber}", self._by_phone),
            Route("GET", "/api/messagestatus/reference/{referencekey}", self._by_reference),
        )

    def credential(self, request: Request) -> str:
        """Finds the key. Message status API, "Headers"."""
        return request.header(b"x-api-key")

    def refuse(self, request: Request | None, refusal: Refusal) -> Answer:  # noqa: ARG002
        """Says no with one sentence. No body is documented; this is how API-key gateways answer."""
        status = refusal.status
        if status is HTTPStatus.UNAUTHORIZED:
            # Message status API, "HTTP errors": a wrong key is 403 there, never 401.
            status = HTTPStatus.FORBIDDEN
        text = refusal.text if isinstance(refusal, GatewayRefusal) else ""
        return Answer(status, orjson.dumps({"message": text or status.phrase}))

    async def _by_id(self, request: Request) -> Answer:
        caller = self._caller(request)
        message_id = request.captured["messageid"]
        if not _UUID.fullmatch(message_id):
            # Message status API, "If the message ID is not found, the endpoint returns HTTP 404": an id
            # that cannot exist is not found either.
            await self._blame(caller, GatewayRefusal(HTTPStatus.NOT_FOUND))
        status = await self._look_up(caller, message_id)
        return Answer.showing(entry(status))

    async def _look_up(self, caller: Caller, message_id: str) -> MessageStatus:
        """Finds a UUID however it was registered: the case of its letters means nothing."""
        try:
            return await self._upstream.look_up(caller, message_id.lower())
        except RefusedError as error:
            spelled = {message_id, message_id.upper()} - {message_id.lower()}
            if error.refusal.status is not HTTPStatus.NOT_FOUND or not spelled:
                raise
            outcomes = await self._upstream.batch_status(caller, None, list(spelled))
            found = [outcome for outcome in outcomes if isinstance(outcome, MessageStatus)]
            if not found:
                raise
            return found[0]

    async def _by_phone(self, request: Request) -> Answer:
        caller = self._caller(request)
        count, before = await self._page(caller, request)
        asked = ListByPhoneRequest(phone=request.captured["phonenumber"], page_size=count, before_time=before)
        try:
            return _listed(await self._upstream.list_by_phone(caller, asked))
        except RefusedError as error:
            return _nothing_if_malformed(error)

    async def _by_reference(self, request: Request) -> Answer:
        caller = self._caller(request)
        count, before = await self._page(caller, request)
        asked = ListByReferenceRequest(
            key=request.captured["referencekey"], page_size=count, before_time=before
        )
        try:
            return _listed(await self._upstream.list_by_reference(caller, asked))
        except RefusedError as error:
            return _nothing_if_malformed(error)

    def _caller(self, request: Request) -> Caller:
        return Caller.presenting(self.credential(request), request.request_id)

    async def _page(self, caller: Caller, request: Request) -> tuple[int, Timestamp | None]:
        try:
            count = parse_count(request.query_values("count"))
            before = parse_send_date(request.query_values("sendDate"))
        except ValueError as error:
            await self._blame(caller, GatewayRefusal(HTTPStatus.BAD_REQUEST, str(error)))
        return count, before

    async def _blame(self, caller: Caller, refusal: GatewayRefusal) -> NoReturn:
        """Refuses a request for a fault of its own; a wrong key comes before any other fault."""
        await self._upstream.authenticate(caller)
        raise RefusedError(refusal)


def parse_count(values: Sequence[str]) -> int:
    """Reads `count`: 50 when absent, and never more than 100.

    Message status API, "Query parameters": a value above 100 "is silently capped to 100". The OpenAPI
    document gives the type int64 and the minimum 1; whatever is neither is refused.

    Raises:
        ValueError: It is no such number, or given more than once.
    """
    if not values:
        return _DEFAULT_COUNT
    digits = values[0].lstrip("0")
    if (
        len(values) > 1
        or not re.fullmatch(r"[0-9]+", values[0])
        or not digits
        or (len(digits), digits) > (len(_MAX_INT64_TEXT), _MAX_INT64_TEXT)
    ):
        raise ValueError("count must be an integer between 1 and 100")
    return min(int(digits), _MAX_COUNT)


def parse_send_date(values: Sequence[str]) -> Timestamp | None:
    """Reads `sendDate`, before which messages were accepted, exclusively.

    Message status API, "Query parameters": "Default: current time". No bound is the same, but for
    messages that a provider's fast clock accepted in the future, which then are not missed.

    Raises:
        ValueError: It is no ISO 8601 timestamp, or given more than once.
    """
    if not values:
        return None
    try:
        (value,) = values
        return parse_timestamp(value)
    except ValueError:
        raise ValueError("sendDate must be an ISO 8601 timestamp") from None


def entry(status: MessageStatus) -> dict[str, Any]:
    """Renders one message. Message status API, "Body Response", in the order of its examples."""
    message_id, channel = status.message_id, status.channel
    accepted = to_second(status.accept_time)
    message: dict[str, Any] = {
        # Senders of other dialects have ids that are no UUIDs; theirs keep their case.
        "id": message_id.lower() if _UUID.fullmatch(message_id) else message_id,
        "providerAcceptanceAt": accepted,
        "statusChangedAt": to_second(status.change_time) if status.HasField("change_time") else accepted,
        "reference": _reference(status.reference),
        "channel": _CHANNELS.get(channel, _NO_CHANNEL),
        "status": _WORDS.get(status.state, _NO_WORD),
        "provider": _provider(status.provider),
    }
    if channel == _SMS:
        message["sms"] = {"segments": status.segments}
    return {"message": message}


def _reference(reference: Reference) -> dict[str, str]:
    # "May be an empty object"; only what the sender gave is shown.
    given = {}
    if service := reference.service:
        given["service"] = service
    if action := reference.action:
        given["action"] = action
    if key := reference.key:
        given["key"] = key
    return given


def _provider(provider: Provider) -> dict[str, str]:
    shown = {
        "name": provider.name,
        "id": provider.message_id,
        "status": provider.status,
        "code": provider.code,
    }
    detail = provider.detail
    if detail:
        shown["message"] = detail
    return shown


def _listed(statuses: Sequence[MessageStatus]) -> Answer:
    return Answer.showing({"messages": [entry(status) for status in statuses]})


def _nothing_if_malformed(error: RefusedError) -> Answer:
    """Answers for a phone number or key that the upstream calls malformed: no message has it.

    Message status API: "If no messages are found, the endpoint returns HTTP 200 with an empty array".
    The path's value is the one thing that the upstream can find fault with here.
    """
    refusal = error.refusal
    if isinstance(refusal, UpstreamRefusal) and refusal.code is grpc.StatusCode.INVALID_ARGUMENT:
        return _listed(())
    raise error
