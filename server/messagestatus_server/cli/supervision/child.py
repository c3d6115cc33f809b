"""A child process that is started again whenever it ends."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

_log = structlog.get_logger()

_TETHERED = Path(__file__).with_name("tethered.py")
_AT_ONCE = 5.0  # seconds; a child that lived longer had started well
_ATTEMPTS = 4
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 10.0


class DiesAtOnceError(Exception):
    """A child that ended soon after each of several starts."""


def tethered(module: str, arguments: Sequence[str]) -> list[str]:
    """Return the command that runs a module as a process that does not outlive this one."""
    return [sys.executable, "-P", str(_TETHERED), str(os.getpid()), module, *arguments]


class Child:
    """A module that runs as a process of its own, in a process group of its own.

    So Ctrl-C reaches the supervisor alone, which then stops its children in order.
    """

    def __init__(self, name: str, module: str, arguments: Sequence[str], sockets: Sequence[int] = ()) -> None:
        """Describe the child; `sockets` are the file descriptors that it inherits."""
        self.name = name
        self._command = tethered(module, arguments)
        self._sockets = sockets
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()

    async def keep_running(self) -> None:
        """Start the child, and again after a pause whenever it ends, until it is told to stop.

        Raises DiesAtOnceError when starting it again is of no use.
        """
        failures = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            self._process = await asyncio.create_subprocess_exec(
                *self._command, pass_fds=self._sockets, process_group=0
            )
            if self._stopping.is_set():  # told so while it was being started
                self.signal(signal.SIGTERM)
            ended = _in_words(await self._process.wait())
            if self._stopping.is_set():
                return
            failures = failures + 1 if time.monotonic() - started < _AT_ONCE else 0
            if failures == _ATTEMPTS:
                raise DiesAtOnceError(
                    f"the {self.name} ends as soon as it starts ({ended}); it says why above"
                )
            pause = min(_FIRST_PAUSE * 2**failures, _LONGEST_PAUSE)
            _log.warning("child ended", child=self.name, ended=ended, restart_in=pause)
            await self._pause(pause)

    async def stop(self) -> None:
        """Tell the child to finish what it has begun, and wait until it has ended."""
        self._stopping.set()
        if self._process:
            self.signal(signal.SIGTERM)
            await self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if the child is running."""
        if self._process and self._process.returncode is None:
            # Not by `send_signal`: that may reap a child that has just ended, before asyncio does.
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond being told to stop."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return


def _in_words(code: int) -> str:
    """Say how a process ended: with an exit status, or by a signal."""
    return f"exit status {code}" if code >= 0 else signal.Signals(-code).name
