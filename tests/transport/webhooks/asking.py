"""What administrators do to endpoints, in one line."""

import time
from typing import Any

from messagestatus.v1 import webhook_endpoint_pb2 as endpoint_pb
from messagestatus.v1 import webhook_endpoint_service_pb2 as pb
from tests.hooks import attempts
from tests.running import Client, Tenant

URL = "https://hooks.example.com/dlr"


def listed(admin: Client, tenant: Tenant) -> list[endpoint_pb.WebhookEndpoint]:
    request = pb.ListWebhookEndpointsRequest(tenant=tenant.name)
    return list(admin.webhooks.ListWebhookEndpoints(request).endpoints)


def update(admin: Client, tenant: Tenant, endpoint_id: str, **decided: Any) -> endpoint_pb.WebhookEndpoint:
    spec = endpoint_pb.WebhookSpec(**{"url": URL, **decided})
    request = pb.UpdateWebhookEndpointRequest(tenant=tenant.name, endpoint_id=endpoint_id, spec=spec)
    return admin.webhooks.UpdateWebhookEndpoint(request).endpoint


def enable(admin: Client, tenant: Tenant, endpoint_id: str, *, enabled: bool) -> endpoint_pb.WebhookEndpoint:
    request = pb.SetWebhookEnabledRequest(tenant=tenant.name, endpoint_id=endpoint_id, enabled=enabled)
    return admin.webhooks.SetWebhookEnabled(request).endpoint


def replay(admin: Client, tenant: Tenant, endpoint_id: str, **wanted: Any) -> int:
    request = pb.ReplayEventsRequest(tenant=tenant.name, endpoint_id=endpoint_id, **wanted)
    return admin.webhooks.ReplayEvents(request).events


def attempts_of(
    admin: Client, tenant: Tenant, endpoint_id: str, number: int
) -> list[endpoint_pb.WebhookAttempt]:
    """Return attempts when there are so many: they are written down after the answer."""
    for _ in range(100):
        found = attempts(admin, tenant.name, endpoint_id)
        if len(found) >= number:
            return found
        time.sleep(0.05)
    raise AssertionError(found)
