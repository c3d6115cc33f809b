"""CallbackService: callbacks as the gateway hands them on, answered when they are safe."""

from typing import Any

import grpc
import pytest

from messagestatus.v1 import callback_pb2
from messagestatus.v1 import callback_service_pb2 as pb
from tests.builders import get, history, message, register, state_of
from tests.running import Client, Operator, RunningServer, Tenant
from tests.transport.routes import HOST, administrator, delete, event, opened, receive, update

P1 = {"name": "twilio", "message_id": "p1"}


@pytest.fixture
def admin(operator: Operator, tenant: Tenant) -> Client:
    """An administrator of a tenant."""
    return administrator(operator, tenant.name)


def test_a_callback_moves_its_message(admin: Client, tenant: Tenant) -> None:
    register(tenant.client, message("m", provider=P1))
    carrier, path = opened(admin, tenant.name, "twilio")
    posting = carrier.post(f"{HOST}{path}", [event("p1", "undelivered", code="30003")])
    answer = receive(tenant.client, path, posting)
    assert (answer.status, answer.body, answer.content_type) == (200, b"", "text/plain; charset=utf-8")
    moved = get(tenant.client, "m")
    assert (moved.provider.status, moved.provider.code) == ("undelivered", "30003")
    assert state_of(tenant.client, "m") == "UNDELIVERED"
    assert len(history(tenant.client, "m")) == 1


def test_nobody_needs_a_key_for_it(admin: Client, tenant: Tenant, server: RunningServer) -> None:
    """The carrier has none, and the gateway none either."""
    carrier, path = opened(admin, tenant.name, "twilio")
    posting = carrier.post(f"{HOST}{path}", [event("p1", "sent")])
    with grpc.insecure_channel(server.address) as channel:
        call: Any = channel.unary_unary("/messagestatus.v1.CallbackService/ReceiveCallback")
        request = pb.ReceiveCallbackRequest(
            route=tenant.name,
            path_secret=path.rpartition("/")[2],
            method="post",
            url=posting.url,
            headers=[callback_pb2.Header(name=name, value=value) for name, value in posting.headers.items()],
            body=posting.body,
        )
        answered = pb.ReceiveCallbackResponse.FromString(call(request.SerializeToString(), timeout=20))
        _, state = call.with_call(request.SerializeToString(), timeout=20)
    assert answered.status == 200
    assert "x-tenant" not in dict(state.trailing_metadata()), "strangers are not told whose route it is"


def test_the_names_of_headers_may_be_in_any_case_and_the_first_counts(admin: Client, tenant: Tenant) -> None:
    carrier, path = opened(admin, tenant.name, "twilio")
    posting = carrier.post(f"{HOST}{path}", [event("p1", "sent")])
    shouted = {name.upper(): value for name, value in posting.headers.items()}
    again = callback_pb2.Header(name="X-Twilio-Signature", value="forged")
    assert receive(tenant.client, path, posting._replace(headers=shouted), headers=[again]).status == 200
    forged = {"x-twilio-signature": "forged"} | shouted
    assert receive(tenant.client, path, posting._replace(headers=forged)).status == 403


def test_what_a_route_decides_holds_at_once(admin: Client, tenant: Tenant) -> None:
    """For the server that decided; others know of it within a second."""
    carrier, path = opened(admin, tenant.name, "twilio")
    posting = carrier.post(f"{HOST}{path}", [event("p1", "sent")])
    assert receive(tenant.client, path, posting).status == 200
    update(admin, tenant.name, spec={"disabled": True})
    assert receive(tenant.client, path, posting).status == 503
    update(admin, tenant.name, spec={"allowed_networks": ["198.51.100.0/24"]})
    assert receive(tenant.client, path, posting).status == 403
    update(admin, tenant.name, secrets={"auth_token": "another"})
    assert receive(tenant.client, path, posting).status == 403
    delete(admin, tenant.name)
    assert receive(tenant.client, path, posting).status == 404


def test_a_name_that_was_asked_for_in_vain_is_known_as_soon_as_it_is_made(
    admin: Client, tenant: Tenant
) -> None:
    asked = pb.ReceiveCallbackRequest(route=tenant.name, method="POST", url=HOST)
    assert tenant.client.callbacks.ReceiveCallback(asked).status == 404
    carrier, path = opened(admin, tenant.name, "twilio")
    posting = carrier.post(f"{HOST}{path}", [event("p1", "sent")])
    assert receive(tenant.client, path, posting).status == 200


def test_a_callback_of_three_megabytes_is_taken(admin: Client, tenant: Tenant) -> None:
    """Meta sends no larger ones."""
    carrier, path = opened(admin, tenant.name, "infobip")
    register(tenant.client, message("m", provider={"name": "infobip", "message_id": "p99"}))
    told = [event(f"p{number}", "DELIVERED/DELIVERED_TO_HANDSET") for number in range(100)]
    posting = carrier.post(f"{HOST}{path}", told)
    padded = posting._replace(body=posting.body + b" " * (3 * 1024 * 1024 - len(posting.body)))
    assert receive(tenant.client, path, padded).status == 200
    assert state_of(tenant.client, "m") == "DELIVERED"


def test_the_receipts_of_a_deleted_route_stay(admin: Client, tenant: Tenant) -> None:
    register(tenant.client, message("m", provider=P1))
    carrier, path = opened(admin, tenant.name, "twilio")
    receive(tenant.client, path, carrier.post(f"{HOST}{path}", [event("p1", "delivered")]))
    delete(admin, tenant.name)
    assert state_of(tenant.client, "m") == "DELIVERED"
    assert len(history(tenant.client, "m")) == 1
