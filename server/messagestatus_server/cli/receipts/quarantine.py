"""`receipts quarantine`, `resolve` and `release`: what came in and could not be understood."""

from typing import Any

import click

from messagestatus.v1.delivery_receipt_pb2 import ReceiptDisposition
from messagestatus.v1.delivery_state_pb2 import DeliveryState, FailureReason, Finality
from messagestatus.v1.receipt_review_service_pb2 import (
    AdoptQuarantinedRequest,
    DropQuarantinedRequest,
    ListQuarantineRequest,
    QuarantinedItem,
)
from messagestatus.v1.receipt_review_service_pb2_grpc import ReceiptReviewServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.from_options import enum_option, request_of
from messagestatus_server.cli.printing import plain, print_json, print_table, time_text
from messagestatus_server.cli.receipts.options import every, limit_option, tenant_option
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.cli.words import word


@click.command("quarantine", cls=Command)
@limit_option
@tenant_option
@click.pass_obj
def quarantine_command(settings: Settings, /, limit: int, **asked: Any) -> None:
    """List what could not be understood, the oldest first."""
    request = request_of(ListQuarantineRequest, asked)
    with Connection(settings) as connection:
        stub = ReceiptReviewServiceStub(connection.channel)
        found = list(every(connection, stub.ListQuarantine, request, lambda page: page.items, limit))
    if settings.json:
        for item in found:
            print_json(plain(item))
    else:
        headings = (
            "ID", "RECEIVED", "ROUTE", "CALLBACK", "ITEM", "PROVIDER", "WORD", "CODE", "FAULT", "RECEIPT"
        )  # fmt: skip
        print_table(headings, [_row(item) for item in found])


@click.command("resolve", cls=Command)
@click.argument("quarantine_id", metavar="ID", type=int)
@enum_option("--state", "state", DeliveryState.DESCRIPTOR, text="The state it claims.", required=True)
@enum_option("--finality", "finality", Finality.DESCRIPTOR, text="Whether more receipts follow.")
@enum_option("--reason", "reason", FailureReason.DESCRIPTOR, text="Why the message failed.")
@tenant_option
@click.pass_obj
def resolve_command(settings: Settings, /, **asked: Any) -> None:
    """Say what one receipt in quarantine means. An override of its route says it for all."""
    with Connection(settings) as connection:
        stub = ReceiptReviewServiceStub(connection.channel)
        outcome = connection.ask(stub.AdoptQuarantined, request_of(AdoptQuarantinedRequest, asked)).outcome
    if settings.json:
        print_json(plain(outcome))
    else:
        became = word(ReceiptDisposition.DESCRIPTOR, outcome.disposition)
        state = word(DeliveryState.DESCRIPTOR, outcome.state)
        print_table(("RECEIPT", "RESULT", "STATE"), [(outcome.receipt_key, became, state)])


@click.command("release", cls=Command)
@click.argument("quarantine_ids", metavar="ID...", nargs=-1, required=True, type=int)
@tenant_option
@click.pass_obj
def release_command(settings: Settings, /, **asked: Any) -> None:
    """Take items out of quarantine; their receipts stay in the history, without a meaning."""
    with Connection(settings) as connection:
        stub = ReceiptReviewServiceStub(connection.channel)
        dropped = connection.ask(stub.DropQuarantined, request_of(DropQuarantinedRequest, asked)).dropped
    if settings.json:
        print_json({"dropped": dropped})
    else:
        click.echo(f"{dropped} released.")


def _row(item: QuarantinedItem) -> tuple[str, ...]:
    return (
        str(item.quarantine_id),
        time_text(item, "receive_time"),
        item.route,
        str(item.callback_id or ""),
        str(item.item or ""),
        item.provider,
        item.word,
        item.code,
        item.fault,
        item.receipt_key,
    )
