"""`watch`: what happens to messages, live, one line a change."""

import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from messagestatus import CallError, Interrupted, Resumed, SnapshotComplete, Watch
from messagestatus.resuming import Notice, Start
from messagestatus.v1.delivery_state_pb2 import DeliveryState, FailureReason
from messagestatus.v1.message_status_pb2 import Channel
from messagestatus.v1.status_change_pb2 import ChangeKind, StatusChange
from messagestatus.v1.status_watch_service_pb2 import WatchResponse
from messagestatus_server.cli.call_failed import CallFailed
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.from_options import enum_option
from messagestatus_server.cli.printing import plain, print_json, second_text, shown
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.cli.words import numbers, word

_FAILURES = range(DeliveryState.DELIVERY_STATE_FAILED, DeliveryState.DELIVERY_STATE_PARTIALLY_DELIVERED)


@click.command("watch", cls=Command)
@click.argument("message_ids", metavar="[ID]...", nargs=-1)
@click.option("--phone", default="", metavar="E164", help="Only messages to this number.")
@click.option("--reference", default="", metavar="KEY", help="Only messages with this reference key.")
@click.option("--instance", metavar="NAME", help="Only messages of this sending line.")
@enum_option("--state", "states", DeliveryState.DESCRIPTOR, several=True, text="Only changes to this state.")
@enum_option("--channel", "channels", Channel.DESCRIPTOR, several=True, text="Only on this channel.")
@click.option("--from-start", is_flag=True, help="Begin with the oldest change that is kept.")
@click.option("--snapshot", is_flag=True, help="Begin with the messages as they stand.")
@click.option("--resume", "token", default="", metavar="TOKEN", help="Go on after an earlier watch.")
@click.pass_obj
def watch_command(
    settings: Settings, /, *, from_start: bool, snapshot: bool, token: str, **wanted: Any
) -> None:
    """Show what happens to messages as it happens: all of them, or those that the options choose.

    It goes on by itself after the connection is lost. Ctrl-C ends it, and prints the token with which
    --resume goes on. With --json, one WatchResponse of the contract a line.
    """
    start = _start(token, from_start=from_start, snapshot=snapshot)
    if snapshot and not (wanted["message_ids"] or wanted["phone"] or wanted["reference"]):
        raise click.UsageError("--snapshot needs IDs, --phone or --reference")
    for name, enum in (("states", DeliveryState.DESCRIPTOR), ("channels", Channel.DESCRIPTOR)):
        wanted[name] = [numbers(enum)[each] for each in wanted[name]]
    with Connection(settings) as connection:
        _show(settings, connection.watch(**wanted, start=start, token=token, on_notice=_tell))


def _start(token: str, *, from_start: bool, snapshot: bool) -> Start:
    if sum(map(bool, (token, from_start, snapshot))) > 1:
        raise click.UsageError("give one of --from-start, --snapshot and --resume")
    if from_start:
        return "oldest"
    return "snapshot" if snapshot else "now"


def _show(settings: Settings, watch: Watch) -> NoReturn:
    """Print change after change. Raises CallFailed for what cannot pass, and Abort at Ctrl-C."""
    lines = _Lines()
    given = printed = watch.token
    printing = False
    try:
        for change in watch:
            printing = True
            if settings.json:
                print_json(plain(_response(watch.token, change)))
            else:
                lines.print(change)
            printed, printing = watch.token, False
    except (KeyboardInterrupt, CallError) as ended:
        # A change of which only a part was printed is shown again.
        token = printed if printing else watch.token
        if isinstance(ended, CallError):
            if token != given and ended.reason != "RESUME_TOKEN_EXPIRED":
                _tell_token(token)
            raise CallFailed(ended) from ended
        if sys.stderr.isatty():
            click.echo(err=True)  # the terminal has written ^C
        _tell_token(token)
        raise click.Abort from None
    raise AssertionError("a watch does not end")


def _tell_token(token: str) -> None:
    if token:
        click.echo(f"Go on from here by --resume {token}", err=True)


def _response(token: str, change: StatusChange) -> WatchResponse:
    if change.kind:
        return WatchResponse(resume_token=token, change=change)
    return WatchResponse(resume_token=token, snapshot=change.message_status)


def _tell(notice: Notice) -> None:
    """Tell on standard error what happens to the watch. Raises CallFailed if it cannot even begin."""
    match notice:
        case Interrupted(error, _, _, answered=False):
            raise CallFailed(error)
        case Interrupted(error, _, failures=1):
            click.echo(f"Interrupted: {shown(str(error))}", err=True)
        case Resumed():
            click.echo("Going on; nothing was missed.", err=True)
        case SnapshotComplete(messages):
            click.echo(f"{messages} messages as they stand; changes follow.", err=True)


class _Lines:
    """Prints changes in columns, each as wide as the widest cell in it so far."""

    def __init__(self) -> None:
        self._widths: list[int] = []

    def print(self, change: StatusChange) -> None:
        """Print one change."""
        cells = [shown(cell) for cell in _cells(change)]
        known = self._widths or [0] * len(cells)
        self._widths = [max(width, len(cell)) for width, cell in zip(known, cells, strict=True)]
        padded = [f"{cell:{width}}" for cell, width in zip(cells, self._widths, strict=True)]
        padded[2] = click.style(padded[2], fg=_colour(change.state))
        click.echo("  ".join(padded).rstrip())


def _cells(change: StatusChange) -> Sequence[str]:
    provider = change.message_status.provider
    return (
        second_text(change, "commit_time") or second_text(change, "change_time"),
        f"{change.message_id} of {change.instance}" if change.instance else change.message_id,
        _passage(change),
        " ".join(filter(None, (provider.name, provider.status, provider.code))),
        word(FailureReason.DESCRIPTOR, change.reason),
    )


def _passage(change: StatusChange) -> str:
    """Say what happened: states as the contract has them, and all else in small letters."""
    before, after = (word(DeliveryState.DESCRIPTOR, state) for state in (change.previous_state, change.state))
    if change.kind == ChangeKind.CHANGE_KIND_REGISTERED:
        return f"registered -> {after}"
    if change.kind == ChangeKind.CHANGE_KIND_DELETED:
        return f"{before} -> deleted".lstrip()
    if change.kind and before != after:
        return f"{before} -> {after}"
    if change.kind == ChangeKind.CHANGE_KIND_ADVANCED:
        return f"{after}, of a recipient"
    return f"{after}, {word(ChangeKind.DESCRIPTOR, change.kind).lower()}".rstrip(", ")


def _colour(state: DeliveryState.ValueType) -> str | None:
    if state in _FAILURES:
        return "red"
    return "green" if state >= DeliveryState.DELIVERY_STATE_DELIVERED else None
