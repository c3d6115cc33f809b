"""Loads the demo data through the public calls. Loaded again, it changes nothing."""

from collections import Counter
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import click
import orjson

from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from messagestatus.v1.delivery_receipt_service_pb2 import ReportReceiptsRequest
from messagestatus.v1.delivery_receipt_service_pb2_grpc import DeliveryReceiptServiceStub
from messagestatus.v1.directory_pb2 import Conversation
from messagestatus.v1.directory_service_pb2 import PutConversationsRequest, PutUsersRequest
from messagestatus.v1.directory_service_pb2_grpc import DirectoryServiceStub
from messagestatus.v1.message_service_pb2 import (
    MessageRegistration,
    RegisterMessagesRequest,
    RegistrationResult,
)
from messagestatus.v1.message_service_pb2_grpc import MessageServiceStub
from messagestatus.v1.user_pb2 import User
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.from_document import items_of
from messagestatus_server.cli.outcomes import refusal
from messagestatus_server.cli.words import word


def load(connection: Connection) -> Counter[str]:
    """Store people, conversations, messages and receipts; what became of the messages, by word.

    Raises click.ClickException when the server refuses one of them.
    """
    document = orjson.loads(files(__package__).joinpath("data.json").read_bytes())
    directory = DirectoryServiceStub(connection.channel)
    users = PutUsersRequest(users=items_of(User, document["users"]))
    _accepted(connection.ask(directory.PutUsers, users).outcomes)
    conversations = PutConversationsRequest(conversations=items_of(Conversation, document["conversations"]))
    _accepted(connection.ask(directory.PutConversations, conversations).outcomes)
    messages = RegisterMessagesRequest(messages=items_of(MessageRegistration, document["messages"]))
    registered = connection.ask(MessageServiceStub(connection.channel).RegisterMessages, messages).outcomes
    _accepted(registered)
    receipts = ReportReceiptsRequest(receipts=items_of(DeliveryReceipt, document["receipts"]))
    reported = connection.ask(DeliveryReceiptServiceStub(connection.channel).ReportReceipts, receipts)
    _accepted(reported.outcomes)
    return Counter(word(RegistrationResult.DESCRIPTOR, outcome.result) for outcome in registered)


def _accepted(outcomes: Iterable[Any]) -> None:
    """See that no item was refused. Raises click.ClickException."""
    for outcome in outcomes:
        if outcome.HasField("error"):
            raise click.ClickException(f"the demo data was refused: {refusal(outcome.error)}")
