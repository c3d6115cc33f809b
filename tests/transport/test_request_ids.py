"""Request ids: the caller's own where it is fit for a log line; each refusal has one in any case."""

import re
import time
from typing import Any

import pytest

from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import message, register
from tests.refused import refusal
from tests.running import PATIENCE, RunningServer, Tenant

FOUND = lookup_pb.GetStatusRequest(message_id="m")
MISSING = lookup_pb.GetStatusRequest(message_id="none")


def _of_answer(tenant: Tenant, *metadata: tuple[str, str | bytes]) -> str:
    """Return the request id of an answer, which has one and only one."""
    call: Any = tenant.client.status.GetStatus
    _, ended = call.with_call(FOUND, metadata=metadata)
    (found,) = [value for name, value in ended.trailing_metadata() if name == "x-request-id"]
    return str(found)


@pytest.mark.parametrize("request_id", ["a", "Order-7_x.Y", "9" * 64])
def test_the_callers_own_comes_back_with_answers_and_refusals(tenant: Tenant, request_id: str) -> None:
    register(tenant.client, message("m"))
    named = ("x-request-id", request_id)
    assert _of_answer(tenant, named) == request_id
    refused = refusal(tenant.client.status.GetStatus, MISSING, metadata=[named])
    assert refused.trailers["x-request-id"] == refused.request_id == request_id


@pytest.mark.parametrize("request_id", ["", "x" * 65, "two words", "semi;colon", "{json}", "a/b"])
def test_one_that_could_spoil_a_log_line_is_replaced(tenant: Tenant, request_id: str) -> None:
    refused = refusal(tenant.client.status.GetStatus, MISSING, metadata=[("x-request-id", request_id)])
    assert re.fullmatch(r"[0-9a-f]{16}", refused.request_id)


def test_no_two_refusals_are_given_the_same(tenant: Tenant) -> None:
    assert len({refusal(tenant.client.status.GetStatus, MISSING).request_id for _ in range(10)}) == 10


def test_an_answer_whose_caller_named_nothing_has_no_name(tenant: Tenant) -> None:
    """To name every answer would cost more than to give it, and nothing is logged of it."""
    register(tenant.client, message("m"))
    _, ended = tenant.client.status.GetStatus.with_call(FOUND)
    assert "x-request-id" not in dict(ended.trailing_metadata() or ())


def test_a_refusal_is_logged_under_its_request_id(tenant: Tenant, server: RunningServer) -> None:
    refused = refusal(tenant.client.status.GetStatus, MISSING)
    line = _logged(server, refused.request_id)
    assert (line["event"], line["code"], line["tenant"]) == ("call", "NOT_FOUND", tenant.name)
    assert line["method"] == "/messagestatus.v1.MessageStatusService/GetStatus"


def _logged(server: RunningServer, request_id: str) -> dict[str, Any]:
    """Return the log line of a call, once it has come through the pipe."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for line in list(server.lines):
            if line.get("request_id") == request_id:
                return line
        time.sleep(0.01)
    raise AssertionError(f"nothing is logged of {request_id}")
