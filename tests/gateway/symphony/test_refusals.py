"""How Symphony"s pod says no: `{"code", "message"}` in every case, and 401 before 400, 404 and 403.

Pod API, `Error`, and the responses of `GET /v1/message/{mid}/status`.
"""

from pathlib import Path

import grpc
import pytest

from messagestatus.v1 import access_pb2, access_service_pb2
from tests.builders import message, register
from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.raw_http import exchange
from tests.gateway.scripted_upstream import KEY, ScriptedUpstream, rich_status
from tests.running import Operator, RunningGateway, RunningServer, Tenant

from .asking import ask, status_path
from .documented import FORBIDDEN, UNAUTHORIZED

TARGET = status_path("abc")


def error(status: int, text: str) -> dict[str, object]:
    return {"code": status, "message": text}


FAULT = error(500, "Internal Server Error")
AWAY = error(503, "Service Unavailable")


@pytest.mark.parametrize("message_id", ["abc", "unknown", "a.b", ""])
@pytest.mark.parametrize(
    ("rule", "headers"),
    [
        ("no session", []),
        ("an empty one", [b"sessionToken:"]),
        ("a blank one", [b"sessionToken:   "]),
        ("a wrong one", [b"sessionToken: wrong"]),
        ("one with a blank inside", [b"sessionToken: " + KEY.encode() + b" x"]),
        ("one that no metadata can carry", [b"sessionToken: \xc3\xa9"]),
        ("an overlong one", [b"sessionToken: " + b"k" * 513]),
        ("the right one as API key", [b"x-api-key: " + KEY.encode()]),
        ("the right one as bearer", [b"authorization: Bearer " + KEY.encode()]),
        ("the right one as key manager token", [b"keyManagerToken: " + KEY.encode()]),
        ("an empty one before the right one", [b"sessionToken:", b"sessionToken: " + KEY.encode()]),
    ],
)
def test_a_missing_or_wrong_session_is_401_before_anything_else(
    rule: str, headers: list[bytes], message_id: str, gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    """Clients authenticate anew at 401 alone, never at 400 or 403."""
    del upstream
    answer = ask(gateway.url, status_path(message_id), "", *headers)
    assert (answer.status, answer.json) == (401, UNAUTHORIZED), rule


def test_the_name_of_the_header_has_no_case(gateway: GatewayProcess, upstream: ScriptedUpstream) -> None:
    del upstream
    assert ask(gateway.url, TARGET, "", b"SESSIONTOKEN: " + KEY.encode()).status == 404


def test_a_session_that_ended_is_401(
    tenant: Tenant, operator: Operator, live_gateway: RunningGateway
) -> None:
    grant = access_service_pb2.KeyGrant(
        tenant=tenant.name, client="session", scopes=[access_pb2.SCOPE_READ], user_id="7"
    )
    access = operator.client.access
    made = access.CreateKey(access_service_pb2.CreateKeyRequest(grant=grant))
    assert ask(live_gateway.url, TARGET, made.secret).status == 404
    access.RevokeKey(access_service_pb2.RevokeKeyRequest(tenant=tenant.name, key_id=made.key.key_id))
    answer = ask(live_gateway.url, TARGET, made.secret)
    assert (answer.status, answer.json) == (401, UNAUTHORIZED)


@pytest.mark.parametrize(
    ("message_id", "expected"), [("a.b", 400), ("unknown", 404), ("unseen", 403), ("unseen%3D", 403)]
)
def test_400_comes_before_404_before_403(
    message_id: str, expected: int, tenant: Tenant, operator: Operator, live_gateway: RunningGateway
) -> None:
    register(tenant.client, message("unseen", author_user_id="1", recipient_user_ids=["2"]))
    answer = ask(live_gateway.url, status_path(message_id), operator.key(tenant.name, user_id="3"))
    assert (answer.status, answer.json["code"]) == (expected, expected)


def test_a_key_that_may_not_read_is_403(
    tenant: Tenant, operator: Operator, live_gateway: RunningGateway
) -> None:
    answer = ask(live_gateway.url, TARGET, operator.key(tenant.name, ["INGEST"]))
    assert (answer.status, answer.json) == (403, FORBIDDEN)


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        ("UNAUTHENTICATED", "CREDENTIAL_INVALID", UNAUTHORIZED),
        ("PERMISSION_DENIED", "CONVERSATION_DENIED", FORBIDDEN),
        ("PERMISSION_DENIED", "SCOPE_MISSING", FORBIDDEN),
        ("NOT_FOUND", "MESSAGE_NOT_FOUND", error(404, "Not Found")),
        ("INVALID_ARGUMENT", "INSTANCE_AMBIGUOUS", error(400, "Bad Request")),
        ("RESOURCE_EXHAUSTED", "CONCURRENCY_LIMIT_REACHED", error(429, "Too Many Requests")),
        ("UNAVAILABLE", "STORE_UNAVAILABLE", AWAY),
        ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", AWAY),
        ("INTERNAL", "INTERNAL", FAULT),
        ("DATA_LOSS", "STORE_CORRUPT", FAULT),
        ("ABORTED", "", FAULT),
    ],
)
def test_refusal_of_the_upstream(
    code: str, reason: str, expected: dict[str, object], gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    upstream.refuse_always = rich_status(grpc.StatusCode[code], reason)
    answer = ask(gateway.url, TARGET, KEY)
    assert (answer.status, answer.json) == (expected["code"], expected)


@pytest.mark.parametrize(
    "path",
    [
        "/pod",
        "/pod/",
        "/pod/v1/message",
        "/pod/v1/message/abc",
        "/pod/v1/message/abc/status/",
        "/pod/v1/message/abc/def/status",
        "/pod/v2/message/abc/status",
        "/pod/v1/message/abc/Status",
        "/pod/pod/v1/message/abc/status",
        "/v1/message",
        "/v1/message/abc/status/",
    ],
)
def test_another_path_is_404_without_a_redirect(path: str, gateway: GatewayProcess) -> None:
    answer = ask(gateway.url, path, KEY)
    assert (answer.status, answer.json) == (404, {"code": 404, "message": "Not Found"})


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"DELETE", b"PATCH"])
def test_another_method_is_405_and_told_what_is_allowed(method: bytes, gateway: GatewayProcess) -> None:
    answer = ask(gateway.url, TARGET, KEY, method=method)
    assert (answer.status, answer.json) == (405, {"code": 405, "message": "Method Not Allowed"})
    assert answer.headers["allow"] == "GET, HEAD"


def test_a_body_that_is_too_large_is_413(gateway: GatewayProcess) -> None:
    head = b"GET " + TARGET.encode() + b" HTTP/1.1\r\nhost: pod\r\ncontent-length: 1001\r\n\r\n"
    answer = exchange(gateway.port, head)
    assert (answer.status, answer.json["code"]) == (413, 413)


def test_head_answers_as_get_without_a_body(tenant: Tenant, live_gateway: RunningGateway) -> None:
    register(tenant.client, message("abc"))
    shown = ask(live_gateway.url, TARGET, tenant.key)
    head = ask(live_gateway.url, TARGET, tenant.key, method=b"HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(shown.body))


def test_a_session_that_asks_too_often_is_429(tenant: Tenant, server: RunningServer, tmp_path: Path) -> None:
    limits = ("--rate-limit-dir", str(tmp_path), "--rate-limit", "symphony=2/60")
    gateway = RunningGateway(server.address, *limits)
    answers = [ask(gateway.url, TARGET, tenant.key) for _ in range(3)]
    gateway.terminate()
    assert [answer.status for answer in answers] == [404, 404, 429]
    assert answers[2].json == error(429, "Too Many Requests")
    assert int(answers[2].headers["retry-after"]) <= 60
