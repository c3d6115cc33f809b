"""Authentication: from the key that a call carries to the caller it stands for."""

import hmac
from collections.abc import Mapping
from typing import NamedTuple

from messagestatus_server.domain.access import digest, is_token
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.refusals import CredentialInvalid, ScopeMissing
from messagestatus_server.service.clock import Clock
from messagestatus_server.storage.store import KnownKey, Reading

REMEMBERED_FOR = 1_000_000
"""How long a key that was found is trusted before it is looked up again, in microseconds."""

MOST_REMEMBERED = 10_000
"""How many keys are remembered at most."""


class _Remembered(NamedTuple):
    known: KnownKey
    until: int


class Authentication:
    """Knows callers by their keys. A missing, wrong, revoked and expired key look the same from outside."""

    def __init__(self, store: Reading, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._remembered: dict[bytes, _Remembered] = {}

    async def caller(self, told: Mapping[str, str | bytes]) -> Caller:
        """Return the caller whose key stands in what was told beside a call.

        The key stands in `authorization`, after `Bearer`, or else in `x-api-key`.

        Raises:
            CredentialInvalid: There is no valid key.
        """
        secret = _secret(told)
        presented = digest(secret)
        now = self._clock()
        remembered = self._remembered.get(presented)
        if remembered is None or remembered.until < now:
            remembered = await self._found(secret, presented, now)
        if not remembered.known.key.live(now):
            raise CredentialInvalid
        return remembered.known.caller

    def forget(self) -> None:
        """Look every key up again: one may have been revoked."""
        self._remembered.clear()

    async def _found(self, secret: str, presented: bytes, now: int) -> _Remembered:
        known = await self._store.find_key(presented) if is_token(secret) else None
        if known is None or not hmac.compare_digest(known.digest, presented):
            raise CredentialInvalid
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        found = self._remembered[presented] = _Remembered(known, now + REMEMBERED_FOR)
        return found


def require(caller: Caller, scope: Scope) -> None:
    """Refuse a caller whose key lacks a scope.

    Raises:
        ScopeMissing: It does.
    """
    if scope not in caller.scopes:
        raise ScopeMissing(scope.name)


def _secret(told: Mapping[str, str | bytes]) -> str:
    authorization = told.get("authorization")
    if isinstance(authorization, str):
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return secret.strip()
    key = told.get("x-api-key", "")
    return key if isinstance(key, str) else ""
