"""ReceiptReviewService: what waits for people, in the words of the contract."""

from typing import Any

import pytest

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1 import receipt_review_service_pb2 as pb
from tests.builders import disposition, get, history, message, receipt, register, report, state_of
from tests.refused import refusal
from tests.running import Client, Operator, Tenant
from tests.transport.routes import HOST, administrator, event, opened, receive

ACME = {"name": "acme", "message_id": "p1"}
REJECTED = state_pb.DELIVERY_STATE_REJECTED


@pytest.fixture
def admin(operator: Operator, tenant: Tenant) -> Client:
    """An administrator of a tenant."""
    return administrator(operator, tenant.name)


def odd(message_id: str) -> receipt_pb.DeliveryReceipt:
    """Return a receipt whose word has no mapping."""
    return receipt_pb.DeliveryReceipt(
        message_id=message_id, provider=status_pb.Provider(name="acme", status="ODD")
    )


def orphans(admin: Client, **asked: Any) -> list[Any]:
    """Return all pages of the orphans."""
    request = pb.ListOrphansRequest(**asked)
    found: list[Any] = []
    while True:
        page = admin.review.ListOrphans(request)
        found += page.records
        request.page_token = page.next_page_token
        if not page.next_page_token:
            return found


def quarantine(admin: Client, **asked: Any) -> list[pb.QuarantinedItem]:
    """Return all pages of the quarantine."""
    request = pb.ListQuarantineRequest(**asked)
    found: list[pb.QuarantinedItem] = []
    while True:
        page = admin.review.ListQuarantine(request)
        found += page.items
        request.page_token = page.next_page_token
        if not page.next_page_token:
            return found


def test_orphans_are_listed_in_pages_and_by_provider(admin: Client, tenant: Tenant) -> None:
    keys = [
        outcome.receipt_key
        for number in range(5)
        for outcome in report(tenant.client, receipt(f"m{number}", "SENT"))
    ]
    (other,) = report(tenant.client, receipt("", "SENT", provider=ACME))
    for size in (1, 2, 6, 0):
        assert [each.receipt_key for each in orphans(admin, page_size=size)] == [*keys, other.receipt_key]
    (found,) = orphans(admin, provider="acme", page_size=1)
    assert (found.receipt.provider.message_id, disposition(found)) == ("p1", "PARKED")
    assert found.explanation == "waits for its message to be registered"


