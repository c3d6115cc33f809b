"""Messages and receipts to store, and the two tenants they may belong to."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from messagestatus_server.domain.message import Message, Name
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.domain.registration import Registration, announce
from messagestatus_server.storage.codec import draft
from messagestatus_server.storage.store import Journalled, Store, Stored, Transaction
from messagestatus_server.transport.codec import ProtobufCodec
from tests.domain.samples import NOON, entry

__all__ = ["CODEC", "NOON", "OTHER", "OURS", "added", "entry", "inserted", "journalled", "message", "only"]

T = TypeVar("T")

CODEC = ProtobufCodec()

OURS, OTHER = 1, 2
"""Two tenants, of which one must see nothing of what the other has."""


def message(message_id: str = "m", **said: Any) -> Message:
    """Return a message that was registered at noon, unless told."""
    return announce(Registration(message_id, **said), NOON)


async def inserted(store: Store, *messages: Message, tenant: int = OURS) -> list[Stored]:
    """Store new messages, and return them with their handles."""

    async def work(tx: Transaction) -> list[int]:
        return await tx.insert_messages(tenant, [draft(CODEC, message) for message in messages])

    handles = await store.write(work)
    return [
        Stored(handle, message, CODEC.encode_message(message))
        for handle, message in zip(handles, messages, strict=True)
    ]


async def journalled(
    store: Store, entries: Sequence[Entry], handle: int | None = None, tenant: int = OURS
) -> None:
    """Keep receipts of a message, or parked ones."""
    await added(store, lambda tx: tx.add_receipts(tenant, [Journalled(each, handle) for each in entries]))


async def added(store: Store, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """Do one thing in a transaction of its own."""
    return await store.write(work)


async def only(store: Store, name: Name, tenant: int = OURS) -> Message:
    """Return the one message with a name."""
    (stored,) = await store.find(tenant, name)
    return stored.message
