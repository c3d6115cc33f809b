"""Who is calling: what an API key opens, and what it may do."""

from enum import IntEnum
from typing import NamedTuple


class Scope(IntEnum):
    """What a key may do."""

    READ = 1
    INGEST = 2
    ADMIN = 3


class Caller(NamedTuple):
    """The holder of a valid key.

    A caller with an `instance` sees only that one; a caller with a `user_id` acts as that person, and
    is held to the rules of conversations. An `operator` with the scope ADMIN administers every tenant.
    """

    tenant: int
    tenant_name: str
    key_id: str
    scopes: frozenset[Scope]
    instance: str | None = None
    user_id: str = ""
    operator: bool = False


NOBODY = Caller(0, "", "", frozenset())
"""Who calls what needs no key."""
