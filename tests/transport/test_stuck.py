"""ListStuck: messages that no receipt came for in time; and a server whose timer marks them."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1 import receipt_review_service_pb2 as pb
from messagestatus.v1 import route_pb2, route_service_pb2
from tests.builders import disposition, get, history, message, receipt, register, report, state, state_of
from tests.refused import refusal
from tests.running import Client, Operator, RunningServer, Tenant

PATIENCE = 20
SMS, VIBER = status_pb.CHANNEL_SMS, status_pb.CHANNEL_VIBER


@pytest.fixture(scope="session")
def hasty(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Run a server whose timer looks ten times a second."""
    running = RunningServer(
        tmp_path_factory.mktemp(f"hasty-{engine}"), "--engine", engine, "--timer-interval", "0.1"
    )
    yield running
    running.terminate()


@pytest.fixture(scope="session")
def hasty_operator(hasty: RunningServer) -> Iterator[Operator]:
    operator = Operator(hasty)
    yield operator
    operator.close()


@pytest.fixture
def acme(hasty_operator: Operator) -> Tenant:
    """Create a tenant with a route whose messages may wait for a second."""
    tenant = hasty_operator.tenant()
    route(hasty_operator, tenant, "acme")
    return tenant


@pytest.fixture
def admin(hasty_operator: Operator, acme: Tenant) -> Client:
    return hasty_operator.connect(hasty_operator.key(acme.name, ["ADMIN"], client="admin"))


def route(operator: Operator, tenant: Tenant, provider: str, seconds: int = 1) -> None:
    """Create a route with a deadline."""
    spec = route_pb2.RouteSpec(
        provider_name=provider,
        deadlines=[route_pb2.Deadline(after=Duration(seconds=seconds), state=state("UNKNOWN"))],
    )
    operator.client.routes.CreateRoute(
        route_service_pb2.CreateRouteRequest(
            tenant=tenant.name,
            route=f"{tenant.name}-{provider}",
            provider="kannel",
            spec=spec,
            secret_path=route_service_pb2.SECRET_PATH_NEW,
        )
    )


def sent(
    message_id: str, provider: str = "acme", ago: float = 10, **fields: Any
) -> message_pb.MessageRegistration:
    """Return a registration that was accepted some seconds ago."""
    accept_time = Timestamp()
    accept_time.FromNanoseconds(time.time_ns() - int(ago * 1e9))
    names = status_pb.Provider(name=provider, message_id=f"p-{message_id}")
    return message(message_id, provider=names, accept_time=accept_time, **fields)


def stuck(client: Client, **asked: Any) -> pb.ListStuckResponse:
    """Return a page of stuck messages."""
    return client.review.ListStuck(pb.ListStuckRequest(**asked))


def ids(answer: pb.ListStuckResponse) -> list[str]:
    return [each.message_id for each in answer.messages]


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def test_a_message_that_no_receipt_came_for_is_unknown_until_late_evidence_reverses_it(
    acme: Tenant, admin: Client
) -> None:
    register(acme.client, sent("m", ago=0, channel=SMS))
    assert state_of(acme.client, "m") == "QUEUED"
    until(lambda: state_of(acme.client, "m") == "UNKNOWN")
    marked = get(acme.client, "m")
    assert marked.provider == status_pb.Provider(
        name="acme", message_id="p-m", detail="no receipt within 1 s"
    )
    (each,) = stuck(admin).messages
    assert (each.message_id, each.provider, each.channel, each.state) == ("m", "acme", SMS, state("UNKNOWN"))
    assert each.due_time == marked.change_time
    waited = each.due_time.ToMicroseconds() - marked.accept_time.ToMicroseconds()
    assert waited == 1_000_000
    assert each.mark_time.ToMicroseconds() >= each.due_time.ToMicroseconds()
    (outcome,) = report(acme.client, receipt("m", "DELIVERED"))
    assert (disposition(outcome), state_of(acme.client, "m")) == ("APPLIED", "DELIVERED")
    assert ids(stuck(admin)) == []
    by_source = {record.receipt.source: record for record in history(acme.client, "m")}
    assert by_source["timer"].receipt.finality == state_pb.FINALITY_NONE
    assert by_source["timer"].explanation.startswith("no receipt came in time: QUEUED to UNKNOWN")


def test_a_message_that_a_receipt_came_for_is_left_alone(acme: Tenant, admin: Client) -> None:
    register(acme.client, sent("told", ago=0), sent("m"))
    report(acme.client, receipt("told", "UNDELIVERED"))
    until(lambda: ids(stuck(admin)) == ["m"])
    time.sleep(1.5)
    assert state_of(acme.client, "told") == "UNDELIVERED"
    assert ids(stuck(admin)) == ["m"]


def test_the_longest_waiting_come_first_and_page_after_page(acme: Tenant, admin: Client) -> None:
    register(acme.client, *(sent(f"m{number}", ago=100 - number) for number in range(5)))
    until(lambda: len(stuck(admin).messages) == 5)
    found: list[str] = []
    page = stuck(admin, page_size=2)
    found += ids(page)
    while page.next_page_token:
        assert len(page.messages) == 2
        page = stuck(admin, page_size=2, page_token=page.next_page_token)
        found += ids(page)
    assert found == [f"m{number}" for number in range(5)]


