"""The journal of callbacks: listed by administrators, and read again."""

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1 import callback_pb2
from messagestatus.v1 import callback_service_pb2 as pb
from messagestatus.v1 import delivery_state_pb2 as state_pb
from tests.builders import message, register, state_of
from tests.refused import refusal
from tests.running import Client, Operator, Tenant
from tests.transport.routes import HOST, administrator, event, opened, receive, update
from tests.transport.routes import listed as routes

P1 = {"name": "infobip", "message_id": "p1"}
HANDSET = "DELIVERED/DELIVERED_TO_HANDSET"
EVER = Timestamp(seconds=0)


@pytest.fixture
def admin(operator: Operator, tenant: Tenant) -> Client:
    """An administrator of a tenant."""
    return administrator(operator, tenant.name)


def send(admin: Client, client: Client, route: str, *bodies: list[Any]) -> None:
    """Open a route of Infobip's, and send callbacks: the events of each, or a body as it is."""
    carrier, path = opened(admin, route, "infobip")
    for body in bodies:
        posting = carrier.post(f"{HOST}{path}", [each for each in body if not isinstance(each, bytes)])
        if body and isinstance(body[0], bytes):
            posting = posting._replace(body=body[0])
        receive(client, path, posting)


def listed(admin: Client, **asked: Any) -> list[callback_pb2.CallbackRecord]:
    """Return all pages of the journal."""
    request = pb.ListCallbacksRequest(**asked)
    found: list[callback_pb2.CallbackRecord] = []
    while True:
        page = admin.callbacks.ListCallbacks(request)
        assert len(page.callbacks) <= (request.page_size or 50)
        found += page.callbacks
        request.page_token = page.next_page_token
        if not page.next_page_token:
            return found


def replay(admin: Client, **asked: Any) -> pb.ReplayCallbacksResponse:
    """Return what one call told."""
    return admin.callbacks.ReplayCallbacks(pb.ReplayCallbacksRequest(since_time=EVER, **asked))


def test_a_callback_is_listed_as_it_came(admin: Client, tenant: Tenant) -> None:
    send(admin, tenant.client, tenant.name, [event("p1", HANDSET), event("p2", "ODD/ODD")])
    (record,) = listed(admin)
    assert (record.route, record.method) == (tenant.name, "POST")
    assert record.verdict == callback_pb2.CALLBACK_VERDICT_QUARANTINED
    assert (record.items, record.quarantined_items, record.explanation) == (2, 1, "")
    assert b'"messageId": "p2"' in record.body
    assert [header.name for header in record.headers] == ["content-type"]
    assert record.receive_time.seconds > 0
    assert record.callback_id > 0


def test_callbacks_are_listed_the_newest_first_by_route_and_verdict(admin: Client, tenant: Tenant) -> None:
    other = f"{tenant.name}-other"
    send(admin, tenant.client, tenant.name, *[[event(f"p{number}", HANDSET)] for number in range(3)], [b"{"])
    send(admin, tenant.client, other, [event("q", HANDSET)], [b"["])
    ids = [record.callback_id for record in listed(admin)]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 6
    for size in (1, 2, 3, 6):
        assert [record.callback_id for record in listed(admin, page_size=size)] == ids
    assert [record.callback_id for record in listed(admin, route=other)] == ids[:2]
    malformed = [callback_pb2.CALLBACK_VERDICT_MALFORMED]
    assert [record.callback_id for record in listed(admin, verdicts=malformed, page_size=1)] == [
        ids[0],
        ids[2],
    ]
    both = [*malformed, callback_pb2.CALLBACK_VERDICT_TAKEN]
    assert [record.callback_id for record in listed(admin, verdicts=both, page_size=4)] == ids
    assert all(record.explanation for record in listed(admin, verdicts=malformed))


@pytest.mark.parametrize(
    "change",
    [{"route": "other"}, {"verdicts": [1]}, {"tenant": "other"}],
    ids=lambda change: next(iter(change)),
)
def test_a_token_is_of_no_use_for_another_list(
    admin: Client, tenant: Tenant, operator: Operator, change: dict[str, Any]
) -> None:
    send(admin, tenant.client, tenant.name, [event("p1", HANDSET)], [event("p2", HANDSET)])
    asked: dict[str, Any] = {"tenant": tenant.name, "page_size": 1}
    token = operator.client.callbacks.ListCallbacks(pb.ListCallbacksRequest(**asked)).next_page_token
    assert token
    request = pb.ListCallbacksRequest(**{**asked, "page_token": token, **change})
    assert refusal(operator.client.callbacks.ListCallbacks, request).reason == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize(
    ("asked", "reason", "field"),
    [
        ({"page_size": -1}, "FIELD_INVALID", ["page_size"]),
        ({"verdicts": [9]}, "FIELD_INVALID", ["verdicts"]),
        ({"page_token": "x"}, "PAGE_TOKEN_INVALID", ["page_token"]),
        ({"route": "none-of-that-name"}, "ROUTE_NOT_FOUND", []),
        ({"tenant": "no-such-tenant"}, "TENANT_DENIED", []),
    ],
)
def test_a_list_that_cannot_be_is_refused(
    admin: Client, asked: dict[str, Any], reason: str, field: list[str]
) -> None:
    told = refusal(admin.callbacks.ListCallbacks, pb.ListCallbacksRequest(**asked))
    assert (told.reason, told.fields) == (reason, field)


def test_large_bodies_come_on_pages_that_a_client_can_take(admin: Client, tenant: Tenant) -> None:
    send(admin, tenant.client, tenant.name, *[[b"{" + bytes(900_000)] for _ in range(5)])
    page = admin.callbacks.ListCallbacks(pb.ListCallbacksRequest())
    assert 1 <= len(page.callbacks) < 5
    assert len(listed(admin)) == 5


def test_a_word_that_is_mapped_moves_its_message_when_it_is_read_again(admin: Client, tenant: Tenant) -> None:
    register(tenant.client, message("m", provider=P1))
    send(admin, tenant.client, tenant.name, [event("p1", "ODD/ODD")])
    assert replay(admin).quarantined == 1
    (route,) = routes(admin)
    route.spec.overrides.add(word="ODD/ODD", state=state_pb.DELIVERY_STATE_DELIVERED)
    update(admin, tenant.name, spec=route.spec)
    told = pb.ReplayCallbacksResponse(callbacks=1, receipts=1, mended=1, moved=1)
    assert replay(admin, route=tenant.name) == told
    assert state_of(tenant.client, "m") == "DELIVERED"
    assert replay(admin) == pb.ReplayCallbacksResponse(callbacks=1, receipts=1)


def test_a_replay_needs_a_time_and_goes_part_by_part(admin: Client, tenant: Tenant) -> None:
    told = refusal(admin.callbacks.ReplayCallbacks, pb.ReplayCallbacksRequest())
    assert (told.reason, told.fields) == ("FIELD_REQUIRED", ["since_time"])
    send(admin, tenant.client, tenant.name, *[[event(f"p{number}", HANDSET)] for number in range(201)])
    first = replay(admin)
    assert first.callbacks == 200
    assert first.next_page_token
    request = pb.ReplayCallbacksRequest(since_time=EVER, route=tenant.name, page_token=first.next_page_token)
    assert refusal(admin.callbacks.ReplayCallbacks, request).reason == "PAGE_TOKEN_INVALID"
    last = replay(admin, page_token=first.next_page_token)
    assert (last.callbacks, last.next_page_token) == (1, "")
