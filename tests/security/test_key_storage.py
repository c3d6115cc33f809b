"""Keys at rest: the files of the server hold their digests, and nothing that opens a door."""

import hashlib
import stat
from pathlib import Path

import pytest

from messagestatus.v1 import access_service_pb2 as access_pb
from tests.builders import message, register
from tests.running import Operator, RunningServer
from tests.transport.access import create_key, grant

TOKEN = "imported-token-of-another-system"


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
def test_the_files_of_the_database_hold_digests_and_no_key(tmp_path: Path, stopped: bool) -> None:
    """While the server runs, what was written stands in the log beside the database."""
    server = RunningServer(tmp_path)
    operator = Operator(server)
    tenant = operator.tenant("acme")
    made = create_key(operator.client, "acme", "app").secret
    operator.client.access.ImportKey(access_pb.ImportKeyRequest(grant=grant("acme", "old"), token=TOKEN))
    register(tenant.client, message("m"))
    secrets = [server.admin_key, tenant.key, made, TOKEN]
    operator.close()
    if stopped:
        server.terminate()
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "admin.key"]
    dump = b"".join(path.read_bytes() for path in files)
    for secret in secrets:
        assert hashlib.sha256(secret.encode()).digest() in dump
        for form in (secret, secret[8:], secret[:16], hashlib.sha256(secret.encode()).hexdigest()):
            assert form.encode() not in dump
    if not stopped:
        assert tmp_path.joinpath("messagestatus.db-wal") in files
        server.terminate()


def test_the_file_with_the_first_key_is_for_its_owner_alone(server: RunningServer) -> None:
    mode = (server.data / "admin.key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_no_key_is_logged_when_it_is_made(tmp_path: Path) -> None:
    server = RunningServer(tmp_path, "--log-level", "debug")
    operator = Operator(server)
    secrets = [server.admin_key, create_key(operator.client, operator.tenant("acme").name, "app").secret]
    operator.close()
    server.terminate()
    everything = "".join(server.text)
    assert "CreateKey" in everything
    assert [secret for secret in secrets if secret[4:] in everything] == []
