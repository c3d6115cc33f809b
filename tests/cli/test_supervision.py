"""The supervisor with scripted children: it starts, restarts, drains in order, and leaves nobody behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from messagestatus_server.cli.exit_code import ExitCode

# Both children note each step in one file, so that the order of the steps is seen.
_SERVER = """
    import os, signal, socket, sys, time
    def note(word):
        with open(os.environ["STEPS"], "a") as steps:
            steps.write(f"{word} {os.getpid()}\\n")
    if os.environ.get("SERVER_FAILS"):
        note("server-failed")
        sys.exit("no reason to live")
    host, _, port = sys.argv[sys.argv.index("--listen") + 1].rpartition(":")
    def stop(*_):
        time.sleep(float(os.environ.get("DRAIN", "0")))
        note("server-stopped")
        sys.exit()
    signal.signal(signal.SIGTERM, stop)
    listener = socket.create_server((host, int(port)))
    note("server-started")
    while True:
        time.sleep(60)
"""
_GATEWAY = """
    import os, signal, socket, sys, time
    def note(word):
        with open(os.environ["STEPS"], "a") as steps:
            steps.write(f"{word} {os.getpid()}\\n")
    shared = socket.socket(fileno=int(sys.argv[sys.argv.index("--fd") + 1]))
    def stop(*_):
        time.sleep(float(os.environ.get("DRAIN", "0")))
        note("gateway-stopped")
        sys.exit()
    signal.signal(signal.SIGTERM, stop)
    note("gateway-started")
    while True:
        client, _ = shared.accept()
        client.sendall(b"here")
        client.close()
"""


class Supervised:
    """A running `serve` with scripted children, and the steps that they have noted."""

    def __init__(self, folder: Path, *options: str, **environment: str) -> None:
        for name, program in (("messagestatus_server", _SERVER), ("messagestatus_gateway", _GATEWAY)):
            (folder / "scripted" / name).mkdir(parents=True)
            (folder / "scripted" / name / "__init__.py").touch()
            (folder / "scripted" / name / "__main__.py").write_text(textwrap.dedent(program))
        self._steps = folder / "steps"
        self._steps.touch()
        launcher = (
            "import sys, messagestatus_server.cli.supervision.child as child\n"
            "import os; os.environ['PYTHONPATH'] = sys.argv.pop(1)\n"
            "from messagestatus_server.cli import main; main()"
        )
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-c", launcher, str(folder / "scripted")),
                *("serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", *options),
            ],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"STEPS": str(self._steps)} | environment,
            start_new_session=True,
        )

    def steps(self) -> list[str]:
        """Return the steps so far."""
        return [line.split()[0] for line in self._steps.read_text().splitlines()]

    def pids(self, step: str) -> list[int]:
        """Return the processes that noted a step."""
        lines = (line.split() for line in self._steps.read_text().splitlines())
        return [int(pid) for word, pid in lines if word == step]

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds; fail after ten seconds."""
        end = time.monotonic() + 10
        while not holds():
            assert time.monotonic() < end, self.steps()
            time.sleep(0.02)

    def ended(self) -> tuple[int, str]:
        """Wait for the end; the exit code, and what was said."""
        _, err = self.process.communicate(timeout=10)
        return self.process.returncode, err


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Callable[..., Supervised]]:
    """Start a supervisor; it is killed in the end if it still runs."""
    running: list[Supervised] = []

    def start(*options: str, **environment: str) -> Supervised:
        running.append(Supervised(tmp_path, *options, **environment))
        return running[-1]

    yield start
    for supervised in running:
        supervised.process.kill()
        supervised.process.communicate()


def test_gateways_start_after_the_server_and_stop_before_it(supervise: Callable[..., Supervised]) -> None:
    supervised = supervise("--gateways", "2")
    supervised.until(lambda: len(supervised.steps()) == 3)
    supervised.process.send_signal(signal.SIGTERM)
    code, _ = supervised.ended()
    assert code == ExitCode.OK
    assert supervised.steps() == [
        "server-started",
        *["gateway-started"] * 2,
        *["gateway-stopped"] * 2,
        "server-stopped",
    ]


def test_a_child_that_dies_is_started_again(supervise: Callable[..., Supervised]) -> None:
    supervised = supervise()
    supervised.until(lambda: "gateway-started" in supervised.steps())
    os.kill(supervised.pids("gateway-started")[0], signal.SIGKILL)
    supervised.until(lambda: supervised.steps().count("gateway-started") == 2)
    os.kill(supervised.pids("server-started")[0], signal.SIGKILL)
    supervised.until(lambda: supervised.steps().count("server-started") == 2)
    supervised.process.send_signal(signal.SIGINT)
    code, err = supervised.ended()
    assert code == ExitCode.OK
    assert "SIGKILL" in err


def test_a_server_that_dies_at_once_is_given_up_and_its_words_are_shown(
    supervise: Callable[..., Supervised],
) -> None:
    supervised = supervise("--log-format", "json", SERVER_FAILS="1")
    code, err = supervised.ended()
    assert code == ExitCode.REFUSED
    assert supervised.steps() == ["server-failed"] * 4
    assert err.count("no reason to live") == 4
    assert err.splitlines()[-1] == (
        "Error: the server ends as soon as it starts (exit status 1); it says why above"
    )
    warnings = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    assert warnings[0]["event"] == "child ended"


def test_a_second_ctrl_c_kills(supervise: Callable[..., Supervised]) -> None:
    supervised = supervise(DRAIN="30")
    supervised.until(lambda: "gateway-started" in supervised.steps())
    supervised.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    supervised.process.send_signal(signal.SIGINT)
    code, _ = supervised.ended()
    assert code == ExitCode.INTERRUPTED
    assert "stopped" not in "".join(supervised.steps())


def test_a_second_sigterm_still_lets_them_finish(supervise: Callable[..., Supervised]) -> None:
    supervised = supervise(DRAIN="0.3")
    supervised.until(lambda: "gateway-started" in supervised.steps())
    supervised.process.send_signal(signal.SIGTERM)
    time.sleep(0.1)
    supervised.process.send_signal(signal.SIGTERM)
    code, _ = supervised.ended()
    assert code == ExitCode.OK
    assert supervised.steps()[-2:] == ["gateway-stopped", "server-stopped"]


def test_children_stop_when_their_supervisor_is_killed(supervise: Callable[..., Supervised]) -> None:
    supervised = supervise()
    supervised.until(lambda: "gateway-started" in supervised.steps())
    supervised.process.kill()
    supervised.until(lambda: {"server-stopped", "gateway-stopped"} <= set(supervised.steps()))


def test_a_port_in_use_is_one_line_that_names_its_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        for option in ("--listen", "--http"):
            ended = subprocess.run(
                [
                    *(sys.executable, "-m", "messagestatus_server.cli", "serve"),
                    *("--listen", "127.0.0.1:0", option, address),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            assert ended.returncode == ExitCode.REFUSED
            assert ended.stderr == f"Error: {option}: {address} is in use\n"
