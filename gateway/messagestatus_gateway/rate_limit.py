"""Rate limits as operators state them: so many calls in a window of so many seconds."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

_STATED = re.compile(
    r"(?P<dialect>[a-z]+)(?:/(?P<tenant>[a-z0-9-]+))?=(?:none|(?P<calls>\d+)/(?P<seconds>\d+))"
)
_MOST_CALLS = 1_000_000_000
_MOST_SECONDS = 86_400


class RateLimit(NamedTuple):
    """A fixed window that opens with a caller's first call.

    Attributes:
        calls: How many calls it admits; None admits all of them.
        seconds: How long it stays open.
    """

    calls: int | None
    seconds: int


NO_LIMIT = RateLimit(None, 60)
"""Admits every call. Even so it has a window, within which nobody asks again whom it is for."""


@dataclass(frozen=True, slots=True)
class DialectLimits:
    """The limits of one dialect.

    Attributes:
        usual: What each caller has.
        of_tenant: What callers of certain tenants have in its place.
    """

    usual: RateLimit
    of_tenant: Mapping[str, RateLimit] = field(default_factory=dict)

    def of(self, tenant: str) -> RateLimit:
        """Gives the limit of each of a tenant's callers."""
        return self.of_tenant.get(tenant, self.usual)

    def __bool__(self) -> bool:
        """Tells whether there is anybody to limit."""
        return any(limit.calls is not None for limit in (self.usual, *self.of_tenant.values()))


@dataclass(frozen=True, slots=True)
class StatedLimits:
    """What an operator says of limits: by dialect, and by tenant within a dialect."""

    _stated: Mapping[tuple[str, str], RateLimit] = field(default_factory=dict)

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Self:
        """Reads `ryze=100/60`, `ryze/acme=600/60` or `ryze=none`; of the same name, the last one counts.

        Raises:
            ValueError: One is no such statement.
        """
        return cls(dict(map(_parse, entries)))

    @property
    def dialects(self) -> set[str]:
        """The names of the dialects spoken of."""
        return {dialect for dialect, _ in self._stated}

    def of(self, dialect: str, documented: RateLimit) -> DialectLimits:
        """Gives the limits of a dialect; where the operator says nothing, what its document says."""
        tenants = {
            tenant: limit for (name, tenant), limit in self._stated.items() if name == dialect and tenant
        }
        return DialectLimits(self._stated.get((dialect, ""), documented), tenants)


def _parse(entry: str) -> tuple[tuple[str, str], RateLimit]:
    stated = _STATED.fullmatch(entry)
    if stated is None:
        raise ValueError(f"{entry!r} is not DIALECT[/TENANT]=CALLS/SECONDS or DIALECT[/TENANT]=none")
    name = stated["dialect"], stated["tenant"] or ""
    if stated["calls"] is None:
        return name, NO_LIMIT
    calls, seconds = int(stated["calls"]), int(stated["seconds"])
    if not 1 <= calls <= _MOST_CALLS or not 1 <= seconds <= _MOST_SECONDS:
        raise ValueError(
            f"{entry!r} is out of range: up to {_MOST_CALLS} calls in 1 to {_MOST_SECONDS} seconds"
        )
    return name, RateLimit(calls, seconds)
