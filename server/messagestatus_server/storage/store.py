"""The store: what the service asks of any database. Every question names the tenant it is asked for.

All methods are coroutines. An engine whose reads are quick answers without suspending, and such a
coroutine can be driven to its end on the spot.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import NamedTuple, Protocol, TypeVar

from messagestatus_server.domain.access import ApiKey, Instance, Tenant
from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.change import Change
from messagestatus_server.domain.directory import Conversation, Membership, User
from messagestatus_server.domain.message import Message, Name
from messagestatus_server.domain.page import Cursor, Listed, Query
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.storage.callback_store import CallbackReading, CallbackTransaction
from messagestatus_server.storage.codec import Draft
from messagestatus_server.storage.feed_store import FeedReading, FeedStore, FeedTransaction
from messagestatus_server.storage.review_store import ReviewReading, ReviewTransaction
from messagestatus_server.storage.stuck_store import StuckReading, StuckTransaction
from messagestatus_server.storage.webhook_store import WebhookReading, WebhookStore, WebhookTransaction

T = TypeVar("T")


class ProviderName(NamedTuple):
    """Names a message as its provider does."""

    provider: str
    message_id: str


class Stored(NamedTuple):
    """A message with the engine's own handle of it, and the bytes it was read from."""

    handle: int
    message: Message
    resource: bytes = b""


class Journalled(NamedTuple):
    """A receipt to be kept: of the message with the handle, or parked where there is none."""

    entry: Entry
    handle: int | None


class KnownKey(NamedTuple):
    """A key that was looked up by its digest: the caller it stands for, and the digest as it is kept."""

    caller: Caller
    key: ApiKey
    digest: bytes


class Reading(ReviewReading, CallbackReading, FeedReading, StuckReading, WebhookReading, Protocol):
    """What can be asked.

    Raises, from every method: StoreUnavailable, StoreCorrupt.
    """

    async def resources(self, tenant: int, name: Name) -> list[bytes]:
        """Return the stored bytes of the messages with a name: several, when several instances know it."""

    async def batch(self, tenant: int, names: Sequence[Name]) -> list[list[bytes]]:
        """Return the stored bytes for each name, in order, as of one moment."""

    async def page(self, tenant: int, query: Query, after: Cursor | None, limit: int) -> list[Listed]:
        """Return messages by accept time, id and instance, all descending, from after a place on."""

    async def find(self, tenant: int, name: Name) -> list[Stored]:
        """Return the messages with a name, with their recipients."""

    async def journal(self, tenant: int, handle: int) -> list[Entry]:
        """Return every receipt of a message."""

    async def parked(self, tenant: int, name: Name) -> list[Entry]:
        """Return the parked receipts that name a message by its own identifier."""

    async def users(self, tenant: int, user_ids: Collection[str]) -> dict[str, User]:
        """Return the people that are known, by their identifier."""

    async def membership(
        self, tenant: int, conversation_id: str, user_id: str
    ) -> tuple[bool, list[Membership]]:
        """Return whether a conversation lets people view its history, and one person's memberships."""

    async def has_instance(self, tenant: int, instance: str) -> bool:
        """Tell whether a tenant has an instance."""

    async def instances(self, tenant: int) -> list[Instance]:
        """Return the instances of a tenant, by name."""

    async def keys(self, tenant: int) -> list[ApiKey]:
        """Return the keys of a tenant, the newest first."""

    async def tenants(self) -> list[Tenant]:
        """Return every tenant, by name."""

    async def find_tenant(self, name: str) -> Tenant | None:
        """Return the tenant with a name."""

    async def find_key(self, digest: bytes) -> KnownKey | None:
        """Return the key with a digest, whichever tenant it opens."""


class Transaction(
    Reading,
    ReviewTransaction,
    CallbackTransaction,
    FeedTransaction,
    StuckTransaction,
    WebhookTransaction,
    Protocol,
):
    """What can be changed, all of it or nothing."""

    async def find_many(self, tenant: int, message_ids: Collection[str]) -> list[Stored]:
        """Return the messages with any of the identifiers, whatever their instance, in no order."""

    async def find_by_provider(
        self, tenant: int, provider: str, message_ids: Collection[str]
    ) -> list[tuple[str, Stored]]:
        """Return the messages that identifiers of a provider belong to, each with the identifier."""

    async def find_by_handles(self, tenant: int, handles: Collection[int]) -> list[Stored]:
        """Return the messages with handles, in their order."""

    async def known_places(self, tenant: int, places: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return those pairs of identifier and instance that belong to a message."""

    async def insert_messages(self, tenant: int, drafts: Sequence[Draft]) -> list[int]:
        """Store new messages with their recipients, and return their handles."""

    async def save_messages(self, tenant: int, saved: Sequence[tuple[Stored, Message]]) -> None:
        """Store where messages and their recipients stand now, each told with what was known before."""

    async def replace_message(self, tenant: int, before: Stored, after: Message) -> None:
        """Store a message whose registration or suppression changed, with its recipients."""

    async def delete_message(self, tenant: int, stored: Stored, now: int) -> None:
        """Remove a message with its receipts and recipients; the feed keeps its name."""

    async def add_provider_names(self, tenant: int, names: Sequence[tuple[ProviderName, int]]) -> None:
        """Remember which message, by its handle, a provider's identifier belongs to."""

    async def receipts(self, tenant: int, keys: Sequence[bytes]) -> dict[bytes, Entry]:
        """Return the receipts that are known, by their key."""

    async def add_receipts(self, tenant: int, receipts: Sequence[Journalled]) -> None:
        """Keep new receipts."""

    async def has_parked(self, tenant: int) -> bool:
        """Tell whether the tenant has any parked receipt."""

    async def parked_by_provider(self, tenant: int, name: ProviderName) -> list[Entry]:
        """Return the parked receipts that name a message as its provider does."""

    async def claim(self, tenant: int, keys: Sequence[bytes], handle: int) -> None:
        """Give parked receipts to their message."""

    async def append_changes(self, tenant: int, changes: Sequence[tuple[int, Change]], now: int) -> None:
        """Append to the change feed, each change with the handle of its message."""

    async def put_users(self, tenant: int, users: Sequence[User]) -> None:
        """Store people, replacing those that are known."""

    async def put_conversations(self, tenant: int, conversations: Sequence[Conversation]) -> None:
        """Store conversations, replacing those that are known."""

    async def add_tenant(self, name: str, now: int, *, operator: bool) -> Tenant:
        """Store a new tenant."""

    async def add_instance(self, tenant: int, instance: Instance) -> None:
        """Store a new instance."""

    async def add_key(self, tenant: int, key: ApiKey, digest: bytes) -> None:
        """Store a new key under the digest of its secret."""

    async def revoke_key(self, tenant: int, key_id: str, now: int) -> None:
        """Revoke a key, unless it is revoked."""


class Store(Reading, FeedStore, WebhookStore, Protocol):
    """A database.

    `write` answers only after its work is committed and safe on disk, together with whatever else was
    waiting. Work that raises leaves nothing behind, and does not touch its neighbours.
    """

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run work in a transaction and return its result once that is durable.

        Work may be run again after it was undone, and must leave no trace but in the transaction.

        Raises:
            DiskFull: Nothing was stored.
            StoreUnavailable: It is not known what was stored.
            Exception: Whatever the work itself raises.
        """

    async def close(self) -> None:
        """Commit what is waiting, and leave a database that needs no recovery."""
