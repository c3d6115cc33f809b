"""`receipts callbacks` and `receipts replay`: what carriers sent, and what it tells when it is read again."""

from typing import Any

import click

from messagestatus.v1.callback_pb2 import CallbackRecord, CallbackVerdict
from messagestatus.v1.callback_service_pb2 import (
    ListCallbacksRequest,
    ReplayCallbacksRequest,
    ReplayCallbacksResponse,
)
from messagestatus.v1.callback_service_pb2_grpc import CallbackServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.from_options import enum_option, request_of
from messagestatus_server.cli.printing import plain, print_json, print_table, time_text
from messagestatus_server.cli.receipts.options import every, limit_option, tenant_option
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.cli.words import word

_TOTALS = ("callbacks", "receipts", "added", "mended", "moved", "quarantined")


@click.command("callbacks", cls=Command)
@click.option("--route", default="", metavar="NAME", help="Only those of this route.")
@enum_option(
    "--verdict", "verdicts", CallbackVerdict.DESCRIPTOR, several=True, text="Only those that were this."
)
@limit_option
@tenant_option
@click.pass_obj
def callbacks_command(settings: Settings, /, limit: int, **asked: Any) -> None:
    """List callbacks as they came, the newest first; with --json, their bodies too."""
    request = request_of(ListCallbacksRequest, asked)
    with Connection(settings) as connection:
        stub = CallbackServiceStub(connection.channel)
        found = list(every(connection, stub.ListCallbacks, request, lambda page: page.callbacks, limit))
    if settings.json:
        for callback in found:
            print_json(plain(callback))
    else:
        headings = ("CALLBACK", "ROUTE", "RECEIVED", "VERDICT", "ITEMS", "QUARANTINED", "BYTES", "BECAUSE")
        print_table(headings, [_row(callback) for callback in found])


@click.command("replay", cls=Command)
@click.option("--since", "since_time", required=True, metavar="TIME", help="From when on (RFC 3339).")
@click.option("--route", default="", metavar="NAME", help="Only those of this route.")
@tenant_option
@click.pass_obj
def replay_command(settings: Settings, /, **asked: Any) -> None:
    """Read callbacks again as they are understood now. Doing it twice changes nothing."""
    request = request_of(ReplayCallbacksRequest, asked)
    total = ReplayCallbacksResponse()
    with Connection(settings) as connection:
        stub = CallbackServiceStub(connection.channel)
        while True:
            part = connection.ask(stub.ReplayCallbacks, request)
            for name in _TOTALS:
                setattr(total, name, getattr(total, name) + getattr(part, name))
            request.page_token = part.next_page_token
            if not part.next_page_token:
                break
    if settings.json:
        print_json({name: getattr(total, name) for name in _TOTALS})
    else:
        print_table(
            [name.upper() for name in _TOTALS], [tuple(str(getattr(total, name)) for name in _TOTALS)]
        )


def _row(callback: CallbackRecord) -> tuple[str, ...]:
    return (
        str(callback.callback_id),
        callback.route,
        time_text(callback, "receive_time"),
        word(CallbackVerdict.DESCRIPTOR, callback.verdict),
        str(callback.items),
        str(callback.quarantined_items),
        str(len(callback.body)),
        callback.explanation,
    )
