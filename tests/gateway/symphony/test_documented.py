"""The documents' answers come back exactly, from data that was registered and reported through gRPC."""

from typing import Any

import orjson
import pytest

from tests.running import Operator, RunningGateway, Tenant

from .asking import ask, status_path
from .documented import EXAMPLE, FORBIDDEN, RECORDED, UNAUTHORIZED, make_true

MESSAGE_ID = "_Gj13MiR-5IrVtrmPNl6fn___qvWCYI_dA"
"""Pod API, `POST /v1/admin/messagesuppression/{id}/suppress`, example."""


@pytest.mark.parametrize("base", ["/pod/v1", "/v1"])
@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("Pod API, response 200, example", EXAMPLE),
        ("the answer recorded for the Java client", RECORDED),
    ],
)
def test_documented_answer(
    source: str, answer: dict[str, Any], base: str, tenant: Tenant, live_gateway: RunningGateway
) -> None:
    make_true(tenant.client, MESSAGE_ID, answer)
    shown = ask(live_gateway.url, status_path(MESSAGE_ID, base), tenant.key)
    assert (shown.status, shown.body) == (200, orjson.dumps(answer)), source
    assert shown.headers["content-type"] == "application/json"


def test_documented_401(live_gateway: RunningGateway) -> None:
    shown = ask(live_gateway.url, status_path(MESSAGE_ID), "no-session-of-this-pod")
    assert (shown.status, shown.json) == (401, UNAUTHORIZED)


def test_documented_403(tenant: Tenant, operator: Operator, live_gateway: RunningGateway) -> None:
    make_true(tenant.client, MESSAGE_ID, RECORDED)
    stranger = operator.key(tenant.name, ["READ"], user_id="7078106103901")
    shown = ask(live_gateway.url, status_path(MESSAGE_ID), stranger)
    assert (shown.status, shown.json) == (403, FORBIDDEN)


def test_documented_404(tenant: Tenant, live_gateway: RunningGateway) -> None:
    """The Pod API's example has the code 403 here, a copy of the response above it."""
    shown = ask(live_gateway.url, status_path(MESSAGE_ID), tenant.key)
    assert (shown.status, shown.json) == (404, {"code": 404, "message": "Not Found"})
