"""Open connections to receivers, kept apart by the name that each was opened and verified for.

A connection is known by the address it leads to. Two names may share an address, and a certificate that was
verified for one of them says nothing of the other: so each name has connections of its own.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

_MOST_NAMES = 256
# Shorter than the five seconds after which common servers close an idle connection.
_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=8, keepalive_expiry=4)


class _Pool:
    """The connections of one name, and how many requests use them now."""

    def __init__(self, context: ssl.SSLContext) -> None:
        # Neither cookies nor proxies nor redirects: those are a client's, and this is none.
        self.transport = httpx2.AsyncHTTPTransport(verify=context, limits=_LIMITS, trust_env=False)
        self.users = 0


class Connections:
    """Opens connections, and keeps some of them for the next request.

    Args:
        context: How certificates are verified.
        most: How many names have their connections kept.
    """

    def __init__(self, context: ssl.SSLContext, most: int = _MOST_NAMES) -> None:
        self._context = context
        self._most = most
        self._pools: dict[str, _Pool] = {}

    @asynccontextmanager
    async def to(self, name: str) -> AsyncIterator[httpx2.AsyncHTTPTransport]:
        """Lend what sends requests to a name."""
        # Taken out and put back, so that the name used longest ago is the first.
        pool = self._pools.pop(name, None) or _Pool(self._context)
        self._pools[name] = pool
        pool.users += 1
        try:
            yield pool.transport
        finally:
            pool.users -= 1
            await self._forget_idle()

    async def aclose(self) -> None:
        """Close every connection."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.transport.aclose()

    async def _forget_idle(self) -> None:
        surplus = len(self._pools) - self._most
        if surplus <= 0:
            return
        idle = [name for name, pool in self._pools.items() if not pool.users][:surplus]
        for pool in [self._pools.pop(name) for name in idle]:
            await pool.transport.aclose()
