"""The AlphaSMS dialect: the status of many messages in one document, business errors and all in HTTP 200.

Sources: AlphaSMS, "JSON API", its pages "Message status", "Viber 2 Way message status" and "Message
statuses reference". What they leave open is decided where it is written down below.
"""

from http import HTTPStatus
from typing import Any

import orjson

from messagestatus.v1.delivery_state_pb2 import DeliveryState, FailureReason
from messagestatus.v1.message_status_pb2 import Channel, MessageStatus, Reply
from messagestatus_gateway.caller import Caller
from messagestatus_gateway.coalesce import Outcome
from messagestatus_gateway.dialect import Answer, Dialect, Route
from messagestatus_gateway.dialects.alphasms_document import (
    INCORRECT_FORMAT,
    WRONG_ID,
    Item,
    credential_of,
    read_document,
    read_item,
)
from messagestatus_gateway.refusal import GatewayRefusal, Refusal, RefusedError
from messagestatus_gateway.request import Request
from messagestatus_gateway.timestamps import to_second

_MOST_ITEMS = 1000

_ACCESS_DENIED = "Access denied"
_TOO_MANY_ITEMS = "Exceeding the limit of allocated messages"
_TOO_FAST = "Exceeding the allowed SMS sending rate"

# "Message statuses reference": each state has its word, and some failures have one by their reason.
_UNKNOWN = "UNKNOWN"
_WORDS = {
    DeliveryState.DELIVERY_STATE_UNSPECIFIED: _UNKNOWN,
    DeliveryState.DELIVERY_STATE_QUEUED: "QUEUED",
    DeliveryState.DELIVERY_STATE_ROUTING: "ROUTING",
    DeliveryState.DELIVERY_STATE_ACCEPTED: "ACCEPTED",
    DeliveryState.DELIVERY_STATE_SENT: "ACCEPTED",
    DeliveryState.DELIVERY_STATE_UNKNOWN: _UNKNOWN,
    DeliveryState.DELIVERY_STATE_FAILED: "UNDELIVERABLE",
    DeliveryState.DELIVERY_STATE_UNDELIVERED: "UNDELIVERABLE",
    DeliveryState.DELIVERY_STATE_EXPIRED: "EXPIRED",
    DeliveryState.DELIVERY_STATE_REJECTED: "REJECTED",
    DeliveryState.DELIVERY_STATE_DELETED: "DELETED",
    DeliveryState.DELIVERY_STATE_PARTIALLY_DELIVERED: "PARTIALLY DELIVERED",
    DeliveryState.DELIVERY_STATE_DELIVERED: "DELIVERED",
    DeliveryState.DELIVERY_STATE_RECEIVED: "DELIVERED",
    DeliveryState.DELIVERY_STATE_READ: "READ",
    DeliveryState.DELIVERY_STATE_PLAYED: "READ",
    DeliveryState.DELIVERY_STATE_REPLIED: "REPLIED",
}
_WORDS_BY_REASON = {
    (DeliveryState.DELIVERY_STATE_UNDELIVERED, FailureReason.FAILURE_REASON_SIM_FULL): "SIM FULL",
    (DeliveryState.DELIVERY_STATE_REJECTED, FailureReason.FAILURE_REASON_FILTERED): "FILTERED",
    (
        DeliveryState.DELIVERY_STATE_REJECTED,
        FailureReason.FAILURE_REASON_INVALID_RECIPIENT,
    ): "INVALID DESTINATION ADDRESS",
    (
        DeliveryState.DELIVERY_STATE_REJECTED,
        FailureReason.FAILURE_REASON_INVALID_SENDER,
    ): "INVALID SOURCE ADDRESS",
    (DeliveryState.DELIVERY_STATE_REJECTED, FailureReason.FAILURE_REASON_NO_ROUTE): "NO ROUTE",
}

# "Message status" has `sms`, `viber` and `rcs`. A key sees its tenant's other messages too, as what they are.
_TYPES = {number: name.removeprefix("CHANNEL_").lower() for name, number in Channel.items()}
_NO_TYPE = _TYPES[Channel.CHANNEL_UNSPECIFIED]

