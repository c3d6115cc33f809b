"""Opening a database file, with the settings that durability and speed rest on, each read back."""

from pathlib import Path
from typing import NamedTuple

import apsw

BUSY_TIMEOUT = 5_000
"""How long to wait for another process that holds the file, in milliseconds."""

_WRITER_FLAGS = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_NOMUTEX
_READER_FLAGS = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_NOMUTEX

WRITERS_CACHE = 64
"""How many megabytes of pages the connection that writes keeps at most."""

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


class Memory(NamedTuple):
    """How many megabytes of a database a connection that reads may keep, and how many it maps at most.

    What is mapped costs less to read, above all of a database that is larger than what is kept. But a disk
    that cannot read it ends the process, where it would otherwise be told to callers.
    """

    kept: int = 256
    mapped: int = 0


USUAL = Memory()
"""What a connection that reads has where the operator says nothing."""


def open_writer(path: Path) -> apsw.Connection:
    """Open the one connection that writes and checkpoints; it never maps anything."""
    return _opened(path, _WRITER_FLAGS, Memory(WRITERS_CACHE), _WRITER_SETTINGS)


def open_reader(path: Path, memory: Memory = USUAL) -> apsw.Connection:
    """Open a connection that can only read."""
    return _opened(path, _READER_FLAGS, memory, _READER_SETTINGS)


def _opened(
    path: Path, flags: int, memory: Memory, settings: tuple[tuple[str, int | str], ...]
) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=flags)
    connection.set_busy_timeout(BUSY_TIMEOUT)
    # Otherwise a statement whose plan might depend on a value, as that of its LIMIT, is planned at each run.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    kept, mapped = ("cache_size", -memory.kept << 10), ("mmap_size", memory.mapped << 20)
    for name, wanted in (*_SETTINGS, kept, mapped, *settings):
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
