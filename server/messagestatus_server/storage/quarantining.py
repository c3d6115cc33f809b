"""What the step `003_callbacks` needs beyond SQL: it finds receipts whose word had no mapping.

The bytes are read as in `slimming`, and for the same reason.
"""

import sqlite3

from messagestatus_server.storage.slimming import content_of, fields

# `DeliveryReceipt`, and the `Provider` in it
_PROVIDER = 4
_FINALITY = 9
_NAME, _STATUS, _CODE = 1, 3, 4


def register(connection: sqlite3.Connection) -> None:
    """Teach a connection the functions of the step."""
    for function in (told_provider, told_status, told_code, has_finality):
        connection.create_function(function.__name__, 1, function, deterministic=True)


def told_provider(content: bytes) -> str:
    """Return the provider's name in a receipt."""
    return content_of(content_of(content, _PROVIDER), _NAME).decode()


def told_status(content: bytes) -> str:
    """Return the native status in a receipt."""
    return content_of(content_of(content, _PROVIDER), _STATUS).decode()


def told_code(content: bytes) -> str:
    """Return the native error code in a receipt."""
    return content_of(content_of(content, _PROVIDER), _CODE).decode()


def has_finality(content: bytes) -> bool:
    """Tell whether a receipt has a finality, as every one has whose word has a mapping."""
    return any(number == _FINALITY for number, _, _ in fields(content))
