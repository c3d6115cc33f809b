"""`register`: announces messages, so that receipts find them."""

from typing import Any, BinaryIO

import click

from messagestatus.v1.delivery_state_pb2 import DeliveryState, FailureReason
from messagestatus.v1.message_service_pb2 import (
    MessageRegistration,
    RegisterMessagesRequest,
    RegistrationResult,
    RollUp,
)
from messagestatus.v1.message_service_pb2_grpc import MessageServiceStub
from messagestatus.v1.message_status_pb2 import Channel, ContentKind, Direction
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.from_document import items_in
from messagestatus_server.cli.from_options import enum_option, request_of
from messagestatus_server.cli.outcomes import print_outcomes
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.cli.words import word


@click.command("register", cls=Command)
@click.argument("message_id", metavar="[ID]", required=False)
@click.option("--from", "document", type=click.File("rb"), help="Take them from a JSON document; - reads it.")
@click.option("--instance", metavar="NAME", help="The sending line.")
@click.option("--conversation", "conversation_id", metavar="ID", help="The chat, stream or room.")
@enum_option("--direction", "direction", Direction.DESCRIPTOR, text="Which way it travels.")
@enum_option("--channel", "channel", Channel.DESCRIPTOR, text="What carries it.")
@enum_option("--content", "content_kind", ContentKind.DESCRIPTOR, text="What it contains.")
@click.option("--phone", metavar="E164", help="The recipient's number, such as +1234567890.")
@click.option("--service", "reference__service", metavar="NAME", help="The service in your reference.")
@click.option("--action", "reference__action", metavar="NAME", help="The action in your reference.")
@click.option("--reference", "reference__key", metavar="KEY", help="The key of your reference.")
@click.option("--provider", "provider__name", metavar="NAME", help="Who carries it.")
@click.option("--provider-id", "provider__message_id", metavar="ID", help="What the provider calls it.")
@click.option("--status", "provider__status", metavar="WORD", help="The provider's word for its status.")
@click.option("--code", "provider__code", metavar="CODE", help="The provider's code.")
@click.option("--vocabulary", metavar="NAME", help="What --status is a word of, such as namirial.")
@enum_option("--state", "state", DeliveryState.DESCRIPTOR, text="Its first state.")
@enum_option("--reason", "reason", FailureReason.DESCRIPTOR, text="Why it failed.")
@click.option("--accept-time", metavar="TIME", help="When the provider accepted it (RFC 3339).")
@click.option("--message-time", metavar="TIME", help="When it travelled (RFC 3339).")
@click.option("--segments", type=int, help="How many segments it has.")
@click.option("--author", "author_user_id", metavar="USER", help="Who wrote it.")
@click.option(
    "--recipient", "recipient_user_ids", multiple=True, metavar="USER", help="One recipient of a group."
)
@enum_option("--roll-up", "roll_up", RollUp.DESCRIPTOR, text="How recipients make the state.")
@click.pass_obj
def register_command(settings: Settings, /, document: BinaryIO | None, **fields: Any) -> None:
    """Announce one message by options, or many by --from FILE."""
    messages = _announced(document, fields)
    with Connection(settings) as connection:
        answer = connection.ask(
            MessageServiceStub(connection.channel).RegisterMessages,
            RegisterMessagesRequest(messages=messages),
        )
    rows = [
        (
            message.message_id,
            word(RegistrationResult.DESCRIPTOR, outcome.result),
            word(DeliveryState.DESCRIPTOR, outcome.state),
        )
        for message, outcome in zip(messages, answer.outcomes, strict=True)
    ]
    print_outcomes(settings, ("MESSAGE", "RESULT", "STATE"), rows, answer.outcomes)


def _announced(document: BinaryIO | None, fields: dict[str, Any]) -> list[MessageRegistration]:
    """Return the messages of the document, or the one that the options describe."""
    if document is not None:
        return items_in(MessageRegistration, document.read())
    if fields["message_id"] is None:
        raise click.UsageError("give the ID of a message, or --from FILE")
    return [request_of(MessageRegistration, fields)]
