"""`report`: hands in delivery receipts, as a carrier's callback would."""

from typing import Any, BinaryIO

import click

from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt, ReceiptDisposition
from messagestatus.v1.delivery_receipt_service_pb2 import ReportReceiptsRequest
from messagestatus.v1.delivery_receipt_service_pb2_grpc import DeliveryReceiptServiceStub
from messagestatus.v1.delivery_state_pb2 import DeliveryState, FailureReason, Finality
from messagestatus.v1.message_status_pb2 import Channel
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.from_document import items_in
from messagestatus_server.cli.from_options import enum_option, request_of
from messagestatus_server.cli.outcomes import print_outcomes
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.cli.words import word


@click.command("report", cls=Command)
@click.argument("message_id", metavar="[ID]", required=False)
@click.option("--from", "document", type=click.File("rb"), help="Take them from a JSON document; - reads it.")
@click.option("--instance", metavar="NAME", help="The sending line that knows the message.")
@click.option("--provider", "provider__name", metavar="NAME", help="Whose receipt it is.")
@click.option(
    "--provider-id", "provider__message_id", metavar="ID", help="What the provider calls the message."
)
@click.option("--status", "provider__status", metavar="WORD", help="The provider's word for the status.")
@click.option("--code", "provider__code", metavar="CODE", help="The provider's code.")
@click.option("--detail", "provider__detail", metavar="TEXT", help="The provider's explanation.")
@click.option("--vocabulary", metavar="NAME", help="What --status is a word of, such as namirial.")
@enum_option("--state", "state", DeliveryState.DESCRIPTOR, text="The state it claims.")
@enum_option("--reason", "reason", FailureReason.DESCRIPTOR, text="Why the message failed.")
@enum_option("--finality", "finality", Finality.DESCRIPTOR, text="Whether more receipts follow.")
@enum_option("--channel", "channel", Channel.DESCRIPTOR, text="The channel it speaks of.")
@click.option("--occur-time", metavar="TIME", help="When it happened (RFC 3339).")
@click.option("--event-id", metavar="ID", help="The provider's identifier of this event.")
@click.option("--recipient", "recipient_user_id", metavar="USER", help="The recipient it speaks of.")
@click.option("--own-side", is_flag=True, default=None, help="It tells of an act of our own side.")
@click.pass_obj
def report_command(settings: Settings, /, document: BinaryIO | None, **fields: Any) -> None:
    """Report one receipt by options, or many by --from FILE.

    Name the message by its ID, or by --provider and --provider-id.
    """
    receipts = _claimed(document, fields)
    with Connection(settings) as connection:
        answer = connection.ask(
            DeliveryReceiptServiceStub(connection.channel).ReportReceipts,
            ReportReceiptsRequest(receipts=receipts),
        )
    rows = [
        (
            receipt.message_id or f"{receipt.provider.name} {receipt.provider.message_id}",
            word(ReceiptDisposition.DESCRIPTOR, outcome.disposition),
            word(DeliveryState.DESCRIPTOR, outcome.state),
            outcome.receipt_key,
        )
        for receipt, outcome in zip(receipts, answer.outcomes, strict=True)
    ]
    print_outcomes(settings, ("MESSAGE", "RESULT", "STATE", "RECEIPT"), rows, answer.outcomes)


def _claimed(document: BinaryIO | None, fields: dict[str, Any]) -> list[DeliveryReceipt]:
    """Return the receipts of the document, or the one that the options describe."""
    if document is not None:
        return items_in(DeliveryReceipt, document.read())
    if not (fields["message_id"] or fields["provider__message_id"]):
        raise click.UsageError("give the ID of the message, or --provider and --provider-id, or --from FILE")
    return [request_of(DeliveryReceipt, fields)]
