"""`get`, `list` and `batch`: where messages stand."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click
import grpc

from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.error_reason_pb2 import ErrorReason
from messagestatus.v1.message_status_pb2 import Channel, MessageStatus
from messagestatus.v1.message_status_service_pb2 import (
    BatchStatusRequest,
    GetStatusRequest,
    ListByPhoneRequest,
    ListByReferenceRequest,
    StatusOutcome,
    StatusView,
)
from messagestatus.v1.message_status_service_pb2_grpc import MessageStatusServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.exit_code import ExitCode
from messagestatus_server.cli.from_options import enum_option, request_of
from messagestatus_server.cli.presenting import print_status, print_statuses
from messagestatus_server.cli.printing import plain, print_json, shown
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.cli.words import word

_PAGE = 100  # the most that one page may have
_BATCH = 1000  # the most that one BatchStatus may ask for

_instance = click.option("--instance", metavar="NAME", help="The sending line that knows it.")


@click.command("get", cls=Command)
@click.argument("message_id", metavar="ID")
@_instance
@click.option("--full", is_flag=True, help="With every recipient, the counts by state, and names.")
@click.pass_obj
def get_command(settings: Settings, message_id: str, instance: str | None, *, full: bool) -> None:
    """Show where one message stands."""
    view = StatusView.STATUS_VIEW_FULL if full else StatusView.STATUS_VIEW_BASIC
    with Connection(settings) as connection:
        answer = connection.ask(
            MessageStatusServiceStub(connection.channel).GetStatus,
            GetStatusRequest(message_id=message_id, instance=instance, view=view),
        )
    if settings.json:
        print_json(plain(answer.message_status))
    else:
        print_status(answer.message_status)


@click.command("list", cls=Command)
@click.option("--phone", metavar="E164", help="The recipient's number, such as +1234567890.")
@click.option("--reference", metavar="KEY", help="The reference key.")
@enum_option("--state", "states", DeliveryState.DESCRIPTOR, several=True, text="Only in this state.")
@enum_option("--channel", "channels", Channel.DESCRIPTOR, several=True, text="Only on this channel.")
@click.option("--before", "before_time", metavar="TIME", help="Only accepted before this time (RFC 3339).")
@_instance
@click.option("--service", metavar="NAME", help="Only with this service in the reference.")
@click.option("--action", metavar="NAME", help="Only with this action in the reference.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@click.pass_obj
def list_command(settings: Settings, /, limit: int, **asked: Any) -> None:
    """List the messages to a phone number, or with a reference key, the newest first."""
    key = asked.pop("reference")
    if (asked["phone"] is None) == (key is None):
        raise click.UsageError("give either --phone or --reference")
    if asked["phone"] and (asked["service"] or asked["action"]):
        raise click.UsageError("--service and --action narrow --reference, not --phone")
    with Connection(settings) as connection:
        stub = MessageStatusServiceStub(connection.channel)
        if asked["phone"] is not None:
            found = _pages(connection, stub.ListByPhone, request_of(ListByPhoneRequest, asked), limit)
        else:
            found = _pages(
                connection,
                stub.ListByReference,
                request_of(ListByReferenceRequest, asked | {"key": key}),
                limit,
            )
        if settings.json:
            for status in found:
                print_json(plain(status))
        else:
            print_statuses(found)


def _pages(
    connection: Connection, call: "grpc.UnaryUnaryMultiCallable[Any, Any]", request: Any, limit: int
) -> Iterator[MessageStatus]:
    """Yield statuses from page after page, until there are no more or `limit` is reached."""
    while limit > 0:
        request.page_size = min(limit, _PAGE)
        page = connection.ask(call, request)
        yield from page.message_statuses
        if not page.next_page_token:
            return
        limit -= len(page.message_statuses)
        request.page_token = page.next_page_token


@click.command("batch", cls=Command)
@click.argument("message_ids", metavar="ID... | -", nargs=-1, required=True)
@_instance
@click.pass_obj
def batch_command(settings: Settings, message_ids: Sequence[str], instance: str | None) -> None:
    """Show where many messages stand; with -, read one ID a line from standard input.

    Exits with 1 when one of them is not found.
    """
    if tuple(message_ids) == ("-",):
        message_ids = sys.stdin.read().split()
    outcomes: list[StatusOutcome] = []
    with Connection(settings) as connection:
        stub = MessageStatusServiceStub(connection.channel)
        for start in range(0, len(message_ids), _BATCH):
            asked = BatchStatusRequest(message_ids=message_ids[start : start + _BATCH], instance=instance)
            outcomes += connection.ask(stub.BatchStatus, asked).outcomes
    answered = list(zip(message_ids, outcomes, strict=True))
    if settings.json:
        for message_id, outcome in answered:
            print_json({"message_id": message_id, **plain(outcome)})
    else:
        print_statuses(outcome.message_status for outcome in outcomes if outcome.HasField("message_status"))
        for message_id, outcome in answered:
            if outcome.HasField("error_reason"):
                reason = word(ErrorReason.DESCRIPTOR, outcome.error_reason)
                click.echo(f"{shown(message_id)}: {reason}", err=True)
    if any(outcome.HasField("error_reason") for outcome in outcomes):
        raise click.exceptions.Exit(ExitCode.REFUSED)
