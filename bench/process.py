"""A contestant's processes: started, bound to cores, and asked of the operating system what they use."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PATIENCE = 60.0
_PAUSE = 0.02
_USER_AND_SYSTEM_TIME = slice(11, 13)
"""Where they stand in /proc/<pid>/stat, behind the name of the command."""


class NotStartedError(Exception):
    """A process ended, or said nothing, before it was ready."""


class Contestant:
    """A Python program that serves on an address.

    Args:
        name: What it is called.
        arguments: What Python runs.
        environment: What is added to the environment.
        address: Where it serves, if it is told that; otherwise it logs the event "serving" with it.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str] | None = None,
        address: str = "",
    ) -> None:
        self.name = name
        self.address = ""
        self._text: list[str] = []
        self._is_ready = threading.Event()
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **(environment or {})},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if address:
            self._wait_until_it_listens(address)
        self._is_ready.wait(_PATIENCE)
        if not self.address:
            self.stop()
            raise NotStartedError(f"{name} did not start:\n{''.join(self._text[-40:])}")

    def cpu(self) -> float:
        """Return the processor time that its processes have used, in seconds."""
        return sum(map(_cpu, self._pids()))

    def memory(self) -> int:
        """Return the resident memory of its processes, in bytes; what they share counts in each."""
        return sum(_resident(pid) for pid in self._pids())

    def bind(self, cores: set[int]) -> None:
        """Let all its threads run on certain cores only."""
        for pid in self._pids():
            for thread in Path(f"/proc/{pid}/task").iterdir():
                os.sched_setaffinity(int(thread.name), cores)

    def end(self) -> None:
        """Ask it to end."""
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """End it, and wait until it is gone."""
        self.end()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_PATIENCE)
        self._reader.join(_PATIENCE)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def _pids(self) -> list[int]:
        return _tree(self._process.pid)

    def _wait_until_it_listens(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        until = time.perf_counter() + _PATIENCE
        while self._process.poll() is None and time.perf_counter() < until:
            try:
                socket.create_connection((host, int(port))).close()
            except ConnectionError:
                time.sleep(_PAUSE)
            else:
                self.address = address
                self._is_ready.set()
                return

    def _read(self) -> None:
        assert self._process.stderr is not None
        for text in self._process.stderr:
            self._text.append(text)
            if not self.address and text.startswith("{"):
                line = json.loads(text)
                if line.get("event") == "serving":
                    self.address = line["address"]
                    self._is_ready.set()
        self._is_ready.set()


def free_address() -> str:
    """Return an address that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


def _tree(pid: int) -> list[int]:
    found = [pid]
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            found += _tree(int(child))
    return found


def _cpu(pid: int) -> float:
    after_the_name = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return sum(map(int, after_the_name[_USER_AND_SYSTEM_TIME])) / _TICK


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
