"""How commands fail: one line on standard error, and an exit code with a meaning."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pytest

from messagestatus_server.cli.call_failed import EXIT_CODES
from messagestatus_server.cli.exit_code import MEANINGS, ExitCode

from .conftest import Run
from .scripted_service import KEY, ScriptedService

_COMMAND = [sys.executable, "-m", "messagestatus_server.cli"]


def test_every_grpc_status_has_an_exit_code_and_every_exit_code_a_meaning() -> None:
    assert set(EXIT_CODES) == set(grpc.StatusCode)
    assert set(MEANINGS) == set(ExitCode)


@pytest.mark.usefixtures("service")
def test_a_message_that_is_not_there_ends_with_3_and_is_named(run: Run) -> None:
    ended = run("get", "nowhere")
    assert ended.code == ExitCode.NOT_FOUND
    assert ended.err == "Error: there is no such message (MESSAGE_NOT_FOUND, message_id=nowhere)\n"
    assert ended.out == ""


@pytest.mark.usefixtures("service")
def test_a_field_at_fault_is_named(run: Run) -> None:
    ended = run("list", "--phone", "1234")
    assert ended.code == ExitCode.USAGE
    assert ended.err == "Error: phone: must begin with + (FIELD_INVALID)\n"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (grpc.StatusCode.PERMISSION_DENIED, ExitCode.DENIED),
        (grpc.StatusCode.UNAVAILABLE, ExitCode.UNAVAILABLE),
        (grpc.StatusCode.DEADLINE_EXCEEDED, ExitCode.DEADLINE),
        (grpc.StatusCode.ALREADY_EXISTS, ExitCode.CONFLICT),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, ExitCode.EXHAUSTED),
        (grpc.StatusCode.INTERNAL, ExitCode.FAULT),
    ],
)
def test_a_failed_call_ends_with_the_code_of_its_status(
    run: Run, service: ScriptedService, status: grpc.StatusCode, code: ExitCode
) -> None:
    service.failures += [status] * 3  # a look-up is tried three times where the server cannot be reached
    ended = run("get", "any")
    assert ended.code == code
    assert ended.err == f"Error: {service.address}: {status.name}: as the test says\n"


@pytest.mark.usefixtures("service")
def test_a_wrong_key_ends_with_4(run: Run) -> None:
    ended = run("get", "any", "--key", "another")
    assert ended.code == ExitCode.DENIED
    assert "CREDENTIAL_INVALID" in ended.err


def test_no_key_at_all_ends_with_4_and_says_where_one_was_looked_for(run: Run, tmp_path: Path) -> None:
    ended = run("get", "any")
    assert ended.code == ExitCode.DENIED
    assert ended.err == (
        "Error: no key: give --key or MESSAGESTATUS_KEY "
        f"({tmp_path}/var/admin.key: No such file or directory)\n"
    )


def test_the_administrators_key_of_the_data_directory_is_used_when_none_is_given(
    run: Run, service: ScriptedService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    service.know("m1")
    monkeypatch.delenv("MESSAGESTATUS_KEY")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "admin.key").write_text(f"{KEY}\n")
    assert run("get", "m1").code == ExitCode.OK


def test_no_server_at_all_ends_with_5_in_one_line(run: Run) -> None:
    ended = run("get", "any", "--server", "127.0.0.1:1", "--key", "k")
    assert ended.code == ExitCode.UNAVAILABLE
    assert ended.err.startswith("Error: 127.0.0.1:1: UNAVAILABLE: ")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["get"], ["get", "a", "--no-such"], ["no-such"], ["list"]])
def test_a_wrong_command_line_ends_with_2_in_one_line_that_points_to_the_help(
    run: Run, arguments: list[str]
) -> None:
    ended = run(*arguments)
    assert ended.code == ExitCode.USAGE
    assert ended.err.startswith("Error: ")
    assert "--help" in ended.err
    assert ended.err.count("\n") == 1


def test_a_fault_of_the_program_is_one_line_and_no_traceback(
    run: Run, service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.know("m1")
    monkeypatch.setattr("messagestatus_server.cli.lookup.print_status", lambda _status: 1 / 0)
    ended = run("get", "m1")
    assert ended.code == ExitCode.FAULT
    assert ended.err == "Error: a fault of this program: ZeroDivisionError: division by zero\n"


def test_a_reader_that_goes_away_ends_a_command_quietly(service: ScriptedService) -> None:
    service.know(*(f"message-{number:04}" for number in range(3000)))
    piped = subprocess.Popen(
        [*_COMMAND, "list", "--phone", "+1", "--limit", "3000", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ.copy(),
    )
    assert piped.stdout is not None
    assert piped.stderr is not None
    piped.stdout.readline()
    piped.stdout.close()
    assert piped.stderr.read() == b""
    piped.stderr.close()
    assert piped.wait() == ExitCode.BROKEN_PIPE


def test_ctrl_c_ends_a_command_with_130_and_no_words() -> None:
    waiting = subprocess.Popen(
        [*_COMMAND, "register", "--from", "-", "--key", "k"], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    time.sleep(0.6)
    waiting.send_signal(signal.SIGINT)
    _, err = waiting.communicate()
    assert waiting.returncode == ExitCode.INTERRUPTED
    assert err.strip() == b""


def test_a_lookup_loads_nothing_of_the_storage_or_the_import() -> None:
    program = (
        "import sys; import messagestatus_server.cli.lookup;"
        "print([name for name in sys.modules if 'storage' in name or 'bulk' in name or name == 'apsw'])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"[]\n"
