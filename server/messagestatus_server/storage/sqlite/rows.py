"""Rows to values: what a row of each table means in the domain."""

from typing import NamedTuple

import orjson

from messagestatus_server.domain.access import ApiKey, Grant, Instance, Tenant
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.message import NOBODY, Message, RollUp, Standing
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.storage.codec import Codec
from messagestatus_server.storage.sqlite.session import Row
from messagestatus_server.storage.store import KnownKey

EVERYBODY = ""
"""The user_id under which a group message keeps its general standing."""


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
    message = codec.decode_message(resource, codec.decode_standing(origin, 0, b""), precedence, key)
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
    key, precedence, occur_time, receive_time, content = row
    return Entry(key, codec.decode_receipt(content, precedence), occur_time, receive_time)


def tenant_of(row: Row) -> Tenant:
    """Return the tenant of a row."""
    number, name, operator, create_time = row
    return Tenant(number, name, bool(operator), create_time)


def instance_of(row: Row) -> Instance:
    """Return the instance of a row."""
    return Instance(*row)


def key_of(row: Row) -> ApiKey:
    """Return the key of a row."""
    key_id, client, scopes, instance, user_id, expire_time, prefix, create_time, revoke_time = row
    grant = Grant(client, scopes_of(scopes), instance, user_id, expire_time)
    return ApiKey(key_id, grant, prefix, create_time, revoke_time)


def known_key_of(row: Row) -> KnownKey:
    """Return the key of a row that also has its tenant."""
    *columns, tenant, tenant_name, operator, digest = row
    key = key_of(tuple(columns))
    caller = Caller(
        tenant=tenant,
        tenant_name=tenant_name,
        key_id=key.key_id,
        scopes=key.grant.scopes,
        instance=key.grant.instance,
        user_id=key.grant.user_id,
        operator=bool(operator),
    )
    return KnownKey(caller, key, digest)


def scopes_of(names: str) -> frozenset[Scope]:
    """Return the scopes of a column."""
    return frozenset(Scope[name] for name in names.split())


def scopes_column(scopes: frozenset[Scope]) -> str:
    """Return the column of scopes, readable for people."""
    return " ".join(scope.name for scope in sorted(scopes))


def numbers(values: frozenset[int]) -> str | None:
    """Return a filter's numbers as the JSON that a statement takes, or None where any number will do."""
    return orjson.dumps(sorted(map(int, values))).decode() if values else None


def _recipient_row(codec: Codec, user_id: str, standing: Standing, *, named: bool) -> RecipientRow:
    return RecipientRow(
        user_id,
        int(named),
        standing.state,
        standing.precedence,
        standing.key,
        codec.encode_standing(standing),
    )
