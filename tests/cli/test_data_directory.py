"""`backup`, `migrate`, `export` and `doctor` on the data directory of a real server."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from messagestatus_server.cli.checks.versions import may_lose_the_log
from messagestatus_server.cli.exit_code import ExitCode
from tests.running import Operator, RunningServer, Tenant

from .conftest import Run

_LINES = [
    {"message": {"message_id": "a", "phone": "+1234567890", "accept_time": "2026-02-04T06:54:35Z"}},
    {"message": {"message_id": "g", "recipient_user_ids": ["u1", "u2"], "roll_up": "ANY", "channel": "CHAT"}},
    {"receipt": {"message_id": "a", "state": "DELIVERED", "occur_time": "2026-02-04T06:54:55.5Z"}},
    {"receipt": {"message_id": "g", "state": "READ", "recipient_user_id": "u2"}},
    {"receipt": {"message_id": "not-yet", "state": "SENT", "provider": {"name": "P", "status": "sent"}}},
]


@pytest.fixture
def filled(run: Run, server: RunningServer, tenant: Tenant, tmp_path: Path) -> Tenant:
    """A tenant with messages, receipts, and a receipt that waits for its message."""
    source = tmp_path / "filled.ndjson"
    source.write_text("".join(json.dumps(line) + "\n" for line in _LINES))
    ended = run("import", source, "--server", server.address, "--key", tenant.key)
    assert (ended.out, ended.err) == ("2 APPLIED, 2 CREATED, 1 PARKED\n", "")
    return tenant


@pytest.fixture
def another(operator: Operator) -> Tenant:
    """A tenant with nothing in it."""
    return operator.tenant()


def test_what_is_exported_can_be_imported_and_then_says_the_same(
    run: Run, server: RunningServer, filled: Tenant, another: Tenant, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.ndjson", tmp_path / "second.ndjson"
    exporting = ("export", "--data", server.data)
    assert run(*exporting, "--tenant", filled.name, "--output", first).code == ExitCode.OK
    assert len(first.read_text().splitlines()) == len(_LINES)
    imported = run("import", first, "--server", server.address, "--key", another.key)
    assert imported.code == ExitCode.OK
    run(*exporting, "--tenant", another.name, "--output", second)
    assert second.read_text() == first.read_text()
    for message_id in ("a", "g"):
        asking = ("get", message_id, "--full", "--json", "--server", server.address, "--key")
        assert run(*asking, another.key).out == run(*asking, filled.key).out


def test_what_the_timer_claims_is_not_exported(run: Run, server: RunningServer, tmp_path: Path) -> None:
    """A restored copy is looked into, in which one of the receipts is the timer's."""
    copy = tmp_path / "copy" / "messagestatus.db"
    copy.parent.mkdir()
    run("backup", copy, "--data", server.data)
    with closing(sqlite3.connect(copy)) as database, database:
        (tenant,) = database.execute("SELECT id FROM tenant WHERE name = 'default'").fetchone()
        for source in ("timer", "acme"):
            content = DeliveryReceipt(source=source, event_id=source).SerializeToString()
            database.execute(
                "INSERT INTO receipt (tenant, receipt_key, named, parked_id, state, precedence, receive_time,"
                " content) VALUES (?, ?, 1, 'm', 35, 34, 0, ?)",
                (tenant, source.encode(), content),
            )
    exported = run("export", "--data", copy.parent).out.splitlines()
    assert [json.loads(line)["receipt"]["event_id"] for line in exported] == ["acme"]


def test_export_of_a_tenant_that_is_not_there_is_refused(run: Run, server: RunningServer) -> None:
    ended = run("export", "--data", server.data, "--tenant", "nobody")
    assert (ended.code, ended.err) == (ExitCode.REFUSED, "Error: there is no tenant 'nobody'\n")


def test_a_backup_is_made_beside_a_running_server_and_serves_in_its_place(
    run: Run, server: RunningServer, filled: Tenant, tmp_path: Path
) -> None:
    copy = tmp_path / "restored" / "messagestatus.db"
    copy.parent.mkdir()
    assert run("backup", copy, "--data", server.data).code == ExitCode.OK
    assert copy.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in copy.parent.iterdir()] == ["messagestatus.db"]
    shutil.copy(server.data / "admin.key", copy.parent)
    restored = RunningServer(copy.parent)
    ended = run("get", "a", "--server", restored.address, "--key", filled.key)
    restored.terminate()
    assert ended.code == ExitCode.OK


