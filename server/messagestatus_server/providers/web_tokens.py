"""JSON web tokens under a shared secret, by which some carriers sign.

Sources: RFC 7515 and 7519. The times of a token are held against when the callback came.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from jwt import PyJWS, PyJWTError
from jwt.algorithms import HMACAlgorithm

from messagestatus_server.providers.callback import Unverified

_HASHES = {"HS256": HMACAlgorithm.SHA256, "HS384": HMACAlgorithm.SHA384, "HS512": HMACAlgorithm.SHA512}


class _Hmac(HMACAlgorithm):
    def check_key_length(self, key: bytes) -> str | None:
        # The carrier makes the secret: a warning about its length would reach nobody who can change it.
        return None


def _signatures() -> PyJWS:
    known = PyJWS(algorithms=[])
    for name, digest in _HASHES.items():
        known.register_algorithm(name, _Hmac(digest))
    return known


_SIGNATURES = _signatures()


def claims_of(token: str, secret: str, algorithms: Sequence[str]) -> Mapping[str, Any]:
    """Return what a token claims, once its signature is shown to be one of these algorithms' and right.

    Raises:
        Unverified: It is not.
    """
    try:
        claims = orjson.loads(_SIGNATURES.decode(token, secret, algorithms=list(algorithms)))
    except (PyJWTError, ValueError, RecursionError):
        raise Unverified("the web token is not signed as it must be") from None
    if not isinstance(claims, dict):
        raise Unverified("the web token claims nothing")
    return claims


def claimed_second(claims: Mapping[str, Any], name: str) -> float:
    """Return a time that a token claims, in seconds since 1970.

    Raises:
        Unverified: There is none.
    """
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unverified(f"the web token has no time {name}")
    return value


def claimed_text(claims: Mapping[str, Any], name: str) -> str:
    """Return a text that a token claims, empty where there is none."""
    value = claims.get(name)
    return value if isinstance(value, str) else ""
