"""Changes to a SQLite database, all of a transaction or none of it."""

from collections.abc import Collection, Sequence

import orjson

from messagestatus_server.domain.access import ApiKey, Instance, Tenant
from messagestatus_server.domain.change import Change, ChangeKind
from messagestatus_server.domain.directory import Conversation, User
from messagestatus_server.domain.message import NOBODY, Message, Provider
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.storage.codec import Draft
from messagestatus_server.storage.sqlite import access_statements, statements
from messagestatus_server.storage.sqlite.reading import SqliteReading
from messagestatus_server.storage.sqlite.rows import recipient_rows, scopes_column, tenant_of
from messagestatus_server.storage.sqlite.session import Value
from messagestatus_server.storage.store import Journalled, ProviderName, Stored


class SqliteTransaction(SqliteReading):
    """Implements `store.Transaction` over the session of the writer."""

    async def find_by_provider(self, tenant: int, name: ProviderName) -> list[Stored]:
        rows = self._session.rows(statements.MESSAGES_OF_PROVIDER, tenant, *name)
        return [self._stored(tenant, row) for row in rows]

    async def known_places(self, tenant: int, places: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        asked = orjson.dumps(list(places)).decode()
        rows = self._session.rows(statements.KNOWN_PLACES, tenant, asked)
        return {(message_id, instance) for message_id, instance in rows}

    async def insert_messages(self, tenant: int, drafts: Sequence[Draft]) -> list[int]:
        # Handles are counted here, by the only writer: RETURNING would make each insert thrice as dear.
        last = self._session.tenantless_rows(statements.LAST_HANDLE)
        first = last[0][0] + 1 if last else 1
        handles = list(range(first, first + len(drafts)))
        handled = list(zip(handles, drafts, strict=True))
        self._session.insert(
            statements.INSERT_MESSAGE, tenant, ((handle, *_columns(draft)) for handle, draft in handled)
        )
        for handle, draft in handled:
            self._put_recipients(tenant, handle, draft.message)
        return handles

    async def save_message(self, tenant: int, before: Stored, after: Message) -> None:
        standing = after.standing
        self._session.rows(
            statements.SAVE_MESSAGE,
            tenant,
            before.handle,
            standing.channel,
            standing.state,
            standing.precedence,
            standing.reason,
            standing.change_time,
            standing.key,
            self._codec.encode_message(after),
        )
        self._put_recipients(tenant, before.handle, after, known=before.message)

    async def replace_message(self, tenant: int, before: Stored, after: Message) -> None:
        self._session.rows(
            statements.SAVE_REGISTRATION,
            tenant,
            before.handle,
            *_looked_up_by(after),
            after.roll_up,
            self._codec.encode_standing(after.origin),
        )
        self._session.rows(statements.DELETE_RECIPIENTS, tenant, before.handle)
        await self.save_message(
            tenant, Stored(before.handle, before.message._replace(recipients=NOBODY)), after
        )

    async def delete_message(self, tenant: int, stored: Stored, now: int) -> None:
        handle, message = stored
        said = [entry.receipt.provider for entry in await self.journal(tenant, handle)]
        names = {
            (provider.name, provider.message_id, handle) for provider in (message.origin.provider, *said)
        }
        self._session.rows_of_many(statements.DELETE_PROVIDER_NAME, tenant, names)
        self._session.rows(statements.DELETE_RECEIPTS, tenant, handle)
        self._session.rows(statements.DELETE_RECIPIENTS, tenant, handle)
        self._session.rows(statements.DELETE_MESSAGE, tenant, handle)
        self._session.rows(
            statements.NAME_REMOVED,
            tenant,
            handle,
            ChangeKind.DELETED,
            message.standing.state,
            DeliveryState.UNSPECIFIED,
            0,
            now,
            now,
            message.message_id,
            message.instance,
        )

    async def add_provider_names(self, tenant: int, names: Sequence[tuple[ProviderName, int]]) -> None:
        self._session.insert(
            statements.ADD_PROVIDER_NAME, tenant, ((*name, handle) for name, handle in names)
        )

    async def receipts(self, tenant: int, keys: Sequence[bytes]) -> dict[bytes, Entry]:
        rows = self._session.rows_of_many(statements.RECEIPT, tenant, ((key,) for key in keys))
        return {entry.key: entry for entry in self._entries(rows)}

    async def add_receipts(self, tenant: int, receipts: Sequence[Journalled]) -> None:
        self._session.insert(statements.ADD_RECEIPT, tenant, map(self._receipt_columns, receipts))

    async def has_parked(self, tenant: int) -> bool:
        return bool(self._session.rows(statements.HAS_PARKED, tenant))

    async def parked_by_provider(self, tenant: int, name: ProviderName) -> list[Entry]:
        return self._entries(self._session.rows(statements.PARKED_BY_PROVIDER, tenant, *name))

    async def claim(self, tenant: int, keys: Sequence[bytes], handle: int) -> None:
        self._session.rows_of_many(statements.CLAIM_RECEIPT, tenant, ((key, handle) for key in keys))

    async def append_changes(self, tenant: int, changes: Sequence[tuple[int, Change]], now: int) -> None:
        self._session.insert(
            statements.APPEND_CHANGE, tenant, ((handle, *change, now) for handle, change in changes)
        )

    async def put_users(self, tenant: int, users: Sequence[User]) -> None:
        self._session.rows_of_many(access_statements.PUT_PERSON, tenant, users)

    async def put_conversations(self, tenant: int, conversations: Sequence[Conversation]) -> None:
        for conversation_id, view_history, memberships in conversations:
            self._session.rows(access_statements.PUT_CONVERSATION, tenant, conversation_id, int(view_history))
            self._session.rows(access_statements.FORGET_MEMBERSHIPS, tenant, conversation_id)
            self._session.rows_of_many(
                access_statements.ADD_MEMBERSHIP,
                tenant,
                ((conversation_id, *membership) for membership in memberships),
            )

    async def add_tenant(self, name: str, now: int, *, operator: bool) -> Tenant:
        rows = self._session.tenantless_rows(access_statements.ADD_TENANT, name, int(operator), now)
        return tenant_of(rows[0])

    async def add_instance(self, tenant: int, instance: Instance) -> None:
        self._session.rows(access_statements.ADD_INSTANCE, tenant, *instance)

    async def add_key(self, tenant: int, key: ApiKey, digest: bytes) -> None:
        grant = key.grant
        self._session.rows(
            access_statements.ADD_KEY,
            tenant,
            key.key_id,
            digest,
            grant.client,
            scopes_column(grant.scopes),
            grant.instance,
            grant.user_id,
            grant.expire_time,
            key.prefix,
            key.create_time,
        )

    async def revoke_key(self, tenant: int, key_id: str, now: int) -> None:
        self._session.rows(access_statements.REVOKE_KEY, tenant, key_id, now)

    def _receipt_columns(self, journalled: Journalled) -> tuple[Value, ...]:
        (key, receipt, occur_time, receive_time), handle = journalled
        return (
            key,
            handle,
            *_parked_under(receipt.message_id, receipt.provider, handle),
            receipt.state,
            receipt.precedence,
            occur_time,
            receive_time,
            self._codec.encode_receipt(receipt),
        )

    def _put_recipients(
        self, tenant: int, handle: int, message: Message, known: Message | None = None
    ) -> None:
        rows = recipient_rows(self._codec, message, known)
        if rows:
            self._session.rows_of_many(statements.PUT_RECIPIENT, tenant, ((handle, *row) for row in rows))


def _columns(draft: Draft) -> tuple[Value, ...]:
    message, origin, resource = draft
    standing = message.standing
    return (
        message.message_id,
        message.instance,
        *_looked_up_by(message),
        standing.channel,
        message.accept_time,
        message.roll_up,
        standing.state,
        standing.precedence,
        standing.reason,
        standing.change_time,
        standing.key,
        origin,
        resource,
    )


def _looked_up_by(message: Message) -> tuple[str | None, ...]:
    reference = message.reference
    return (message.phone or None, reference.key or None, reference.service or None, reference.action or None)


def _parked_under(
    message_id: str, provider: Provider, handle: int | None
) -> tuple[str | None, str | None, str | None]:
    if handle is not None:
        return None, None, None
    if message_id:
        return message_id, None, None
    return None, provider.name, provider.message_id
