"""Secrets of routes: in no file of the database, in no log line, in no answer, whatever callbacks bring."""

import stat
from pathlib import Path
from typing import Any

import pytest

from messagestatus.v1 import route_service_pb2 as pb
from tests.running import Operator, RunningServer
from tests.transport.routes import HOST, create, event, listed, opened, receive, update

SECRETS = {"webhook_secret": "the-webhook-secret", "basic_password": "the-basic-password"}


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_no_secret_of_a_route_is_in_a_file_a_log_line_or_an_answer(tmp_path: Path, stopped: bool) -> None:
    """While the server runs, what was written stands in the log beside the database."""
    server = RunningServer(tmp_path, "--log-level", "debug")
    operator = Operator(server)
    admin = operator.client
    made = create(admin, "acme", "sinch_sms", secrets=SECRETS, secret_path=pb.SECRET_PATH_NEW)
    carrier, path = opened(admin, "signed", "twilio")
    posting = carrier.post(f"{HOST}{path}", [event("p1", "delivered")])
    answers: list[Any] = [
        receive(admin, path, posting),
        receive(admin, path, posting._replace(headers={})),
        receive(admin, path, posting._replace(url="http://[")),
        receive(admin, made.path, posting),
        update(admin, "acme"),
        *listed(admin),
    ]
    assert [answer.status for answer in answers[:3]] == [200, 401, 400]
    paths = [made.path.rpartition("/")[2], path.rpartition("/")[2]]
    secrets = [*SECRETS.values(), *carrier.config.values(), *paths]
    operator.close()
    if stopped:
        assert server.terminate() == 0
    files = [file for file in tmp_path.rglob("*") if file.is_file() and file.name != "seal.key"]
    assert stopped or tmp_path / "messagestatus.db-wal" in files
    dump = b"".join(file.read_bytes() for file in files)
    for secret in secrets:
        assert secret.encode() not in dump
        assert secret not in str(answers)
    if not stopped:
        server.terminate()
    assert [secret for secret in secrets if secret in "".join(server.text)] == []
    assert "CreateRoute" in "".join(server.text)


def test_the_key_that_seals_them_is_for_its_owner_alone_and_outlives_the_process(tmp_path: Path) -> None:
    """A backup of the database without it holds no secret of a carrier's."""
    server = RunningServer(tmp_path)
    key = tmp_path / "seal.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert len(key.read_bytes()) == 32
    operator = Operator(server)
    carrier, path = opened(operator.client, "acme", "twilio")
    operator.close()
    server.terminate()
    before = key.read_bytes()
    server = RunningServer(tmp_path)
    operator = Operator(server)
    assert key.read_bytes() == before
    posting = carrier.post(f"{HOST}{path}", [event("p1", "delivered")])
    assert receive(operator.client, path, posting).status == 200
    operator.close()
    server.terminate()


def test_a_lost_key_is_told_and_the_route_takes_callbacks_again_with_new_secrets(tmp_path: Path) -> None:
    server = RunningServer(tmp_path)
    operator = Operator(server)
    carrier, path = opened(operator.client, "acme", "twilio")
    operator.close()
    server.terminate()
    (tmp_path / "seal.key").unlink()
    server = RunningServer(tmp_path)
    operator = Operator(server)
    posting = carrier.post(f"{HOST}{path}", [event("p1", "delivered")])
    with pytest.raises(Exception, match="UNAVAILABLE"):
        receive(operator.client, path, posting)
    update(operator.client, "acme", secrets=carrier.config)
    assert receive(operator.client, path, posting).status == 200
    operator.close()
    server.terminate()
    assert server.logged("secrets cannot be opened")["route"] == "acme"


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 31, b"x" * 33])
def test_a_damaged_key_is_refused_when_the_server_starts(tmp_path: Path, content: bytes) -> None:
    """Better than with every callback; and what it sealed is not sealed anew with another one."""
    key = tmp_path / "seal.key"
    key.write_bytes(content)
    with pytest.raises(AssertionError, match=r"seal\.key is not a key of 32 bytes"):
        RunningServer(tmp_path)
    assert key.read_bytes() == content
