"""`migrate`: brings the database to the newest schema without serving it."""

import os

import click

from messagestatus_server.cli.database import database_path
from messagestatus_server.cli.printing import print_json
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.files import DataInUseError, lock
from messagestatus_server.storage.migrations import DatabaseUnusableError, migrate


@click.command("migrate", cls=Command)
@click.pass_obj
def migrate_command(settings: Settings) -> None:
    """Run the migrations that are pending. The server must not run; it does the same when it starts."""
    try:
        holding = lock(settings.data)
        try:
            applied = migrate(database_path(settings.data))
        finally:
            os.close(holding)
    except (DataInUseError, DatabaseUnusableError) as error:
        raise click.ClickException(str(error)) from error
    if settings.json:
        print_json({"applied": applied})
    else:
        click.echo(
            "\n".join(f"applied {name}" for name in applied) or "nothing to do: the schema is the newest"
        )
