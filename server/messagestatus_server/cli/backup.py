"""`backup`: a copy of the database as of one moment, made while the server runs."""

import os
from contextlib import closing
from pathlib import Path

import apsw
import click

from messagestatus_server.cli.database import open_read_only
from messagestatus_server.cli.printing import print_json
from messagestatus_server.cli.settings import Command, Settings


@click.command("backup", cls=Command)
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@click.pass_obj
def backup_command(settings: Settings, target: Path, *, force: bool) -> None:
    """Copy the database to FILE, and check the copy.

    To restore it, stop the server, put the copy in the place of DATA/messagestatus.db, and remove the
    files with -wal and -shm behind that name.
    """
    if target.exists() and not force:
        raise click.ClickException(f"{target} exists; --force replaces it")
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        _copy(settings.data, part)
        _check(part)
        _make_durable(part)
        part.replace(target)
        _make_durable(target.parent)
    except apsw.Error as error:
        raise click.ClickException(f"no backup was made: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    size = target.stat().st_size
    if settings.json:
        print_json({"file": str(target), "bytes": size})
    else:
        click.echo(f"{target}: {size:,} bytes, sound")


def _copy(data: Path, part: Path) -> None:
    """Write the database as of now to a new file, which nobody else can read: it holds phone numbers."""
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(open_read_only(data)) as source:
        source.execute("VACUUM INTO ?", (str(part),))


def _check(part: Path) -> None:
    """See that the copy is sound, and leave it with a feed of its own, as the server expects it.

    Raises click.ClickException where it is not sound.
    """
    with closing(apsw.Connection(str(part))) as copy:
        verdict = copy.execute("PRAGMA integrity_check").fetchall()
        if verdict != [("ok",)]:
            raise click.ClickException(f"the copy is damaged, and was dropped: {verdict[0][0]}")
        # What is restored goes on counting where it was copied: a resume token from afterwards would lead
        # into changes that its watcher never saw, unless it is of another feed.
        if copy.execute("SELECT 1 FROM sqlite_schema WHERE name = 'identity'").get:
            copy.execute("UPDATE identity SET feed = randomblob(8)")
        copy.execute("PRAGMA journal_mode = wal").fetchall()


def _make_durable(path: Path) -> None:
    """Have a file, or the entries of a directory, on the disk before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
