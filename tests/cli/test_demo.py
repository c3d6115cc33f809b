"""`demo`: the documents' own examples come back, and a second run changes nothing."""

import json

import pytest

from messagestatus_server.cli.demo import lines
from messagestatus_server.cli.exit_code import ExitCode
from tests.running import RunningServer

from .conftest import Outcome, Run


@pytest.fixture
def demo(run: Run, server: RunningServer) -> Outcome:
    """The demo data is loaded."""
    ended = run("demo", "--server", server.address, "--data", server.data, "--http", "127.0.0.1:8080")
    assert (ended.code, ended.err) == (ExitCode.OK, "")
    return ended


def _keys(server: RunningServer) -> dict[str, dict[str, str]]:
    keys: dict[str, dict[str, str]] = json.loads((server.data / "demo.json").read_text())
    return keys


@pytest.mark.usefixtures("demo")
def test_a_second_run_changes_nothing_and_keeps_its_keys(run: Run, server: RunningServer) -> None:
    keys = _keys(server)
    again = run("demo", "--server", server.address, "--data", server.data)
    assert again.out.startswith("Demo messages: 17 unchanged.")
    assert _keys(server) == keys


@pytest.mark.usefixtures("demo")
def test_keys_that_were_lost_are_made_again_however_often(run: Run, server: RunningServer) -> None:
    for _ in range(3):
        (server.data / "demo.json").unlink()
        assert run("demo", "--server", server.address, "--data", server.data).code == ExitCode.OK


@pytest.mark.usefixtures("demo")
def test_only_the_owner_reads_the_keys(server: RunningServer) -> None:
    for name in ("demo.json", "demo.key"):
        assert (server.data / name).stat().st_mode & 0o777 == 0o600
    assert (server.data / "demo.key").read_text().strip() == _keys(server)["service"]["secret"]


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("message_id", "expected"),
    [
        (
            "011d9d6e-b5b9-4cb9-be13-2bc336a923ce",
            {
                "phone": "+1234567890",
                "state": "DELIVERY_STATE_DELIVERED",
                "channel": "CHANNEL_SMS",
                "reference": {"service": "DIGITALSIGN", "action": "AUTH", "key": "EXT_KEY"},
                "provider": {
                    "name": "PROVIDER1",
                    "message_id": "bbe7a7b4-067b-484e-a55c-318f5716997e",
                    "status": "delivered",
                    "code": "0",
                },
                "accept_time": "2026-02-04T06:54:35Z",
                "change_time": "2026-02-04T06:54:55Z",
                "segments": 1,
            },
        ),
        (
            "3EB08FCF27E532F1B0F5",
            {
                "state": "DELIVERY_STATE_READ",
                "direction": "DIRECTION_OUTBOUND",
                "conversation_id": "5511999999999@s.whatsapp.net",
                "message_time": "2026-04-28T14:30:00Z",
                "instance": "ryze-demo",
            },
        ),
        ("100500", {"state": "DELIVERY_STATE_READ", "channel": "CHANNEL_VIBER"}),
        ("100502", {"state": "DELIVERY_STATE_UNDELIVERED", "reason": "FAILURE_REASON_SIM_FULL"}),
    ],
)
def test_the_documented_examples_come_back(
    run: Run, server: RunningServer, message_id: str, expected: dict[str, object]
) -> None:
    secret = _keys(server)["service"]["secret"]
    status = json.loads(run("get", message_id, "--json", "--server", server.address, "--key", secret).out)
    assert {name: status.get(name) for name in expected} == expected


@pytest.mark.usefixtures("demo")
def test_the_person_of_the_user_key_sees_who_read_the_symphony_message(
    run: Run, server: RunningServer
) -> None:
    secret = _keys(server)["user"]["secret"]
    asking = ("get", "XlU3OH9eVMzq-yss7M_xyn___oxwgbtGbQ", "--full", "--json", "--server", server.address)
    status = json.loads(run(*asking, "--key", secret).out)
    states = {recipient["user"]["user_id"]: recipient["state"] for recipient in status["recipients"]}
    assert states == {
        "7078106103901": "DELIVERY_STATE_READ",
        "7078106103902": "DELIVERY_STATE_READ",
        "7078106103903": "DELIVERY_STATE_DELIVERED",
        "7078106103904": "DELIVERY_STATE_SENT",
        "7078106103905": "DELIVERY_STATE_READ",
    }
    external = [
        recipient["user"]["user_id"]
        for recipient in status["recipients"]
        if recipient["user"].get("external")
    ]
    assert external == ["7078106103905"]


def test_lines_are_printed_for_the_dialects_served_and_hold_no_secret_of_the_service(
    demo: Outcome, server: RunningServer
) -> None:
    assert _keys(server)["service"]["secret"] not in demo.out
    assert f"KEY=$(cat {server.data}/demo.key)" in demo.out
    for dialect in lines.SERVED:
        assert f"# {dialect}\ncurl " in demo.out
    assert f"{server.address}/messagestatus.v1.MessageStatusService/GetStatus" in demo.out
