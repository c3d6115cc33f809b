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

    A statement runs without the interpreter's lock, and must ask for it back when it ends: one for each
    row would wait, row for row, for whatever else the process does.
    """

    MOST = 256
    """How many rows a statement takes at most; APSW keeps no longer ones prepared."""

    def __init__(self, table: str, *columns: str, conflict: str = "") -> None:
        head = f"INSERT INTO {table} (tenant, {', '.join(columns)}) VALUES "
        row = f"(?1{',?' * len(columns)})"
        self._of_size = {
            size: Statement(f"{head}{','.join([row] * size)} {conflict}")
            for size in (1 << power for power in range(self.MOST.bit_length()))
        }

    def of(self, rows: int) -> tuple[int, Statement]:
        """Return the statement that takes most of so many rows, and how many it takes."""
        size = min(self.MOST, 1 << (rows.bit_length() - 1))
        return size, self._of_size[size]


class TenantlessStatement:
    """A statement that is asked before a tenant is known, and why that must be."""

    def __init__(self, sql: str, *, why: str) -> None:
        self.sql = sql.strip()
        self.why = why
