"""Authentication: from the key that a call carries to the caller it stands for."""

import hmac
from collections.abc import Mapping

from messagestatus_server.domain.access import digest, is_token
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.refusals import CredentialInvalid, ScopeMissing
from messagestatus_server.service.clock import Clock
from messagestatus_server.storage.store import KnownKey, Reading

REMEMBERED_FOR = 1_000_000
"""How long keys that were found are trusted before they are looked up again, in microseconds."""

MOST_REMEMBERED = 10_000
"""How many keys are remembered at most."""

_AUTHORIZATION = "authorization"
_API_KEY = "x-api-key"

_Presented = tuple[str | bytes | None, str | bytes | None]


class Authentication:
    """Knows callers by their keys. A missing, wrong, revoked and expired key look the same from outside."""

    def __init__(self, store: Reading, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        # By the headers that their secrets came in: digests would cost much. None stays for long.
        self._remembered: dict[_Presented, KnownKey] = {}
        self._forget_at = 0

    async def caller(self, told: Mapping[str, str | bytes]) -> Caller:
        """Return the caller whose key stands in what was told beside a call.

        The key stands in `authorization`, after `Bearer`, or else in `x-api-key`.

        Raises:
            CredentialInvalid: There is no valid key.
        """
        return self.known(told) or await self._found(told)

    def known(self, told: Mapping[str, str | bytes]) -> Caller | None:
        """Return the caller if its key is remembered, else None: the store must be asked."""
        now = self._clock()
        if now >= self._forget_at:
            self.forget()
            self._forget_at = now + REMEMBERED_FOR
        known = self._remembered.get((told.get(_AUTHORIZATION), told.get(_API_KEY)))
        return known.caller if known is not None and known.key.live(now) else None

    def forget(self) -> None:
        """Look every key up again: one may have been revoked."""
        self._remembered.clear()

    async def _found(self, told: Mapping[str, str | bytes]) -> Caller:
        secret = _secret(told)
        presented = digest(secret)
        known = await self._store.find_key(presented) if is_token(secret) else None
        if known is None or not hmac.compare_digest(known.digest, presented):
            raise CredentialInvalid
        if not known.key.live(self._clock()):
            raise CredentialInvalid
        if len(self._remembered) >= MOST_REMEMBERED:
            self.forget()
        self._remembered[told.get(_AUTHORIZATION), told.get(_API_KEY)] = known
        return known.caller


def require(caller: Caller, scope: Scope) -> None:
    """Refuse a caller whose key lacks a scope.

    Raises:
        ScopeMissing: It does.
    """
    if scope not in caller.scopes:
        raise ScopeMissing(scope.name)


def _secret(told: Mapping[str, str | bytes]) -> str:
    authorization = told.get(_AUTHORIZATION)
    if isinstance(authorization, str):
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return secret.strip()
    key = told.get(_API_KEY, "")
    return key if isinstance(key, str) else ""
