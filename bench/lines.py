"""The lines of the table: what the figures of two trials make, and what is asked of it."""

from collections.abc import Mapping
from typing import NamedTuple

from bench.suite import BATCH, CALLBACKS_A_SECOND, LARGE_CALLBACK, LARGE_REPORT, WRITES_A_SECOND
from bench.trial import Figures

NEARLY = 0.95
"""The share of the writes asked for that must have been made, if reading beside them is to count."""


class Target(NamedTuple):
    """What a figure must be: at least, or at most, so much."""

    value: float
    at_least: bool = True

    def met(self, figure: float) -> bool:
        """Tell whether a figure is good enough."""
        return figure >= self.value if self.at_least else figure <= self.value


class Line(NamedTuple):
    """A line of the table, with the figures it comes from: the product's, and those beside it."""

    what: str
    figure: float
    unit: str
    target: Target | None = None
    ours: Figures | None = None
    beside: Figures | None = None
    fair: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one. A figure that came about unfairly meets none."""
        return None if self.target is None else self.fair and self.target.met(self.figure)


def at_most(value: float) -> Target:
    """Return the target of a figure that is good when it is small."""
    return Target(value, at_least=False)


def lines(seen: Mapping[str, Figures], bytes_a_message: float, idle_memory: float) -> list[Line]:
    """Return the table of `make bench`."""

    def rate(what: str, ours: str, beside: str, target: float | None) -> Line:
        first, second = seen[ours], seen[beside]
        return _of(what, first.rate / second.rate, target, first, second)

    def cpu(what: str, ours: str, beside: str, target: float | None) -> Line:
        first, second = seen[ours], seen[beside]
        return _of(what, second.cpu / first.cpu, target, first, second)

    batch, lists, get, many = seen["batch"], seen["list"], seen["get"], seen["report many"]
    callbacks, single = seen["callback many"], seen["callback"]
    writing, written = rate("", "get writing", "get idle", 0.6), seen["get writing"].written
    return [
        rate("GetStatus, express engine / bare echo: requests", "get", "echo", 0.6),
        rate("GetStatus, express engine / usual servicer: requests", "get", "get usual", 5),
        rate("GetStatus, express engine / stock engine: requests", "get", "get stock", None),
        Line(f"BatchStatus of {BATCH}: CPU an id", batch.cpu / BATCH, "us", at_most(5), batch),
        cpu(f"BatchStatus of {BATCH}, usual servicer / express: CPU", "batch", "batch usual", 3),
        cpu(f"BatchStatus of {BATCH}, stock engine / express: CPU", "batch", "batch stock", None),
        Line("ListByPhone of 50 / GetStatus: CPU", lists.cpu / get.cpu, "x", at_most(5), lists, get),
        cpu("ListByPhone of 50, usual servicer / express: CPU", "list", "list usual", None),
        cpu("ListByPhone of 50, stock engine / express: CPU", "list", "list stock", None),
        rate("look-up by the gateway / FastAPI, 64 at once: requests", "web", "web orm", 15),
        cpu("look-up, FastAPI / gateway and server, 64 at once: CPU", "web", "web orm", 15),
        rate("coalescing on / off, 64 at once: requests", "web", "web plain", 1.7),
        cpu("coalescing off / on, 64 at once: CPU", "web", "web plain", 3),
        rate("coalescing on / off, 1 at once: requests", "web alone", "web plain alone", 1),
        rate("durable receipts, 128 at once / one a commit", "report", "report one a commit", 3),
        rate("durable receipts, 128 at once / usual servicer", "report", "report usual", None),
        Line(
            f"durable receipts in calls of {LARGE_REPORT}",
            many.rate * LARGE_REPORT,
            "/s",
            Target(20_000),
            many,
        ),
        Line(
            f"durable receipts in callbacks of {LARGE_CALLBACK}, by the gateway",
            callbacks.rate * LARGE_CALLBACK,
            "/s",
            Target(5_000),
            callbacks,
        ),
        Line(
            f"callback of one receipt, {single.rate:,.0f} a second: p99",
            single.p99,
            "ms",
            at_most(250),
            single,
            fair=single.rate > NEARLY * CALLBACKS_A_SECOND,
        ),
        writing._replace(
            what=f"GetStatus, {written:,.0f} receipts/s written / idle: requests",
            fair=written > NEARLY * WRITES_A_SECOND,
        ),
        Line("database for each message, all included", bytes_a_message, "B", at_most(800)),
        Line("resident memory of server and gateway, idle", idle_memory / 1e6, "MB", at_most(150)),
    ]


def scale_lines(
    seen: Mapping[str, Figures], small: str, large: str, starts: Mapping[str, float]
) -> list[Line]:
    """Return the table of `make bench-scale`, of two databases by their names."""
    found = []
    for ask in ("get", "list"):
        ours, beside = seen[f"{ask} {large}"], seen[f"{ask} {small}"]
        name = {"get": "GetStatus", "list": "ListByPhone of 50"}[ask]
        sizes = f"{large} / {small} messages"
        found += [
            Line(f"{name}, {sizes}: p99", ours.p99 / beside.p99, "x", at_most(1.3), ours, beside),
            Line(f"{name}, {sizes}: CPU", ours.cpu / beside.cpu, "x", at_most(1.3), ours, beside),
        ]
    return [
        *found,
        Line(f"start to first answer, {large} messages", starts[large], "s", at_most(1.5)),
        Line(f"start to first answer, {small} messages", starts[small], "s"),
    ]


def _of(what: str, figure: float, target: float | None, ours: Figures, beside: Figures) -> Line:
    return Line(what, figure, "x", None if target is None else Target(target), ours, beside)
