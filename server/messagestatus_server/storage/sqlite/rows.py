"""Rows to values: what a row of each table means in the domain."""

from typing import NamedTuple

import orjson

from messagestatus_server.domain.message import NOBODY, Message, Provider, RollUp, Standing
from messagestatus_server.domain.page import Cursor
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.storage.codec import Codec, Draft
from messagestatus_server.storage.sqlite.packing import Packed, packed, unpacked
from messagestatus_server.storage.sqlite.session import Row, Value
from messagestatus_server.storage.store import Journalled

EVERYBODY = ""
"""The user_id under which a group message keeps its general standing."""

_NO_RECEIPT = bytes(16)
"""Stands in the row of a message that no receipt decides; its first receipt then needs no more room."""

_NOWHERE = (None, None, None)
"""Where a receipt is parked whose message is known."""


class ListedRow(NamedTuple):
    """A row of a list, which implements `page.Listed`."""

    resource: bytes
    accept_time: int
    message_id: Packed
    instance: str

    @property
    def cursor(self) -> Cursor:
        """The place of the message."""
        return Cursor(self.accept_time, unpacked(self.message_id), self.instance)


class RecipientRow(NamedTuple):
    """A row of the table of recipients."""

    user_id: str
    named: int
    state: int
    precedence: int
    receipt_key: bytes
    standing: bytes


def message_of(codec: Codec, row: Row, recipients: list[Row]) -> Message:
    """Return the message of a row, with the rows of its recipients if it is a group message."""
    _, roll_up, precedence, key, origin, resource = row
    message = codec.decode_message(resource, origin, precedence, b"" if key == _NO_RECEIPT else key)
    if roll_up == RollUp.SINGLE:
        return message
    everyone = [RecipientRow(*recipient) for recipient in recipients]
    standings = {
        each.user_id: codec.decode_standing(each.standing, each.precedence, each.receipt_key)
        for each in everyone
    }
    general = standings.pop(EVERYBODY, message.origin)
    return message._replace(
        roll_up=RollUp(roll_up),
        general=general,
        named=tuple(sorted(each.user_id for each in everyone if each.named)),
        recipients=standings,
    )


def message_columns(draft: Draft) -> tuple[Value, ...]:
    """Return the columns of a new message, from its identifier on."""
    message, origin, resource = draft
    standing = message.standing
    return (
        packed(message.message_id),
        message.instance,
        *looked_up_by(message),
        standing.channel,
        message.accept_time,
        message.roll_up,
        standing.state,
        standing.precedence,
        standing.reason,
        standing.change_time,
        standing.key or _NO_RECEIPT,
        origin,
        resource,
    )


def looked_up_by(message: Message) -> tuple[Value, ...]:
    """Return the columns that lists of messages go by."""
    service, action, key = message.reference
    return message.phone or None, packed(key) if key else None, service or None, action or None


def standing_columns(codec: Codec, message: Message, resource: bytes) -> tuple[Value, ...]:
    """Return the columns of where a message stands, with the bytes that tell it."""
    standing = message.standing
    return (
        standing.channel,
        standing.state,
        standing.precedence,
        standing.reason,
        standing.change_time,
        standing.key or _NO_RECEIPT,
        codec.encode_origin(message),
        resource,
    )


def receipt_columns(codec: Codec, journalled: Journalled) -> tuple[Value, ...]:
    """Return the columns of a new receipt."""
    (key, receipt, _, receive_time), handle = journalled
    message_id = receipt.message_id
    return (
        key,
        handle,
        1 if message_id else 0,
        *(_NOWHERE if handle is not None else _parked_under(message_id, receipt.provider)),
        receipt.state,
        receipt.precedence,
        receipt.occur_time,
        receive_time,
        codec.encode_receipt(receipt),
    )


def recipient_rows(codec: Codec, message: Message, known: Message | None) -> list[RecipientRow]:
    """Return what is new of the recipients of a message; nothing, unless it is a group message."""
    if message.roll_up is RollUp.SINGLE:
        return []
    kept = known.recipients if known else NOBODY
    named = set(message.named)
    rows = [
        _recipient_row(codec, user_id, standing, named=user_id in named)
        for user_id, standing in message.recipients.items()
        if kept.get(user_id) != standing
    ]
    if not kept or known is None or known.general != message.general:
        rows.append(_recipient_row(codec, EVERYBODY, message.general, named=False))
    return rows


def entry_of(codec: Codec, row: Row) -> Entry:
    """Return the receipt of a row."""
    key, precedence, occur_time, receive_time, content, named = row
    message_id = "" if named is None else unpacked(named)
    receipt = codec.decode_receipt(content, message_id, occur_time, precedence)
    return Entry(key, receipt, receive_time if occur_time is None else occur_time, receive_time)


def numbers(values: frozenset[int]) -> str | None:
    """Return a filter's numbers as the JSON that a statement takes, or None where any number will do."""
    return orjson.dumps(sorted(map(int, values))).decode() if values else None


def _parked_under(message_id: str, provider: Provider) -> tuple[Value, ...]:
    if message_id:
        return packed(message_id), None, None
    return None, provider.name, packed(provider.message_id)


def _recipient_row(codec: Codec, user_id: str, standing: Standing, *, named: bool) -> RecipientRow:
    return RecipientRow(
        user_id,
        int(named),
        standing.state,
        standing.precedence,
        standing.key,
        codec.encode_standing(standing),
    )
