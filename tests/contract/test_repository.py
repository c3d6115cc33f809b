"""Rules of the repository that no linter knows: small files that say what they are, and a clean contract."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIMIT = 300


def tracked(*patterns: str) -> list[Path]:
    """Return the files that git keeps."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def test_no_file_of_code_is_longer_than_300_lines() -> None:
    files = tracked("*.py", "*.proto", "*.sql")
    assert files
    assert [path for path in files if len(path.read_text().splitlines()) > LIMIT] == []


def test_every_python_file_says_in_its_first_line_what_it_is() -> None:
    silent = [
        path
        for path in tracked("*.py")
        if not (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0].strip()
    ]
    assert silent == []


def test_every_proto_says_in_its_first_line_what_it_is() -> None:
    assert [path for path in tracked("*.proto") if not path.read_text().startswith("// ")] == []


def test_no_generated_file_is_kept_in_git() -> None:
    assert tracked("*_pb2*") == []


def test_constraints_are_versions_without_addresses() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#") and ("://" in line or "@" in line)] == []


@pytest.mark.parametrize("forbidden", ["messagestatus_server", "messagestatus_gateway", "click", "apsw"])
def test_the_client_package_needs_neither_server_nor_gateway(forbidden: str) -> None:
    script = (
        "import sys; import messagestatus.v1.message_status_service_pb2_grpc;"
        f"sys.exit({forbidden!r} in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_client_is_typed(tmp_path: Path) -> None:
    """Strict mypy, in another directory, knows the type of a reply's field."""
    client = tmp_path / "client.py"
    client.write_text(
        "import grpc\n"
        "from messagestatus.v1.message_status_service_pb2 import GetStatusRequest\n"
        "from messagestatus.v1.message_status_service_pb2_grpc import MessageStatusServiceStub\n"
        "stub = MessageStatusServiceStub(grpc.insecure_channel('127.0.0.1:1'))\n"
        "reply = stub.GetStatus(GetStatusRequest(message_id='m'))\n"
        "wrong: int = reply.message_status.message_id\n"
    )
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(client)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 'expression has type "str", variable has type "int"' in checked.stdout
    assert "Found 1 error" in checked.stdout
