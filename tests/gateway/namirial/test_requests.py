"""The Namirial dialect over HTTP: its three endpoints, as its clients call them."""

from urllib.parse import quote

import grpc
import httpx2
import pytest

from messagestatus.v1.message_status_pb2 import Reference
from messagestatus.v1.message_status_service_pb2 import ListByPhoneRequest, ListByReferenceRequest
from tests.gateway.gateway_process import GatewayProcess
from tests.gateway.raw_http import get
from tests.gateway.samples import DOCUMENTED_ENTRY, KEY_WITH_SLASH, MESSAGE_ID, PHONE, numbered, sample
from tests.gateway.scripted_upstream import KEY, ScriptedUpstream, rich_status

BASE = "/api/messagestatus"
FORBIDDEN = (403, {"message": "Forbidden"})
NOT_FOUND = (404, {"message": "Not Found"})
EMPTY: tuple[int, object] = (200, {"messages": []})
BAD_COUNT = (400, {"message": "count must be an integer between 1 and 100"})
BAD_DATE = (400, {"message": "sendDate must be an ISO 8601 timestamp"})


def ids(response: httpx2.Response) -> list[str]:
    return [entry["message"]["id"] for entry in response.json()["messages"]]


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ('"Get message status by message ID"', f"{BASE}/{MESSAGE_ID}"),
        (
            '"Get the latest messages status by phone number"',
            f"{BASE}/phonenumber/+1234567890?count=1&sendDate=2026-12-31T23:59:59Z",
        ),
        (
            '"Get the latest messages status by the external reference key"',
            f"{BASE}/reference/EXT_KEY?count=2&sendDate=2026-12-31T23:59:59Z",
        ),
    ],
)
def test_documented_example(
    source: str, path: str, client: httpx2.Client, upstream: ScriptedUpstream
) -> None:
    upstream.add(sample())
    response = client.get(path)
    one = path.endswith(MESSAGE_ID)
    assert response.status_code == 200, source
    assert response.json() == (DOCUMENTED_ENTRY if one else {"messages": [DOCUMENTED_ENTRY]}), source
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("rule", "path", "expected"),
    [
        ("an unknown id is 404", f"/{MESSAGE_ID[:-1]}0", NOT_FOUND),
        ("an id that is no UUID is 404", "/12345", NOT_FOUND),
        ("a UUID without dashes is 404", f"/{MESSAGE_ID.replace('-', '')}", NOT_FOUND),
        ("a UUID in braces is 404", f"/%7B{MESSAGE_ID}%7D", NOT_FOUND),
        ("an id with a line feed is 404", f"/{MESSAGE_ID}%0A", NOT_FOUND),
        ("`phonenumber` alone is an id", "/phonenumber", NOT_FOUND),
        ("`reference` alone is an id", "/reference", NOT_FOUND),
        ("no phone number is 404", "/phonenumber/", NOT_FOUND),
        ("no reference key is 404", "/reference/", NOT_FOUND),
        ("no id is 404", "/", NOT_FOUND),
        ("nothing at all is 404", "", NOT_FOUND),
        ("a trailing slash is 404, without a redirect", f"/{MESSAGE_ID}/", NOT_FOUND),
        ("a path below an endpoint is 404", f"/phonenumber/{PHONE}/more", NOT_FOUND),
        ("an unknown number is an empty list", "/phonenumber/+1999999999", EMPTY),
        ("a number without plus is an empty list", "/phonenumber/1234567890", EMPTY),
        ("a number with a blank is an empty list", "/phonenumber/%201234567890", EMPTY),
        ("junk for a number is an empty list", "/phonenumber/%00'%20OR%201=1--", EMPTY),
        ("an unknown key is an empty list", "/reference/nobody", EMPTY),
        ("a key with NUL is an empty list", "/reference/a%00b", EMPTY),
        ("count 0", f"/phonenumber/{PHONE}?count=0", BAD_COUNT),
        ("an empty count", f"/phonenumber/{PHONE}?count=", BAD_COUNT),
        ("count without a value", f"/phonenumber/{PHONE}?count", BAD_COUNT),
        ("a plus before the count is a blank", f"/phonenumber/{PHONE}?count=+5", BAD_COUNT),
        ("count given twice", f"/phonenumber/{PHONE}?count=5&count=5", BAD_COUNT),
        ("count given twice, one name escaped", f"/phonenumber/{PHONE}?count=5&c%6Funt=5", BAD_COUNT),
        ("a count that is not UTF-8", f"/phonenumber/{PHONE}?count=%FF", BAD_COUNT),
        ("count in a look-up by reference", "/reference/EXT_KEY?count=x", BAD_COUNT),
        ("an empty sendDate", f"/phonenumber/{PHONE}?sendDate=", BAD_DATE),
        ("second 60", f"/phonenumber/{PHONE}?sendDate=2026-12-31T23:59:60Z", BAD_DATE),
        ("sendDate given twice", "/reference/k?sendDate=2026-12-31&sendDate=2026-12-31", BAD_DATE),
        ("a bad count comes before a bad sendDate", "/reference/k?sendDate=x&count=x", BAD_COUNT),
    ],
)
def test_answer(rule: str, path: str, expected: tuple[int, object], client: httpx2.Client) -> None:
    response = client.get(f"{BASE}{path}")
    assert (response.status_code, response.json()) == expected, rule


