"""Every statement is about one tenant, and finds its rows by an index."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import apsw
import pytest

from messagestatus_server.storage.migrations import migrate
from messagestatus_server.storage.sqlite import statements
from messagestatus_server.storage.sqlite.connection import open_writer
from messagestatus_server.storage.sqlite.statement import Insert, Statement, TenantlessStatement

Any_ = Statement | TenantlessStatement

MODULES = [
    import_module(f"{statements.__package__}.{path.stem}")
    for path in sorted(Path(statements.__file__).parent.glob("*statements.py"))
]


def _every() -> dict[str, Any_]:
    found: dict[str, Any_] = {}
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, Statement | TenantlessStatement):
                found[name] = value
            elif isinstance(value, Insert):
                for rows in (1, Insert.MOST):
                    found[f"{name}.of({rows})"] = value.of(rows)[1]
    return found


EVERY = _every()

SCANS_ALLOWED = {
    "IDENTITY": ("SCAN identity", "the table has one row"),
    "TENANTS": ("SCAN tenant USING INDEX", "the operator lists all tenants: there is nothing to narrow by"),
    "LAST_HANDLE": ("SCAN sqlite_sequence", "SQLite's own table, with one row for each of a few tables"),
    "LAST_CALLBACK": ("SCAN sqlite_sequence", "SQLite's own table, with one row for each of a few tables"),
}
"""Statements that read a whole table, the step of the plan that does, and why it may."""

_BY_INDEX = re.compile(
    r"SEARCH \w+ USING (COVERING )?INDEX \w+ \(|SEARCH \w+ USING (INTEGER )?PRIMARY KEY \("
)
_OF_PARAMETERS = re.compile(r"SCAN \w+ VIRTUAL TABLE INDEX|SCAN \d+-ROW VALUES CLAUSE")
"""Steps that read what the caller gave: a list (there is no other virtual table), or new rows."""

_NO_ACCESS = re.compile(r"(LIST|SCALAR|CORRELATED SCALAR|CORRELATED LIST) SUBQUERY \d+|CREATE BLOOM FILTER")
"""Steps that name a part of the plan, and read nothing themselves."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    path = tmp_path_factory.mktemp("statements") / "messagestatus.db"
    migrate(path)
    connection = open_writer(path)
    yield connection
    connection.close()


def plan(database: apsw.Connection, sql: str) -> list[str]:
    numbered, others = set(re.findall(r"\?\d+", sql)), re.findall(r"\?(?!\d)", sql)
    parameters = (None,) * (len(numbered) + len(others))
    return [step for *_, step in database.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]


@pytest.mark.parametrize("name", EVERY)
def test_a_statement_finds_its_rows_by_an_index(database: apsw.Connection, name: str) -> None:
    allowed, _ = SCANS_ALLOWED.get(name, ("", ""))
    for step in plan(database, EVERY[name].sql):
        indexed = _BY_INDEX.match(step) or _OF_PARAMETERS.match(step) or _NO_ACCESS.match(step)
        assert indexed or (allowed and step.startswith(allowed)), f"{name}: {step}"


@pytest.mark.parametrize("name", SCANS_ALLOWED)
def test_an_exception_is_still_needed(database: apsw.Connection, name: str) -> None:
    step, _ = SCANS_ALLOWED[name]
    assert any(each.startswith(step) for each in plan(database, EVERY[name].sql))


@pytest.mark.parametrize("sql", ["SELECT * FROM message WHERE phone = ?1", "DELETE FROM message"])
def test_a_scan_would_be_noticed(database: apsw.Connection, sql: str) -> None:
    assert not any(_BY_INDEX.match(step) for step in plan(database, sql))


def test_a_sort_would_be_noticed(database: apsw.Connection) -> None:
    sql = "SELECT 1 FROM message WHERE tenant = ?1 AND phone = ?2 ORDER BY state"
    assert any("TEMP B-TREE" in step and not _NO_ACCESS.match(step) for step in plan(database, sql))


