"""What comes beside every reply: the name of the call in the log, and whose key it carried."""

import grpc
import pytest

from messagestatus.v1.message_status_service_pb2 import BatchStatusRequest, GetStatusRequest
from tests.running import Operator, Tenant


def trailers(call: object) -> dict[str, str | bytes]:
    assert isinstance(call, grpc.Call)
    return dict(call.trailing_metadata() or ())


def test_a_reply_names_the_call_and_the_tenant(tenant: Tenant) -> None:
    named = (("x-request-id", "order-4711"),)
    _, call = tenant.client.status.BatchStatus.with_call(BatchStatusRequest(), metadata=named)
    assert trailers(call) == {"x-request-id": "order-4711", "x-tenant": tenant.name}


def test_so_does_a_refusal_of_a_known_caller(tenant: Tenant, operator: Operator) -> None:
    """Whoever limits calls by tenant needs the name before the first call that succeeds."""
    ingesting = operator.connect(operator.key(tenant.name, ["INGEST"]))
    for client in (tenant.client, ingesting):
        with pytest.raises(grpc.RpcError) as refused:
            client.status.GetStatus(GetStatusRequest(message_id="nobody"))
        assert trailers(refused.value)["x-tenant"] == tenant.name


def test_a_stranger_is_told_of_no_tenant(operator: Operator) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        operator.connect("a-key-of-nobody").status.BatchStatus(BatchStatusRequest())
    assert "x-tenant" not in trailers(refused.value)
