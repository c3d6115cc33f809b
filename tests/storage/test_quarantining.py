"""A database from before there was a quarantine has in it, after step 003, what no word table knew."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database, Migrations

from messagestatus.v1 import delivery_receipt_pb2 as pb
from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1.message_status_pb2 import Provider
from messagestatus_server.storage import migrations, slimming
from messagestatus_server.storage.migrations import applied, migrate
from messagestatus_server.storage.quarantining import has_finality, told_code, told_provider, told_status
from tests.storage.test_slimming import OLD

NOON = 1_700_000_000_000_000
UNKNOWN_WORD = Provider(name="acme", message_id="p1", status="BAFFLED", code="x7")

ADD = """
    INSERT INTO receipt (tenant, receipt_key, named, parked_provider, parked_provider_id, state, precedence,
        receive_time, content)
    VALUES (?1, ?2, 0, 'acme', 'p1', ?3, ?3, ?4, ?5)
"""


def up_to_002() -> Migrations:
    """Return the steps that the program of step 002 had."""
    steps = Migrations("messagestatus")

    @steps()
    def m001_messages(database: Database) -> None:
        migrations._run(database, "001_messages.sql")

    @steps()
    def m002_slim(database: Database) -> None:
        slimming.register(database.conn)
        migrations._run(database, "002_slim.sql")

    return steps


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Migrate the sample of step 001 to step 002, as the program of then left it."""
    path = tmp_path / "messagestatus.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"PRAGMA journal_mode = wal; BEGIN; {OLD.read_text()} COMMIT;")
    opened = Database(path)
    up_to_002().apply(opened)
    opened.close()
    assert applied(path) == ["m001_messages", "m002_slim"]
    return path


def add(path: Path, key: bytes, receipt: pb.DeliveryReceipt, tenant: int = 1) -> bytes:
    """Store a parked receipt as the program of step 002 did, and return its key."""
    content = receipt.SerializeToString(deterministic=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute(ADD, (tenant, key, receipt.state, NOON, content))
        database.commit()
    return key


def quarantined(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return list(
            database.execute(
                "SELECT tenant, receipt_key, provider, word, code, fault, receive_time, route, callback, item"
                " FROM quarantine ORDER BY id"
            )
        )


def unknown(path: Path) -> set[bytes]:
    """Return the keys of receipts whose word had no mapping, read by the contract itself."""
    with closing(sqlite3.connect(path)) as database:
        return {
            key
            for key, content in database.execute("SELECT receipt_key, content FROM receipt")
            if not (told := pb.DeliveryReceipt.FromString(content)).state and not told.finality
        }


def test_receipts_of_unknown_words_wait_in_quarantine(path: Path) -> None:
    mapped, noted = state_pb.DELIVERY_STATE_SENT, state_pb.FINALITY_NONE
    baffled = Provider(name="é", status="STILL BAFFLED")
    first = add(path, b"1" * 16, pb.DeliveryReceipt(provider=UNKNOWN_WORD))
    second = add(path, b"2" * 16, pb.DeliveryReceipt(provider=baffled), tenant=2)
    add(path, b"3" * 16, pb.DeliveryReceipt(provider=UNKNOWN_WORD, state=mapped, finality=noted))
    add(path, b"4" * 16, pb.DeliveryReceipt(provider=UNKNOWN_WORD, finality=noted))
    assert migrate(path)[0] == "m003_callbacks"
    rows = quarantined(path)
    assert rows[-2:] == [
        (1, first, "acme", "BAFFLED", "x7", "", NOON, None, None, None),
        (2, second, "é", "STILL BAFFLED", "", "", NOON, None, None, None),
    ]
    assert {row[1] for row in rows} == unknown(path)


def test_of_the_sample_exactly_those_wait_that_the_contract_shows_to_be_unknown(path: Path) -> None:
    migrate(path)
    assert {row[1] for row in quarantined(path)} == unknown(path)


def test_an_empty_database_has_an_empty_quarantine(tmp_path: Path) -> None:
    path = tmp_path / "messagestatus.db"
    migrate(path)
    assert quarantined(path) == []


def test_what_a_receipt_tells_is_read_from_its_bytes() -> None:
    told = pb.DeliveryReceipt(
        message_id="m", provider=UNKNOWN_WORD, finality=state_pb.FINALITY_SOFT
    ).SerializeToString()
    assert (told_provider(told), told_status(told), told_code(told)) == ("acme", "BAFFLED", "x7")
    assert has_finality(told)
    assert (told_provider(b""), told_status(b""), told_code(b"")) == ("", "", "")
    assert not has_finality(b"")
