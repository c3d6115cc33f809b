"""A database of the program that had only step 001 gives the same answers, byte for byte, after step 002."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from messagestatus_server.domain.message import Name
from messagestatus_server.domain.page import PhoneQuery, ReferenceQuery
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.domain.registration import Registration
from messagestatus_server.storage.migrations import applied, migrate
from messagestatus_server.storage.sqlite.packing import unpacked
from messagestatus_server.transport.codec import serialized
from messagestatus_server.transport.receipt_values import receipt_proto
from tests.service.agreement import check_agreement, check_feed
from tests.service.workbench import CODEC, Workbench
from tests.storage.test_migrations import EVERY

OLD = Path(__file__).parent / "databases" / "001_messages.sql"
"""Written by the program of step 001: messages of two tenants, UUIDs and other names, alone and in groups,
completed, suppressed and deleted, with receipts claimed, parked, timeless and taught names by."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "messagestatus.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(f"PRAGMA journal_mode = wal; BEGIN; {OLD.read_text()} COMMIT;")
    return path


class Old:
    """The rows of the old database."""

    def __init__(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as database:
            self.messages = rows(database, "message", "handle")
            self.receipts = rows(database, "receipt", "id")
            self.changes = rows(database, "change", "tenant, sequence")
            self.provider_names = rows(database, "provider_name", "message")
            self.recipients = rows(database, "recipient", "message, user_id")


def rows(database: sqlite3.Connection, table: str, order: str) -> list[dict[str, Any]]:
    cursor = database.execute(f"SELECT * FROM {table} ORDER BY {order}")
    names = [column for column, *_ in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


@pytest.fixture
def old(path: Path) -> Old:
    return Old(path)


@pytest.fixture
def bench(path: Path, old: Old) -> Iterator[Workbench]:
    assert old.messages
    assert applied(path) == ["m001_messages"]
    with Workbench(path) as bench:
        assert applied(path) == EVERY
        yield bench


def test_the_old_database_has_rows_of_every_kind(old: Old) -> None:
    assert {row["roll_up"] for row in old.messages} == {0, 1, 2}
    assert {row["tenant"] for row in old.messages} == {1, 2}
    assert {len(row["receipt_key"]) for row in old.messages} == {0, 16}
    assert {row["kind"] for row in old.changes} == {1, 2, 3, 4, 5}
    parked = [row for row in old.receipts if row["message"] is None]
    assert {bool(row["parked_id"]) for row in parked} == {True, False}
    assert len(old.provider_names) > 4
    assert len(old.recipients) > 4


def test_every_message_is_answered_byte_for_byte(bench: Workbench, old: Old) -> None:
    for row in old.messages:
        name = Name(row["message_id"], row["instance"])
        assert bench.run(bench.store.resources(row["tenant"], name)) == [row["resource"]]
        (stored,) = bench.run(bench.store.find(row["tenant"], name))
        message = stored.message
        assert stored.handle == row["handle"]
        assert CODEC.encode_message(message) == row["resource"]
        assert CODEC.encode_standing(message.origin) == row["origin"]
        assert (message.standing.precedence, message.standing.key) == (row["precedence"], row["receipt_key"])
        assert message.roll_up == row["roll_up"]
        standings = {"": message.general, **message.recipients}
        for person in [each for each in old.recipients if each["message"] == row["handle"]]:
            standing = standings[person["user_id"]]
            assert CODEC.encode_standing(standing) == person["standing"]
            assert (standing.precedence, standing.key) == (person["precedence"], person["receipt_key"])


def test_every_history_and_every_parked_receipt_is_as_it_was(bench: Workbench, old: Old) -> None:
    for message in old.messages:
        told = bench.run(bench.store.journal(message["tenant"], message["handle"]))
        assert list(map(told_by, told)) == [
            said_in(row) for row in old.receipts if row["message"] == message["handle"]
        ]
    parked = [row for row in old.receipts if row["message"] is None]
    for row in parked:
        if row["parked_id"]:
            found = bench.run(bench.store.parked(row["tenant"], Name(row["parked_id"])))
            assert said_in(row) in map(told_by, found)
    assert len(bench.select("SELECT 1 FROM receipt WHERE message IS NULL")) == len(parked)


def test_every_list_is_as_it_was(bench: Workbench, old: Old) -> None:
    def newest_first(column: str, value: str) -> list[bytes]:
        listed = [row for row in old.messages if row["tenant"] == 1 and row[column] == value]
        listed.sort(key=lambda row: (row["accept_time"], row["message_id"], row["instance"]), reverse=True)
        return [row["resource"] for row in listed]

    for row in old.messages:
        if row["phone"]:
            page = bench.run(bench.store.page(1, PhoneQuery(row["phone"]), None, 50))
            assert [each.resource for each in page] == newest_first("phone", row["phone"])
        if row["reference_key"]:
            page = bench.run(bench.store.page(1, ReferenceQuery(row["reference_key"]), None, 50))
            assert [each.resource for each in page] == newest_first("reference_key", row["reference_key"])


def test_every_change_and_every_name_is_as_it_was(bench: Workbench, old: Old) -> None:
    changes = bench.select(
        "SELECT c.tenant, c.sequence, c.message, kind, previous_state, state, reason, change_time,"
        " commit_time, message_id, instance FROM change c"
        " LEFT JOIN removal r USING (tenant, sequence) ORDER BY 1, 2"
    )
    assert [(*row[:9], row[9] and unpacked(row[9]), row[10]) for row in changes] == [
        (row["tenant"], row["sequence"], *[row[column] for column in list(row) if column not in _KEY])
        for row in old.changes
    ]
    names = bench.select("SELECT tenant, provider, provider_message_id, message FROM provider_name")
    assert sorted((tenant, name, unpacked(kept), handle) for tenant, name, kept, handle in names) == sorted(
        tuple(row.values()) for row in old.provider_names
    )


_KEY = ("tenant", "sequence")


def test_columns_and_bytes_agree_and_the_feed_goes_on(bench: Workbench, old: Old) -> None:
    check_agreement(bench)
    check_feed(bench)
    last = max(row["sequence"] for row in old.changes if row["tenant"] == 1)
    bench.caller = bench.caller._replace(tenant=1)
    bench.register(Registration("new"))
    (newest,) = bench.select("SELECT max(sequence), max(message) FROM change WHERE tenant = 1")
    handles = {row["message"] for row in old.changes}
    assert newest == (last + 1, max(handles) + 1), "no handle is given out twice, whoever was deleted"


def test_people_read_identifiers_as_they_were_told(bench: Workbench, old: Old) -> None:
    shown = bench.select("SELECT handle, message_id, reference_key FROM message_text ORDER BY handle")
    assert shown == [(row["handle"], row["message_id"], row["reference_key"]) for row in old.messages]
    names = {row["handle"]: row["message_id"] for row in old.messages}
    receipts = bench.select("SELECT id, message_id, occur_time FROM receipt_text ORDER BY id")
    assert receipts == [(row["id"], names.get(row["message"]), row["occur_time"]) for row in old.receipts]


def test_nothing_is_left_of_the_old_tables(bench: Workbench) -> None:
    assert bench.select("SELECT name FROM sqlite_schema WHERE name LIKE '%001'") == []


def test_a_process_that_dies_in_the_middle_leaves_the_old_database(path: Path, old: Old) -> None:
    script = (
        "import os, sys, pathlib\n"
        "from messagestatus_server.storage import migrations, slimming\n"
        "def slim_receipt(content):\n"
        "    os.kill(os.getpid(), 9)\n"
        "slimming.slim_receipt = slim_receipt\n"
        "migrations.migrate(pathlib.Path(sys.argv[1]))\n"
    )
    died = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert died.returncode == -9
    assert applied(path) == ["m001_messages"]
    left = Old(path)
    assert vars(left) == vars(old)
    assert migrate(path) == EVERY[1:]
    with Workbench(path) as bench:
        test_every_message_is_answered_byte_for_byte(bench, old)


def told_by(entry: Entry) -> tuple[Any, ...]:
    receipt = entry.receipt
    told = serialized(receipt_proto(receipt))
    return entry.key, told, receipt.precedence, entry.occur_time, entry.receive_time


def said_in(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("receipt_key", "content", "precedence", "occur_time", "receive_time"))
