"""The history of the schema, and the only code that changes it.

It runs to its end, and closes the file, before any engine opens it: two SQLite libraries must never
hold one file open in one process.
"""

import sqlite3
from importlib.resources import files
from pathlib import Path

from sqlite_utils import Database, Migrations

from messagestatus_server.storage import quarantining, slimming

migrations = Migrations("messagestatus")


class DatabaseUnusableError(Exception):
    """The file is no database, or a damaged one."""


class SchemaTooNewError(DatabaseUnusableError):
    """The database was migrated by a newer program than this one."""


def migrate(path: Path) -> list[str]:
    """Bring a database to the newest schema, creating it if need be, and return what was applied.

    Raises:
        SchemaTooNewError: A newer program has been here.
        DatabaseUnusableError: The file is no database, or a damaged one.
    """
    database = Database(path)
    try:
        _refuse_newer(path, database)
        pending = [migration.name for migration in migrations.pending(database)]
        if pending:
            database.enable_wal()
            migrations.apply(database)
    except sqlite3.DatabaseError as fault:
        raise DatabaseUnusableError(f"{path} cannot be used: {fault}") from fault
    else:
        return pending
    finally:
        database.close()


def applied(path: Path) -> list[str]:
    """Return the names of the migrations that a database has, the oldest first."""
    database = Database(path)
    try:
        return [migration.name for migration in migrations.applied(database)]
    finally:
        database.close()


def _refuse_newer(path: Path, database: Database) -> None:
    known = {migration.name for migration in migrations.pending(Database(memory=True))}
    newer = [step.name for step in migrations.applied(database) if step.name not in known]
    if newer:
        raise SchemaTooNewError(
            f"{path} has the schema of a newer messagestatus ({', '.join(newer)}); run that version"
        )


@migrations()
def m001_messages(database: Database) -> None:
    """Messages with their recipients, receipts and changes; people; tenants and keys."""
    _run(database, "001_messages.sql")


@migrations()
def m002_slim(database: Database) -> None:
    """The same facts in fewer bytes."""
    slimming.register(database.conn)
    _run(database, "002_slim.sql")


@migrations()
def m003_callbacks(database: Database) -> None:
    """Routes, callbacks as they came, and what waits to be settled."""
    quarantining.register(database.conn)
    _run(database, "003_callbacks.sql")


@migrations()
def m004_review(database: Database) -> None:
    """A way to the few callbacks that were not simply taken."""
    _run(database, "004_review.sql")


@migrations()
def m005_feed(database: Database) -> None:
    """The feed can be read, and forgotten from its old end."""
    _run(database, "005_feed.sql")


@migrations()
def m006_webhooks(database: Database) -> None:
    """Webhook endpoints, the outbox, and attempts."""
    _run(database, "006_webhooks.sql")


def _run(database: Database, script: str) -> None:
    # Statement by statement: the standard library's executescript would commit the migration's transaction.
    for statement in files(__package__).joinpath("schema", script).read_text().split(";\n"):
        if statement.strip():
            database.execute(statement)