def test_an_orphan_is_adopted_with_its_mates(admin: Client, tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    report(tenant.client, receipt("", "SENT", 1, provider=ACME), receipt("", "DELIVERED", 2, provider=ACME))
    key = orphans(admin)[1].receipt_key
    outcome = admin.review.AdoptOrphan(pb.AdoptOrphanRequest(receipt_key=key, message_id="m")).outcome
    assert (disposition(outcome), outcome.receipt_key) == ("APPLIED", key)
    assert (state_of(tenant.client, "m"), orphans(admin)) == ("DELIVERED", [])
    assert get(tenant.client, "m").revision == 3
    again = refusal(admin.review.AdoptOrphan, pb.AdoptOrphanRequest(receipt_key=key, message_id="m"))
    assert (again.code.name, again.reason, again.info) == (
        "NOT_FOUND",
        "RECEIPT_NOT_FOUND",
        {"receipt_key": key},
    )


@pytest.mark.parametrize(
    ("asked", "reason", "fields"),
    [
        ({"message_id": "m"}, "FIELD_REQUIRED", ["receipt_key"]),
        ({"message_id": "m", "receipt_key": "xyz"}, "FIELD_INVALID", ["receipt_key"]),
        ({"message_id": "m", "receipt_key": "00"}, "FIELD_INVALID", ["receipt_key"]),
        ({"receipt_key": "0" * 32}, "FIELD_REQUIRED", ["message_id"]),
        ({"message_id": "m", "receipt_key": "0" * 32}, "RECEIPT_NOT_FOUND", []),
        ({"tenant": "no-such-one", "message_id": "m", "receipt_key": "0" * 32}, "TENANT_DENIED", []),
    ],
)
def test_an_adoption_that_cannot_be_is_refused(
    admin: Client, asked: dict[str, Any], reason: str, fields: list[str]
) -> None:
    told = refusal(admin.review.AdoptOrphan, pb.AdoptOrphanRequest(**asked))
    assert (told.reason, told.fields) == (reason, fields)


def test_orphans_are_dropped_by_their_keys(admin: Client, tenant: Tenant) -> None:
    report(tenant.client, receipt("a", "SENT"), receipt("b", "SENT"))
    first, second = (each.receipt_key for each in orphans(admin))
    request = pb.DropOrphansRequest(receipt_keys=[first, first, "0" * 32])
    assert [admin.review.DropOrphans(request).dropped for _ in range(2)] == [1, 0]
    assert [each.receipt_key for each in orphans(admin)] == [second]
    many = refusal(admin.review.DropOrphans, pb.DropOrphansRequest(receipt_keys=[first] * 1_001))
    assert (many.reason, many.fields) == ("BATCH_TOO_LARGE", ["receipt_keys"])
    wrong = refusal(admin.review.DropOrphans, pb.DropOrphansRequest(receipt_keys=["?"]))
    assert (wrong.reason, wrong.fields) == ("FIELD_INVALID", ["receipt_keys"])


def test_what_is_in_quarantine_is_listed_as_it_came(admin: Client, tenant: Tenant) -> None:
    carrier, path = opened(admin, tenant.name, "infobip")
    events = [event("p1", "ODD/ODD", code="EC_9"), event("", "SENT/SENT")]
    receive(tenant.client, path, carrier.post(f"{HOST}{path}", events))
    (outcome,) = report(tenant.client, odd("m"))
    word, fault, reported = sorted(
        quarantine(admin, page_size=1), key=lambda item: (not item.route, item.item)
    )
    assert (word.route, word.item, word.provider, word.word, word.code) == (
        tenant.name,
        1,
        "infobip",
        "ODD/ODD",
        "EC_9",
    )
    assert word.receipt_key == orphans(admin)[0].receipt_key
    assert (fault.item, fault.callback_id, fault.receipt_key) == (2, word.callback_id, "")
    assert fault.fault
    assert (reported.route, reported.callback_id, reported.receipt_key) == ("", 0, outcome.receipt_key)


def test_a_receipt_in_quarantine_is_given_a_meaning(admin: Client, tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    report(tenant.client, odd("m"))
    (item,) = quarantine(admin)
    request = pb.AdoptQuarantinedRequest(
        quarantine_id=item.quarantine_id,
        state=REJECTED,
        finality=state_pb.FINALITY_FINAL,
        reason=state_pb.FAILURE_REASON_NO_ROUTE,
    )
    outcome = admin.review.AdoptQuarantined(request).outcome
    assert (disposition(outcome), outcome.state, outcome.receipt_key) == (
        "APPLIED",
        REJECTED,
        item.receipt_key,
    )
    (record,) = history(tenant.client, "m")
    assert (record.receipt.state, record.receipt.finality) == (REJECTED, state_pb.FINALITY_FINAL)
    assert get(tenant.client, "m").reason == state_pb.FAILURE_REASON_NO_ROUTE
    assert quarantine(admin) == []
    told = refusal(admin.review.AdoptQuarantined, request)
    assert (told.code.name, told.reason) == ("NOT_FOUND", "QUARANTINED_NOT_FOUND")


def test_a_meaning_has_a_state(admin: Client, tenant: Tenant) -> None:
    report(tenant.client, odd("m"))
    (item,) = quarantine(admin)
    for state, reason in ((0, "FIELD_REQUIRED"), (7, "FIELD_INVALID")):
        request = pb.AdoptQuarantinedRequest(quarantine_id=item.quarantine_id)
        request.state = state  # type: ignore[assignment]  # also a number that is none
        told = refusal(admin.review.AdoptQuarantined, request)
        assert (told.reason, told.fields) == (reason, ["state"])


def test_items_are_released(admin: Client, tenant: Tenant) -> None:
    report(tenant.client, odd("a"), odd("b"))
    first, second = quarantine(admin)
    request = pb.DropQuarantinedRequest(quarantine_ids=[first.quarantine_id, -1, 2**62])
    assert [admin.review.DropQuarantined(request).dropped for _ in range(2)] == [1, 0]
    assert quarantine(admin) == [second]
    assert len(orphans(admin)) == 2
    many = refusal(admin.review.DropQuarantined, pb.DropQuarantinedRequest(quarantine_ids=range(1_001)))
    assert many.reason == "BATCH_TOO_LARGE"


def test_gauges_tell_routes_providers_and_the_quarantine(admin: Client, tenant: Tenant) -> None:
    assert admin.review.GetGauges(pb.GetGaugesRequest()) == pb.GetGaugesResponse()
    carrier, path = opened(admin, tenant.name, "infobip")
    receive(tenant.client, path, carrier.post(f"{HOST}{path}", [event("p1", "ODD/ODD")]))
    broken = carrier.post(f"{HOST}{path}", [])._replace(body=b"{")
    assert receive(tenant.client, path, broken).status == 400
    report(tenant.client, receipt("m", "SENT"))
    gauges = admin.review.GetGauges(pb.GetGaugesRequest(tenant=tenant.name))
    (route,) = gauges.routes
    assert (route.route, route.taken, route.quarantined, route.malformed, route.unverified) == (
        tenant.name,
        0,
        1,
        1,
        0,
    )
    assert route.last_time.seconds > 0
    assert [(each.provider, each.orphans) for each in gauges.providers] == [("", 1), ("infobip", 1)]
    assert all(each.HasField("oldest_orphan_time") for each in gauges.providers)
    assert gauges.quarantined == 1
    assert gauges.oldest_quarantined_time.seconds > 0


@pytest.mark.parametrize("asked", [{"page_size": -1}, {"page_token": "x"}], ids=str)
def test_a_page_that_cannot_be_is_refused(admin: Client, asked: dict[str, Any]) -> None:
    (field,) = asked
    for call, request in (
        (admin.review.ListOrphans, pb.ListOrphansRequest(**asked)),
        (admin.review.ListQuarantine, pb.ListQuarantineRequest(**asked)),
    ):
        assert refusal(call, request).fields == [field]


def test_a_token_of_one_list_is_of_no_use_for_another(admin: Client, tenant: Tenant) -> None:
    report(tenant.client, odd("a"), odd("b"))
    page = admin.review.ListOrphans(pb.ListOrphansRequest(page_size=1))
    for call, request in (
        (admin.review.ListOrphans, pb.ListOrphansRequest(page_token=page.next_page_token, provider="acme")),
        (admin.review.ListQuarantine, pb.ListQuarantineRequest(page_token=page.next_page_token)),
    ):
        assert refusal(call, request).reason == "PAGE_TOKEN_INVALID"
