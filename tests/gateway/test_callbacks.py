"""Callbacks of carriers: through a real gateway into a real server, signed, and answered as vendors want."""

import httpx2
import pytest

from messagestatus_server.providers.registry import NAMES, provider
from tests.builders import history, state_of
from tests.providers.every import BODY_NOT_COVERED
from tests.running import Client, Operator, RunningGateway, RunningServer, Tenant
from tests.transport.routes import administrator

from .called import Called
from .raw_http import exchange, get


@pytest.fixture
def admin(operator: Operator, tenant: Tenant) -> Client:
    """An administrator of a tenant."""
    return administrator(operator, tenant.name)


@pytest.mark.parametrize("name", NAMES)
def test_a_signed_callback_is_answered_as_the_vendor_wants_and_moves_its_message(
    admin: Client, tenant: Tenant, live_gateway: RunningGateway, name: str
) -> None:
    called = Called(admin, tenant, name, live_gateway)
    wanted = provider(name).answer
    for step, word in enumerate(called.carrier.script, 1):
        answer = called.send(called.posting(called.event(word, step)))
        assert (answer.status_code, answer.content) == (wanted.status, wanted.body)
        assert answer.headers["content-type"] == wanted.content_type
    assert len(history(tenant.client, "m")) == len(called.carrier.script)
    assert state_of(tenant.client, "m") != "QUEUED"


@pytest.mark.parametrize("name", NAMES)
def test_one_flipped_bit_is_refused(
    admin: Client, tenant: Tenant, live_gateway: RunningGateway, name: str
) -> None:
    """Where the carrier signs the body, or the query by which it tells."""
    called = Called(admin, tenant, name, live_gateway)
    posting = called.posting()
    flipped = [
        posting._replace(body=changed)
        for place in (0, len(posting.body) // 2)
        if (changed := _flipped(posting.body, place)) != posting.body
    ]
    if "?" in posting.url:
        flipped.append(posting._replace(url=f"{posting.url}0"))
    statuses = [called.send(each).status_code for each in flipped]
    if name not in BODY_NOT_COVERED:
        assert statuses
        assert not [status for status in statuses if status < 400]
        assert len(history(tenant.client, "m")) == 0
    assert not [status for status in statuses if status >= 500]


def _flipped(body: bytes, place: int) -> bytes:
    return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :] if body else body


@pytest.fixture
def called(admin: Client, tenant: Tenant, live_gateway: RunningGateway) -> Called:
    """A route of Twilio's, which signs the URL with the body."""
    return Called(admin, tenant, "twilio", live_gateway)


def test_a_wrong_secret_path_and_no_route_look_alike(called: Called) -> None:
    posting = called.posting()
    plain, _, _ = called.path.rpartition("/")
    told = set()
    for path in ("/receipts/no-such-route", "/receipts/NO", plain, f"{plain}/wrong", f"{plain}/%C3%A9"):
        answer = httpx2.post(f"{called.gateway.url}{path}", content=posting.body)
        told.add((answer.status_code, answer.content, answer.headers["content-type"]))
    assert told == {(404, b"no such route", "text/plain; charset=utf-8")}


@pytest.mark.parametrize("path", ["/receipts", "/receipts/", "/receipts/a/b/c", "/receipts/a/"])
def test_a_path_of_no_route_is_not_found(live_gateway: RunningGateway, path: str) -> None:
    answer = httpx2.post(live_gateway.url + path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/plain; charset=utf-8")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_only_post_and_get_are_answered(called: Called, method: str) -> None:
    answer = httpx2.request(method, called.gateway.url + called.path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, GET")


def test_a_carrier_that_calls_by_get_is_verified_by_its_query(
    admin: Client, tenant: Tenant, live_gateway: RunningGateway
) -> None:
    called = Called(admin, tenant, "vonage_sms", live_gateway)
    posting = called.posting()
    assert posting.method == "GET"
    assert called.send(posting).status_code == 200
    assert state_of(tenant.client, "m") == "DELIVERED"
    again = called.send(posting, if_none_match="*")
    assert (again.status_code, again.headers["cache-control"]) == (200, "no-store")


@pytest.mark.parametrize(
    ("size", "status"), [(3 << 20, 200), (3_500_000, 200), (3_500_001, 413), (4 << 20, 413)]
)
def test_three_megabytes_are_taken_and_four_are_not(
    admin: Client, tenant: Tenant, live_gateway: RunningGateway, size: int, status: int
) -> None:
    """Meta sends up to 3 MB; what other clients may send stays as small as it was."""
    called = Called(admin, tenant, "infobip", live_gateway)
    posting = called.posting()
    padded = posting._replace(body=posting.body + b" " * (size - len(posting.body)))
    assert called.send(padded).status_code == status
    other = httpx2.post(f"{called.gateway.url}/api/json.php", content=b" " * (2 << 20))
    assert other.status_code == 413


@pytest.mark.parametrize(
    "request_line",
    [b"POST %s HTTP/1.1", b"POST %s?q=%%FF%%00 HTTP/1.1", b"GET %s?q=%%ED%%A0%%80&%%=& HTTP/1.1"],
)
def test_bytes_that_are_no_utf_8_are_no_fault_of_ours(called: Called, request_line: bytes) -> None:
    port = int(called.gateway.url.rpartition(":")[2])
    body = b"MessageSid=\xff\xfe&MessageStatus=%ED%A0%80\0"
    head = [
        request_line % called.path.encode(),
        b"host: gateway",
        b"connection: close",
        b"x-twilio-signature: \xff\xfe\xe9",
        b"content-type: application/x-www-form-urlencoded; charset=\xe9",
        b"content-length: %d" % len(body),
    ]
    answer = exchange(port, b"\r\n".join(head) + b"\r\n\r\n" + body)
    assert answer.status == 403
    assert get(port, b"/receipts/%FF", method=b"POST").status == 400


@pytest.mark.parametrize("host", [b"[", b"x:99999", b"a]b", b""])
def test_a_host_that_is_none_is_refused(called: Called, host: bytes) -> None:
    port = int(called.gateway.url.rpartition(":")[2])
    head = [b"POST %s HTTP/1.1" % called.path.encode(), b"host: " + host, b"connection: close"]
    assert exchange(port, b"\r\n".join([*head, b"content-length: 0"]) + b"\r\n\r\n").status in {400, 401}


def test_no_log_of_either_holds_the_secret_of_a_path(
    tenant: Tenant, admin: Client, server: RunningServer
) -> None:
    running = RunningGateway(server.address, "--log-level", "debug")
    called = Called(admin, tenant, "twilio", running)
    secret = called.path.rpartition("/")[2]
    posting = called.posting()
    assert called.send(posting).status_code == 200
    assert called.send(posting._replace(headers={})).status_code == 401
    httpx2.put(running.url + called.path)
    httpx2.post(f"{running.url}{called.path}/deeper")
    exchange(
        int(running.url.rpartition(":")[2]),
        b"POST %s HTTP/1.1\r\nbad\x01 head\r\n\r\n" % called.path.encode(),
    )
    running.terminate()
    assert any(line.get("route") == "/receipts/{route}/{secret}" for line in running.lines)
    assert secret not in "".join(running.text)
    assert secret not in "".join(server.text)
