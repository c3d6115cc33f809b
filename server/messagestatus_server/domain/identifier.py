"""Identifiers and other text from outside: how long they may be, and what may not be in them."""

from messagestatus_server.domain.refusals import FieldInvalid, FieldRequired

LONGEST_IDENTIFIER = 256
"""How many characters an identifier has at most."""

LONGEST_TEXT = 4096
"""How many characters any other text has at most."""


def identifier(field: str, text: str) -> str:
    """Return an identifier that must be there.

    Raises:
        FieldRequired: It is empty.
        FieldInvalid: It is too long, or has a NUL in it.
    """
    if not text:
        raise FieldRequired(field)
    return optional_text(field, text, LONGEST_IDENTIFIER)


def optional_text(field: str, text: str, longest: int = LONGEST_IDENTIFIER) -> str:
    """Return text that may be empty.

    Raises:
        FieldInvalid: It is too long, or has a NUL in it, which not every database can store.
    """
    if len(text) > longest:
        raise FieldInvalid(field, f"has {len(text)} characters; the limit is {longest}")
    if "\0" in text:
        raise FieldInvalid(field, "has a NUL character in it")
    return text
