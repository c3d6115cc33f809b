"""`register` and `report`: what goes to the service, and what comes back."""

import json
from pathlib import Path

import pytest

from messagestatus.v1.delivery_state_pb2 import DeliveryState, Finality
from messagestatus_server.cli.exit_code import ExitCode

from .conftest import Run
from .scripted_service import ScriptedService


@pytest.mark.usefixtures("service")
def test_a_message_is_registered_by_options(run: Run) -> None:
    ended = run("register", "m1", "--phone", "+1234567890", "--reference", "K", "--state", "sent")
    assert ended.code == ExitCode.OK
    assert ended.out.splitlines()[1].split() == ["m1", "CREATED", "SENT"]


@pytest.mark.usefixtures("service")
def test_messages_are_registered_from_a_document_and_the_refused_ones_named(run: Run, tmp_path: Path) -> None:
    document = tmp_path / "messages.json"
    document.write_text(json.dumps([{"message_id": "m1"}, {"message_id": "bad1", "phone": "1"}]))
    ended = run("register", "--from", document)
    assert ended.code == ExitCode.REFUSED
    assert ended.out.splitlines()[1].split() == ["m1", "CREATED"]
    assert ended.err == "Refused: bad1: phone: must be in E.164 form (FIELD_INVALID)\n"


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ('{"message_id": "m1", "fone": "+1"}', "item 1: fone: there is no such field"),
        ('[{"message_id": "m1"}, {"reference": {"key": 5}}]', "item 2: reference.key: must be a text"),
        ('{"message_id": "m1", "accept_time": "2026-01-01T00:00:00"}', "accept_time: must name its zone"),
        ("{", "this is no JSON"),
    ],
)
def test_a_wrong_document_is_refused_before_anything_is_sent(
    run: Run, service: ScriptedService, tmp_path: Path, document: str, complaint: str
) -> None:
    path = tmp_path / "messages.json"
    path.write_text(document)
    ended = run("register", "--from", path)
    assert ended.code == ExitCode.USAGE
    assert complaint in ended.err
    assert service.batches == []


def test_a_receipt_names_its_message_as_the_provider_does(run: Run, service: ScriptedService) -> None:
    ended = run(
        *("report", "--provider", "P", "--provider-id", "X", "--state", "DELIVERED", "--finality", "FINAL"),
        *("--json",),
    )
    assert ended.code == ExitCode.OK
    assert json.loads(ended.out) == {
        "disposition": "RECEIPT_DISPOSITION_APPLIED",
        "state": "DELIVERY_STATE_DELIVERED",
    }
    (receipt,) = service.receipts
    assert (receipt.provider.name, receipt.provider.message_id) == ("P", "X")
    assert receipt.state == DeliveryState.DELIVERY_STATE_DELIVERED
    assert receipt.finality == Finality.FINALITY_FINAL
    assert not receipt.own_side


@pytest.mark.usefixtures("service")
def test_a_receipt_for_no_message_is_a_wrong_command_line(run: Run) -> None:
    assert run("report", "--state", "READ").code == ExitCode.USAGE
