"""The database file of a data directory, opened so that nothing can change it."""

from pathlib import Path

import apsw
import click

from messagestatus_server.settings import Settings as ServerSettings


def database_path(data: Path) -> Path:
    """Return where a server with this data directory keeps its database."""
    return ServerSettings(data, listen="").database


def open_read_only(data: Path) -> apsw.Connection:
    """Open the database beside a server that may be running. Raises click.ClickException."""
    path = database_path(data)
    if not path.exists():
        raise click.ClickException(f"there is no database {path} (see --data)")
    try:
        return apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error as error:
        raise click.ClickException(f"{path}: {error}") from error
