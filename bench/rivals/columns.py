"""The rivals' own database: columns, as a team would lay them out, filled from the same rows."""

import hashlib
import sqlite3
from pathlib import Path

from bench.rows import ACTION, KEY, PROVIDER, SERVICE, STATUS, Rows

_SCHEMA = """
CREATE TABLE api_key (digest TEXT PRIMARY KEY, tenant TEXT NOT NULL, revoked INTEGER NOT NULL);

CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL UNIQUE,
    phone TEXT,
    reference_service TEXT,
    reference_action TEXT,
    reference_key TEXT,
    provider TEXT,
    provider_message_id TEXT,
    provider_status TEXT,
    channel INTEGER NOT NULL,
    content_kind INTEGER NOT NULL,
    direction INTEGER NOT NULL,
    state INTEGER NOT NULL,
    accept_time INTEGER NOT NULL,
    change_time INTEGER NOT NULL,
    message_time INTEGER NOT NULL,
    segments INTEGER NOT NULL,
    revision INTEGER NOT NULL
);

CREATE INDEX message_by_phone ON message (phone, accept_time);
CREATE INDEX message_by_reference ON message (reference_key, accept_time);
CREATE INDEX message_by_provider ON message (provider, provider_message_id);

CREATE TABLE receipt (
    id INTEGER PRIMARY KEY,
    receipt_key TEXT NOT NULL UNIQUE,
    message_id TEXT NOT NULL,
    state INTEGER NOT NULL,
    provider TEXT,
    provider_status TEXT,
    occur_time INTEGER NOT NULL,
    receive_time INTEGER NOT NULL
);

CREATE INDEX receipt_by_message ON receipt (message_id);
"""

_DELIVERED, _RCS, _VIDEO, _OUTBOUND = 60, 2, 4, 1


def digest(key: str) -> str:
    """Return what is stored of an API key."""
    return hashlib.sha256(key.encode()).hexdigest()


def build_columns(path: Path, rows: Rows) -> None:
    """Fill a new database."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(_SCHEMA)
    connection.execute("INSERT INTO api_key VALUES (?, 'default', 0)", (digest(KEY),))
    connection.executemany(
        f"INSERT INTO message VALUES (NULL{', ?' * 17})",  # noqa: S608 - parameters, as many as columns
        (_message(rows, number) for number in range(rows.count)),
    )
    connection.executemany(
        f"INSERT INTO receipt VALUES (NULL{', ?' * 7})",  # noqa: S608 - parameters, as many as columns
        (_receipt(rows, number) for number in range(rows.count)),
    )
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _message(rows: Rows, number: int) -> tuple[str | int, ...]:
    row = rows[number]
    reference = SERVICE, ACTION, row.reference_key
    provider = PROVIDER, row.provider_message_id, STATUS
    numbers = _RCS, _VIDEO, _OUTBOUND, _DELIVERED, row.accept_time, row.deliver_time, row.accept_time, 1, 2
    return row.message_id, row.phone, *reference, *provider, *numbers


def _receipt(rows: Rows, number: int) -> tuple[str | int, ...]:
    row = rows[number]
    key = hashlib.sha256(f"{row.message_id}{_DELIVERED}{row.deliver_time}".encode()).hexdigest()[:32]
    return key, row.message_id, _DELIVERED, PROVIDER, STATUS, row.deliver_time, row.deliver_time
