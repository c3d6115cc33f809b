"""Standard Webhooks' signatures: symmetric (`v1`) and asymmetric (`v1a`), several at once during a rotation.

Source: Standard Webhooks 1.0.0, "Signature scheme" and "Webhook headers". The form of a secret key, which
that leaves open, is that of Svix: base64 of the 32 bytes of the key and the 32 of its public key.
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SYMMETRIC_PREFIX = "whsec_"
ASYMMETRIC_PREFIX = "whsk_"
PUBLIC_PREFIX = "whpk_"

_NEW_SECRET_SIZE = 32
_SECRET_SIZES = range(24, 65)
_SEED_SIZE = 32
_KEY_SIZES = {_SEED_SIZE, 2 * _SEED_SIZE}

# A full stop in it would let one content be read as another (Standard Webhooks, "Signature scheme").
_ID = re.compile(r"[A-Za-z0-9_-]{1,256}")


class SecretInvalid(ValueError):
    """A signing secret that is none; its text never contains the secret."""


class SigningSecret(NamedTuple):
    """A secret of an endpoint; `until` is when it ends (microseconds, UTC), None for the current one."""

    text: str
    until: int | None = None


def new_secret() -> str:
    """Return a new symmetric secret, such as `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`."""
    return SYMMETRIC_PREFIX + _base64(secrets.token_bytes(_NEW_SECRET_SIZE))


def new_secret_key() -> str:
    """Return a new asymmetric secret key, `whsk_` and its base64."""
    return _written(Ed25519PrivateKey.generate())


def public_key(secret: str) -> str:
    """Return what the receiver verifies with, `whpk_` and its base64; empty for a symmetric secret.

    Raises:
        SecretInvalid: The secret is none.
    """
    key = _key(secret)
    if isinstance(key, bytes):
        return ""
    return PUBLIC_PREFIX + _base64(key.public_key().public_bytes_raw())


def admitted_secret(text: str) -> str:
    """Return a secret that was chosen elsewhere, in the form in which ours are written.

    Raises:
        SecretInvalid: It is none.
    """
    key = _key(text.strip())
    return SYMMETRIC_PREFIX + _base64(key) if isinstance(key, bytes) else _written(key)


def signed_headers(
    webhook_id: str, now: int, body: bytes, signing_secrets: Sequence[SigningSecret]
) -> dict[str, str]:
    """Return the three headers of an attempt.

    Args:
        webhook_id: Tells what is sent from everything else; the same in every attempt.
        now: The time of the attempt, in microseconds, UTC.
        body: The body as it is sent, to the byte.
        signing_secrets: The current secret, and the ones it replaced; those that have ended do not sign.

    Raises:
        SecretInvalid: A secret is none.
        ValueError: The identifier is not letters, digits, `_` and `-`, or no secret is left to sign with.
    """
    if not _ID.fullmatch(webhook_id):
        raise ValueError("the identifier of a webhook is letters, digits, _ and -")
    live = [secret.text for secret in signing_secrets if secret.until is None or now < secret.until]
    if not live:
        raise ValueError("no secret is left to sign with")
    timestamp = str(now // 1_000_000)
    content = f"{webhook_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(_key(secret), content) for secret in live),
    }


def _signature(key: bytes | Ed25519PrivateKey, content: bytes) -> str:
    if isinstance(key, bytes):
        return "v1," + _base64(hmac.digest(key, content, "sha256"))
    return "v1a," + _base64(key.sign(content))


def _key(secret: str) -> bytes | Ed25519PrivateKey:
    if secret.startswith(SYMMETRIC_PREFIX):
        key = _bytes(secret.removeprefix(SYMMETRIC_PREFIX))
        if len(key) not in _SECRET_SIZES:
            raise SecretInvalid(f"must have 24 to 64 bytes, and has {len(key)}")
        return key
    if not secret.startswith(ASYMMETRIC_PREFIX):
        raise SecretInvalid(f"must begin with {SYMMETRIC_PREFIX} or {ASYMMETRIC_PREFIX}")
    pair = _bytes(secret.removeprefix(ASYMMETRIC_PREFIX))
    if len(pair) not in _KEY_SIZES:
        raise SecretInvalid(f"must have 32 or 64 bytes, and has {len(pair)}")
    seed, public = pair[:_SEED_SIZE], pair[_SEED_SIZE:]
    key_pair = Ed25519PrivateKey.from_private_bytes(seed)
    if public and public != key_pair.public_key().public_bytes_raw():
        raise SecretInvalid("its second half is not the public key of its first")
    return key_pair


def _written(key: Ed25519PrivateKey) -> str:
    return ASYMMETRIC_PREFIX + _base64(key.private_bytes_raw() + key.public_key().public_bytes_raw())


def _bytes(text: str) -> bytes:
    try:
        # Secrets are handed around without their padding too.
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise SecretInvalid("must be base64 after its prefix") from None


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
