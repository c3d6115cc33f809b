"""Whole documents that AlphaSMS refuses: unreadable, then not allowed, then wrong. All are HTTP 200.

AlphaSMS, JSON API, "Message status", "Header parameters", "Request parameters" and "Response examples".
"""

import grpc
import pytest

from messagestatus.v1.error_reason_pb2 import ErrorReason
from messagestatus.v1.message_status_service_pb2 import BatchStatusResponse, StatusOutcome
from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.raw_http import exchange, get
from tests.gateway.scripted_upstream import KEY, ScriptedUpstream, rich_status
from tests.running import RunningGateway, Tenant

from .asking import document_of, post, status_of
from .documented import DENIED

FORMAT = {"success": False, "error": "Incorrect document format"}
TOO_MANY = {"success": False, "error": "Exceeding the limit of allocated messages"}
TOO_FAST = {"success": False, "error": "Exceeding the allowed SMS sending rate"}

GOOD = document_of(KEY, status_of(1))


def nested(depth: int) -> bytes:
    """Makes a good document that is nested so deep, in a member that means nothing."""
    inner = b"[" * (depth - 1) + b"]" * (depth - 1)
    return GOOD.replace(b'{"auth"', b'{"more":%s,"auth"' % inner)


@pytest.mark.parametrize(
    ("rule", "document"),
    [
        ("nothing", b""),
        ("blanks", b" \n"),
        ("no JSON", b"auth=key"),
        ("half a document", GOOD[:-1]),
        ("a document and more", GOOD + b"{}"),
        ("single quotes", GOOD.replace(b'"', b"'")),
        ("a comma too many", GOOD.replace(b"]", b",]")),
        ("a comment", GOOD + b"//"),
        ("a zero in front of a number", GOOD.replace(b"1}", b"01}")),
        ("a plus in front of a number", GOOD.replace(b"1}", b"+1}")),
        ("NaN, even as an id", GOOD.replace(b"1}", b"NaN}")),
        ("Infinity", GOOD.replace(b"1}", b"Infinity}")),
        ("-Infinity", GOOD.replace(b"1}", b"-Infinity}")),
        ("a control character inside a string", GOOD.replace(b"status", b"sta\ntus")),
        ("an unknown escape", GOOD.replace(b"status", b"\\status")),
        ("a byte order mark", b"\xef\xbb\xbf" + GOOD),
        ("UTF-16", GOOD.decode().encode("utf-16")),
        ("UTF-16 without a mark", GOOD.decode().encode("utf-16-le")),
        ("a byte that is not UTF-8", GOOD.replace(b"status", b"\xff")),
        ("a surrogate written as UTF-8", GOOD.replace(b"status", b"\xed\xa0\x80")),
        ("an array", b"[%s]" % GOOD),
        ("a string", b'"status"'),
        ("a number", b"100500"),
        ("null", b"null"),
        ("65 levels", nested(65)),
        ("200 levels", nested(200)),
        ("a tower of objects", b'{"a":' * 99 + b"1" + b"}" * 99),
    ],
)
def test_what_cannot_be_read_is_refused_before_the_key_is_judged(
    rule: str, document: bytes, gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    answer = post(gateway.url, document)
    assert (answer.status, answer.json) == (200, FORMAT), rule
    assert not upstream.calls


@pytest.mark.parametrize("levels", [1_000, 100_000])
def test_no_depth_breaks_the_reader(levels: int, live_gateway: RunningGateway) -> None:
    assert post(live_gateway.url, nested(levels)).json == FORMAT


def test_64_levels_are_read(gateway: GatewayProcess, upstream: ScriptedUpstream) -> None:
    del upstream
    assert post(gateway.url, nested(64)).json["success"] is True


@pytest.mark.parametrize(
    ("content_type", "read"),
    [
        (b"application/json", True),
        (b"application/json; charset=utf-8", True),
        (b"application/json;charset=UTF-8", True),
        (b"application/json ; x=y", True),
        (b"Application/JSON", True),
        (b"  application/json  ", True),
        (b"", False),
        (b"text/json", False),
        (b"text/plain", False),
        (b"application/x-www-form-urlencoded", False),
        (b"application/jsonp", False),
        (b"application/vnd.api+json", False),
        (b"json", False),
        (b"; application/json", False),
    ],
)
def test_content_type(
    content_type: bytes, read: bool, gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    del upstream
    answer = post(gateway.url, GOOD, b"content-type: " + content_type)
    assert answer.status == 200
    assert answer.json == FORMAT if not read else answer.json["success"]


def test_no_content_type_at_all_is_refused(gateway: GatewayProcess) -> None:
    assert post(gateway.url, GOOD, b"accept: */*").json == FORMAT


@pytest.mark.parametrize("items", [b'[{"type":"status","id":1}]', b"[]", b"null", b'[5,{"type":"sms"}]'])
@pytest.mark.parametrize(
    ("rule", "auth"),
    [
        ("none", None),
        ("null", b"null"),
        ("an empty one", b'""'),
        ("a wrong one", b'"wrong"'),
        ("a number", b"12345678901234567"),
        ("a boolean", b"true"),
        ("a list of the right one", b'["%s"]' % KEY.encode()),
        ("a blank around the right one", b'" %s"' % KEY.encode()),
        ("one that no metadata can carry", '"ключ"'.encode()),
        ("a lone surrogate", b'"\\ud800"'),
        ("the right one, then a wrong one: the last counts", b'"%s","auth":"wrong"' % KEY.encode()),
    ],
)
def test_a_missing_or_wrong_key_is_denied_before_anything_else(
    rule: str, auth: bytes | None, items: bytes, gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    del upstream
    named = b"" if auth is None else b'"auth":%s,' % auth
    answer = post(gateway.url, b'{%s"data":%s}' % (named, items))
    assert (answer.status, answer.json) == (200, DENIED), rule


@pytest.mark.parametrize("place", [b"x-api-key: ", b"authorization: Bearer ", b"token: "])
def test_a_key_in_a_header_is_none(place: bytes, gateway: GatewayProcess, upstream: ScriptedUpstream) -> None:
    del upstream
    headers = (b"content-type: application/json", place + KEY.encode())
    assert post(gateway.url, b'{"data":[{"type":"status","id":1}]}', *headers).json == DENIED


@pytest.mark.parametrize(
    ("rule", "rest"),
    [
        ("no data", b""),
        ("null", b',"data":null'),
        ("an object", b',"data":{"type":"status","id":1}'),
        ("a string", b',"data":"status"'),
        ("a number", b',"data":1'),
        ("an empty list", b',"data":[]'),
        ("a list, then none: the last counts", b',"data":[{"type":"status","id":1}],"data":null'),
        ("another case", b',"Data":[{"type":"status","id":1}]'),
    ],
)
def test_data_that_is_no_list_of_something_is_refused(
    rule: str, rest: bytes, gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    del upstream
    answer = post(gateway.url, b'{"auth":"%s"%s}' % (KEY.encode(), rest))
    assert (answer.status, answer.json) == (200, FORMAT), rule


def test_a_document_has_a_thousand_items_at_most(tenant: Tenant, live_gateway: RunningGateway) -> None:
    many = [status_of(number) for number in range(1001)]
    answered = post(live_gateway.url, document_of(tenant.key, *many[:1000])).json
    assert [entry["data"]["id"] for entry in answered["data"]] == list(range(1000))
    answer = post(live_gateway.url, document_of(tenant.key, *many))
    assert (answer.status, answer.json) == (200, TOO_MANY)
    assert post(live_gateway.url, document_of("wrong", *many)).json == DENIED


def fault(status: int, text: str) -> tuple[int, dict[str, object]]:
    return status, {"success": False, "error": text}


FAILED = fault(500, "Internal Server Error")
AWAY = fault(503, "Service Unavailable")


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        ("UNAUTHENTICATED", "CREDENTIAL_INVALID", (200, DENIED)),
        ("PERMISSION_DENIED", "SCOPE_MISSING", (200, DENIED)),
        ("NOT_FOUND", "INSTANCE_NOT_FOUND", fault(200, "Wrong message ID")),
        ("INVALID_ARGUMENT", "BATCH_TOO_LARGE", (200, FORMAT)),
        ("RESOURCE_EXHAUSTED", "CONCURRENCY_LIMIT_REACHED", (200, TOO_FAST)),
        ("UNAVAILABLE", "STORE_UNAVAILABLE", AWAY),
        ("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", AWAY),
        ("INTERNAL", "INTERNAL", FAILED),
        ("DATA_LOSS", "STORE_CORRUPT", FAILED),
        ("ABORTED", "", FAILED),
    ],
)
def test_refusal_of_the_upstream(
    code: str,
    reason: str,
    expected: tuple[int, dict[str, object]],
    gateway: GatewayProcess,
    upstream: ScriptedUpstream,
) -> None:
    upstream.refuse_always = rich_status(grpc.StatusCode[code], reason)
    answer = post(gateway.url, GOOD)
    assert (answer.status, answer.json) == expected


@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("MESSAGE_NOT_FOUND", "Wrong message ID"),
        ("INSTANCE_NOT_FOUND", "Wrong message ID"),
        ("INSTANCE_AMBIGUOUS", "Wrong message ID"),
        ("FIELD_INVALID", "Wrong message ID"),
        ("FIELD_REQUIRED", "Wrong message ID"),
        ("CONVERSATION_DENIED", "Access denied"),
        ("INSTANCE_DENIED", "Access denied"),
    ],
)
def test_refusal_of_one_item(
    reason: str, error: str, gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    outcome = StatusOutcome(error_reason=ErrorReason.Value(f"ERROR_REASON_{reason}"))
    upstream.replies = [BatchStatusResponse(outcomes=[outcome]).SerializeToString()]
    answer = post(gateway.url, GOOD)
    assert answer.json == {
        "success": True,
        "data": [{"success": False, "error": error, "data": {"id": 1}}],
    }


@pytest.mark.parametrize("outcomes", [[StatusOutcome()], [], [StatusOutcome()] * 2])
def test_an_answer_that_makes_no_sense_is_a_fault(
    outcomes: list[StatusOutcome], gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    """To call an id wrong because of it would have its client give the message up."""
    upstream.replies = [BatchStatusResponse(outcomes=outcomes).SerializeToString()]
    answer = post(gateway.url, GOOD)
    assert (answer.status, answer.json) == FAILED


@pytest.mark.parametrize("method", [b"GET", b"PUT", b"DELETE", b"PATCH"])
def test_another_method_is_405_and_told_what_is_allowed(method: bytes, gateway: GatewayProcess) -> None:
    answer = get(gateway.port, b"/api/json.php", method=method)
    assert (answer.status, answer.json) == fault(405, "Method Not Allowed")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", [b"/api/json.php/", b"/api/json.php/status", b"/api/json.php//"])
def test_a_path_below_is_404(path: bytes, gateway: GatewayProcess) -> None:
    answer = get(gateway.port, path, method=b"POST")
    assert (answer.status, answer.json) == fault(404, "Not Found")


def test_a_body_that_is_too_large_is_413(gateway: GatewayProcess) -> None:
    head = b"POST /api/json.php HTTP/1.1\r\nhost: alphasms\r\ncontent-length: 1001\r\n\r\n"
    answer = exchange(gateway.port, head)
    assert (answer.status, answer.json) == fault(413, "Request Entity Too Large")


def test_a_body_that_does_not_end_is_408(gateway: GatewayProcess) -> None:
    head = b"POST /api/json.php HTTP/1.1\r\nhost: alphasms\r\ncontent-length: 9\r\n\r\n{"
    answer = exchange(gateway.port, head)
    assert (answer.status, answer.json) == fault(408, "Request Timeout")
