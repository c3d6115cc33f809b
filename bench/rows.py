"""The messages that everything is measured on: each follows from its number alone."""

import hashlib
from typing import NamedTuple
from uuid import UUID

KEY = "benchmark-key-that-opens-nothing-else"
"""The API key of every contestant."""

SERVICE = "DIGITALSIGN"
"""The service of every reference: it stands once in each message, and messages are counted by it."""

ACTION = "AUTH"
PROVIDER = "PROVIDER1"
STATUS = "DELIVRD"

PAGE = 50
"""How many messages a listed page has."""

MESSAGES_OF_A_BUSY_PHONE = 60
"""More than a page, so that a list has to look further than it shows."""

SHARE = 10
"""How many messages share any other phone number, on average; and one message in so many is to a busy one."""

SECOND = 1_000_000
FIRST_ACCEPTED = 1_735_689_600 * SECOND
"""When message 0 was accepted, in microseconds, UTC; the others a second apart."""


class Row(NamedTuple):
    """A message, delivered; its times are in microseconds, UTC."""

    message_id: str
    phone: str
    reference_key: str
    provider_message_id: str
    accept_time: int
    deliver_time: int


class Rows:
    """The messages of a database of a certain size."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.busy_phones = max(1, count // (SHARE * MESSAGES_OF_A_BUSY_PHONE))
        # Messages to a busy phone lie far apart, as they do where they come in over months.
        self._every = max(1, count // (self.busy_phones * MESSAGES_OF_A_BUSY_PHONE))

    def __getitem__(self, number: int) -> Row:
        """Return the message with a number."""
        digest = _digest(number)
        accepted = FIRST_ACCEPTED + number * SECOND
        return Row(
            message_id=_uuid(digest),
            phone=self._phone(number, digest),
            reference_key=f"order-{number:010d}",
            provider_message_id=digest[16:24].hex(),
            accept_time=accepted,
            deliver_time=accepted + 5 * SECOND,
        )

    def message_id(self, number: int) -> str:
        """Return the identifier of the message with a number."""
        return _uuid(_digest(number))

    def busy_phone(self, number: int) -> str:
        """Return one of the phone numbers that have more messages than a page."""
        return f"+4915100{number % self.busy_phones:06d}"

    def _phone(self, number: int, digest: bytes) -> str:
        place, rest = divmod(number, self._every)
        if rest == 0 and place < self.busy_phones * MESSAGES_OF_A_BUSY_PHONE:
            return self.busy_phone(place)
        owners = max(1, self.count // SHARE)
        return f"+4917{int.from_bytes(digest[24:], 'big') % owners:09d}"


def _digest(number: int) -> bytes:
    # Random to the database, and yet known to whoever asks for it.
    return hashlib.blake2b(number.to_bytes(8, "big"), digest_size=32).digest()


def _uuid(digest: bytes) -> str:
    return str(UUID(bytes=digest[:16], version=4))
