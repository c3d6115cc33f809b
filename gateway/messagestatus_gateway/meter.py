"""The meter of a dialect: which caller a call counts for, and how that caller stands."""

import hashlib
import math
import time
from http import HTTPStatus
from typing import NamedTuple

from messagestatus_gateway.caller import Caller
from messagestatus_gateway.dialect import Dialect
from messagestatus_gateway.rate_limit import DialectLimits, RateLimit
from messagestatus_gateway.refusal import GatewayRefusal, Refusal, RefusedError, UpstreamRefusal
from messagestatus_gateway.request import Request
from messagestatus_gateway.shared_counts import SharedCounts, Window
from messagestatus_gateway.upstream import Upstream

Fields = tuple[tuple[bytes, bytes], ...]


class Standing(NamedTuple):
    """What became of counting one call.

    Attributes:
        headers: What the answer tells the caller of it.
        refusal: Why the call is not to be answered; None if it is.
    """

    headers: Fields = ()
    refusal: Refusal | None = None


class Meter:
    """Counts nothing, for a dialect that limits nobody."""

    async def admit(self, request: Request) -> Standing:  # noqa: ARG002
        """Counts a call that is about to be answered."""
        return Standing()

    def note(self, request: Request) -> Standing:  # noqa: ARG002
        """Counts a call that is refused for other reasons, without asking whose it is."""
        return Standing()


class CountingMeter(Meter):
    """Counts the calls of one dialect: by token, and without a valid one by client address.

    Tokens with an open window were valid when it opened, and are counted at once. Any other is judged by
    the upstream first, which tells the tenant too: so a token costs one call more in each window, and
    who guesses tokens opens no windows but that of an address.
    """

    def __init__(
        self, dialect: Dialect, limits: DialectLimits, counts: SharedCounts, upstream: Upstream, realm: str
    ) -> None:
        """Takes the dialect, its limits, where to count and to ask.

        The realm keeps apart the callers of different upstreams, whose gateways count in one table.
        """
        self._dialect = dialect
        self._limits = limits
        self._counts = counts
        self._upstream = upstream
        self._realm = realm

    async def admit(self, request: Request) -> Standing:
        """Counts a call that is about to be answered."""
        token = self._dialect.credential(request)
        window = self._counts.count(self._key("token", token), time.time())
        refusal: Refusal | None = None
        if window is None:
            tenant, refusal = await self._judge(token, request.request_id)
            if tenant is None:
                window = self._count_stranger(request.client)
            else:
                window = self._open("token", token, self._limits.of(tenant))
        if not window.admitted:
            delay = window.end - time.time()
            refusal = GatewayRefusal(HTTPStatus.TOO_MANY_REQUESTS, retry_delay=delay)
        return Standing(_fields(window), refusal)

    def note(self, request: Request) -> Standing:
        """Counts a call that is refused for other reasons, without asking whose it is."""
        token = self._dialect.credential(request)
        window = self._counts.count(self._key("token", token), time.time())
        return Standing(_fields(window or self._count_stranger(request.client)))

    async def _judge(self, token: str, request_id: str) -> tuple[str | None, Refusal | None]:
        """Gives the tenant of a token, None where it has none, and the refusal that it met."""
        try:
            return await self._upstream.authenticate(Caller.presenting(token, request_id)), None
        except RefusedError as error:
            # A valid token is known by its tenant even where it lacks the scope for look-ups.
            tenant = error.refusal.tenant if isinstance(error.refusal, UpstreamRefusal) else ""
            return tenant or None, error.refusal

    def _count_stranger(self, address: str) -> Window:
        return self._open("address", address, self._limits.usual)

    def _open(self, kind: str, name: str, limit: RateLimit) -> Window:
        window = self._counts.count(self._key(kind, name), time.time(), limit)
        assert window is not None
        return window

    def _key(self, kind: str, name: str) -> bytes:
        # A hash: the table must not hold what opens anything.
        text = f"{self._realm}\n{self._dialect.name()}\n{kind}\n{name}"
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:16]


def _fields(window: Window) -> Fields:
    """RyzeAPI, guide "Rate limit & CORS": three headers on every answer."""
    if window.limit is None:
        return ()
    return (
        (b"x-ratelimit-limit", b"%d" % window.limit),
        (b"x-ratelimit-remaining", b"%d" % window.remaining),
        (b"x-ratelimit-reset", b"%d" % math.ceil(window.end)),
    )
