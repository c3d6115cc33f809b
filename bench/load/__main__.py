"""The load generator's process: reads a plan, runs it, and tells when measuring begins and ends."""

import gc
import os
import sys
from collections.abc import Sequence

from bench.load.asking import exchanges
from bench.load.connection import Connection
from bench.load.driver import Driver, NothingLeftError
from bench.load.grpc_connection import GrpcConnection
from bench.load.http_connection import HttpConnection
from bench.load.plan import Ask, Outcome, Plan

CONNECTIONS = 4
STREAMS = 100
"""How many calls a connection may have under way: what servers allow at least."""

_STATUS = "/messagestatus.v1.MessageStatusService/"
_PATHS = {
    Ask.ECHO: f"{_STATUS}GetStatus",
    Ask.GET: f"{_STATUS}GetStatus",
    Ask.BATCH: f"{_STATUS}BatchStatus",
    Ask.LIST: f"{_STATUS}ListByPhone",
    Ask.REPORT: "/messagestatus.v1.DeliveryReceiptService/ReportReceipts",
}


def main() -> None:
    """Run the plan on standard input."""
    plan = Plan.from_json(sys.stdin.readline())
    if plan.core is not None:
        os.sched_setaffinity(0, {plan.core})
    source = exchanges(plan)
    # A pause for garbage would be taken for one of the server's.
    gc.freeze()
    gc.disable()
    try:
        outcome = Driver(plan, connections(plan), source, _say).run()
    except NothingLeftError:
        outcome = _fruitless("every receipt has been reported; use more rows")
    except OSError as fault:
        outcome = _fruitless(f"{type(fault).__name__}: {fault}")
    _say(outcome.to_json())


def connections(plan: Plan) -> Sequence[Connection]:
    """Connect to whom the plan names."""
    if plan.ask.over_http:
        return [HttpConnection(plan.address) for _ in range(plan.concurrency)]
    wanted = min(plan.concurrency, max(CONNECTIONS, -(-plan.concurrency // STREAMS)))
    return [GrpcConnection(plan.address, _PATHS[plan.ask]) for _ in range(wanted)]


def _fruitless(fault: str) -> Outcome:
    return Outcome(calls=0, seconds=0, p50=0, p99=0, taken=0, failed=1, fault=fault)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
