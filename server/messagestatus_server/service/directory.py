"""The directory: people and conversations, as those who announce messages know them."""

from collections.abc import Sequence
from typing import TypeVar

from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.directory import Conversation, User
from messagestatus_server.domain.refusals import Refusal
from messagestatus_server.storage.store import Store, Transaction

T = TypeVar("T", User, Conversation)


class Directory:
    """Keeps people and conversations. Every answer is given after its commit."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def put_users(self, caller: Caller, items: Sequence[User | Refusal]) -> list[Refusal | None]:
        """Store people; an item that was refused before keeps its place and its refusal."""

        async def work(tx: Transaction) -> None:
            await tx.put_users(caller.tenant, _accepted(items))

        await self._store.write(work)
        return _refused(items)

    async def put_conversations(
        self, caller: Caller, items: Sequence[Conversation | Refusal]
    ) -> list[Refusal | None]:
        """Store conversations; an item that was refused before keeps its place and its refusal."""

        async def work(tx: Transaction) -> None:
            await tx.put_conversations(caller.tenant, _accepted(items))

        await self._store.write(work)
        return _refused(items)


def _accepted(items: Sequence[T | Refusal]) -> list[T]:
    return [item for item in items if not isinstance(item, Refusal)]


def _refused(items: Sequence[T | Refusal]) -> list[Refusal | None]:
    return [item if isinstance(item, Refusal) else None for item in items]
