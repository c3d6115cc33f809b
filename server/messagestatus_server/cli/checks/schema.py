"""Checks of the database: whether it is sound, how it keeps its log, and which schema it has."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
from sqlite_utils import Database

from messagestatus_server.cli.checks.finding import Finding, Verdict
from messagestatus_server.cli.database import database_path, open_read_only
from messagestatus_server.storage.migrations import migrations

_APPLIED = "SELECT name FROM _sqlite_migrations WHERE migration_set = ? ORDER BY rowid"


def schema_checks(data: Path) -> Iterator[Finding]:
    """Look into the database, if there is one, without changing it."""
    path = database_path(data)
    if not path.exists():
        yield Finding("database", Verdict.WARN, f"{path} does not exist; the first start makes it")
        return
    with closing(open_read_only(data)) as connection:
        try:
            yield _sound(connection, path)
            yield _log(connection)
            yield _schema(connection)
        except apsw.Error as error:
            yield Finding("database", Verdict.FAIL, f"{path}: {error}")


def _sound(connection: apsw.Connection, path: Path) -> Finding:
    verdict = connection.execute("PRAGMA quick_check(1)").get
    size = path.stat().st_size
    if verdict != "ok":
        return Finding("database", Verdict.FAIL, f"{path} is damaged: {verdict}")
    return Finding("database", Verdict.OK, f"{path} is sound ({size:,} bytes)")


def _log(connection: apsw.Connection) -> Finding:
    mode = connection.execute("PRAGMA journal_mode").get
    if mode != "wal":
        return Finding("durability", Verdict.FAIL, f"journal mode {mode}; the server needs wal")
    return Finding("durability", Verdict.OK, "journal mode wal; the server syncs every commit (FULL)")


def _schema(connection: apsw.Connection) -> Finding:
    applied = [name for (name,) in connection.execute(_APPLIED, (migrations.name,))]
    known = [migration.name for migration in migrations.pending(Database(memory=True))]
    if newer := [name for name in applied if name not in known]:
        return Finding("schema", Verdict.FAIL, f"{newer[-1]} is of a newer version than this program")
    if pending := [name for name in known if name not in applied]:
        return Finding("schema", Verdict.WARN, f"pending: {', '.join(pending)}; the next start applies them")
    return Finding("schema", Verdict.OK, f"{applied[-1]} is the newest")
