"""The suite of `make bench`: who takes part, and what is asked of each."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from bench.databases import PRODUCT, RIVALS, Databases, copied
from bench.load.calling_back import open_route
from bench.load.plan import Ask, Plan
from bench.process import Contestant, free_address
from bench.rows import Rows
from bench.trial import Receipts, Trial

SERVER = "messagestatus_server"
GATEWAY = "messagestatus_gateway"

MANY = 64
SOME = 16
WRITERS = 128
BATCH = 100
LARGE_REPORT = 500
REPORTS_UNDER_WAY = 8
WRITES_A_SECOND = 1_000
LARGE_CALLBACK = 100
CALLBACKS_UNDER_WAY = 8
CALLBACKS_A_SECOND = 200

SLACK = 1.0
"""How long the background writer goes on for, beyond what is measured, in seconds: load starts slowly."""

_FLOOR = {"GRPC_EXPERIMENTS": "-event_engine_listener"}


class Size(NamedTuple):
    """How long each trial is measured and warmed up, in seconds, and on how many messages."""

    seconds: float
    warm: float
    rows: Rows


class Contestants(NamedTuple):
    """Everybody who takes part, by name."""

    echo: Contestant
    express: Contestant
    stock: Contestant
    alone: Contestant
    gateway: Contestant
    plain: Contestant
    servicer: Contestant
    orm: Contestant

    def idle_memory(self) -> int:
        """Return the resident memory of a server and a gateway, in bytes."""
        return self.express.memory() + self.gateway.memory()


@contextmanager
def contestants(databases: Databases, rows: Rows, work: Path) -> Iterator[Contestants]:
    """Start everybody, each on a copy of its own."""
    product, rivals = databases.product(rows), databases.rivals(rows)

    def server(name: str, *options: str) -> Contestant:
        data = copied(product, work / name)
        return started(serve(name, data, *options))

    def gateway(name: str, upstream: Contestant, *options: str) -> Contestant:
        address = free_address()
        # Nobody logs each request here: not the web service, and not the gateway.
        said = ["--upstream", upstream.address, "--listen", address, "--log-level", "warning"]
        return started(Contestant(name, ["-m", GATEWAY, *said, *options], address=address))

    def rival(name: str, module: str) -> Contestant:
        database = copied(rivals, work / name) / RIVALS
        return started(Contestant(name, ["-m", f"bench.rivals.{module}", str(database)]))

    with ExitStack() as stack:

        def started(contestant: Contestant) -> Contestant:
            stack.callback(contestant.stop)
            return contestant

        def end_all() -> None:
            # They end side by side, and are waited for one after another.
            for contestant in who:
                contestant.end()

        express = server("express", "--engine", "express")
        who = Contestants(
            echo=started(Contestant("echo", ["-m", "bench.rivals.echo"], _FLOOR)),
            express=express,
            stock=server("stock", "--engine", "stock"),
            alone=server("alone", "--commit-group", "1"),
            gateway=gateway("gateway", express),
            plain=gateway("plain", express, "--no-coalesce"),
            servicer=rival("servicer", "servicer"),
            orm=rival("orm", "orm_service"),
        )
        stack.callback(end_all)
        open_route(express.address)
        yield who


def serve(name: str, data: Path, *options: str) -> Contestant:
    """Start a status server on a data directory."""
    place = ["--data", str(data), "--listen", "127.0.0.1:0", "--log-format", "json"]
    return Contestant(name, ["-m", SERVER, *place, *options])


def trials(who: Contestants, size: Size) -> list[Trial]:
    """Return everything that is measured."""
    taken: Mapping[str, Receipts] = {each.name: Receipts() for each in who}

    def plan(ask: Ask, whom: Contestant, concurrency: int, items: int = 1) -> Plan:
        return Plan(ask, whom.address, size.rows.count, concurrency, size.seconds, size.warm, items)

    def pinned(name: str, whom: Contestant, ask: Ask, concurrency: int, items: int = 1) -> Trial:
        return Trial(name, [whom], plan(ask, whom, concurrency, items), pinned=True)

    def web(name: str, whom: Contestant, concurrency: int) -> Trial:
        behind = [] if whom is who.orm else [who.express]
        return Trial(name, [whom, *behind], plan(Ask.HTTP_GET, whom, concurrency))

    def report(
        name: str, whom: Contestant, concurrency: int, items: int = 1, *, bound: bool = False
    ) -> Trial:
        asked = plan(Ask.REPORT, whom, concurrency, items)
        return Trial(name, [whom], asked, pinned=bound, receipts=taken[whom.name])

    def callback(name: str, concurrency: int, items: int, rate: float = 0.0) -> Trial:
        asked = replace(plan(Ask.CALLBACK, who.gateway, concurrency, items), rate=rate)
        return Trial(name, [who.gateway, who.express], asked, receipts=taken["express"])

    reading = plan(Ask.GET, who.express, SOME)
    writing = replace(plan(Ask.REPORT, who.express, WRITERS), rate=WRITES_A_SECOND, seconds=SLACK)
    return [
        pinned("echo", who.echo, Ask.ECHO, MANY),
        pinned("get", who.express, Ask.GET, MANY),
        pinned("get stock", who.stock, Ask.GET, MANY),
        pinned("get usual", who.servicer, Ask.GET, MANY),
        pinned("batch", who.express, Ask.BATCH, SOME, BATCH),
        pinned("batch stock", who.stock, Ask.BATCH, SOME, BATCH),
        pinned("batch usual", who.servicer, Ask.BATCH, SOME, BATCH),
        pinned("list", who.express, Ask.LIST, SOME),
        pinned("list stock", who.stock, Ask.LIST, SOME),
        pinned("list usual", who.servicer, Ask.LIST, SOME),
        web("web", who.gateway, MANY),
        web("web alone", who.gateway, 1),
        web("web plain", who.plain, MANY),
        web("web plain alone", who.plain, 1),
        web("web orm", who.orm, MANY),
        report("report", who.express, WRITERS),
        report("report one a commit", who.alone, WRITERS),
        report("report usual", who.servicer, WRITERS, bound=True),
        report("report many", who.express, REPORTS_UNDER_WAY, LARGE_REPORT),
        callback("callback many", CALLBACKS_UNDER_WAY, LARGE_CALLBACK),
        callback("callback", MANY, 1, CALLBACKS_A_SECOND),
        Trial("get idle", [who.express], reading),
        Trial("get writing", [who.express], reading, writing=writing, receipts=taken["express"]),
    ]


def database_bytes(databases: Databases, rows: Rows) -> float:
    """Return the size of the product's database file, for each message."""
    return (databases.product(rows) / PRODUCT).stat().st_size / rows.count