@pytest.mark.parametrize(
    "path",
    [f"/{MESSAGE_ID}", "/no-uuid", f"/phonenumber/{PHONE}", "/phonenumber/junk", "/reference/k?count=0"],
)
@pytest.mark.parametrize(
    ("rule", "headers"),
    [
        ("no key", []),
        ("an empty key", [b"x-api-key:"]),
        ("a wrong key", [b"x-api-key: wrong"]),
        ("a key that no metadata can carry", [b"x-api-key: \xc3\xa9"]),
        ("a key with a blank inside", [b"x-api-key: " + KEY.encode() + b" x"]),
        ("an overlong key", [b"x-api-key: " + b"k" * 513]),
        ("the right key in the wrong place", [b"authorization: Bearer " + KEY.encode()]),
    ],
)
def test_a_missing_or_wrong_key_is_403_before_anything_else(
    rule: str, headers: list[bytes], path: str, gateway: GatewayProcess, upstream: ScriptedUpstream
) -> None:
    """Namirial, Message status API, "HTTP errors"."""
    upstream.add(sample())
    answer = get(gateway.port, f"{BASE}{path}".encode(), *headers)
    assert (answer.status, answer.json) == FORBIDDEN, rule


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING", 403),
        (grpc.StatusCode.INVALID_ARGUMENT, "INSTANCE_AMBIGUOUS", 400),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "CONCURRENCY_LIMIT_REACHED", 429),
        (grpc.StatusCode.INTERNAL, "INTERNAL", 500),
        (grpc.StatusCode.DATA_LOSS, "STORE_CORRUPT", 500),
        (grpc.StatusCode.ABORTED, "", 500),
    ],
)
def test_refusal_of_the_upstream(
    code: grpc.StatusCode,
    reason: str,
    expected: int,
    client: httpx2.Client,
    upstream: ScriptedUpstream,
) -> None:
    upstream.refuse_always = rich_status(code, reason)
    response = client.get(f"{BASE}/{MESSAGE_ID}")
    assert response.status_code == expected
    assert list(response.json()) == ["message"]


def test_an_id_is_asked_for_in_lower_case(client: httpx2.Client, upstream: ScriptedUpstream) -> None:
    upstream.add(sample())
    response = client.get(f"{BASE}/{MESSAGE_ID.upper()}")
    assert response.json() == DOCUMENTED_ENTRY


def test_query_parameters_of_a_look_up_by_id_are_ignored(
    client: httpx2.Client, upstream: ScriptedUpstream
) -> None:
    upstream.add(sample())
    assert client.get(f"{BASE}/{MESSAGE_ID}?count=x&sendDate=x").status_code == 200


@pytest.mark.parametrize("spelled", ["+1234567890", "%2B1234567890", "%2b12345%36%37890"])
def test_a_plus_in_the_path_is_a_plus_however_spelled(
    spelled: str, client: httpx2.Client, upstream: ScriptedUpstream
) -> None:
    upstream.add(sample())
    assert ids(client.get(f"{BASE}/phonenumber/{spelled}")) == [MESSAGE_ID]


def test_a_key_may_hold_whatever_an_escape_can_say(client: httpx2.Client, upstream: ScriptedUpstream) -> None:
    upstream.add(sample(reference=Reference(key=KEY_WITH_SLASH)))
    assert ids(client.get(f"{BASE}/reference/{quote(KEY_WITH_SLASH, safe='')}")) == [MESSAGE_ID]


def test_pages_follow_each_other_by_the_last_time(client: httpx2.Client, upstream: ScriptedUpstream) -> None:
    """`sendDate` is exclusive, so the last item's time asks for the next page."""
    upstream.add(*(numbered(number) for number in range(5)))
    path, seen = f"{BASE}/phonenumber/{PHONE}?count=2", []
    response = client.get(path)
    while entries := response.json()["messages"]:
        seen += [entry["message"]["id"] for entry in entries]
        response = client.get(f"{path}&sendDate={entries[-1]['message']['providerAcceptanceAt']}")
    assert seen == [numbered(number).message_id for number in (4, 3, 2, 1, 0)]


def test_what_a_list_asks_of_the_upstream(client: httpx2.Client, upstream: ScriptedUpstream) -> None:
    client.get(f"{BASE}/phonenumber/{PHONE}")
    client.get(f"{BASE}/reference/k?count=1000&sendDate=2026-12-31T23:59:59.25+02:00")
    by_phone, by_reference = (call.request for call in upstream.calls)
    assert by_phone == ListByPhoneRequest(phone=PHONE, page_size=50)
    assert isinstance(by_reference, ListByReferenceRequest)
    assert (by_reference.key, by_reference.page_size) == ("k", 100)
    assert by_reference.before_time.ToJsonString() == "2026-12-31T21:59:59.250Z"


def test_head_is_get_without_a_body(client: httpx2.Client, upstream: ScriptedUpstream) -> None:
    upstream.add(sample())
    told, shown = client.head(f"{BASE}/{MESSAGE_ID}"), client.get(f"{BASE}/{MESSAGE_ID}")
    assert (told.status_code, told.content) == (200, b"")
    assert told.headers["content-length"] == shown.headers["content-length"] == str(len(shown.content))
    assert client.head(f"{BASE}/nobody").status_code == 404
