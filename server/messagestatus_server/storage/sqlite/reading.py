"""Questions to a SQLite database, answered on the spot."""

from collections.abc import Collection, Sequence

from messagestatus_server.domain.access import ApiKey, Instance, Tenant
from messagestatus_server.domain.directory import Membership, User
from messagestatus_server.domain.message import Message, Name, RollUp
from messagestatus_server.domain.page import Cursor, Listed, PhoneQuery, Query
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.storage.codec import Codec
from messagestatus_server.storage.sqlite import access_statements, statements
from messagestatus_server.storage.sqlite.access_rows import instance_of, key_of, known_key_of, tenant_of
from messagestatus_server.storage.sqlite.callback_reading import SqliteCallbackReading
from messagestatus_server.storage.sqlite.feed_reading import SqliteFeedReading
from messagestatus_server.storage.sqlite.packing import Packed, first_packed, packed
from messagestatus_server.storage.sqlite.review_reading import SqliteReviewReading
from messagestatus_server.storage.sqlite.rows import ListedRow, entry_of, message_of, numbers
from messagestatus_server.storage.sqlite.session import Row, Session, Value
from messagestatus_server.storage.sqlite.stuck_reading import SqliteStuckReading
from messagestatus_server.storage.sqlite.webhook_reading import SqliteWebhookReading
from messagestatus_server.storage.store import KnownKey, Stored

_FROM_THE_START = Cursor(2**63 - 1, "", "")


class SqliteReading(
    SqliteReviewReading, SqliteCallbackReading, SqliteFeedReading, SqliteStuckReading, SqliteWebhookReading
):
    """Implements `store.Reading` over one session."""

    def __init__(self, session: Session, codec: Codec) -> None:
        self._session = session
        self._codec = codec

    async def resources(self, tenant: int, name: Name) -> list[bytes]:
        return self._resources(tenant, name)

    async def batch(self, tenant: int, names: Sequence[Name]) -> list[list[bytes]]:
        kept = [packed(name.message_id) for name in names]
        by_id: dict[Packed, list[bytes]] = {}
        by_place: dict[tuple[Packed, str], list[bytes]] = {}
        with self._session.snapshot():
            for message_id, instance, resource in self._session.rows_of_all(
                statements.RESOURCES_OF_MANY, tenant, dict.fromkeys(kept)
            ):
                by_id.setdefault(message_id, []).append(resource)
                by_place[message_id, instance] = [resource]
        return [
            by_id.get(message_id, []) if instance is None else by_place.get((message_id, instance), [])
            for message_id, (_, instance) in zip(kept, names, strict=True)
        ]

    async def page(self, tenant: int, query: Query, after: Cursor | None, limit: int) -> list[Listed]:
        filters = query.filters
        if after is None:
            after = _FROM_THE_START if query.before_time is None else Cursor(query.before_time, "", "")
        key: Packed
        bindings: tuple[Value, ...] = (
            limit,
            filters.instance,
            numbers(filters.states),
            numbers(filters.channels),
        )
        if isinstance(query, PhoneQuery):
            statement, key = statements.PAGE_BY_PHONE, query.phone
        else:
            statement, key = statements.PAGE_BY_REFERENCE, packed(query.key)
            bindings = *bindings, filters.service or None, filters.action or None
        accept_time, message_id, instance = after
        is_packed = isinstance(packed(message_id), bytes)
        with self._session.snapshot():
            # Among UUIDs, a text stands before the first one that is not less.
            uuids = self._session.rows(
                statement,
                tenant,
                key,
                1,
                accept_time,
                first_packed(message_id) if message_id else b"",
                instance if is_packed else "",
                *bindings,
            )
            others = self._session.rows(
                statement, tenant, key, 0, accept_time, message_id, "" if is_packed else instance, *bindings
            )
        listed: list[Listed] = [ListedRow(*row) for row in (*uuids, *others)]
        if uuids and others:
            listed.sort(key=_place, reverse=True)
        return listed[:limit]

    async def find(self, tenant: int, name: Name) -> list[Stored]:
        with self._session.snapshot():
            if name.instance is None:
                rows = self._session.rows(statements.MESSAGES, tenant, packed(name.message_id))
            else:
                rows = self._session.rows(
                    statements.MESSAGE_OF_INSTANCE, tenant, packed(name.message_id), name.instance
                )
            return [self._stored(tenant, row) for row in rows]

    async def journal(self, tenant: int, handle: int) -> list[Entry]:
        return self._entries(self._session.rows(statements.JOURNAL, tenant, handle))

    async def parked(self, tenant: int, name: Name) -> list[Entry]:
        rows = self._session.rows(statements.PARKED_BY_ID, tenant, packed(name.message_id))
        return [
            entry
            for entry in self._entries(rows)
            if name.instance is None or entry.receipt.instance in {None, name.instance}
        ]

    async def users(self, tenant: int, user_ids: Collection[str]) -> dict[str, User]:
        rows = self._session.rows_of_many(
            access_statements.PERSON, tenant, ((user_id,) for user_id in user_ids)
        )
        return {row[0]: User(*row) for row in rows}

    async def membership(
        self, tenant: int, conversation_id: str, user_id: str
    ) -> tuple[bool, list[Membership]]:
        with self._session.snapshot():
            known = self._session.rows(access_statements.VIEW_HISTORY, tenant, conversation_id)
            spans = self._session.rows(access_statements.MEMBERSHIPS, tenant, conversation_id, user_id)
        return bool(known and known[0][0]), [Membership(*span) for span in spans]

    async def has_instance(self, tenant: int, instance: str) -> bool:
        return bool(self._session.rows(access_statements.HAS_INSTANCE, tenant, instance))

    async def instances(self, tenant: int) -> list[Instance]:
        return [instance_of(row) for row in self._session.rows(access_statements.INSTANCES, tenant)]

    async def keys(self, tenant: int) -> list[ApiKey]:
        keys = [key_of(row) for row in self._session.rows(access_statements.KEYS, tenant)]
        return sorted(keys, key=lambda key: (-key.create_time, key.key_id))

    async def tenants(self) -> list[Tenant]:
        return [tenant_of(row) for row in self._session.tenantless_rows(access_statements.TENANTS)]

    async def find_tenant(self, name: str) -> Tenant | None:
        rows = self._session.tenantless_rows(access_statements.FIND_TENANT, name)
        return tenant_of(rows[0]) if rows else None

    async def find_key(self, digest: bytes) -> KnownKey | None:
        rows = self._session.tenantless_rows(access_statements.FIND_KEY, digest)
        return known_key_of(rows[0]) if rows else None

    def _resources(self, tenant: int, name: Name) -> list[bytes]:
        message_id, instance = name
        if instance is None:
            return self._session.values(statements.RESOURCES, tenant, packed(message_id))
        return self._session.values(statements.RESOURCE_OF_INSTANCE, tenant, packed(message_id), instance)

    def _stored(self, tenant: int, row: Row) -> Stored:
        return Stored(row[0], self._message(tenant, row), row[-1])

    def _message(self, tenant: int, row: Row) -> Message:
        handle, roll_up = row[:2]
        recipients = (
            [] if roll_up == RollUp.SINGLE else self._session.rows(statements.RECIPIENTS, tenant, handle)
        )
        return message_of(self._codec, row, recipients)

    def _entries(self, rows: list[Row]) -> list[Entry]:
        return [entry_of(self._codec, row) for row in rows]


def _place(listed: Listed) -> Cursor:
    return listed.cursor
