"""A connection has the settings that durability rests on, and a SQLite without known faults."""

from pathlib import Path

import apsw
import pytest

from messagestatus_server.storage.migrations import migrate
from messagestatus_server.storage.sqlite import connection
from messagestatus_server.storage.sqlite.connection import Memory, open_reader, open_writer


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "messagestatus.db"
    migrate(path)
    return path


def pragma(opened: apsw.Connection, name: str) -> object:
    return opened.execute(f"PRAGMA {name}").get


def test_the_linked_sqlite_has_the_fix_of_the_log_reset() -> None:
    """Before 3.51.3 a checkpoint beside a write could lose rows."""
    assert tuple(map(int, apsw.sqlite_lib_version().split("."))) >= (3, 51, 3)


def test_the_writer_syncs_every_commit_and_leaves_checkpoints_to_its_thread(path: Path) -> None:
    writer = open_writer(path)
    assert pragma(writer, "journal_mode") == "wal"
    assert pragma(writer, "synchronous") == 2
    assert pragma(writer, "wal_autocheckpoint") == 0
    assert pragma(writer, "query_only") == 0
    writer.close()


def test_a_reader_neither_writes_nor_checkpoints(path: Path) -> None:
    reader = open_reader(path)
    assert pragma(reader, "journal_mode") == "wal"
    assert pragma(reader, "wal_autocheckpoint") == 0
    with pytest.raises(apsw.ReadOnlyError):
        reader.execute("DELETE FROM message")
    reader.close()


def test_nothing_is_mapped_into_memory(path: Path) -> None:
    for opened in (open_writer(path), open_reader(path)):
        assert pragma(opened, "mmap_size") == 0
        opened.close()


def test_an_operator_may_have_reads_map_the_database_and_keep_less_of_it(path: Path) -> None:
    reader = open_reader(path, Memory(kept=8, mapped=10_000))
    assert (pragma(reader, "cache_size"), pragma(reader, "mmap_size")) == (-8_192, 10_000 * 2**20)
    reader.close()


def test_a_setting_that_does_not_take_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_WRITER_SETTINGS", (("page_size", 77),))
    with pytest.raises(RuntimeError, match="page_size"):
        open_writer(path)


def test_a_file_in_another_journal_mode_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "plain.db"
    apsw.Connection(str(path)).execute("CREATE TABLE t (x)")
    with pytest.raises(RuntimeError, match="not wal"):
        open_writer(path)


def test_a_file_that_is_missing_is_not_made(tmp_path: Path) -> None:
    """Only a migration makes one: an engine on an empty file would know no message."""
    for opening in (open_writer, open_reader):
        with pytest.raises(apsw.CantOpenError):
            opening(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []


def test_statements_are_planned_once(path: Path) -> None:
    """A plan never hangs on a value, and no time is spent on making it again."""
    for opened in (open_writer(path), open_reader(path)):
        assert opened.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, -1) == 1
        opened.close()
