"""How a watch says no: as an HTTP answer before it has begun, as the last event of the stream after."""

import math
from http import HTTPStatus
from typing import Any

import grpc
import orjson

from messagestatus.v1.error_reason_pb2 import ErrorReason
from messagestatus_gateway.dialect import Answer
from messagestatus_gateway.refusal import Refusal, UpstreamRefusal
from messagestatus_gateway.watch_request import PARAMETER_OF_FIELD, WrongParameter

STOPPING = UpstreamRefusal(grpc.StatusCode.UNAVAILABLE, ErrorReason.ERROR_REASON_SERVER_STOPPING)
"""What is told of the gateway's own end."""

_MAY_RETRY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
_IN_WORDS = {
    ErrorReason.ERROR_REASON_CREDENTIAL_INVALID: "A valid key is needed, in Authorization or X-Api-Key",
    ErrorReason.ERROR_REASON_RESUME_TOKEN_EXPIRED: "The history after the token is gone: begin anew",
    ErrorReason.ERROR_REASON_WATCHER_TOO_SLOW: "What was sent was not taken in time: resume",
    ErrorReason.ERROR_REASON_SERVER_STOPPING: "The server is stopping: resume",
    ErrorReason.ERROR_REASON_CONCURRENCY_LIMIT_REACHED: "Too many watches are under way",
}


def refused(refusal: Refusal) -> Answer:
    """Says no in place of a stream."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        headers += ((b"www-authenticate", b"Bearer"),)
    if refusal.status in _MAY_RETRY:
        headers += ((b"retry-after", b"%d" % max(1, math.ceil(refusal.retry_delay or 0))),)
    if not isinstance(refusal, UpstreamRefusal):
        headers += refusal.headers
    return Answer(refusal.status, orjson.dumps(body_of(refusal)), headers)


def wrong(parameter: WrongParameter) -> Answer:
    """Says which parameter is wrong, and why."""
    body = {
        "message": f"{parameter.name} {parameter.fault}",
        "reason": _name_of(ErrorReason.ERROR_REASON_FIELD_INVALID),
        "parameter": parameter.name,
    }
    return Answer(HTTPStatus.BAD_REQUEST, orjson.dumps(body))


def body_of(refusal: Refusal) -> dict[str, Any]:
    """Says no as JSON: in words, by the contract's reason or else the status, and which parameter it is."""
    if not isinstance(refusal, UpstreamRefusal):
        return {"message": refusal.text or refusal.status.phrase, "reason": refusal.status.name}
    reason = _name_of(refusal.reason) if refusal.reason else refusal.code.name
    message = _IN_WORDS.get(refusal.reason, refusal.status.phrase)
    parameter = PARAMETER_OF_FIELD.get(refusal.metadata.get("field", ""))
    if parameter is None:
        return {"message": message, "reason": reason}
    fault = refusal.explanation or "is not valid"
    if refusal.reason == ErrorReason.ERROR_REASON_FIELD_REQUIRED:
        fault = "needs message_id, phone or reference"
    return {"message": f"{parameter} {fault}", "reason": reason, "parameter": parameter}


def _name_of(reason: ErrorReason.ValueType) -> str:
    return ErrorReason.Name(reason).removeprefix("ERROR_REASON_")
