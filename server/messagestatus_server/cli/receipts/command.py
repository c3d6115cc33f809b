"""`receipts`: what came in by routes, what waits, and what people decide about it."""

import click

from messagestatus_server.cli.receipts.callbacks import callbacks_command, replay_command
from messagestatus_server.cli.receipts.gauges import gauges_command
from messagestatus_server.cli.receipts.orphans import adopt_command, drop_command, orphans_command
from messagestatus_server.cli.receipts.quarantine import (
    quarantine_command,
    release_command,
    resolve_command,
)
from messagestatus_server.cli.settings import CommandGroup


@click.group("receipts", cls=CommandGroup)
def receipts_command() -> None:
    """Read callbacks again, and settle receipts that wait for people."""


for _command in (
    callbacks_command,
    replay_command,
    orphans_command,
    adopt_command,
    drop_command,
    quarantine_command,
    resolve_command,
    release_command,
    gauges_command,
):
    receipts_command.add_command(_command)
