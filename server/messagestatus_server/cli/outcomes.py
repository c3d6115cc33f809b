"""Prints what became of each item of a batch, and ends with 1 when one of them was refused."""

from collections.abc import Sequence
from typing import Any

import click
from google.protobuf.message import Message

from messagestatus.v1.error_reason_pb2 import ErrorReason, ItemError
from messagestatus_server.cli.exit_code import ExitCode
from messagestatus_server.cli.printing import plain, print_json, print_table, shown
from messagestatus_server.cli.settings import Settings
from messagestatus_server.cli.words import word


def print_outcomes(
    settings: Settings, headings: Sequence[str], rows: Sequence[Sequence[str]], outcomes: Sequence[Any]
) -> None:
    """Print the row of every item that was taken, and the refusal of every other.

    Raises click.exceptions.Exit with 1 when one was refused.
    """
    refused = [outcome.HasField("error") for outcome in outcomes]
    if settings.json:
        for outcome in outcomes:
            assert isinstance(outcome, Message)
            print_json(plain(outcome))
    else:
        taken = [row for row, is_refused in zip(rows, refused, strict=True) if not is_refused]
        if taken:
            print_table(headings, taken)
        for row, outcome in zip(rows, outcomes, strict=True):
            if outcome.HasField("error"):
                click.echo(f"Refused: {shown(row[0])}: {refusal(outcome.error)}", err=True)
    if any(refused):
        raise click.exceptions.Exit(ExitCode.REFUSED)


def refusal(error: ItemError) -> str:
    """Say in one line why an item was refused, naming its field."""
    where = f"{error.field}: " if error.field else ""
    reason = word(ErrorReason.DESCRIPTOR, error.reason)
    return shown(f"{where}{error.description} ({reason})" if error.description else f"{where}{reason}")
