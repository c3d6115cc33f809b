"""`get`, `list` and `batch`, for people and for machines."""

import io
import json

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.message_status_pb2 import Channel, MessageStatus, Provider, Recipient, Reference
from messagestatus.v1.user_pb2 import User
from messagestatus_server.cli.exit_code import ExitCode

from .conftest import Run
from .scripted_service import ScriptedService

_STATUS = MessageStatus(
    message_id="m1",
    channel=Channel.CHANNEL_SMS,
    phone="+1234567890",
    reference=Reference(service="DIGITALSIGN", key="EXT_KEY"),
    provider=Provider(name="PROVIDER1", detail="Number\x1b[2J blocked\nby carrier"),
    state=DeliveryState.DELIVERY_STATE_UNDELIVERED,
    accept_time=Timestamp(seconds=1770188075),
    revision=3,
)


def test_get_prints_each_field_that_is_set_by_its_dotted_name(run: Run, service: ScriptedService) -> None:
    service.messages["m1"] = _STATUS
    lines = dict(line.split(maxsplit=1) for line in run("get", "m1").out.splitlines())
    assert lines["message_id"] == "m1"
    assert lines["reference.key"] == "EXT_KEY"
    assert lines["state"] == "UNDELIVERED"
    assert lines["accept_time"] == "2026-02-04T06:54:35Z"


def test_what_a_provider_says_cannot_move_the_cursor(run: Run, service: ScriptedService) -> None:
    service.messages["m1"] = _STATUS
    out = run("get", "m1").out
    assert "\x1b" not in out
    assert r"Number\x1b[2J blocked\nby carrier" in out


def test_json_has_the_names_of_the_contract(run: Run, service: ScriptedService) -> None:
    service.messages["m1"] = _STATUS
    status = json.loads(run("get", "m1", "--json").out)
    assert status["message_id"] == "m1"
    assert status["reference"] == {"service": "DIGITALSIGN", "key": "EXT_KEY"}
    assert status["state"] == "DELIVERY_STATE_UNDELIVERED"
    assert status["accept_time"] == "2026-02-04T06:54:35Z"


def test_the_full_view_shows_recipients_as_a_table(run: Run, service: ScriptedService) -> None:
    reader = Recipient(
        user=User(user_id="7", display_name="Ben Okoro"), state=DeliveryState.DELIVERY_STATE_READ
    )
    service.messages["m1"] = MessageStatus(message_id="m1", recipients=[reader])
    assert run("get", "m1", "--full").out.splitlines()[-1].split() == ["7", "Ben", "Okoro", "READ"]


def test_list_reads_page_after_page_up_to_its_limit(run: Run, service: ScriptedService) -> None:
    service.know(*(f"m{number}" for number in range(250)))
    assert len(run("list", "--phone", "+1", "--limit", "230", "--json").out.splitlines()) == 230
    assert len(run("list", "--reference", "K", "--limit", "1000", "--json").out.splitlines()) == 250


@pytest.mark.usefixtures("service")
def test_list_takes_the_words_for_states_in_either_case(run: Run) -> None:
    assert run("list", "--phone", "+1", "--state", "delivered", "--state", "READ").code == ExitCode.OK
    assert run("list", "--phone", "+1", "--state", "arrived").code == ExitCode.USAGE


def test_list_prints_a_row_for_each_message(run: Run, service: ScriptedService) -> None:
    service.messages["m1"] = _STATUS
    headings, row = run("list", "--phone", "+1").out.splitlines()
    assert headings.split()[:2] == ["ACCEPTED", "MESSAGE"]
    assert row.split() == ["2026-02-04T06:54:35Z", "m1", "SMS", "+1234567890", "EXT_KEY", "UNDELIVERED"]


def test_batch_reads_standard_input_and_ends_with_1_when_one_is_missing(
    run: Run, service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.know("m1", "m2")
    monkeypatch.setattr("sys.stdin", io.StringIO("m1\nm2\nm1\nnowhere\n"))
    ended = run("batch", "-")
    assert ended.code == ExitCode.REFUSED
    assert len(ended.out.splitlines()) == 1 + 3
    assert ended.err == "nowhere: MESSAGE_NOT_FOUND\n"


def test_batch_prints_a_document_for_each_id_in_order(run: Run, service: ScriptedService) -> None:
    service.know("m1")
    ended = run("batch", "nowhere", "m1", "--json")
    first, second = map(json.loads, ended.out.splitlines())
    assert first == {"message_id": "nowhere", "error_reason": "ERROR_REASON_MESSAGE_NOT_FOUND"}
    assert second["message_status"]["message_id"] == "m1"


def test_more_ids_than_one_call_may_carry_are_asked_in_several(run: Run, service: ScriptedService) -> None:
    service.know("m1")
    assert len(run("batch", *["m1"] * 1500, "--json").out.splitlines()) == 1500
