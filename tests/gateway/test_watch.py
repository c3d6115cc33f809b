"""What a watch says over HTTP, in both of its formats, and how it refuses."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.builders import PHONE, message, moment, receipt, register, report
from tests.running import Operator, RunningGateway, RunningServer, Tenant

from .event_stream import watching
from .raw_http import get

RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z")


def test_every_change_is_an_event(live_gateway: RunningGateway, tenant: Tenant) -> None:
    with watching(live_gateway.url, tenant.key) as watch:
        watch.until_opened()
        first = watch.reader.last_event_id
        register(tenant.client, message("m1", phone=PHONE, accept_time=moment()))
        report(tenant.client, receipt("m1", "UNDELIVERED", 5))
        registered, failed = next(watch), next(watch)
    assert (registered.name, failed.name) == ("change", "change")
    assert len({first, registered.last_event_id, failed.last_event_id}) == 3
    assert watch.reader.retry == [2000]
    assert failed.body.keys() == {
        *("message_status", "kind", "message_id", "previous_state", "state"),
        *("change_time", "commit_time", "sequence"),
    }
    assert (failed.body["kind"], failed.body["state"]) == ("ADVANCED", "UNDELIVERED")
    assert failed.body["previous_state"] == "QUEUED"
    assert failed.body["message_status"]["phone"] == PHONE
    assert failed.body["change_time"] == "2026-01-01T00:00:05Z"
    assert RFC_3339.fullmatch(failed.body["commit_time"])
    assert failed.body["sequence"] > registered.body["sequence"]


def test_what_a_watch_answers_with_is_for_nobody_else_and_held_back_by_nobody(
    live_gateway: RunningGateway, tenant: Tenant
) -> None:
    with watching(live_gateway.url, tenant.key, accept_encoding="gzip", x_request_id="w-1") as watch:
        headers = watch.response.headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-store, no-transform"
    assert headers["x-accel-buffering"] == "no"
    assert headers["x-request-id"] == "w-1"
    assert "content-encoding" not in headers


def test_a_heartbeat_moves_the_last_event_id_and_is_no_event(
    live_gateway: RunningGateway, tenant: Tenant
) -> None:
    with watching(live_gateway.url, tenant.key, "heartbeat=1&phone=%2B4915112345678") as watch:
        watch.until_opened()
        first = watch.reader.last_event_id
        register(tenant.client, message("of-somebody-else", phone=PHONE))
        register(tenant.client, message("m1", phone="+4915112345678"))
        assert next(watch).body["message_id"] == "m1"
        register(tenant.client, message("again-of-somebody-else", phone=PHONE))
        heard, before = len(watch.reader.comments), watch.reader.last_event_id
        while len(watch.reader.comments) < heard + 2:
            watch.until_opened()
        assert watch.reader.comments[-1] == "heartbeat"
        assert len({first, before, watch.reader.last_event_id}) == 3


def test_a_snapshot_comes_first_and_has_no_token_before_its_end(
    live_gateway: RunningGateway, tenant: Tenant
) -> None:
    register(tenant.client, *(message(f"m{number}", phone=PHONE) for number in range(3)))
    with watching(live_gateway.url, tenant.key, f"start=snapshot&phone={PHONE}") as watch:
        shown = [next(watch) for _ in range(3)]
        end = next(watch)
        register(tenant.client, message("later", phone=PHONE))
        later = next(watch)
    assert {each.name for each in shown} == {"snapshot"}
    assert {each.body["message_id"] for each in shown} == {"m0", "m1", "m2"}
    assert {each.last_event_id for each in shown} == {""}
    assert (end.name, end.body) == ("snapshot-end", {"messages": 3})
    assert end.last_event_id
    assert (later.name, later.body["message_id"]) == ("change", "later")


def test_an_empty_snapshot_says_so(live_gateway: RunningGateway, tenant: Tenant) -> None:
    with watching(live_gateway.url, tenant.key, "start=snapshot&message_id=none") as watch:
        assert next(watch).body == {"messages": 0}


@pytest.mark.parametrize(
    "query",
    [
        "message_id=other&message_id=wanted",
        "phone=%2B14155550100",
        "phone=+14155550100",
        "reference=KEY%201",
        "state=QUEUED&state=READ",
        "channel=RCS&channel=VIBER",
        "instance=line",
        "message_id=wanted&phone=%2B14155550100&state=QUEUED&instance=line",
    ],
)
def test_a_filter_lets_its_own_through(
    query: str, live_gateway: RunningGateway, operator: Operator, tenant: Tenant
) -> None:
    operator.instance(tenant.name, "line")
    register(
        tenant.client,
        message("unwanted", phone=PHONE, channel=1, state=60),
        message(
            "wanted", phone="+14155550100", reference={"key": "KEY 1"}, channel=2, state=10, instance="line"
        ),
    )
    with watching(live_gateway.url, tenant.key, f"start=oldest&{query}") as watch:
        assert next(watch).body["message_id"] == "wanted"


@pytest.mark.parametrize(
    ("query", "accept", "lines"),
    [
        ("", "application/x-ndjson", True),
        ("format=ndjson", "text/event-stream", True),
        ("format=ndjson", "*/*", True),
        ("format=sse", "application/x-ndjson", False),
        ("", "*/*", False),
        ("", "application/x-ndjson;q=0.5, text/event-stream", False),
    ],
)
def test_lines_of_json_come_to_who_asks_for_them(
    query: str, accept: str, lines: bool, live_gateway: RunningGateway, tenant: Tenant
) -> None:
    with watching(live_gateway.url, tenant.key, query, accept=accept) as watch:
        kind = watch.response.headers["content-type"]
    assert kind == ("application/x-ndjson" if lines else "text/event-stream; charset=utf-8")


def test_lines_of_json_say_the_same(live_gateway: RunningGateway, tenant: Tenant) -> None:
    register(tenant.client, message("m1", phone=PHONE))
    query = f"format=ndjson&start=snapshot&phone={PHONE}&heartbeat=1"
    with watching(live_gateway.url, tenant.key, query) as watch:
        lines = watch.response.iter_lines()
        snapshot, end = json.loads(next(lines)), json.loads(next(lines))
        register(tenant.client, message("m2", phone=PHONE))
        change, heartbeat = json.loads(next(lines)), json.loads(next(lines))
    assert (snapshot["event"], snapshot["data"]["message_id"]) == ("snapshot", "m1")
    assert "resume_token" not in snapshot
    assert (end["event"], end["data"]) == ("snapshot-end", {"messages": 1})
    assert (change["event"], change["data"]["message_id"]) == ("change", "m2")
    assert heartbeat == {"event": "heartbeat", "resume_token": change["resume_token"]}


def test_the_header_counts_before_the_query_when_both_resume(
    live_gateway: RunningGateway, tenant: Tenant
) -> None:
    register(tenant.client, *(message(f"m{number}") for number in range(3)))
    with watching(live_gateway.url, tenant.key, "start=oldest") as watch:
        tokens = [next(watch).last_event_id for _ in range(3)]
    with watching(live_gateway.url, tenant.key, f"start=oldest&resume={tokens[0]}") as watch:
        assert next(watch).body["message_id"] == "m1"
    with watching(live_gateway.url, tenant.key, f"resume={tokens[0]}", last_event_id=tokens[1]) as watch:
        assert next(watch).body["message_id"] == "m2"


@pytest.mark.parametrize("header", ["Authorization: Bearer {}", "authorization: bearer {}", "X-Api-Key: {}"])
def test_a_key_stands_in_either_header(header: str, live_gateway: RunningGateway, tenant: Tenant) -> None:
    name, _, value = header.format(tenant.key).partition(": ")
    with httpx2.stream("GET", f"{live_gateway.url}/v1/watch", headers={name: value}) as response:
        assert response.status_code == 200


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("colour=red", "colour"),
        ("state=delivered", "state"),
        ("state=UNSPECIFIED", "state"),
        ("channel=PIGEON", "channel"),
        ("phone=12", "phone"),
        ("phone=", "phone"),
        ("phone=%2B14155550100&phone=%2B14155550101", "phone"),
        ("message_id=", "message_id"),
        ("reference=%00", "reference"),
        ("start=tomorrow", "start"),
        ("start=snapshot", "start"),
        ("heartbeat=0.5", "heartbeat"),
        ("heartbeat=301", "heartbeat"),
        ("heartbeat=soon", "heartbeat"),
        ("resume=nonsense", "resume"),
        ("format=xml", "format"),
    ],
)
def test_a_wrong_parameter_is_named(
    query: str, parameter: str, live_gateway: RunningGateway, tenant: Tenant
) -> None:
    answer = refusal(live_gateway, query, tenant.key)
    assert answer.status_code == 400
    assert answer.json()["parameter"] == parameter
    assert answer.json()["message"].startswith(f"{parameter} ")
    assert answer.json()["reason"] in {"FIELD_INVALID", "FIELD_REQUIRED"}
    assert refusal(live_gateway, query, "x" * 40).status_code == 401


@pytest.mark.parametrize("name", ["token", "api_key", "X-Api-Key", "access_token", "Authorization", "key"])
def test_a_key_in_the_url_opens_nothing_and_spoils_the_one_in_the_header(
    name: str, live_gateway: RunningGateway, tenant: Tenant
) -> None:
    for headers in ({}, {"X-Api-Key": tenant.key}):
        answer = httpx2.get(f"{live_gateway.url}/v1/watch?{name}={tenant.key}", headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (401, "CREDENTIAL_INVALID")
        assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("key", ["", "x" * 40, "not a key"])
def test_a_wrong_key_is_401(key: str, live_gateway: RunningGateway) -> None:
    assert refusal(live_gateway, "", key).status_code == 401


def test_a_key_that_may_not_read_is_403(
    live_gateway: RunningGateway, operator: Operator, tenant: Tenant
) -> None:
    answer = refusal(live_gateway, "", operator.key(tenant.name, ["INGEST"], client="sender"))
    assert (answer.status_code, answer.json()["reason"]) == (403, "SCOPE_MISSING")


def test_an_unknown_instance_is_404(live_gateway: RunningGateway, tenant: Tenant) -> None:
    answer = refusal(live_gateway, "instance=nowhere", tenant.key)
    assert (answer.status_code, answer.json()["reason"]) == (404, "INSTANCE_NOT_FOUND")


def test_a_token_whose_history_is_gone_is_410(
    live_gateway: RunningGateway, tmp_path: Path, tenant: Tenant
) -> None:
    with watching(live_gateway.url, tenant.key) as watch:
        token = watch.until_opened().reader.last_event_id
    elsewhere = RunningServer(tmp_path)
    gateway = RunningGateway(elsewhere.address)
    other = Operator(elsewhere)
    answer = refusal(gateway, f"resume={token}", other.tenant().key)
    other.close()
    gateway.terminate()
    elsewhere.terminate()
    assert (answer.status_code, answer.json()["reason"]) == (410, "RESUME_TOKEN_EXPIRED")


def test_an_upstream_that_is_away_is_503() -> None:
    gateway = RunningGateway("127.0.0.1:9", "--deadline", "2")
    try:
        answer = refusal(gateway, "", "x" * 40)
    finally:
        gateway.terminate()
    assert (answer.status_code, answer.json()["reason"]) == (503, "UNAVAILABLE")
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("method", ["POST", "HEAD", "DELETE", "OPTIONS"])
def test_any_other_method_is_405(method: str, live_gateway: RunningGateway, tenant: Tenant) -> None:
    answer = httpx2.request(method, f"{live_gateway.url}/v1/watch", headers={"X-Api-Key": tenant.key})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_a_query_that_is_too_long_is_414(live_gateway: RunningGateway, tenant: Tenant) -> None:
    assert refusal(live_gateway, f"message_id={'x' * 8200}", tenant.key).status_code == 414


def test_pages_of_other_origins_may_watch(live_gateway: RunningGateway, tenant: Tenant) -> None:
    port = int(live_gateway.url.rpartition(":")[2])
    asked = b"access-control-request-headers: authorization,last-event-id"
    origin, method = b"origin: https://console.example", b"access-control-request-method: GET"
    granted = get(port, b"/v1/watch", origin, method, asked, method=b"OPTIONS")
    assert (granted.status, granted.headers["access-control-allow-methods"]) == (204, "GET")
    assert granted.headers["access-control-allow-headers"] == "authorization,last-event-id"
    with watching(live_gateway.url, tenant.key, origin="https://console.example") as watch:
        assert watch.response.headers["access-control-allow-origin"] == "*"


@pytest.fixture(scope="module")
def choosy(server: RunningServer) -> Iterator[RunningGateway]:
    """A gateway that admits one origin."""
    running = RunningGateway(server.address, "--cors-origin", "https://console.example")
    yield running
    running.terminate()


def test_pages_of_origins_that_are_not_admitted_may_not(choosy: RunningGateway, tenant: Tenant) -> None:
    with watching(choosy.url, tenant.key, origin="https://other.example") as watch:
        assert "access-control-allow-origin" not in watch.response.headers


def refusal(gateway: RunningGateway, query: str, key: str) -> httpx2.Response:
    """Ask for a watch that is not granted."""
    headers = {"X-Api-Key": key} if key else {}
    return httpx2.get(f"{gateway.url}/v1/watch?{query}", headers=headers)
