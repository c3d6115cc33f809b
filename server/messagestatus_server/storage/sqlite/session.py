"""A session: statements run on one connection, by one thread, always for one tenant."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, NoReturn, TypeAlias

import apsw

from messagestatus_server.storage.sqlite.connection import BUSY_TIMEOUT
from messagestatus_server.storage.sqlite.faults import BROKEN, refusal
from messagestatus_server.storage.sqlite.statement import Insert, Statement, TenantlessStatement

Row = tuple[Any, ...]
Value: TypeAlias = int | float | bytes | str | None


class Session:
    """Runs statements on a connection. The tenant is a parameter of its own, so that it is never left out.

    Every method raises the refusal that a fault of SQLite means; `broken` tells whether the connection
    can be relied on no longer, and `on_broken` is told of every fault that says so.
    """

    def __init__(self, connection: apsw.Connection, on_broken: Callable[[], None] | None = None) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._on_broken = on_broken
        self.broken = False
        self.closed = False

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open; some faults end one."""
        return self._connection.in_transaction

    def rows(self, statement: Statement, tenant: int, *bindings: Value) -> list[Row]:
        """Run a statement and return all its rows."""
        return self._run(statement.sql, (tenant, *bindings))

    def values(self, statement: Statement, tenant: int, *bindings: Value) -> list[Any]:
        """Run a statement and return the only column of all its rows, which is never NULL."""
        try:
            found = self._cursor.execute(statement.sql, (tenant, *bindings)).get
        except apsw.Error as fault:
            self._raise(fault)
        if found is None:
            return []
        return found if isinstance(found, list) else [found]

    def rows_of_many(
        self, statement: Statement, tenant: int, bindings: Iterable[tuple[Value, ...]]
    ) -> list[Row]:
        """Run a statement once for each set of values and return all its rows, in order."""
        try:
            return self._cursor.executemany(statement.sql, ((tenant, *each) for each in bindings)).fetchall()
        except apsw.Error as fault:
            self._raise(fault)

    def rows_of_all(
        self, statement: Statement, tenant: int, values: Iterable[str | bytes], *bindings: Value
    ) -> list[Row]:
        """Run a statement over many values, texts and bytes apart, and return all its rows, in no order."""
        every = list(values)
        # No array can hold a text with a NUL in it, and nothing is kept under one.
        texts = [value for value in every if isinstance(value, str) and "\0" not in value]
        blobs = [value for value in every if isinstance(value, bytes)]
        rows: list[Row] = []
        for same in (tuple(texts), tuple(blobs)):
            if same:
                rows += self._run(statement.sql, (tenant, apsw.carray(same), *bindings))
        return rows

    def insert(self, statement: Insert, tenant: int, rows: Iterable[tuple[Value, ...]]) -> None:
        """Insert rows, as many at a time as the statement takes."""
        waiting = list(rows)
        while waiting:
            size, sized = statement.of(len(waiting))
            self._run(sized.sql, (tenant, *chain.from_iterable(waiting[:size])))
            waiting = waiting[size:]

    def tenantless_rows(self, statement: TenantlessStatement, *bindings: Value) -> list[Row]:
        """Run a statement that comes before any tenant and return all its rows."""
        return self._run(statement.sql, bindings)

    def control(self, sql: str) -> None:
        """Begin, end, or mark a transaction."""
        self._run(sql, ())

    def damage(self) -> list[str]:
        """Return what is wrong with the database; nothing when it is sound."""
        found = [str(line) for (line,) in self._run("PRAGMA quick_check", ())]
        return [] if found == ["ok"] else found

    def roll_back(self) -> None:
        """Undo the transaction, if a fault has not undone it already."""
        if self._connection.in_transaction:
            self.control("ROLLBACK")

    def on_commit(self, told: Callable[[int], None]) -> None:
        """Have something told, after each commit, how many pages the log has."""

        def hook(_: apsw.Connection, __: str, pages: int) -> int:
            told(pages)
            return apsw.SQLITE_OK

        self._connection.set_wal_hook(hook)

    def checkpoint(self, mode: str, patience: int = BUSY_TIMEOUT) -> None:
        """Move the log into the database, waiting for reads so many milliseconds if the mode does wait."""
        self._connection.set_busy_timeout(patience)
        try:
            self._run(f"PRAGMA wal_checkpoint({mode})", ())
        finally:
            self._connection.set_busy_timeout(BUSY_TIMEOUT)

    def close(self) -> None:
        """Close the connection; a broken one may not know how."""
        self.closed = True
        try:
            self._connection.close()
        except apsw.Error:
            if not self.broken:
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let every statement inside see the same moment."""
        if self._connection.in_transaction:
            yield
            return
        self.control("BEGIN")
        try:
            yield
        finally:
            self.control("COMMIT")

    def _run(self, sql: str, bindings: tuple[Any, ...]) -> list[Row]:
        try:
            return self._cursor.execute(sql, bindings).fetchall()
        except apsw.Error as fault:
            self._raise(fault)

    def _raise(self, fault: apsw.Error) -> NoReturn:
        if isinstance(fault, BROKEN):
            self.broken = True
            if self._on_broken is not None:
                self._on_broken()
        told = refusal(fault)
        if told is None:
            raise fault
        raise told from fault
