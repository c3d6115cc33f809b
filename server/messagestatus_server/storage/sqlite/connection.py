"""Opening a database file, with the settings that durability and speed rest on, each read back."""

from pathlib import Path

import apsw

BUSY_TIMEOUT = 5_000
"""How long to wait for another process that holds the file, in milliseconds."""

_WRITER_FLAGS = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_NOMUTEX
_READER_FLAGS = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_NOMUTEX

WRITERS_CACHE = 64
"""How many megabytes of pages the connection that writes keeps at most."""

READERS_CACHE = 256
"""How many megabytes of pages a connection that reads keeps at most, unless the operator says otherwise."""

_SETTINGS: tuple[tuple[str, int | str], ...] = (("temp_store", 2),)

_WRITER_SETTINGS: tuple[tuple[str, int | str], ...] = (
    # NORMAL loses acknowledged rows at a power cut; with group commit FULL costs no more.
    ("synchronous", 2),
    # The commit that crossed the line would pay for it; the writer checkpoints after it has answered.
    ("wal_autocheckpoint", 0),
    ("journal_size_limit", 67_108_864),
)

_READER_SETTINGS: tuple[tuple[str, int | str], ...] = (
    ("query_only", 1),
    # Only the connection that writes may checkpoint.
    ("wal_autocheckpoint", 0),
)


def open_writer(path: Path) -> apsw.Connection:
    """Open the one connection that writes and checkpoints."""
    return _opened(path, _WRITER_FLAGS, WRITERS_CACHE, _SETTINGS + _WRITER_SETTINGS)


def open_reader(path: Path, cache: int = READERS_CACHE) -> apsw.Connection:
    """Open a connection that can only read, and keeps so many megabytes of pages at most."""
    return _opened(path, _READER_FLAGS, cache, _SETTINGS + _READER_SETTINGS)


def _opened(
    path: Path, flags: int, cache: int, settings: tuple[tuple[str, int | str], ...]
) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=flags)
    connection.set_busy_timeout(BUSY_TIMEOUT)
    # Otherwise a statement whose plan might depend on a value, as that of its LIMIT, is planned at each run.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    for name, wanted in (("cache_size", -cache * 1024), *settings):
        # One statement at a time: APSW stops a script at its first row.
        connection.execute(f"PRAGMA {name} = {wanted}").fetchall()
        actual = connection.execute(f"PRAGMA {name}").get
        if actual != wanted:
            connection.close()
            raise RuntimeError(f"SQLite took {name} = {actual}, not {wanted}")
    mode = connection.execute("PRAGMA journal_mode").get
    if mode != "wal":
        connection.close()
        raise RuntimeError(f"{path} is in journal mode {mode}, not wal")
    return connection