def test_a_backup_has_a_feed_of_its_own(run: Run, server: RunningServer, tmp_path: Path) -> None:
    """A resume token from after it was made must not lead into what happens after it was restored."""
    feeds = set()
    for path in (server.database, tmp_path / "first.db", tmp_path / "second.db"):
        if path != server.database:
            assert run("backup", path, "--data", server.data).code == ExitCode.OK
        with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as database:
            feeds.add(database.execute("SELECT feed FROM identity").get)
    assert len(feeds) == 3


def test_a_backup_replaces_a_file_only_when_told_so(run: Run, server: RunningServer, tmp_path: Path) -> None:
    target = tmp_path / "backup.db"
    target.write_text("precious")
    refused = run("backup", target, "--data", server.data)
    assert refused.code == ExitCode.REFUSED
    assert "--force" in refused.err
    assert target.read_text() == "precious"
    assert run("backup", target, "--data", server.data, "--force").code == ExitCode.OK
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("pragma integrity_check").fetchall() == [("ok",)]


def test_without_a_database_there_is_one_line_and_no_file(run: Run, tmp_path: Path) -> None:
    for command in (["backup", tmp_path / "copy"], ["export"]):
        ended = run(*command, "--data", tmp_path / "empty")
        assert ended.code == ExitCode.REFUSED
        assert ended.err.startswith("Error: there is no database")
    assert list(tmp_path.iterdir()) == []


def test_migrate_makes_a_database_once_and_not_beside_a_running_server(
    run: Run, server: RunningServer, tmp_path: Path
) -> None:
    assert run("migrate", "--data", tmp_path / "new").out.startswith("applied m001")
    assert json.loads(run("migrate", "--data", tmp_path / "new", "--json").out) == {"applied": []}
    refused = run("migrate", "--data", server.data)
    assert refused.code == ExitCode.REFUSED
    assert "in use" in refused.err


def test_a_schema_of_a_newer_version_is_refused_and_diagnosed(run: Run, tmp_path: Path) -> None:
    run("migrate", "--data", tmp_path)
    with closing(sqlite3.connect(tmp_path / "messagestatus.db")) as database, database:
        database.execute(
            "insert into _sqlite_migrations (migration_set, name) values ('messagestatus', 'm999_future')"
        )
    refused = run("migrate", "--data", tmp_path)
    assert refused.code == ExitCode.REFUSED
    assert "m999_future" in refused.err
    assert "m999_future is of a newer version" in run("doctor", "--data", tmp_path).out


def test_doctor_finds_a_running_server_well(run: Run, server: RunningServer) -> None:
    ended = run(
        "doctor", "--data", server.data, "--server", server.address, "--http", "127.0.0.1:1", "--json"
    )
    found = {line["check"]: line for line in map(json.loads, ended.out.splitlines())}
    assert ended.code == ExitCode.OK
    assert {line["verdict"] for line in found.values()} == {"ok"}
    assert found["server"]["text"] == f"{server.address} is SERVING"
    assert "journal mode wal" in found["durability"]["text"]


def test_doctor_fails_on_a_key_that_others_may_read(run: Run, tmp_path: Path) -> None:
    (tmp_path / "admin.key").write_text("a secret")
    (tmp_path / "admin.key").chmod(0o644)
    ended = run("doctor", "--data", tmp_path, "--server", "127.0.0.1:1", "--http", "127.0.0.1:1")
    assert ended.code == ExitCode.REFUSED
    assert "fail  admin key" in ended.out


@pytest.mark.parametrize(
    ("library", "affected"),
    [
        ("3.6.23", False),
        ("3.7.0", True),
        ("3.40.1", True),
        ("3.44.5", True),
        ("3.44.6", False),
        ("3.50.7", False),
        ("3.51.2", True),
        ("3.51.3", False),
        ("3.54.1", False),
    ],
)
def test_versions_of_sqlite_that_can_damage_a_database_are_known(library: str, affected: bool) -> None:
    assert may_lose_the_log(library) is affected