# What the upstream may say of a whole document, and of one item. The rest is a fault: HTTP 503 or 500.
_ERRORS = {
    HTTPStatus.UNAUTHORIZED: _ACCESS_DENIED,
    HTTPStatus.FORBIDDEN: _ACCESS_DENIED,
    HTTPStatus.NOT_FOUND: WRONG_ID,
    HTTPStatus.BAD_REQUEST: INCORRECT_FORMAT,
}
_ITEM_ERRORS = {
    HTTPStatus.FORBIDDEN: _ACCESS_DENIED,
    HTTPStatus.NOT_FOUND: WRONG_ID,
    HTTPStatus.BAD_REQUEST: WRONG_ID,
}


class AlphaSms(Dialect):
    """One endpoint, of whose commands `status` is spoken here."""

    prefixes = ("/api/json.php",)

    @property
    def routes(self) -> tuple[Route, ...]:
        """The one of "Message status", `URI`."""
        return (Route("POST", "/api/json.php", self._answer),)

    def credential(self, request: Request) -> str:
        """Finds the key. "Message status", "Request parameters", `auth`: it stands in the document."""
        try:
            return credential_of(read_document(request))
        except ValueError:
            return ""

    def refuse(self, request: Request | None, refusal: Refusal) -> Answer:  # noqa: ARG002
        """Says no. "Message status", "Response examples": what the API itself refuses is HTTP 200."""
        status = refusal.status
        if status is HTTPStatus.TOO_MANY_REQUESTS:
            return _refused(_TOO_FAST)
        if isinstance(refusal, GatewayRefusal):
            return _refused(refusal.text or status.phrase, status)
        if status in _ERRORS:
            return _refused(_ERRORS[status])
        away = status is HTTPStatus.SERVICE_UNAVAILABLE
        fault = status if away else HTTPStatus.INTERNAL_SERVER_ERROR
        return _refused(fault.phrase, fault)

    async def _answer(self, request: Request) -> Answer:
        try:
            document = read_document(request)
        except ValueError:
            return _refused(INCORRECT_FORMAT)
        caller = Caller.presenting(credential_of(document), request.request_id)
        items = document.get("data")
        if not isinstance(items, list) or not items:
            error = INCORRECT_FORMAT
        elif len(items) > _MOST_ITEMS:
            error = _TOO_MANY_ITEMS
        else:
            return _answered(await self._entries(caller, [read_item(item) for item in items]))
        await self._upstream.authenticate(caller)
        return _refused(error)

    async def _entries(self, caller: Caller, items: list[Item]) -> list[dict[str, Any]]:
        """Gives an answer for each item, in order, by one call: it judges the credential, too."""
        ids = list(dict.fromkeys(item.message_id for item in items if not item.fault))
        outcomes = dict(zip(ids, await self._upstream.batch_status(caller, None, ids), strict=True))
        return [
            _failure(item, item.fault) if item.fault else entry(item, outcomes[item.message_id])
            for item in items
        ]


def entry(item: Item, outcome: Outcome) -> dict[str, Any]:
    """Renders the answer to one item. "Message status", "Response parameters".

    Raises:
        RefusedError: The upstream failed on this item. Its client must ask again, and so for them all.
    """
    if isinstance(outcome, MessageStatus):
        return {"success": True, "data": item.shown | rendered(outcome)}
    if outcome.status in _ITEM_ERRORS:
        return _failure(item, _ITEM_ERRORS[outcome.status])
    raise RefusedError(outcome)


def rendered(status: MessageStatus) -> dict[str, Any]:
    """Renders one message, without its id."""
    message: dict[str, Any] = {
        "type": _TYPES.get(status.channel, _NO_TYPE),
        "status": _WORDS_BY_REASON.get((status.state, status.reason)) or _WORDS.get(status.state, _UNKNOWN),
    }
    if status.replies:
        message["replies"] = [_reply(reply) for reply in status.replies]
    return message


def _reply(reply: Reply) -> dict[str, Any]:
    """Renders a reply. "Viber 2 Way message status": its text and its file are there where it has them."""
    shown: dict[str, Any] = {"datetime": to_second(reply.reply_time).replace("Z", "+00:00")}
    if reply.text:
        shown["message"] = reply.text
    if reply.HasField("media"):
        media = reply.media
        shown["media"] = {"url": media.url, "filename": media.file_name, "filesize": media.file_size}
    return shown


def _failure(item: Item, error: str) -> dict[str, Any]:
    """Says no to one item. "Send SMS", "Response examples": the id is there all the same."""
    return {"success": False, "error": error, "data": item.shown}


def _answered(entries: list[dict[str, Any]]) -> Answer:
    return Answer.showing({"success": True, "data": entries})


def _refused(error: str, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    return Answer(status, orjson.dumps({"success": False, "error": error}))
