"""Migrations: a new file, an old one, one of a newer program, and one that was interrupted."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from messagestatus_server import files
from messagestatus_server.files import DataInUseError
from messagestatus_server.storage import migrations
from messagestatus_server.storage.migrations import DatabaseUnusableError, SchemaTooNewError, applied, migrate

EVERY = ["m001_messages", "m002_slim", "m003_callbacks", "m004_feed", "m005_webhooks"]


def tables(path: Path) -> set[str]:
    database = Database(path)
    try:
        return set(database.table_names())
    finally:
        database.close()


def test_a_new_file_gets_every_table_once(tmp_path: Path) -> None:
    path = tmp_path / "messagestatus.db"
    assert migrate(path) == EVERY
    assert applied(path) == EVERY
    assert {"message", "recipient", "receipt", "change", "tenant", "api_key"} <= tables(path)
    assert migrate(path) == []


def test_a_migrated_file_needs_no_recovery(tmp_path: Path) -> None:
    path = tmp_path / "messagestatus.db"
    migrate(path)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_newer_schema_is_refused_by_its_name_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "messagestatus.db"
    newer = Migrations("messagestatus")

    @newer()
    def m999_telepathy(database: Database) -> None:
        database.execute("CREATE TABLE telepathy (thought TEXT)")

    migrate(path)
    database = Database(path)
    newer.apply(database)
    database.close()
    before = tables(path)
    with pytest.raises(SchemaTooNewError, match=r"newer messagestatus \(m999_telepathy\)"):
        migrate(path)
    assert tables(path) == before


def test_a_file_that_is_no_database_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "messagestatus.db"
    path.write_bytes(b"not a database " * 1000)
    with pytest.raises(DatabaseUnusableError, match=str(path)):
        migrate(path)
    server = [
        sys.executable,
        "-m",
        "messagestatus_server",
        "--data",
        str(tmp_path),
        "--listen",
        "127.0.0.1:0",
    ]
    told = subprocess.run(server, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (1, f"Error: {path} cannot be used: file is not a database\n")


def test_an_interrupted_migration_leaves_nothing_and_can_be_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "messagestatus.db"
    run = migrations._run

    def interrupted(database: Database, script: str) -> None:
        run(database, script)
        assert database["message"].exists()
        assert not database["message_001"].exists()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(migrations, "_run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            migrate(path)
    assert "message" not in tables(path)
    assert migrate(path) == EVERY


def test_a_migration_whose_process_dies_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "messagestatus.db"
    script = (
        "import os, sys, pathlib\n"
        "from messagestatus_server.storage import migrations\n"
        "run = migrations._run\n"
        "def dying(database, script):\n"
        "    run(database, script)\n"
        "    os.kill(os.getpid(), 9)\n"
        "migrations._run = dying\n"
        "migrations.migrate(pathlib.Path(sys.argv[1]))\n"
    )
    died = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert died.returncode == -9
    assert "message" not in tables(path)
    assert migrate(path) == EVERY


def test_a_data_directory_belongs_to_one_server_at_a_time(tmp_path: Path) -> None:
    data = tmp_path / "data"
    held = files.lock(data)
    with pytest.raises(DataInUseError, match="in use by another server"):
        files.lock(data)
    with open(held):  # noqa: PTH123 - closing the descriptor is what a process's end does
        pass
    with open(files.lock(data)):  # noqa: PTH123 - as above
        pass


def test_only_its_owner_can_enter_the_data_directory(tmp_path: Path) -> None:
    with open(files.lock(tmp_path / "data")):  # noqa: PTH123 - closes the descriptor
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    secret = files.admin_secret(tmp_path / "data" / "admin.key")
    assert (tmp_path / "data" / "admin.key").stat().st_mode & 0o777 == 0o600
    assert files.admin_secret(tmp_path / "data" / "admin.key") == secret
