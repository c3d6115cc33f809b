"""Identifiers as the database keeps them: a canonical UUID as its 16 bytes, any other text as it is.

Most senders and providers use UUIDs, and an identifier stands in several indexes.
"""

import re

Packed = str | bytes

_LENGTH = 36
_HYPHENS = frozenset({8, 13, 18, 23})
_DIGITS = "0123456789abcdef"
_AFTER_EVERY_UUID = b"\xff" * 17
_canonical = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


def packed(text: str) -> Packed:
    """Return an identifier as it is kept."""
    if len(text) == _LENGTH and _canonical(text):
        return bytes.fromhex(text.replace("-", ""))
    return text


def unpacked(kept: Packed) -> str:
    """Return the identifier that is kept."""
    if isinstance(kept, str):
        return kept
    digits = kept.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def first_packed(text: str) -> bytes:
    """Return where a text stands among packed UUIDs: the first of them that is not before it."""
    digits = ""
    for place, char in enumerate(text):
        if place == _LENGTH:
            return _following(digits)
        choices = "-" if place in _HYPHENS else _DIGITS
        if char not in choices:
            least = next((choice for choice in choices if choice > char), None)
            return _following(digits) if least is None else _filled(digits + least.strip("-"))
        digits += char.strip("-")
    return _filled(digits)


def _following(digits: str) -> bytes:
    """Return the first UUID after all that begin with some digits."""
    following = int(digits or "0", 16) + 1
    if following == 16 ** len(digits):
        return _AFTER_EVERY_UUID
    return _filled(f"{following:0{len(digits)}x}")


def _filled(digits: str) -> bytes:
    return bytes.fromhex(digits.ljust(32, "0"))
