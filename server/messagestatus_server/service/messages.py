"""What senders announce: messages registered, suppressed and deleted, each with an outcome of its own."""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from messagestatus_server.domain.admission import admitted_registration
from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.change import Change, ChangeKind, change, moved
from messagestatus_server.domain.fold import advance, refold
from messagestatus_server.domain.identifier import identifier
from messagestatus_server.domain.message import Message, Name
from messagestatus_server.domain.refusals import InstanceAmbiguous, MessageNotFound, Refusal
from messagestatus_server.domain.registration import Registration, announce, complete
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.claiming import Claims, provider_name
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.naming import check_instance, meant, meant_instance
from messagestatus_server.storage.store import ProviderName, Store, Stored, Transaction


class RegistrationResult(IntEnum):
    """What a registration did."""

    CREATED = 1
    UNCHANGED = 2
    COMPLETED = 3


class Registered(NamedTuple):
    """The outcome of a registration, with the state of the message after it."""

    result: RegistrationResult
    state: DeliveryState


class Suppression(NamedTuple):
    """A message to suppress from a time on (microseconds, UTC)."""

    name: Name
    suppress_time: int


class Messages:
    """Keeps the messages that senders announce. Every answer is given after its commit."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def register(
        self, caller: Caller, items: Sequence[Registration | Refusal]
    ) -> list[Registered | Refusal]:
        """Register messages; an item that was refused before keeps its place and its refusal."""
        now = self._clock()

        async def work(tx: Transaction) -> list[Registered | Refusal]:
            registering = _Registering(tx, caller, now)
            outcomes = [await registering.take(item) for item in items]
            await registering.save()
            return outcomes

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


class _Registering:
    """The registrations of one call: new messages are gathered and stored together."""

    def __init__(self, tx: Transaction, caller: Caller, now: int) -> None:
        self._tx = tx
        self._caller = caller
        self._tenant = caller.tenant
        self._now = now
        self._new: dict[tuple[str, str], tuple[Message, Claims, list[Change]]] = {}
        self._instances = {""}
        self._any_parked: bool | None = None

    async def take(self, item: Registration | Refusal) -> Registered | Refusal:
        if isinstance(item, Refusal):
            return item
        try:
            return await self._registered(item)
        except Refusal as refusal:
            return refusal

    async def save(self) -> None:
        """Store the new messages that are gathered."""
        if not self._new:
            return
        gathered = list(self._new.values())
        self._new.clear()
        handles = await self._tx.insert_messages(self._tenant, [message for message, _, _ in gathered])
        names: list[tuple[ProviderName, int]] = []
        changes: list[tuple[int, Change]] = []
        for handle, (_, claims, moves) in zip(handles, gathered, strict=True):
            names += [(name, handle) for name in claims.names]
            changes += [(handle, move) for move in moves]
            if claims.entries:
                await self._tx.claim(self._tenant, [entry.key for entry in claims.entries], handle)
        await self._tx.add_provider_names(self._tenant, names)
        await self._tx.append_changes(self._tenant, changes, self._now)

    async def _registered(self, registration: Registration) -> Registered:
        instance = meant_instance(self._caller, registration.instance or None) or ""
        registration = admitted_registration(registration._replace(instance=instance))
        await self._check_instance(instance)
        place = registration.message_id, instance
        if place in self._new:
            await self.save()
        known = await self._tx.find(self._tenant, Name(*place))
        if known:
            return await self._completed(known[0], registration)
        message, claims, moves = await self._announced(registration)
        self._new[place] = message, claims, moves
        return Registered(RegistrationResult.CREATED, message.standing.state)

    async def _announced(self, registration: Registration) -> tuple[Message, Claims, list[Change]]:
        message = announce(registration, self._now)
        moves = [change(ChangeKind.REGISTERED, None, message)]
        claims = Claims(message)
        name = provider_name(registration.provider)
        names = [name] if name else []
        if await self._has_parked():
            await claims.gather(self._tx, self._tenant, names)
        else:
            claims.names = names
        for entry in claims.entries:
            before, message = message, advance(message, entry)
            if moved(before, message):
                moves.append(change(ChangeKind.ADVANCED, before, message))
        return message, claims, moves

    async def _completed(self, stored: Stored, registration: Registration) -> Registered:
        handle, before = stored
        said = complete(before, registration)
        if said is None:
            return Registered(RegistrationResult.UNCHANGED, before.standing.state)
        claims = Claims(before)
        name = provider_name(said.origin.provider)
        await claims.gather_by_provider(self._tx, self._tenant, [name] if name else [])
        journal = await self._tx.journal(self._tenant, handle)
        after = refold(said, [*journal, *claims.entries], revision=before.revision - len(journal) + 1)
        await self._tx.replace_message(self._tenant, stored, after)
        await self._tx.add_provider_names(self._tenant, [(name, handle) for name in claims.names])
        await self._tx.claim(self._tenant, [entry.key for entry in claims.entries], handle)
        await self._tx.append_changes(
            self._tenant, [(handle, change(ChangeKind.COMPLETED, before, after))], self._now
        )
        return Registered(RegistrationResult.COMPLETED, after.standing.state)

    async def _check_instance(self, instance: str) -> None:
        if instance not in self._instances:
            await check_instance(self._tx, self._tenant, instance)
            self._instances.add(instance)

    async def _has_parked(self) -> bool:
        if self._any_parked is None:
            self._any_parked = await self._tx.has_parked(self._tenant)
        return self._any_parked


async def _suppressed(
    tx: Transaction, caller: Caller, item: Suppression | Refusal, now: int
) -> bool | Refusal:
    if isinstance(item, Refusal):
        return item
    try:
        stored = await _found(tx, caller, item.name)
    except Refusal as refusal:
        return refusal
    handle, before = stored
    if before.suppress_time is not None and before.suppress_time <= item.suppress_time:
        return False
    journal = await tx.journal(caller.tenant, handle)
    after = refold(
        before._replace(suppress_time=item.suppress_time),
        journal,
        revision=before.revision - len(journal) + 1,
    )
    await tx.replace_message(caller.tenant, stored, after)
    await tx.append_changes(caller.tenant, [(handle, change(ChangeKind.SUPPRESSED, before, after))], now)
    return True


async def _deleted(tx: Transaction, caller: Caller, item: Name | Refusal, now: int) -> bool | Refusal:
    if isinstance(item, Refusal):
        return item
    try:
        stored = await _found(tx, caller, item)
    except MessageNotFound:
        return False
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
