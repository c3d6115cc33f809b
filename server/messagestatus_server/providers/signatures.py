"""What many providers' signatures have in common: digests compared in constant time, and what is missing."""

import hashlib
import hmac
from collections.abc import Callable

from messagestatus_server.providers.callback import Callback, Unverified

SHA1, SHA256, SHA512 = hashlib.sha1, hashlib.sha256, hashlib.sha512


def required_header(callback: Callback, name: str) -> str:
    """Return a header that carries a signature, or a part of one.

    Raises:
        Unverified: It is missing.
    """
    value = callback.headers.get(name, "").strip()
    if not value:
        raise Unverified(f"the header {name} is missing", 401)
    return value


def mac(secret: str, content: bytes, algorithm: Callable[..., "hashlib._Hash"] = SHA256) -> bytes:
    """Return the HMAC of content under a secret."""
    return hmac.digest(secret.encode(), content, algorithm)


def check_equal(said: str | bytes, expected: str | bytes) -> None:
    """Compare a signature with the expected one, in a time that tells nothing.

    Raises:
        Unverified: They differ.
    """
    if not hmac.compare_digest(_bytes(said), _bytes(expected)):
        raise Unverified("the signature is wrong")


def _bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
