"""A statement of SQL. One that does not name a tenant cannot be made, but for those that come before one."""

import re

_NAMES_A_TENANT = re.compile(r"\btenant = \?1\b|\(tenant\b.*\bVALUES \(\?1\b", re.DOTALL)


class Statement:
    """A statement about what one tenant owns; its first parameter is the tenant.

    Raises:
        ValueError: The text does not bind the tenant.
    """

    def __init__(self, sql: str) -> None:
        if not _NAMES_A_TENANT.search(sql):
            raise ValueError(f"a statement must say which tenant it is about: {sql}")
        self.sql = sql.strip()


class Insert:
    """Inserts rows that one tenant owns, many with one statement.

    A statement runs without the interpreter's lock. One for many rows leaves the lock to other threads
    for long; one for each row would ask for it back, and wait for it, after every row.
    """

    ROWS = 100
    """How many rows the longer of the two statements takes."""

    def __init__(self, table: str, *columns: str, conflict: str = "") -> None:
        self._head = f"INSERT INTO {table} (tenant, {', '.join(columns)}) VALUES "
        self._columns = len(columns)
        self._tail = f" {conflict}" if conflict else ""
        self.one = Statement(self._for(1))
        self.many = Statement(self._for(self.ROWS))

    def _for(self, rows: int) -> str:
        numbers = iter(range(2, 2 + rows * self._columns))
        values = (
            f"(?1, {', '.join(f'?{next(numbers)}' for _ in range(self._columns))})" for _ in range(rows)
        )
        return self._head + ", ".join(values) + self._tail


class TenantlessStatement:
    """A statement that is asked before a tenant is known, and why that must be."""

    def __init__(self, sql: str, *, why: str) -> None:
        self.sql = sql.strip()
        self.why = why
