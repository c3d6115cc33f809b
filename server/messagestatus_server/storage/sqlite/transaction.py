"""Changes to a SQLite database, all of a transaction or none of it."""

from collections.abc import Callable, Collection, Sequence

from messagestatus_server.domain.access import ApiKey, Instance, Tenant
from messagestatus_server.domain.change import Change, ChangeKind
from messagestatus_server.domain.directory import Conversation, User
from messagestatus_server.domain.message import NOBODY, Message
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.domain.state import DeliveryState, FailureReason
from messagestatus_server.storage.codec import Codec, Draft
from messagestatus_server.storage.sqlite import access_statements, statements
from messagestatus_server.storage.sqlite.access_rows import scopes_column, tenant_of
from messagestatus_server.storage.sqlite.callback_transaction import SqliteCallbackTransaction
from messagestatus_server.storage.sqlite.feed_reading import SqliteFeedTransaction
from messagestatus_server.storage.sqlite.packing import packed, unpacked
from messagestatus_server.storage.sqlite.reading import SqliteReading
from messagestatus_server.storage.sqlite.review_transaction import SqliteReviewTransaction
from messagestatus_server.storage.sqlite.rows import (
    looked_up_by,
    message_columns,
    receipt_columns,
    recipient_rows,
    standing_columns,
)
from messagestatus_server.storage.sqlite.session import Session
from messagestatus_server.storage.sqlite.stuck_transaction import SqliteStuckTransaction
from messagestatus_server.storage.sqlite.webhook_queue import Queue
from messagestatus_server.storage.sqlite.webhook_transaction import SqliteWebhookTransaction
from messagestatus_server.storage.store import Journalled, ProviderName, Stored


