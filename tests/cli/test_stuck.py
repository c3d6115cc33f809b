"""`stuck`: the messages that no receipt came for in time, as a table or as JSON."""

import json

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.message_status_pb2 import Channel
from messagestatus.v1.receipt_review_service_pb2 import StuckMessage
from messagestatus_server.cli.exit_code import ExitCode

from .conftest import Run
from .scripted_service import ScriptedService

DUE, MARKED = Timestamp(seconds=1_767_225_600), Timestamp(seconds=1_767_225_603)


@pytest.fixture(autouse=True)
def _stuck(service: ScriptedService) -> None:
    service.stuck += [
        StuckMessage(
            message_id=f"m{number}",
            instance="line",
            provider="acme",
            channel=Channel.CHANNEL_SMS,
            state=DeliveryState.DELIVERY_STATE_UNKNOWN,
            due_time=DUE,
            mark_time=MARKED,
        )
        for number in range(230)
    ]


def test_they_are_a_table(run: Run) -> None:
    ended = run("stuck", "--limit", "2")
    headings, first, second = ended.out.splitlines()
    assert ended.code == ExitCode.OK
    assert headings.split() == ["MESSAGE", "INSTANCE", "PROVIDER", "CHANNEL", "STATE", "DUE", "MARKED"]
    assert first.split() == [
        "m0",
        "line",
        "acme",
        "SMS",
        "UNKNOWN",
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:03Z",
    ]
    assert second.startswith("m1 ")


@pytest.mark.parametrize(
    ("limit", "pages"), [("1", [1]), ("100", [100]), ("220", [100, 100, 20]), ("500", [100, 100, 100])]
)
def test_they_come_page_after_page_up_to_the_limit(
    run: Run, service: ScriptedService, limit: str, pages: list[int]
) -> None:
    documents = [json.loads(line) for line in run("stuck", "--limit", limit, "--json").out.splitlines()]
    assert [each["message_id"] for each in documents] == [
        f"m{number}" for number in range(min(int(limit), 230))
    ]
    assert [request.page_size for request in service.asked_stuck] == pages


def test_they_are_narrowed_and_of_the_tenant_that_is_named(run: Run, service: ScriptedService) -> None:
    run("stuck", "--provider", "acme", "--channel", "sms", "--tenant", "other")
    (request,) = service.asked_stuck
    assert (request.provider, request.channel, request.tenant) == ("acme", Channel.CHANNEL_SMS, "other")


def test_a_channel_that_there_is_not_is_refused(run: Run) -> None:
    assert run("stuck", "--channel", "smoke").code == ExitCode.USAGE
