"""The bytes that a store keeps: what storage needs of an encoding, without knowing which it is."""

from typing import NamedTuple, Protocol

from messagestatus_server.domain.message import Message, Standing
from messagestatus_server.domain.receipt import Receipt


class Codec(Protocol):
    """Turns values into the bytes that callers are answered with, and back.

    The same value always gives the same bytes.
    """

    def encode_message(self, message: Message) -> bytes:
        """Return the answer to a lookup of the message."""

    def encode_advanced(self, resource: bytes, message: Message) -> bytes:
        """Return the answer to a lookup of the message, from the one before its newest receipts.

        Receipts change where a message stands, its replies and its revision, and nothing else of it.
        """

    def encode_origin(self, message: Message) -> bytes:
        """Return what the registration of a message claims, as far as its answer does not show it."""

    def decode_message(self, resource: bytes, origin: bytes, precedence: int, key: bytes) -> Message:
        """Return the message of an answer, with what the answer does not show.

        A group message comes without its roll-up and its recipients.
        """

    def encode_receipt(self, receipt: Receipt) -> bytes:
        """Return a receipt as it was reported, without its message_id, time and precedence."""

    def decode_receipt(
        self, content: bytes, message_id: str, occur_time: int | None, precedence: int
    ) -> Receipt:
        """Return the receipt that was reported."""

    def encode_standing(self, standing: Standing) -> bytes:
        """Return a standing without its precedence and key."""

    def decode_standing(self, content: bytes, precedence: int, key: bytes) -> Standing:
        """Return a standing with its precedence and key."""


class Draft(NamedTuple):
    """A new message with its bytes: they are made before the transaction, which then only writes."""

    message: Message
    origin: bytes
    resource: bytes


def draft(codec: Codec, message: Message) -> Draft:
    """Return a new message ready to be stored."""
    return Draft(message, codec.encode_origin(message), codec.encode_message(message))
