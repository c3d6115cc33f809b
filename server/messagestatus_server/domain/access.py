"""Tenants, their instances, and the keys that open them."""

import hashlib
import re
import secrets
from typing import NamedTuple

from messagestatus_server.domain.caller import Scope

LIVE_KEYS = 2
"""How many live keys a client has at most, so that one can take the place of the other."""

_TENANT_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_INSTANCE_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_TOKEN = re.compile(r"[\x21-\x7e]{16,512}")


class Tenant(NamedTuple):
    """A customer; nothing of one is seen by another. Its time is in microseconds, UTC."""

    tenant: int
    name: str
    operator: bool
    create_time: int


class Instance(NamedTuple):
    """A sending line of a tenant. Its time is in microseconds, UTC."""

    name: str
    create_time: int


class Grant(NamedTuple):
    """What a key opens, until when (microseconds, UTC; None for ever)."""

    client: str
    scopes: frozenset[Scope]
    instance: str | None = None
    user_id: str = ""
    expire_time: int | None = None


class ApiKey(NamedTuple):
    """A key without its secret. Its times are in microseconds, UTC."""

    key_id: str
    grant: Grant
    prefix: str
    create_time: int
    revoke_time: int | None = None

    def live(self, now: int) -> bool:
        """Tell whether the key is neither revoked nor expired."""
        expire_time = self.grant.expire_time
        return self.revoke_time is None and (expire_time is None or now < expire_time)


def is_tenant_name(name: str) -> bool:
    """Tell whether text may name a tenant: lower-case letters, digits, inner dashes; 1 to 63 of them."""
    return _TENANT_NAME.fullmatch(name) is not None


def is_instance_name(name: str) -> bool:
    """Tell whether text may name an instance: letters, digits, dashes, underscores; 1 to 100 of them."""
    return _INSTANCE_NAME.fullmatch(name) is not None


def is_token(token: str) -> bool:
    """Tell whether text may be a key's secret: 16 to 512 visible ASCII characters."""
    return _TOKEN.fullmatch(token) is not None


def new_secret() -> str:
    """Return a new secret with 256 random bits."""
    return f"msk_{secrets.token_urlsafe(32)}"


def prefix(secret: str) -> str:
    """Return the first characters of a secret, to recognise it by: few enough to keep it a secret."""
    return secret[: min(8, len(secret) // 4)]


def new_key_id() -> str:
    """Return a new identifier of a key, which is no secret."""
    return f"key_{secrets.token_hex(8)}"


def digest(secret: str) -> bytes:
    """Return what is stored of a secret: its SHA-256, from which nobody gets it back."""
    return hashlib.sha256(secret.encode()).digest()
