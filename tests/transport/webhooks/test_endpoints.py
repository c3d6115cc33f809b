"""WebhookEndpointService: what may be decided, what is shown of it, and to whom."""

from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from messagestatus.v1 import webhook_endpoint_pb2 as endpoint_pb
from messagestatus.v1 import webhook_endpoint_service_pb2 as pb
from tests.builders import message, register
from tests.hooks import Hooks, create
from tests.refused import refusal
from tests.running import Client, Operator, Tenant

from .asking import URL, attempts_of, listed, update


def test_a_secret_is_told_once_and_an_authorization_never(admin: Client, tenant: Tenant) -> None:
    made = create(admin, tenant.name, URL, authorization="Basic c2VjcmV0")
    assert made.secret.startswith("whsec_")
    (shown,) = listed(admin, tenant)
    assert shown == made.endpoint
    assert shown.spec.authorization == "********"
    assert (shown.spec.rate, shown.spec.concurrency, shown.spec.batch_size) == (50, 8, 1)
    kept = update(admin, tenant, shown.endpoint_id, authorization="********", rate=7)
    assert (kept.spec.authorization, kept.spec.rate) == ("********", 7)
    assert update(admin, tenant, shown.endpoint_id).spec.authorization == ""


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://hooks.example.com/",
        "http://1.1.1.1/",
        "https://user@hooks.example.com/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://0x7f000001/",
    ],
)
def test_an_endpoint_is_of_the_public_internet_or_of_what_the_operator_allows(
    admin: Client, tenant: Tenant, url: str
) -> None:
    spec = endpoint_pb.WebhookSpec(url=url)
    told = refusal(
        admin.webhooks.CreateWebhookEndpoint, pb.CreateWebhookEndpointRequest(tenant=tenant.name, spec=spec)
    )
    assert (told.code, told.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["spec.url"])


@pytest.mark.parametrize(
    ("decided", "field"),
    [
        ({"format": 9}, "spec.format"),
        ({"signing": 9}, "spec.signing"),
        ({"rate": -1}, "spec.rate"),
        ({"concurrency": 101}, "spec.concurrency"),
        ({"batch_size": 101}, "spec.batch_size"),
        ({"batch_size": 2, "format": endpoint_pb.WEBHOOK_FORMAT_RYZE}, "spec.batch_size"),
        ({"coalesce_window": Duration(seconds=3601)}, "spec.coalesce_window"),
        ({"coalesce_window": Duration(seconds=-1)}, "spec.coalesce_window"),
        ({"authorization": "two\nlines"}, "spec.authorization"),
        ({"authorization": "***"}, "spec.authorization"),
        ({"filter": {"kinds": [9]}}, "spec.filter.kinds"),
        ({"filter": {"states": [9]}}, "spec.filter.states"),
    ],
)
def test_what_cannot_be_decided_is_refused_by_its_field(
    admin: Client, tenant: Tenant, decided: dict[str, Any], field: str
) -> None:
    spec = endpoint_pb.WebhookSpec(url=URL, **decided)
    request = pb.CreateWebhookEndpointRequest(tenant=tenant.name, spec=spec)
    assert refusal(admin.webhooks.CreateWebhookEndpoint, request).fields == [field]


def test_a_filter_names_instances_that_there_are(admin: Client, tenant: Tenant) -> None:
    spec = endpoint_pb.WebhookSpec(url=URL, filter=endpoint_pb.WebhookFilter(instances=["none"]))
    request = pb.CreateWebhookEndpointRequest(tenant=tenant.name, spec=spec)
    assert refusal(admin.webhooks.CreateWebhookEndpoint, request).reason == "INSTANCE_NOT_FOUND"


def test_how_an_endpoint_signs_stays(admin: Client, tenant: Tenant) -> None:
    endpoint_id = create(admin, tenant.name, URL).endpoint.endpoint_id
    spec = endpoint_pb.WebhookSpec(url=URL, signing=endpoint_pb.WEBHOOK_SIGNING_KEY_PAIR)
    request = pb.UpdateWebhookEndpointRequest(tenant=tenant.name, endpoint_id=endpoint_id, spec=spec)
    assert refusal(admin.webhooks.UpdateWebhookEndpoint, request).fields == ["spec.signing"]


def test_a_tenant_has_fifty_endpoints_at_most(admin: Client, tenant: Tenant) -> None:
    for _ in range(50):
        create(admin, tenant.name, URL)
    spec = endpoint_pb.WebhookSpec(url=URL)
    told = refusal(
        admin.webhooks.CreateWebhookEndpoint, pb.CreateWebhookEndpointRequest(tenant=tenant.name, spec=spec)
    )
    assert (told.reason, told.info) == ("ENDPOINT_LIMIT_REACHED", {"limit": "50"})


def test_a_deleted_endpoint_is_gone_with_what_waited(admin: Client, tenant: Tenant, hooks: Hooks) -> None:
    hooks.answer = lambda _: (500, {})
    endpoint_id = create(admin, tenant.name, hooks.url).endpoint.endpoint_id
    register(tenant.client, message("m"))
    attempts_of(admin, tenant, endpoint_id, 1)
    request = pb.DeleteWebhookEndpointRequest(tenant=tenant.name, endpoint_id=endpoint_id)
    admin.webhooks.DeleteWebhookEndpoint(request)
    admin.webhooks.DeleteWebhookEndpoint(request)
    assert listed(admin, tenant) == []
    told = refusal(
        admin.webhooks.ListAttempts, pb.ListAttemptsRequest(tenant=tenant.name, endpoint_id=endpoint_id)
    )
    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "ENDPOINT_NOT_FOUND")


def test_another_tenants_administrator_finds_no_endpoint(
    operator: Operator, admin: Client, tenant: Tenant
) -> None:
    endpoint_id = create(admin, tenant.name, URL).endpoint.endpoint_id
    other = operator.connect(operator.key(operator.tenant().name, ["ADMIN"], client="boss"))
    stub = other.webhooks
    calls: list[tuple[Any, Any]] = [
        (stub.UpdateWebhookEndpoint, pb.UpdateWebhookEndpointRequest),
        (stub.RotateWebhookSecret, pb.RotateWebhookSecretRequest),
        (stub.SetWebhookEnabled, pb.SetWebhookEnabledRequest),
        (stub.SendTestEvent, pb.SendTestEventRequest),
        (stub.ReplayEvents, pb.ReplayEventsRequest),
        (stub.ListAttempts, pb.ListAttemptsRequest),
    ]
    for call, request in calls:
        asked = request(endpoint_id=endpoint_id)
        if isinstance(asked, pb.UpdateWebhookEndpointRequest):
            asked.spec.url = URL
        assert refusal(call, asked).reason == "ENDPOINT_NOT_FOUND"
        asked.tenant = tenant.name
        assert refusal(call, asked).reason == "TENANT_DENIED"
    stub.DeleteWebhookEndpoint(pb.DeleteWebhookEndpointRequest(endpoint_id=endpoint_id))
    assert len(listed(admin, tenant)) == 1
