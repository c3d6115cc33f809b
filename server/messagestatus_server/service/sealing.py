"""Sealing: secrets are stored so that nobody reads them without the key file of this installation."""

import secrets

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_SIZE = 32
"""Bytes of a key."""

_NONCE_SIZE = 12


class SealBroken(Exception):
    """What was sealed was changed, or sealed with another key, or for another purpose."""


class Seal:
    """Seals with AES-256-GCM.

    Args:
        key: 32 random bytes, kept outside the database.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def close(self, content: dict[str, str], purpose: str) -> bytes:
        """Return content sealed for one purpose, such as the secrets of one route."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return nonce + self._cipher.encrypt(nonce, orjson.dumps(content), purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> dict[str, str]:
        """Return what was sealed for a purpose.

        Raises:
            SealBroken: It cannot be opened with this key, or for this purpose.
        """
        nonce, content = sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:]
        try:
            opened = orjson.loads(self._cipher.decrypt(nonce, content, purpose.encode()))
        except (InvalidTag, ValueError) as fault:
            raise SealBroken("sealed with another key, or damaged") from fault
        return {str(name): str(value) for name, value in opened.items()}
