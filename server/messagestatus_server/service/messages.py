"""What senders announce: messages registered, suppressed and deleted, each with an outcome of its own."""

from collections.abc import Sequence
from typing import NamedTuple

from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.change import ChangeKind, change
from messagestatus_server.domain.fold import refold
from messagestatus_server.domain.identifier import identifier
from messagestatus_server.domain.message import Name
from messagestatus_server.domain.refusals import InstanceAmbiguous, MessageNotFound, Refusal, StoreRefusal
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.vocabulary import OURS, Lexicon
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.naming import check_instance, meant
from messagestatus_server.service.policies import Policies
from messagestatus_server.service.registering import Registered, Registering, announced
from messagestatus_server.storage.codec import Codec
from messagestatus_server.storage.store import Store, Stored, Transaction


class Suppression(NamedTuple):
    """A message to suppress from a time on (microseconds, UTC)."""

    name: Name
    suppress_time: int


class Messages:
    """Keeps the messages that senders announce. Every answer is given after its commit."""

    def __init__(
        self, store: Store, codec: Codec, clock: Clock, policies: Policies, lexicon: Lexicon = OURS
    ) -> None:
        self._store = store
        self._codec = codec
        self._clock = clock
        self._policies = policies
        self._lexicon = lexicon

    async def register(
        self, caller: Caller, items: Sequence[Registration | Refusal]
    ) -> list[Registered | Refusal]:
        """Register messages; an item that was refused before keeps its place and its refusal."""
        now = self._clock()
        drafted = [announced(self._codec, self._lexicon, caller, item, now) for item in items]
        policy = await self._policies.refresh(caller.tenant)

        async def work(tx: Transaction) -> list[Registered | Refusal]:
            return await Registering(tx, self._codec, caller.tenant, now, policy).register(drafted)

        return await self._store.write(work)

    async def suppress(self, caller: Caller, items: Sequence[Suppression | Refusal]) -> list[bool | Refusal]:
        """Suppress messages, and tell of each whether it changed by that."""
        now = self._clock()

        async def work(tx: Transaction) -> list[bool | Refusal]:
            return [await _suppressed(tx, caller, item, now) for item in items]

        return await self._store.write(work)

    async def delete(self, caller: Caller, items: Sequence[Name | Refusal]) -> list[bool | Refusal]:
        """Delete messages, and tell of each whether there was one."""
        now = self._clock()

        async def work(tx: Transaction) -> list[bool | Refusal]:
            return [await _deleted(tx, caller, item, now) for item in items]

        return await self._store.write(work)


async def _suppressed(
    tx: Transaction, caller: Caller, item: Suppression | Refusal, now: int
) -> bool | Refusal:
    if isinstance(item, Refusal):
        return item
    try:
        stored = await _found(tx, caller, item.name)
    except StoreRefusal:
        raise
    except Refusal as refusal:
        return refusal
    handle, before = stored.handle, stored.message
    if before.suppress_time is not None and before.suppress_time <= item.suppress_time:
        return False
    journal = await tx.journal(caller.tenant, handle)
    after = refold(
        before._replace(suppress_time=item.suppress_time),
        journal,
        revision=before.revision - len(journal) + 1,
    )
    await tx.replace_message(caller.tenant, stored, after)
    await tx.settle(caller.tenant, [handle])
    await tx.append_changes(caller.tenant, [(handle, change(ChangeKind.SUPPRESSED, before, after))], now)
    return True


async def _deleted(tx: Transaction, caller: Caller, item: Name | Refusal, now: int) -> bool | Refusal:
    if isinstance(item, Refusal):
        return item
    try:
        stored = await _found(tx, caller, item)
    except MessageNotFound:
        return False
    except StoreRefusal:
        raise
    except Refusal as refusal:
        return refusal
    await tx.delete_message(caller.tenant, stored, now)
    return True


async def _found(tx: Transaction, caller: Caller, name: Name) -> Stored:
    name = meant(caller, name)
    identifier("message_id", name.message_id)
    found = await tx.find(caller.tenant, name)
    if not found:
        await check_instance(tx, caller.tenant, name.instance)
        raise MessageNotFound(name.message_id)
    if len(found) > 1:
        raise InstanceAmbiguous(name.message_id)
    return found[0]