def test_they_are_narrowed_by_provider_and_channel(
    acme: Tenant, admin: Client, hasty_operator: Operator
) -> None:
    route(hasty_operator, acme, "betel")
    register(
        acme.client,
        sent("a", channel=SMS, ago=30),
        sent("b", "betel", channel=SMS, ago=20),
        sent("c", channel=VIBER),
    )
    until(lambda: len(stuck(admin).messages) == 3)
    assert ids(stuck(admin, provider="acme")) == ["a", "c"]
    assert ids(stuck(admin, channel=SMS)) == ["a", "b"]
    assert ids(stuck(admin, provider="betel", channel=VIBER)) == []


def test_the_gauges_count_who_waits_and_who_is_stuck(
    acme: Tenant, admin: Client, hasty_operator: Operator
) -> None:
    route(hasty_operator, acme, "betel", seconds=3600)
    register(acme.client, sent("a"), sent("b", channel=SMS), sent("c", "betel"))
    until(lambda: len(stuck(admin).messages) == 2)
    gauges = admin.review.GetGauges(pb.GetGaugesRequest()).providers
    assert [(each.provider, each.awaited, each.stuck) for each in gauges] == [
        ("acme", 0, 2),
        ("betel", 1, 0),
    ]


def test_a_deadline_that_is_added_later_holds_for_messages_that_are_registered_already(
    hasty_operator: Operator,
) -> None:
    tenant = hasty_operator.tenant()
    register(tenant.client, sent("m"))
    route(hasty_operator, tenant, "acme")
    until(lambda: state_of(tenant.client, "m") == "UNKNOWN")
    assert ids(stuck(hasty_operator.client, tenant=tenant.name)) == ["m"]


def test_a_tenant_sees_its_own_and_the_operator_any(
    acme: Tenant, admin: Client, hasty_operator: Operator
) -> None:
    register(acme.client, sent("m"))
    until(lambda: ids(stuck(admin)) == ["m"])
    assert ids(stuck(hasty_operator.client, tenant=acme.name)) == ["m"]
    assert ids(stuck(hasty_operator.client)) == []
    other = hasty_operator.tenant()
    refused = refusal(admin.review.ListStuck, pb.ListStuckRequest(tenant=other.name))
    assert (refused.code.name, refused.reason) == ("PERMISSION_DENIED", "TENANT_DENIED")


def test_it_takes_a_key_of_an_administrator(acme: Tenant) -> None:
    refused = refusal(acme.client.review.ListStuck, pb.ListStuckRequest())
    assert (refused.code.name, refused.reason) == ("PERMISSION_DENIED", "SCOPE_MISSING")


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("page_size", pb.ListStuckRequest(page_size=-1)),
        ("provider", pb.ListStuckRequest(provider="p" * 257)),
        ("page_token", pb.ListStuckRequest(page_token="not-a-token")),
    ],
)
def test_a_field_that_cannot_be_is_refused(admin: Client, field: str, asked: pb.ListStuckRequest) -> None:
    refused = refusal(admin.review.ListStuck, asked)
    assert (refused.code.name, refused.fields) == ("INVALID_ARGUMENT", [field])


def test_a_token_of_another_list_is_refused(acme: Tenant, admin: Client) -> None:
    register(acme.client, sent("a", ago=30), sent("b"))
    until(lambda: len(stuck(admin).messages) == 2)
    token = stuck(admin, page_size=1).next_page_token
    for asked in (
        pb.ListStuckRequest(provider="acme", page_token=token),
        pb.ListStuckRequest(channel=SMS, page_token=token),
        pb.ListStuckRequest(page_token=token[:-4]),
    ):
        assert refusal(admin.review.ListStuck, asked).fields == ["page_token"]
    assert ids(stuck(admin, page_token=token)) == ["b"]


def test_a_server_that_was_killed_marks_what_is_left_after_its_start(
    engine: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("killed")
    first = RunningServer(data, "--engine", engine, "--timer-interval", "0.1")
    operator = Operator(first)
    tenant = operator.tenant("acme")
    route(operator, tenant, "acme")
    names = [f"m{number}" for number in range(200)]
    register(tenant.client, *(sent(name, ago=0) for name in names))
    time.sleep(0.8)
    first.kill()
    operator.close()
    again = RunningServer(data, "--engine", engine, "--timer-interval", "0.1")
    client = Client(again.address, again.admin_key)
    reader = Client(again.address, tenant.key)
    try:
        until(lambda: _stuck_of(client, "acme") == 200)
        for name in names[::40]:
            assert [record.receipt.source for record in history(reader, name)] == ["timer"]
    finally:
        client.close()
        reader.close()
        again.terminate()


def _stuck_of(client: Client, tenant: str) -> int:
    gauges = client.review.GetGauges(pb.GetGaugesRequest(tenant=tenant)).providers
    return sum(each.stuck for each in gauges)
