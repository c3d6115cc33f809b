"""A memory of nonces, for signatures that cover a nonce but not what came with it."""

import hashlib
from collections.abc import Sequence


class NonceMemory:
    """Remembers what came with each nonce, up to so many of them; the oldest is forgotten first.

    It is the memory of one process, and empty when that starts: what came to another one, before a restart,
    or too long ago, it does not know.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: dict[bytes, bytes] = {}

    def is_reused(self, nonce: Sequence[bytes], content: Sequence[bytes]) -> bool:
        """Remember a nonce, and tell whether it came before with something else.

        Each of the two is given as parts; where one ends and the next begins makes a difference.
        """
        name, digest = _digest(nonce), _digest(content)
        known = self._seen.get(name)
        if known is None:
            while len(self._seen) >= self._most:
                del self._seen[next(iter(self._seen))]
            self._seen[name] = digest
        return known is not None and known != digest


def _digest(parts: Sequence[bytes]) -> bytes:
    hashed = hashlib.blake2b(digest_size=16)
    for part in parts:
        hashed.update(len(part).to_bytes(8, "big"))
        hashed.update(part)
    return hashed.digest()
