"""A gateway as its operator runs it: a process with a port and a log."""

import json
import os
import signal
import subprocess
import sys
import threading
from typing import Any, Self


class GatewayProcess:
    """One gateway process. It is ready when the object is, and its log is read along the way."""

    def __init__(self, *options: str, pass_fds: tuple[int, ...] = ()) -> None:
        command = [sys.executable, "-m", "messagestatus_gateway", "--log-format", "json", *options]
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("MESSAGESTATUS_")
        }
        self._process = subprocess.Popen(
            command, stderr=subprocess.PIPE, env=environment, pass_fds=pass_fds, text=True
        )
        self.log: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read_log)
        self._reader.start()
        self.address: str = self.await_event("listening")["address"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self.await_end()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.address.rpartition(":")[2])

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://{self.address}"

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Tells it to stop, and does not wait."""
        self._process.send_signal(number)

    def await_end(self) -> int:
        """Waits for its end, and gives the exit code."""
        code = self._process.wait(10)
        self._reader.join()
        assert self._process.stderr is not None
        self._process.stderr.close()
        return code

    def await_event(self, event: str, **fields: object) -> dict[str, Any]:
        """Waits for a line of the log with these fields."""

        def found() -> dict[str, Any] | None:
            wanted = {"event": event, **fields}
            return next((line for line in self.log if wanted.items() <= line.items()), None)

        with self._news:
            assert self._news.wait_for(lambda: found() or self._process.poll() is not None, 10), self.log
            line = found()
        assert line is not None, self.log
        return line

    def _read_log(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            with self._news:
                # What is not JSON must fail the tests that look at the log.
                self.log.append(json.loads(line) if line.startswith("{") else {"raw": line})
                self._news.notify_all()
