"""What came in for one tenant, and waits there, is neither seen nor settled by another's administrator."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1 import callback_service_pb2 as callback_pb
from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import receipt_review_service_pb2 as pb
from tests.builders import message, receipt, register, report
from tests.refused import refusal
from tests.running import Client, Operator, Tenant
from tests.transport.routes import HOST, administrator, event, opened, receive

SENT = state_pb.DELIVERY_STATE_SENT


class Waiting(NamedTuple):
    """What waits for a tenant's administrator."""

    admin: Client
    route: str
    receipt_key: str
    quarantine_id: int


@pytest.fixture
def theirs(operator: Operator, tenant: Tenant) -> Waiting:
    """A tenant with a callback, an orphan, and something in quarantine."""
    admin = administrator(operator, tenant.name)
    carrier, path = opened(admin, tenant.name, "infobip")
    receive(tenant.client, path, carrier.post(f"{HOST}{path}", [event("p1", "ODD/ODD")]))
    report(tenant.client, receipt("m", "SENT"))
    (item,) = admin.review.ListQuarantine(pb.ListQuarantineRequest()).items
    return Waiting(admin, tenant.name, item.receipt_key, item.quarantine_id)


@pytest.fixture
def stranger(operator: Operator) -> Client:
    """An administrator of another tenant, which has a message of the same name."""
    tenant = operator.tenant()
    register(tenant.client, message("m"))
    return administrator(operator, tenant.name)


def seen(theirs: Waiting) -> list[bytes]:
    """Return all that the tenant's own administrator sees."""
    review = theirs.admin.review
    replies = (
        review.ListOrphans(pb.ListOrphansRequest()),
        review.ListQuarantine(pb.ListQuarantineRequest()),
        review.GetGauges(pb.GetGaugesRequest()),
        theirs.admin.callbacks.ListCallbacks(callback_pb.ListCallbacksRequest()),
    )
    return [reply.SerializeToString(deterministic=True) for reply in replies]


def test_lists_and_gauges_of_another_tenant_are_empty(theirs: Waiting, stranger: Client) -> None:
    assert all(seen(theirs))
    nobody = Waiting(stranger, "", "", 0)
    assert seen(nobody) == [b""] * 4


def test_what_another_tenant_has_cannot_be_settled(theirs: Waiting, stranger: Client) -> None:
    before = seen(theirs)
    adopt = pb.AdoptOrphanRequest(receipt_key=theirs.receipt_key, message_id="m")
    assert refusal(stranger.review.AdoptOrphan, adopt).reason == "RECEIPT_NOT_FOUND"
    resolve = pb.AdoptQuarantinedRequest(quarantine_id=theirs.quarantine_id, state=SENT)
    assert refusal(stranger.review.AdoptQuarantined, resolve).reason == "QUARANTINED_NOT_FOUND"
    drop = pb.DropOrphansRequest(receipt_keys=[theirs.receipt_key])
    assert stranger.review.DropOrphans(drop).dropped == 0
    release = pb.DropQuarantinedRequest(quarantine_ids=[theirs.quarantine_id])
    assert stranger.review.DropQuarantined(release).dropped == 0
    replay = callback_pb.ReplayCallbacksRequest(since_time=Timestamp())
    assert stranger.callbacks.ReplayCallbacks(replay) == callback_pb.ReplayCallbacksResponse()
    assert seen(theirs) == before


def test_a_route_of_another_tenant_is_answered_like_none(theirs: Waiting, stranger: Client) -> None:
    for route in (theirs.route, "none-of-that-name"):
        for call, request in (
            (stranger.callbacks.ListCallbacks, callback_pb.ListCallbacksRequest(route=route)),
            (
                stranger.callbacks.ReplayCallbacks,
                callback_pb.ReplayCallbacksRequest(route=route, since_time=Timestamp()),
            ),
        ):
            told = refusal(call, request)
            assert (told.reason, told.info) == ("ROUTE_NOT_FOUND", {"route": route})


NAMING: dict[str, Callable[[Client, str], tuple[Any, Any]]] = {
    "ListOrphans": lambda client, name: (client.review.ListOrphans, pb.ListOrphansRequest(tenant=name)),
    "AdoptOrphan": lambda client, name: (
        client.review.AdoptOrphan,
        pb.AdoptOrphanRequest(tenant=name, receipt_key="0" * 32, message_id="m"),
    ),
    "DropOrphans": lambda client, name: (client.review.DropOrphans, pb.DropOrphansRequest(tenant=name)),
    "ListQuarantine": lambda client, name: (
        client.review.ListQuarantine,
        pb.ListQuarantineRequest(tenant=name),
    ),
    "AdoptQuarantined": lambda client, name: (
        client.review.AdoptQuarantined,
        pb.AdoptQuarantinedRequest(tenant=name, quarantine_id=1, state=SENT),
    ),
    "DropQuarantined": lambda client, name: (
        client.review.DropQuarantined,
        pb.DropQuarantinedRequest(tenant=name),
    ),
    "ListStuck": lambda client, name: (client.review.ListStuck, pb.ListStuckRequest(tenant=name)),
    "GetGauges": lambda client, name: (client.review.GetGauges, pb.GetGaugesRequest(tenant=name)),
    "ListCallbacks": lambda client, name: (
        client.callbacks.ListCallbacks,
        callback_pb.ListCallbacksRequest(tenant=name),
    ),
    "ReplayCallbacks": lambda client, name: (
        client.callbacks.ReplayCallbacks,
        callback_pb.ReplayCallbacksRequest(tenant=name, since_time=Timestamp()),
    ),
}


@pytest.mark.parametrize("naming", NAMING.values(), ids=NAMING)
def test_only_the_operator_may_name_another_tenant(
    theirs: Waiting, stranger: Client, naming: Callable[[Client, str], tuple[Any, Any]]
) -> None:
    """Whether there is one of the name or not."""
    for name in (theirs.route, "no-such-tenant"):
        assert refusal(*naming(stranger, name)).reason == "TENANT_DENIED"


def test_every_method_of_review_names_its_tenant_here() -> None:
    methods = {
        method.name
        for service in (
            pb.DESCRIPTOR.services_by_name["ReceiptReviewService"],
            callback_pb.DESCRIPTOR.services_by_name["CallbackService"],
        )
        for method in service.methods
    }
    assert methods - {"ReceiveCallback"} == set(NAMING)
