"""`receipts gauges`: how much came in by each route, and how much waits."""

import click

from messagestatus.v1.receipt_review_service_pb2 import GetGaugesRequest, RouteGauge, WaitingGauge
from messagestatus.v1.receipt_review_service_pb2_grpc import ReceiptReviewServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.printing import plain, print_json, print_table, time_text
from messagestatus_server.cli.receipts.options import tenant_option
from messagestatus_server.cli.settings import Command, Settings


@click.command("gauges", cls=Command)
@tenant_option
@click.pass_obj
def gauges_command(settings: Settings, tenant: str) -> None:
    """Count what came in by each route, and what waits of each provider."""
    with Connection(settings) as connection:
        stub = ReceiptReviewServiceStub(connection.channel)
        gauges = connection.ask(stub.GetGauges, GetGaugesRequest(tenant=tenant))
    if settings.json:
        print_json(plain(gauges))
        return
    print_table(
        ("ROUTE", "TAKEN", "QUARANTINED", "MALFORMED", "UNVERIFIED", "LAST"),
        [_route(gauge) for gauge in gauges.routes],
    )
    click.echo()
    print_table(
        ("PROVIDER", "ORPHANS", "OLDEST", "AWAITED", "STUCK"), [_waiting(gauge) for gauge in gauges.providers]
    )
    click.echo()
    print_table(
        ("QUARANTINED", "OLDEST"), [(str(gauges.quarantined), time_text(gauges, "oldest_quarantined_time"))]
    )


def _route(gauge: RouteGauge) -> tuple[str, ...]:
    counts = (gauge.taken, gauge.quarantined, gauge.malformed, gauge.unverified)
    return gauge.route, *map(str, counts), time_text(gauge, "last_time")


def _waiting(gauge: WaitingGauge) -> tuple[str, ...]:
    return (
        gauge.provider,
        str(gauge.orphans),
        time_text(gauge, "oldest_orphan_time"),
        str(gauge.awaited),
        str(gauge.stuck),
    )
