"""`history`: every receipt of one message, with what it changed, what became of it and why."""

import click

from messagestatus.v1.delivery_receipt_pb2 import ReceiptDisposition
from messagestatus.v1.delivery_receipt_service_pb2 import (
    ListReceiptsRequest,
    ListReceiptsResponse,
    ReceiptRecord,
)
from messagestatus.v1.delivery_receipt_service_pb2_grpc import DeliveryReceiptServiceStub
from messagestatus.v1.delivery_state_pb2 import DeliveryState, FailureReason
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.from_options import request_of
from messagestatus_server.cli.printing import plain, print_filled, print_json, second_text, shown
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.cli.words import word

_HEADINGS = (
    "OCCURRED",
    "ARRIVED",
    "SOURCE",
    "PROVIDER",
    "WORD",
    "CODE",
    "REASON",
    "RECIPIENT",
    "BECAME",
    "CHANGED",
    "BECAUSE",
)


@click.command("history", cls=Command)
@click.argument("message_id", metavar="ID")
@click.option("--instance", metavar="NAME", help="The sending line that knows it.")
@click.option("--as-of", metavar="TIME", help="Show what was known at this time (RFC 3339).")
@click.pass_obj
def history_command(settings: Settings, message_id: str, instance: str | None, as_of: str | None) -> None:
    """Show the receipts of one message in order of time, each with what it changed and why.

    Where a receipt arrived on the day that it tells of, only the time of arrival is shown. The last line
    tells where the message stands. With --json, one receipt a line.
    """
    asked = {"message_id": message_id, "instance": instance, "as_of_time": as_of}
    request = request_of(ListReceiptsRequest, asked)
    with Connection(settings) as connection:
        answer = connection.ask(DeliveryReceiptServiceStub(connection.channel).ListReceipts, request)
    if settings.json:
        for record in answer.records:
            print_json(plain(record))
    else:
        if answer.records:
            print_filled(_HEADINGS, [_row(record) for record in answer.records])
        click.echo(_standing(answer, as_of))


def _row(record: ReceiptRecord) -> tuple[str, ...]:
    receipt = record.receipt
    arrived = second_text(record, "receive_time")
    occurred = second_text(receipt, "occur_time") or arrived
    date, _, time = arrived.partition("T")
    changed = _changed(record)
    return (
        occurred,
        time if occurred.startswith(f"{date}T") else arrived,
        receipt.source,
        receipt.provider.name,
        receipt.provider.status or word(DeliveryState.DESCRIPTOR, receipt.state),
        receipt.provider.code,
        word(FailureReason.DESCRIPTOR, receipt.reason),
        receipt.recipient_user_id,
        word(ReceiptDisposition.DESCRIPTOR, record.disposition),
        changed,
        "" if record.explanation == changed else record.explanation,
    )


def _changed(record: ReceiptRecord) -> str:
    if record.previous_state == record.new_state:
        return ""
    before, after = (
        word(DeliveryState.DESCRIPTOR, state) for state in (record.previous_state, record.new_state)
    )
    return f"{before} to {after}"


def _standing(answer: ListReceiptsResponse, as_of: str | None) -> str:
    """Tell in a sentence where the message stands, or stood, and what to do about a failure."""
    stands = "The message is" if as_of is None else f"At {as_of} the message was"
    if not answer.state:
        return f"{stands} not registered."
    reason = word(FailureReason.DESCRIPTOR, answer.reason)
    state = word(DeliveryState.DESCRIPTOR, answer.state) + (f" ({reason})" if reason else "")
    return f"{stands} {state}. {shown(answer.advice)}".rstrip()
