"""`stuck`: the messages that were marked because no receipt came in time."""

from collections.abc import Iterator
from typing import Any

import click

from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.message_status_pb2 import Channel
from messagestatus.v1.receipt_review_service_pb2 import ListStuckRequest, StuckMessage
from messagestatus.v1.receipt_review_service_pb2_grpc import ReceiptReviewServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.from_options import enum_option, request_of
from messagestatus_server.cli.printing import plain, print_json, print_table, time_text
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.cli.words import word

_LARGEST_PAGE = 100


@click.command("stuck", cls=Command)
@click.option("--provider", default="", metavar="NAME", help="Only those of this provider.")
@enum_option("--channel", "channel", Channel.DESCRIPTOR, text="Only those on this channel.")
@click.option("--tenant", default="", metavar="NAME", help="Whose messages. [default: the key's own tenant]")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@click.pass_obj
def stuck_command(settings: Settings, /, limit: int, **asked: Any) -> None:
    """List the messages that no receipt came for in time, the longest waiting first."""
    with Connection(settings) as connection:
        found = list(_stuck(connection, request_of(ListStuckRequest, asked), limit))
    if settings.json:
        for message in found:
            print_json(plain(message))
    else:
        print_table(
            ("MESSAGE", "INSTANCE", "PROVIDER", "CHANNEL", "STATE", "DUE", "MARKED"),
            [_row(message) for message in found],
        )


def _stuck(connection: Connection, request: ListStuckRequest, limit: int) -> Iterator[StuckMessage]:
    """Yield stuck messages, page after page, up to a limit."""
    stub = ReceiptReviewServiceStub(connection.channel)
    while limit:
        request.page_size = min(limit, _LARGEST_PAGE)
        page = connection.ask(stub.ListStuck, request)
        yield from page.messages
        limit -= len(page.messages)
        request.page_token = page.next_page_token
        if not page.next_page_token:
            return


def _row(message: StuckMessage) -> tuple[str, ...]:
    return (
        message.message_id,
        message.instance,
        message.provider,
        word(Channel.DESCRIPTOR, message.channel),
        word(DeliveryState.DESCRIPTOR, message.state),
        time_text(message, "due_time"),
        time_text(message, "mark_time"),
    )
