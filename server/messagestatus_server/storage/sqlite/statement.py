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


class TenantlessStatement:
    """A statement that is asked before a tenant is known, and why that must be."""

    def __init__(self, sql: str, *, why: str) -> None:
        self.sql = sql.strip()
        self.why = why
