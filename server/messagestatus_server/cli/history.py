"""`history`: every receipt of one message, with what became of it and why."""

import click

from messagestatus.v1.delivery_receipt_pb2 import ReceiptDisposition
from messagestatus.v1.delivery_receipt_service_pb2 import ListReceiptsRequest, ReceiptRecord
from messagestatus.v1.delivery_receipt_service_pb2_grpc import DeliveryReceiptServiceStub
from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.printing import plain, print_json, print_table, time_text
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.cli.words import word


@click.command("history", cls=Command)
@click.argument("message_id", metavar="ID")
@click.option("--instance", metavar="NAME", help="The sending line that knows it.")
@click.pass_obj
def history_command(settings: Settings, message_id: str, instance: str | None) -> None:
    """Show the receipts of one message in order of time, each with what became of it."""
    with Connection(settings) as connection:
        answer = connection.ask(
            DeliveryReceiptServiceStub(connection.channel).ListReceipts,
            ListReceiptsRequest(message_id=message_id, instance=instance),
        )
    if settings.json:
        for record in answer.records:
            print_json(plain(record))
    else:
        print_table(
            ("OCCURRED", "STATE", "PROVIDER", "WORD", "CODE", "RECIPIENT", "BECAME", "BECAUSE"),
            [_row(record) for record in answer.records],
        )


def _row(record: ReceiptRecord) -> tuple[str, ...]:
    receipt = record.receipt
    return (
        time_text(receipt, "occur_time") or time_text(record, "receive_time"),
        word(DeliveryState.DESCRIPTOR, receipt.state),
        receipt.provider.name,
        receipt.provider.status,
        receipt.provider.code,
        receipt.recipient_user_id,
        word(ReceiptDisposition.DESCRIPTOR, record.disposition),
        record.explanation,
    )
