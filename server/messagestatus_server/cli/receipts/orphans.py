"""`receipts orphans`, `adopt` and `drop`: receipts whose message is not registered."""

from typing import Any

import click

from messagestatus.v1.delivery_receipt_pb2 import ReceiptDisposition
from messagestatus.v1.delivery_receipt_service_pb2 import ReceiptRecord
from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.receipt_review_service_pb2 import (
    AdoptOrphanRequest,
    DropOrphansRequest,
    ListOrphansRequest,
)
from messagestatus.v1.receipt_review_service_pb2_grpc import ReceiptReviewServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.from_options import request_of
from messagestatus_server.cli.printing import plain, print_json, print_table, time_text
from messagestatus_server.cli.receipts.options import every, limit_option, tenant_option
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.cli.words import word


@click.command("orphans", cls=Command)
@click.option("--provider", default="", metavar="NAME", help="Only those of this provider.")
@limit_option
@tenant_option
@click.pass_obj
def orphans_command(settings: Settings, /, limit: int, **asked: Any) -> None:
    """List the receipts whose message is not registered, the oldest first."""
    request = request_of(ListOrphansRequest, asked)
    with Connection(settings) as connection:
        stub = ReceiptReviewServiceStub(connection.channel)
        found = list(every(connection, stub.ListOrphans, request, lambda page: page.records, limit))
    if settings.json:
        for record in found:
            print_json(plain(record))
    else:
        headings = ("RECEIPT", "RECEIVED", "PROVIDER", "PROVIDER ID", "MESSAGE", "STATE", "WORD", "ROUTE")
        print_table(headings, [_row(record) for record in found])


@click.command("adopt", cls=Command)
@click.argument("receipt_key", metavar="KEY")
@click.argument("message_id")
@click.option("--instance", metavar="NAME", help="The sending line that knows the message.")
@tenant_option
@click.pass_obj
def adopt_command(settings: Settings, /, **asked: Any) -> None:
    """Give a receipt to a message, and with it all that its provider calls by the same name."""
    with Connection(settings) as connection:
        stub = ReceiptReviewServiceStub(connection.channel)
        outcome = connection.ask(stub.AdoptOrphan, request_of(AdoptOrphanRequest, asked)).outcome
    if settings.json:
        print_json(plain(outcome))
    else:
        became = word(ReceiptDisposition.DESCRIPTOR, outcome.disposition)
        print_table(("RECEIPT", "RESULT", "STATE"), [(outcome.receipt_key, became, _state(outcome.state))])


@click.command("drop", cls=Command)
@click.argument("receipt_keys", metavar="KEY...", nargs=-1, required=True)
@tenant_option
@click.pass_obj
def drop_command(settings: Settings, /, **asked: Any) -> None:
    """Drop receipts whose message is not registered."""
    with Connection(settings) as connection:
        stub = ReceiptReviewServiceStub(connection.channel)
        dropped = connection.ask(stub.DropOrphans, request_of(DropOrphansRequest, asked)).dropped
    if settings.json:
        print_json({"dropped": dropped})
    else:
        click.echo(f"{dropped} dropped.")


def _row(record: ReceiptRecord) -> tuple[str, ...]:
    receipt = record.receipt
    return (
        record.receipt_key,
        time_text(record, "receive_time"),
        receipt.provider.name,
        receipt.provider.message_id,
        receipt.message_id,
        _state(receipt.state),
        receipt.provider.status,
        receipt.source,
    )


def _state(state: int) -> str:
    return word(DeliveryState.DESCRIPTOR, state)