class SqliteTransaction(
    SqliteReading,
    SqliteReviewTransaction,
    SqliteCallbackTransaction,
    SqliteFeedTransaction,
    SqliteStuckTransaction,
    SqliteWebhookTransaction,
):
    """Implements `store.Transaction` over the session of the writer.

    Args:
        session: The session of the writer.
        codec: Encodes what is stored.
        on_queued: Told when something waits for an endpoint that did not before.
    """

    def __init__(self, session: Session, codec: Codec, on_queued: Callable[[], None] = lambda: None) -> None:
        super().__init__(session, codec)
        self._queue = Queue(session, on_queued)
        self._last_sequence: dict[int, int] = {}

    async def find_many(self, tenant: int, message_ids: Collection[str]) -> list[Stored]:
        rows = self._session.rows_of_all(statements.MESSAGES_OF_MANY, tenant, map(packed, message_ids))
        return [self._stored(tenant, row) for row in rows]

    async def find_by_provider(
        self, tenant: int, provider: str, message_ids: Collection[str]
    ) -> list[tuple[str, Stored]]:
        rows = self._session.rows_of_all(
            statements.MESSAGES_OF_PROVIDER, tenant, map(packed, message_ids), provider
        )
        return [(unpacked(name), self._stored(tenant, tuple(row))) for name, *row in rows]

    async def find_by_handles(self, tenant: int, handles: Collection[int]) -> list[Stored]:
        asked = ((handle,) for handle in handles)
        rows = self._session.rows_of_many(statements.MESSAGE_OF_HANDLE, tenant, asked)
        return [self._stored(tenant, row) for row in rows]

    async def known_places(self, tenant: int, places: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        asked = {packed(message_id) for message_id, _ in places}
        rows = self._session.rows_of_all(statements.KNOWN_PLACES, tenant, asked)
        return {(unpacked(message_id), instance) for message_id, instance in rows}.intersection(places)

    async def insert_messages(self, tenant: int, drafts: Sequence[Draft]) -> list[int]:
        # Handles are counted here, by the only writer: RETURNING would make each insert thrice as dear.
        last = self._session.tenantless_rows(statements.LAST_HANDLE)
        first = last[0][0] + 1 if last else 1
        handles = list(range(first, first + len(drafts)))
        handled = list(zip(handles, drafts, strict=True))
        self._session.insert(
            statements.INSERT_MESSAGE,
            tenant,
            ((handle, *message_columns(draft)) for handle, draft in handled),
        )
        for handle, draft in handled:
            self._put_recipients(tenant, handle, draft.message)
        return handles

    async def save_messages(self, tenant: int, saved: Sequence[tuple[Stored, Message]]) -> None:
        advanced = self._codec.encode_advanced
        self._save(tenant, [(before, after, advanced(before.resource, after)) for before, after in saved])

    async def replace_message(self, tenant: int, before: Stored, after: Message) -> None:
        handle = before.handle
        self._session.rows(statements.SAVE_REGISTRATION, tenant, handle, *looked_up_by(after), after.roll_up)
        self._session.rows(statements.DELETE_RECIPIENTS, tenant, handle)
        without_people = Stored(handle, before.message._replace(recipients=NOBODY))
        self._save(tenant, [(without_people, after, self._codec.encode_message(after))])

    async def delete_message(self, tenant: int, stored: Stored, now: int) -> None:
        handle, message = stored.handle, stored.message
        said = [entry.receipt.provider for entry in await self.journal(tenant, handle)]
        names = {
            (provider.name, packed(provider.message_id), handle)
            for provider in (message.origin.provider, *said)
        }
        self._session.rows_of_many(statements.DELETE_PROVIDER_NAME, tenant, names)
        self._session.rows(statements.DELETE_REPETITIONS, tenant, handle)
        self._session.rows(statements.DELETE_QUARANTINED, tenant, handle)
        self._session.rows(statements.DELETE_RECEIPTS, tenant, handle)
        self._session.rows(statements.DELETE_RECIPIENTS, tenant, handle)
        await self.settle(tenant, [handle])
        self._session.rows(statements.DELETE_MESSAGE, tenant, handle)
        removal = Change(
            ChangeKind.DELETED,
            message.standing.state,
            DeliveryState.UNSPECIFIED,
            FailureReason.UNSPECIFIED,
            now,
        )
        await self.append_changes(tenant, [(handle, removal)], now)
        self._session.rows(
            statements.ADD_REMOVAL,
            tenant,
            self._last_sequence[tenant],
            packed(message.message_id),
            message.instance,
            handle,
        )
        self._queue.name(tenant, handle, message.message_id, message.instance)

    async def add_provider_names(self, tenant: int, names: Sequence[tuple[ProviderName, int]]) -> None:
        self._session.insert(
            statements.ADD_PROVIDER_NAME,
            tenant,
            ((provider, packed(message_id), handle) for (provider, message_id), handle in names),
        )

    async def receipts(self, tenant: int, keys: Sequence[bytes]) -> dict[bytes, Entry]:
        rows = self._session.rows_of_all(statements.RECEIPTS, tenant, keys)
        return {entry.key: entry for entry in self._entries(rows)}

    async def add_receipts(self, tenant: int, receipts: Sequence[Journalled]) -> None:
        codec = self._codec
        self._session.insert(
            statements.ADD_RECEIPT, tenant, [receipt_columns(codec, receipt) for receipt in receipts]
        )

    async def has_parked(self, tenant: int) -> bool:
        return bool(self._session.rows(statements.HAS_PARKED, tenant))

    async def parked_by_provider(self, tenant: int, name: ProviderName) -> list[Entry]:
        rows = self._session.rows(
            statements.PARKED_BY_PROVIDER, tenant, name.provider, packed(name.message_id)
        )
        return self._entries(rows)

    async def claim(self, tenant: int, keys: Sequence[bytes], handle: int) -> None:
        self._session.rows_of_many(statements.CLAIM_RECEIPT, tenant, ((key, handle) for key in keys))

    async def append_changes(self, tenant: int, changes: Sequence[tuple[int, Change]], now: int) -> None:
        if not changes:
            return
        # Counted here, as handles are. A piece of work that is undone leaves a gap, and no sequence twice.
        last = self._last_sequence.get(tenant)
        if last is None:
            rows = self._session.rows(statements.LAST_SEQUENCE, tenant)
            last = rows[0][0] if rows else 0
        self._session.insert(
            statements.APPEND_CHANGE,
            tenant,
            [(last + place, handle, *change, now) for place, (handle, change) in enumerate(changes, 1)],
        )
        self._last_sequence[tenant] = last + len(changes)
        self._session.rows(statements.SAVE_LAST_SEQUENCE, tenant, last + len(changes))
        self._queue.append(tenant, last + 1, changes, now)

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

    def _save(self, tenant: int, saved: Sequence[tuple[Stored, Message, bytes]]) -> None:
        self._session.rows_of_many(
            statements.SAVE_MESSAGE,
            tenant,
            [
                (before.handle, *standing_columns(self._codec, after, resource))
                for before, after, resource in saved
            ],
        )
        for before, after, _ in saved:
            if after.roll_up:
                self._put_recipients(tenant, before.handle, after, known=before.message)

    def _put_recipients(
        self, tenant: int, handle: int, message: Message, known: Message | None = None
    ) -> None:
        rows = recipient_rows(self._codec, message, known)
        if rows:
            self._session.rows_of_many(statements.PUT_RECIPIENT, tenant, ((handle, *row) for row in rows))
