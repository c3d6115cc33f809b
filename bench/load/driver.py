"""Keeps calls under way, and measures those that are answered between two moments."""

import select
import time
from collections.abc import Callable, Iterator, Sequence

from bench.load.connection import Connection
from bench.load.exchange import Exchange
from bench.load.plan import Outcome, Plan

BEGIN = "begin"
END = "end"

_NANO = 1_000_000_000
_DRAIN = 10.0
"""How long the last answers are waited for, in seconds."""

_LONGEST_CALL = 10 * _NANO
"""How long the first answer is waited for."""

_TICK = 0.05
"""How long nothing may come before the clock is looked at, in seconds."""

_TICK_NANO = int(_TICK * _NANO)


class NothingLeftError(Exception):
    """Every receipt that the messages can take has been reported."""


class Driver:
    """Runs a plan over connections.

    Args:
        plan: What to do.
        connections: Over what; calls are spread over them evenly.
        source: The exchanges, one after another.
        tell: Told `BEGIN` and `END` at the two moments.
    """

    def __init__(
        self,
        plan: Plan,
        connections: Sequence[Connection],
        source: Iterator[Exchange],
        tell: Callable[[str], None],
    ) -> None:
        self._plan = plan
        self._connections = connections
        self._source = source
        self._tell = tell
        self._poll = select.epoll()
        self._known = {connection.fileno(): connection for connection in connections}
        for descriptor in self._known:
            self._poll.register(descriptor, select.EPOLLIN)
        self._latencies: list[int] = []
        self._under_way = 0
        self._taken = 0
        self._due = 0

    def run(self) -> Outcome:
        """Warm up, measure, and wait for the calls that are still under way.

        Raises:
            NothingLeftError: The source ended.
            OSError: A connection did.
        """
        self._due = time.perf_counter_ns()
        if not self._plan.rate:
            for place in range(self._plan.concurrency):
                self._begin(self._connections[place % len(self._connections)], self._due)
            self._flush()
        self._turn_until(self._due + int(self._plan.warm * _NANO))
        self._latencies.clear()
        self._tell(BEGIN)
        started = time.perf_counter_ns()
        self._turn_until(started + int(self._plan.seconds * _NANO))
        while not self._latencies and time.perf_counter_ns() < started + _LONGEST_CALL:
            # The slowest of all, measured briefly, has answered nothing yet.
            self._turn_until(time.perf_counter_ns() + _TICK_NANO)
        ended = time.perf_counter_ns()
        self._tell(END)
        latencies = sorted(self._latencies)
        self._drain()
        faults = [fault for connection in self._connections for fault in connection.faults]
        if self._under_way:
            faults.append(f"{self._under_way} calls were never answered")
        if not latencies:
            faults.append("no call was answered")
        return Outcome(
            calls=len(latencies),
            seconds=(ended - started) / _NANO,
            p50=_quantile(latencies, 0.5),
            p99=_quantile(latencies, 0.99),
            taken=self._taken,
            failed=len(faults),
            fault=faults[0] if faults else "",
        )

    def _turn_until(self, until: int) -> None:
        while (now := time.perf_counter_ns()) < until:
            if self._plan.rate:
                self._begin_what_is_due(now)
            self._turn(asking=not self._plan.rate)

    def _turn(self, *, asking: bool) -> None:
        for descriptor, _ in self._poll.poll(self._wait()):
            connection = self._known[descriptor]
            answered = connection.receive()
            now = time.perf_counter_ns()
            self._under_way -= len(answered)
            self._latencies += [now - started for started in answered]
            if asking:
                for _ in answered:
                    self._begin(connection, now)
            connection.flush()

    def _begin(self, connection: Connection, now: int) -> None:
        exchange = next(self._source, None)
        if exchange is None:
            raise NothingLeftError
        connection.begin(exchange, now)
        self._under_way += 1
        self._taken += 1

    def _begin_what_is_due(self, now: int) -> None:
        between = int(_NANO / self._plan.rate)
        while self._due <= now and self._under_way < self._plan.concurrency:
            # Measured from when it was due, so that a server that stands still is seen to.
            self._begin(self._next_free(), self._due)
            self._due += between
        self._flush()

    def _next_free(self) -> Connection:
        """Return the next connection in turn that can begin a call; there is one for each."""
        first = self._taken % len(self._connections)
        turn = (*self._connections[first:], *self._connections[:first])
        return next(connection for connection in turn if connection.is_free)

    def _wait(self) -> float:
        if not self._plan.rate:
            return _TICK
        return min(_TICK, max(0.0, (self._due - time.perf_counter_ns()) / _NANO))

    def _drain(self) -> None:
        until = time.perf_counter() + _DRAIN
        while self._under_way and time.perf_counter() < until:
            self._turn(asking=False)

    def _flush(self) -> None:
        for connection in self._connections:
            connection.flush()


def _quantile(ordered: Sequence[int], share: float) -> float:
    """Return the latency that a share of the calls did not exceed, in milliseconds."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] / 1e6 if ordered else 0.0
