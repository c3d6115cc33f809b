"""The line of the log for each request: what was asked by its template, and how it went."""

import asyncio
import sys
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import orjson
import structlog

_log = structlog.get_logger()


class AccessLog(ABC):
    """Where these lines go."""

    @abstractmethod
    def tell(self, route: str, method: str, status: int, started: float, request_id: str) -> None:
        """Tells of a request that has been answered, and began at a time of `perf_counter`."""

    def flush(self) -> None:  # noqa: B027 -- most have nothing to write later
        """Writes what was told and is not written yet."""


class PlainAccessLog(AccessLog):
    """The same way as all other lines: for people, and for levels at which there are none."""

    def tell(self, route: str, method: str, status: int, started: float, request_id: str) -> None:
        """Tells of a request."""
        milliseconds = _since(started)
        _log.info(
            "request", route=route, method=method, status=status, ms=milliseconds, request_id=request_id
        )


class JsonAccessLog(AccessLog):
    """The same lines as JSON, by a shorter way: those of one turn of the event loop are written at once.

    A system call for each would cost as much as to answer a look-up.
    """

    def __init__(self) -> None:
        """Begins with nothing to write."""
        self._lines: list[dict[str, Any]] = []

    def tell(self, route: str, method: str, status: int, started: float, request_id: str) -> None:
        """Tells of a request."""
        if not self._lines:
            asyncio.get_running_loop().call_soon(self.flush)
        self._lines.append(
            {
                "route": route,
                "method": method,
                "status": status,
                "ms": _since(started),
                "request_id": request_id,
                "event": "request",
                "level": "info",
                "timestamp": datetime.now(UTC),
            }
        )

    def flush(self) -> None:
        """Writes what was told in this turn."""
        lines, self._lines = self._lines, []
        if lines:
            options = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z
            sys.stderr.buffer.write(b"".join([orjson.dumps(line, option=options) for line in lines]))
            sys.stderr.buffer.flush()


def _since(started: float) -> float:
    # To the microsecond; `round` is ten times as slow.
    return int((perf_counter() - started) * 1e6) / 1000
