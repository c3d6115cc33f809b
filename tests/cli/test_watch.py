"""`watch`: one line a change, as it happens, until Ctrl-C."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest

from messagestatus import Client
from messagestatus.v1 import message_service_pb2 as pb
from messagestatus_server.cli.exit_code import ExitCode
from tests.builders import PHONE, message, receipt
from tests.client.wire import Wire
from tests.running import RunningServer, Tenant

from .conftest import Run

_PATIENCE = 20


class Watching:
    """A `messagestatus watch` that runs."""

    def __init__(self, address: str, key: str, *arguments: str) -> None:
        environment = {**os.environ, "MESSAGESTATUS_SERVER": address, "MESSAGESTATUS_KEY": key}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "messagestatus_server.cli", "watch", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=(stream, lines), daemon=True)
            for stream, lines in ((self._process.stdout, self.out), (self._process.stderr, self.err))
        ]
        for reader in self._readers:
            reader.start()

    def lines(self, count: int) -> list[str]:
        """Wait until so many lines are printed, and return them."""
        return self._wait(self.out, count)

    def told(self, count: int) -> list[str]:
        """Wait until so many lines stand on standard error, and return them."""
        return self._wait(self.err, count)

    def interrupt(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(_PATIENCE)
        for reader in self._readers:
            reader.join(_PATIENCE)
        return code

    def close(self) -> None:
        self._process.kill()
        self._process.wait(_PATIENCE)
        for reader in self._readers:
            reader.join(_PATIENCE)
        for stream in (self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()

    def _wait(self, lines: list[str], count: int) -> list[str]:
        until = time.monotonic() + _PATIENCE
        while len(lines) < count:
            assert time.monotonic() < until, (self.out, self.err)
            time.sleep(0.02)
        return lines

    @staticmethod
    def _read(stream: IO[str], lines: list[str]) -> None:
        lines.extend(iter(stream.readline, ""))


@contextmanager
def watching(address: str, key: str, *arguments: str) -> Iterator[Watching]:
    """Run the command until the end of the test."""
    command = Watching(address, key, *arguments)
    try:
        yield command
    finally:
        command.close()


@pytest.fixture
def client(server: RunningServer, tenant: Tenant) -> Iterator[Client]:
    """Write what is watched."""
    with Client(server.address, tenant.key) as client:
        yield client


def _history(client: Client) -> None:
    """Let a message be sent and refused, so that there is something to see."""
    client.register([message("order-7", phone=PHONE)])
    client.report(
        [
            receipt("order-7", "SENT", 1),
            receipt(
                "order-7",
                "UNDELIVERED",
                2,
                provider={"name": "twilio", "status": "undelivered", "code": "30003"},
                reason="FAILURE_REASON_ABSENT",
            ),
        ]
    )


def test_each_change_is_a_line_with_what_was_and_what_is(
    client: Client, server: RunningServer, tenant: Tenant
) -> None:
    _history(client)
    with watching(server.address, tenant.key, "--from-start") as command:
        registered, sent, undelivered = command.lines(3)
        assert re.fullmatch(r"....-..-..T..:..:..Z  order-7  registered -> QUEUED .*\n", registered)
        assert re.fullmatch(r"....-..-..T..:..:..Z  order-7  QUEUED -> SENT .*\n", sent)
        assert undelivered[20:].split() == (
            ["order-7", "SENT", "->", "UNDELIVERED", "twilio", "undelivered", "30003", "ABSENT"]
        )


def test_ctrl_c_ends_with_130_and_the_token_goes_on_with_nothing_missed(
    client: Client, server: RunningServer, tenant: Tenant
) -> None:
    client.register([message("a")])
    with watching(server.address, tenant.key, "--from-start") as command:
        command.lines(1)
        assert command.interrupt() == ExitCode.INTERRUPTED
        (told,) = command.told(1)
    resume, token = told.split()[-2:]
    assert resume == "--resume"
    client.register([message("b"), message("c")])
    with watching(server.address, tenant.key, "--resume", token, "--json") as command:
        seen = [json.loads(line)["change"]["message_id"] for line in command.lines(2)]
    assert seen == ["b", "c"]


def test_json_is_a_response_of_the_contract_a_line(
    client: Client, server: RunningServer, tenant: Tenant
) -> None:
    _history(client)
    arguments = ("order-7", "--snapshot", "--json")
    with watching(server.address, tenant.key, *arguments) as command:
        snapshot = json.loads(command.lines(1)[0])
        assert snapshot["snapshot"]["state"] == "DELIVERY_STATE_UNDELIVERED"
        assert "resume_token" not in snapshot
        assert command.told(1) == ["1 messages as they stand; changes follow.\n"]
        client.report([receipt("order-7", "DELIVERED", 3)])
        change = json.loads(command.lines(2)[1])
    assert change["resume_token"]
    assert change["change"]["previous_state"] == "DELIVERY_STATE_UNDELIVERED"


def test_only_what_is_chosen_is_shown(client: Client, server: RunningServer, tenant: Tenant) -> None:
    _history(client)
    client.register([message("other", phone="+4915112345678")])
    client.report([receipt("other", "SENT", 1)])
    arguments = ("--from-start", "--phone", "+4915112345678", "--state", "sent", "--json")
    with watching(server.address, tenant.key, *arguments) as command:
        (line,) = command.lines(1)
    assert json.loads(line)["change"]["message_id"] == "other"


def test_an_interruption_is_told_and_nothing_is_missed(
    client: Client, server: RunningServer, tenant: Tenant
) -> None:
    client.register([message("a")])
    with (
        Wire(server.address) as wire,
        watching(wire.address, tenant.key, "--from-start") as command,
    ):
        command.lines(1)
        wire.cut()
        client.register([message("b")])
        assert command.lines(2)[1].split()[1] == "b"
        interrupted, resumed = command.told(2)
    assert interrupted.startswith("Interrupted: 127.0.0.1:")
    assert resumed == "Going on; nothing was missed.\n"


def test_a_terminal_shows_colours(client: Client, server: RunningServer, tenant: Tenant) -> None:
    _history(client)
    environment = {**os.environ, "MESSAGESTATUS_SERVER": server.address, "MESSAGESTATUS_KEY": tenant.key}
    near, far = pty.openpty()
    command = subprocess.Popen(
        [sys.executable, "-m", "messagestatus_server.cli", "watch", "--from-start"],
        env=environment,
        stdout=far,
        stderr=subprocess.DEVNULL,
    )
    shown = b""
    while shown.count(b"\n") < 3:
        shown += os.read(near, 4096)
    command.kill()
    command.wait()
    os.close(near)
    os.close(far)
    assert re.search(rb"\x1b\[31mSENT -> UNDELIVERED *\x1b\[0m", shown)


def test_a_server_that_is_not_there_is_not_waited_for(run: Run) -> None:
    ended = run("watch", "--server", "127.0.0.1:1", "--key", "any")
    assert ended.code == ExitCode.UNAVAILABLE
    assert ended.err.startswith("Error: 127.0.0.1:1: UNAVAILABLE: ")


def test_a_wrong_key_is_refused(run: Run, server: RunningServer) -> None:
    assert run("watch", "--server", server.address, "--key", "not-a-key").code == ExitCode.DENIED


@pytest.mark.parametrize(
    "arguments",
    [("--snapshot",), ("--snapshot", "--from-start", "m"), ("--resume", "t", "--from-start")],
    ids=" ".join,
)
def test_beginnings_that_contradict_each_other_are_wrong(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("watch", "--key", "any", *arguments).code == ExitCode.USAGE


def test_a_token_of_nobody_is_wrong(run: Run, server: RunningServer, tenant: Tenant) -> None:
    ended = run("watch", "--server", server.address, "--key", tenant.key, "--resume", "nonsense")
    assert ended.code == ExitCode.USAGE
    assert "resume_token" in ended.err


def test_a_deletion_and_a_suppression_are_told_in_small_letters(
    client: Client, server: RunningServer, tenant: Tenant
) -> None:
    client.register([message("m")])
    tenant.client.messages.SuppressMessages(
        pb.SuppressMessagesRequest(suppressions=[pb.MessageSuppression(message_id="m")])
    )
    tenant.client.messages.DeleteMessages(pb.DeleteMessagesRequest(messages=[pb.MessageName(message_id="m")]))
    with watching(server.address, tenant.key, "--from-start") as command:
        _, suppressed, deleted = (" ".join(line.split()[2:]) for line in command.lines(3))
    assert suppressed == "QUEUED, suppressed"
    assert deleted == "QUEUED -> deleted"
