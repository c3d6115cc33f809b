"""Lists run from the latest message backwards. Message status API, "Query parameters"."""

from collections.abc import Iterator

import httpx2
import pytest

from messagestatus.v1 import message_status_pb2 as status_pb
from tests.builders import message, moment, register
from tests.gateway.samples import PHONE
from tests.running import Operator, RunningGateway, Tenant


def client_of(tenant: Tenant, gateway: RunningGateway) -> httpx2.Client:
    return httpx2.Client(base_url=f"{gateway.url}/api/messagestatus", headers={"X-Api-Key": tenant.key})


@pytest.fixture(scope="module")
def sixty(operator: Operator, live_gateway: RunningGateway) -> Iterator[httpx2.Client]:
    """A client of a tenant with sixty messages, each accepted a second after the one before it."""
    tenant = operator.tenant()
    reference = status_pb.Reference(service="s", key="k")
    messages = [
        message(f"{number:02}", accept_time=moment(number), phone=PHONE, reference=reference)
        for number in range(60)
    ]
    register(tenant.client, *messages)
    with client_of(tenant, live_gateway) as asking:
        yield asking


@pytest.mark.parametrize(
    ("rule", "query", "expected"),
    [
        ("50 unless told", "", [f"{number:02}" for number in range(59, 9, -1)]),
        ("as many as told", "?count=2", ["59", "58"]),
        ("before a time, which is not part of it", "?count=2&sendDate=2026-01-01T00:00:02Z", ["01", "00"]),
        ("in full precision", "?count=2&sendDate=2026-01-01T00:00:02.000001Z", ["02", "01"]),
        ("a zone counts", "?count=1&sendDate=2026-01-01T01:00:02%2B01:00", ["01"]),
        ("a plus that became a blank too", "?count=1&sendDate=2026-01-01T01:00:02+01:00", ["01"]),
        ("a day begins at midnight", "?sendDate=2026-01-01", []),
        ("no time is also the future", "?count=1&sendDate=2999-01-01", ["59"]),
    ],
)
@pytest.mark.parametrize("path", [f"/phonenumber/{PHONE}", "/reference/k"])
def test_lists_run_from_the_latest(
    rule: str, query: str, expected: list[str], path: str, sixty: httpx2.Client
) -> None:
    entries = sixty.get(f"{path}{query}").json()["messages"]
    assert [entry["message"]["id"] for entry in entries] == expected, rule


def test_of_one_moment_the_greater_id_is_the_later(operator: Operator, live_gateway: RunningGateway) -> None:
    tenant = operator.tenant()
    register(tenant.client, *(message(one, accept_time=moment(), phone=PHONE) for one in "bac"))
    with client_of(tenant, live_gateway) as asking:
        entries = asking.get(f"/phonenumber/{PHONE}").json()["messages"]
    assert [entry["message"]["id"] for entry in entries] == ["c", "b", "a"]


def test_never_more_than_a_hundred(operator: Operator, live_gateway: RunningGateway) -> None:
    tenant = operator.tenant()
    register(tenant.client, *(message(str(number), phone=PHONE) for number in range(101)))
    with client_of(tenant, live_gateway) as asking:
        assert len(asking.get(f"/phonenumber/{PHONE}?count=500").json()["messages"]) == 100