@pytest.mark.parametrize("name", [name for name, each in EVERY.items() if isinstance(each, Statement)])
def test_a_statement_binds_its_tenant_first(name: str) -> None:
    sql = EVERY[name].sql
    inserts = re.match(r"INSERT INTO \w+ \(tenant, [^)]*\)\s+VALUES (.*)", sql, re.DOTALL)
    if inserts is not None:
        assert all(row == "(?1" for row in re.findall(r"\(\?\d+", inserts[1]))
    read = re.findall(r"(?:FROM|UPDATE|JOIN) (?!SET|json_each|carray)\w+", sql)
    assert len(read) <= len(re.findall(r"\btenant = \?1\b", sql)), f"{name} reads what other tenants own"
    assert read or inserts


@pytest.mark.parametrize("name", ["PAGE_BY_PHONE", "PAGE_BY_REFERENCE"])
def test_a_page_starts_where_the_last_one_ended(database: apsw.Connection, name: str) -> None:
    """The place is looked up in the index, not counted up to."""
    assert any("<(?,?,?)" in step for step in plan(database, EVERY[name].sql))


@pytest.mark.parametrize(
    "name", [name for name, each in EVERY.items() if isinstance(each, TenantlessStatement)]
)
def test_a_statement_without_a_tenant_says_why(name: str) -> None:
    statement = EVERY[name]
    assert isinstance(statement, TenantlessStatement)
    assert len(statement.why) > 20


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT resource FROM message WHERE message_id = ?1",
        "SELECT resource FROM message WHERE tenant = ?2 AND message_id = ?1",
        "SELECT tenant FROM message WHERE handle = ?1",
        "DELETE FROM receipt",
        "INSERT INTO message (message_id, tenant) VALUES (?1, ?2)",
    ],
)
def test_a_statement_that_names_no_tenant_cannot_be_made(sql: str) -> None:
    with pytest.raises(ValueError, match="which tenant"):
        Statement(sql)


def test_every_file_with_statements_is_read_here() -> None:
    directory = Path(statements.__file__).parent
    made = {
        path.stem
        for path in directory.glob("*.py")
        if re.search(r"^\w+ = \w*Statement\(", path.read_text(), re.MULTILINE)
    }
    assert made == {module.__name__.rpartition(".")[2] for module in MODULES}


@pytest.mark.parametrize(("rows", "taken"), [(1, 1), (3, 2), (255, 128), (256, 256), (1000, 256)])
def test_an_insert_takes_the_most_rows_that_a_statement_has_room_for(rows: int, taken: int) -> None:
    size, statement = statements.APPEND_CHANGE.of(rows)
    assert (size, statement.sql.count("(?1,")) == (taken, taken)


OF_A_WHOLE_TENANT = {
    "ENDPOINTS": "the endpoints of a tenant are listed, of which there are 50 at most",
    "HAS_PARKED": "it stops at the first",
    "OLD_CHANGES": "it begins with the oldest, and stops after so many as are forgotten at once",
    "INSTANCES": "the instances of a tenant are listed",
    "KEYS": "the keys of a tenant are listed",
    "LISTENERS": "every endpoint of a tenant may want its changes",
    "ROUTES": "the routes of a tenant are listed",
    "WAITING": "it has a row for each provider and channel",
    "ORPHAN_COUNTS": "what waits is counted, in an index that holds nothing else",
    "QUARANTINED_COUNT": "what waits is counted, in an index that holds nothing else",
    "TALLIES": "a route has a row for each of a few verdicts",
}
"""Statements that may look at all that a tenant has, and why."""


@pytest.mark.parametrize("name", sorted(EVERY.keys() - OF_A_WHOLE_TENANT.keys()))
def test_no_statement_looks_at_all_that_a_tenant_has(name: str, database: apsw.Connection) -> None:
    """A search by the tenant alone is a scan in disguise: it grows with every message of the tenant."""
    assert [step for step in plan(database, EVERY[name].sql) if step.endswith("(tenant=?)")] == []
