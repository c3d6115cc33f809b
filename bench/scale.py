"""The suite of `make bench-scale`: whether looking up becomes dearer as messages accumulate."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from bench.databases import PRODUCT, Databases
from bench.load.exchange import Exchange
from bench.load.grpc_connection import GrpcConnection
from bench.load.plan import Ask, Plan
from bench.process import Contestant
from bench.rows import Rows
from bench.suite import MANY, SOME, Size, serve
from bench.trial import Trial
from messagestatus.v1.message_status_service_pb2 import GetStatusRequest

_BLOCK = 1 << 24


def started(stack: ExitStack, databases: Databases, every: Sequence[Rows]) -> dict[str, Contestant]:
    """Start a server on each database, and return them by the number of messages."""
    found = {}
    for rows in every:
        data = databases.large(rows)
        _warm(data / PRODUCT)
        name = named(rows)
        found[name] = serve(name, data, "--engine", "express")
        stack.callback(found[name].stop)
    return found


def named(rows: Rows) -> str:
    """Return what a database is called in the table."""
    return f"{rows.count:,}"


def starting(databases: Databases, rows: Rows, times: int) -> list[float]:
    """Return how long it took from the start of the process to its first answer, in seconds."""
    return [_start(databases.large(rows), rows) for _ in range(times)]


def trials(who: Mapping[str, Contestant], sizes: Sequence[Size]) -> list[Trial]:
    """Return the same trials for each database."""
    found = []
    for ask, concurrency in ((Ask.GET, MANY), (Ask.LIST, SOME)):
        for size in sizes:
            name = named(size.rows)
            whom = who[name]
            plan = Plan(ask, whom.address, size.rows.count, concurrency, size.seconds, size.warm)
            found.append(Trial(f"{ask} {name}", [whom], plan, pinned=True))
    return found


def _start(data: Path, rows: Rows) -> float:
    contestant = serve("starting", data, "--engine", "express")
    try:
        message_id = rows.message_id(rows.count // 2)
        connection = GrpcConnection(contestant.address, "/messagestatus.v1.MessageStatusService/GetStatus")
        request = GetStatusRequest(message_id=message_id).SerializeToString()
        connection.begin(Exchange(request, (message_id.encode(),)), 0)
        connection.flush()
        while not connection.receive():
            connection.flush()
        took = time.perf_counter() - contestant.started
        assert not connection.faults, connection.faults
        connection.close()
    finally:
        contestant.stop()
    return took


def _warm(path: Path) -> None:
    """Read a file once: a server that has run for a while finds it in memory, too."""
    with path.open("rb", buffering=0) as file:
        while file.read(_BLOCK):
            pass
