"""The Symphony dialect: who has read a chat message, who has been delivered it, and who not yet.

Sources: Symphony, "Message Status"; the `GET /v1/message/{mid}/status` of its "Pod API" (cited by these
names); and its "Overview of MessageML" for identifiers. What they leave open is decided where it is
written down below.
"""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.message_status_pb2 import MessageStatus, Recipient
from messagestatus.v1.message_status_service_pb2 import GetStatusRequest, StatusView
from messagestatus.v1.user_pb2 import User
from messagestatus_gateway.caller import Caller
from messagestatus_gateway.dialect import Answer, Dialect, Route
from messagestatus_gateway.refusal import GatewayRefusal, Refusal, RefusedError
from messagestatus_gateway.request import Request

_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]+")
_TO_URL_SAFE = str.maketrans("+/", "-_")

# Pod API, the examples of 401 and 403. The texts of 400, 404 and 500 are placeholders there.
_TEXTS = {
    HTTPStatus.UNAUTHORIZED: "Invalid session",
    HTTPStatus.FORBIDDEN: "The user lacks the required entitlement to perform this operation",
}

# Looked up once: to ask an enumeration for a value takes longer than to render a recipient.
_FULL = StatusView.STATUS_VIEW_FULL
_READ = DeliveryState.DELIVERY_STATE_READ
_DELIVERED = DeliveryState.DELIVERY_STATE_PARTIALLY_DELIVERED

_INVALID_ID = GatewayRefusal(HTTPStatus.BAD_REQUEST, "Invalid message ID")


class Symphony(Dialect):
    """One look-up: the status of a message, for each of its recipients."""

    prefixes = ("/pod", "/v1/message")

    @property
    def routes(self) -> tuple[Route, ...]:
        """Pod API, `basePath` and path; "Message Status" has the path without the base.

        An empty identifier is a route too: it is a wrong one, not a path that does not exist.
        """
        return tuple(
            Route("GET", f"{base}/v1/message/{mid}/status", self._status)
            for base in ("/pod", "")
            for mid in ("{mid}", "")
        )

    def credential(self, request: Request) -> str:
        """Finds the session. Pod API, `sessionToken`."""
        return request.header(b"sessiontoken")

    def refuse(self, request: Request | None, refusal: Refusal) -> Answer:  # noqa: ARG002
        """Says no with the pod's `Error`: the HTTP status once more, and a text."""
        status = refusal.status
        text = refusal.text if isinstance(refusal, GatewayRefusal) else ""
        error = {"code": status, "message": text or _TEXTS.get(status, status.phrase)}
        return Answer(status, orjson.dumps(error))

    async def _status(self, request: Request) -> Answer:
        # A session that is gone is 401 and nothing else: only then do clients authenticate anew.
        caller = Caller.presenting(self.credential(request), request.request_id)
        message_id = url_safe(request.captured.get("mid", ""))
        if not _MESSAGE_ID.fullmatch(message_id):
            await self._upstream.authenticate(caller)
            raise RefusedError(_INVALID_ID)
        asked = GetStatusRequest(message_id=message_id, view=_FULL)
        return Answer.showing(shown(await self._upstream.get_status(caller, asked)))


def url_safe(message_id: str) -> str:
    """Turns the identifier that the client application shows into the one that the API gives out.

    "Overview of MessageML", "Message Identifiers": the former is standard Base64, the latter URL-safe.
    """
    return message_id.translate(_TO_URL_SAFE).rstrip("=")


def shown(status: MessageStatus) -> dict[str, Any]:
    """Renders one message. Pod API, `MessageStatus`, in the order of its properties.

    "Message Status", Note: the array `sent` of a suppressed message "will never contain any users".
    """
    arrays: dict[str, list[dict[str, str | None]]] = {"read": [], "delivered": [], "sent": []}
    for recipient in sorted(_recipients(status), key=_order):
        arrays[_array_of(recipient.state)].append(_user(recipient.user, recipient.change_time))
    if status.HasField("suppress_time"):
        arrays["sent"].clear()
    # The recorded answers show the author with the time of the message, and once more as a recipient.
    author = _user(status.author, status.message_time) if status.HasField("author") else None
    return {"author": author, **arrays}


def _recipients(status: MessageStatus) -> Sequence[Recipient]:
    """Gives the recipients; the one of a message to a phone is a stranger who is known by the number."""
    if status.recipients or not status.phone:
        return status.recipients
    stranger = User(display_name=status.phone, external=True)
    return [Recipient(user=stranger, state=status.state, change_time=status.change_time)]


def _array_of(state: DeliveryState.ValueType) -> str:
    """Tells where a user stands; whoever a message failed to reach just has not been delivered it."""
    if state >= _READ:
        return "read"
    return "delivered" if state >= _DELIVERED else "sent"


def _order(recipient: Recipient) -> tuple[int, bool, int, str]:
    """Orders users by time, then as the numbers that their identifiers are; what is none comes last."""
    user_id = recipient.user.user_id
    numeric = user_id.isascii() and user_id.isdecimal()
    return _milliseconds(recipient.change_time), not numeric, int(user_id) if numeric else 0, user_id


def _user(user: User, time: Timestamp) -> dict[str, str | None]:
    """Renders one user. Pod API, `MessageStatusUser`: all of it is text, the time milliseconds.

    The recorded answers have null for a name that a bot does not have. "Message Status", Note: an answer
    "excludes `userName` for external users".
    """
    entry = {
        "userId": user.user_id or None,
        "firstName": user.first_name or None,
        "lastName": user.last_name or None,
        "displayName": user.display_name or None,
        "email": user.email or None,
        "userName": user.user_name or None,
        "timestamp": str(_milliseconds(time)),
    }
    if user.external:
        del entry["userName"]
    return entry


def _milliseconds(time: Timestamp) -> int:
    return time.seconds * 1000 + time.nanos // 1_000_000
