"""Authentication: from the key that a call carries to the caller it stands for."""

import hmac
from collections.abc import Iterable
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

    async def caller(self, metadata: Iterable[tuple[str, str | bytes]]) -> Caller:
        """Return the caller whose key stands in a call's metadata.

        The key stands in `authorization`, after `Bearer`, or in `x-api-key`.

        Raises:
            CredentialInvalid: There is no valid key.
        """
        secret = _secret(metadata)
        if not is_token(secret):
            raise CredentialInvalid
        return await self._known(digest(secret))

    def forget(self) -> None:
        """Look every key up again: one may have been revoked."""
        self._remembered.clear()

    async def _known(self, presented: bytes) -> Caller:
        now = self._clock()
        remembered = self._remembered.get(presented)
        if remembered is None or remembered.until < now:
            known = await self._store.find_key(presented)
            if known is None or not hmac.compare_digest(known.digest, presented):
                raise CredentialInvalid
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            remembered = self._remembered[presented] = _Remembered(known, now + REMEMBERED_FOR)
        if not remembered.known.key.live(now):
            raise CredentialInvalid
        return remembered.known.caller


def require(caller: Caller, scope: Scope) -> None:
    """Refuse a caller whose key lacks a scope.

    Raises:
        ScopeMissing: It does.
    """
    if scope not in caller.scopes:
        raise ScopeMissing(scope.name)


def _secret(metadata: Iterable[tuple[str, str | bytes]]) -> str:
    for name, value in metadata:
        if isinstance(value, bytes):
            continue
        if name == "authorization":
            scheme, _, secret = value.partition(" ")
            if scheme.lower() == "bearer":
                return secret.strip()
        elif name == "x-api-key":
            return value
    return ""
