"""The registrations of one call: new messages are gathered and stored together, known ones completed."""

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from messagestatus_server.domain.admission import admitted_registration
from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.change import Change, ChangeKind, change, moved
from messagestatus_server.domain.fold import advance, refold
from messagestatus_server.domain.message import Name
from messagestatus_server.domain.refusals import Refusal, StoreRefusal
from messagestatus_server.domain.registration import Registration, announce, complete
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.domain.vocabulary import Lexicon
from messagestatus_server.service.claiming import Claims, provider_name
from messagestatus_server.service.expecting import Expecting
from messagestatus_server.service.naming import check_instance, meant_instance
from messagestatus_server.service.policies import Policy
from messagestatus_server.storage.codec import Codec, Draft, draft
from messagestatus_server.storage.store import ProviderName, Stored, Transaction

Place = tuple[str, str]
"""A message's identifier and instance."""


class RegistrationResult(IntEnum):
    """What a registration did."""

    CREATED = 1
    UNCHANGED = 2
    COMPLETED = 3


class Registered(NamedTuple):
    """The outcome of a registration, with the state of the message after it."""

    result: RegistrationResult
    state: DeliveryState


class Announced(NamedTuple):
    """A registration that was admitted, and the message it makes if none is known, or why it makes none."""

    registration: Registration
    draft: Draft | Refusal


class _New(NamedTuple):
    draft: Draft
    names: list[ProviderName]
    changes: list[Change]


def announced(
    codec: Codec, lexicon: Lexicon, caller: Caller, item: Registration | Refusal, now: int
) -> Announced | Refusal:
    """Return what a registration makes, in the instance that the caller means, or why it is refused."""
    if isinstance(item, Refusal):
        return item
    try:
        instance = meant_instance(caller, item.instance or None) or ""
        registration = admitted_registration(
            item if instance == item.instance else item._replace(instance=instance), lexicon
        )
    except Refusal as refusal:
        return refusal
    try:
        return Announced(registration, draft(codec, announce(registration, now)))
    except Refusal as refusal:
        return Announced(registration, refusal)  # it may yet complete a message that is known


class Registering:
    """Registers messages in a transaction, each with an outcome of its own."""

    def __init__(self, tx: Transaction, codec: Codec, tenant: int, now: int, policy: Policy) -> None:
        self._tx = tx
        self._policy = policy
        self._expecting = Expecting(tx, tenant, policy) if policy.deadlines else None
        self._codec = codec
        self._tenant = tenant
        self._now = now
        self._known: set[Place] = set()
        self._new: dict[Place, _New] = {}
        self._instances = {""}
        self._any_parked = False

    async def register(self, items: Sequence[Announced | Refusal]) -> list[Registered | Refusal]:
        """Register messages; an item that was refused keeps its place and its refusal."""
        places = {_place(item.registration) for item in items if isinstance(item, Announced)}
        self._known = await self._tx.known_places(self._tenant, places)
        self._any_parked = await self._tx.has_parked(self._tenant)
        outcomes = [await self._outcome(item) for item in items]
        await self._save()
        return outcomes

    async def _outcome(self, item: Announced | Refusal) -> Registered | Refusal:
        if isinstance(item, Refusal):
            return item
        try:
            instance = item.registration.instance
            if instance not in self._instances:
                await check_instance(self._tx, self._tenant, instance)
                self._instances.add(instance)
            return await self._registered(item)
        except StoreRefusal:
            raise
        except Refusal as refusal:
            return refusal

    async def _registered(self, item: Announced) -> Registered:
        registration, new_draft = item
        place = _place(registration)
        if place in self._new:
            await self._save()
        if place in self._known:
            (known,) = await self._tx.find(self._tenant, Name(*place))
            return await self._completed(known, registration)
        if isinstance(new_draft, Refusal):
            raise new_draft
        message = new_draft.message
        name = provider_name(registration.provider)
        names = [name] if name else []
        new = self._new[place] = _New(new_draft, names, [change(ChangeKind.REGISTERED, None, message)])
        if self._any_parked:
            new = await self._claimed(place, new)
        return Registered(RegistrationResult.CREATED, new.draft.message.standing.state)

    async def _claimed(self, place: Place, new: _New) -> _New:
        """Fold what is parked for a new message, and store it at once if there is anything."""
        message, changes = new.draft.message, new.changes
        claims = Claims(message, self._policy)
        await claims.gather(self._tx, self._tenant, new.names)
        if not claims.entries:
            return new
        for entry in claims.entries:
            before, message = message, advance(message, entry)
            if moved(before, message):
                changes.append(change(ChangeKind.ADVANCED, before, message))
        new = self._new[place] = _New(draft(self._codec, message), claims.names, changes)
        handle = (await self._save())[place]
        await self._tx.claim(self._tenant, [entry.key for entry in claims.entries], handle)
        if self._expecting is not None:
            await self._expecting.settle_known(handle, message, claims.entries)
        return new

    async def _save(self) -> dict[Place, int]:
        """Store the new messages that are gathered, and return their handles."""
        new, self._new = self._new, {}
        if not new:
            return {}
        handles = await self._tx.insert_messages(self._tenant, [each.draft for each in new.values()])
        handled = list(zip(handles, new.values(), strict=True))
        names = [(name, handle) for handle, each in handled for name in each.names]
        changes = [(handle, made) for handle, each in handled for made in each.changes]
        await self._tx.add_provider_names(self._tenant, names)
        await self._tx.append_changes(self._tenant, changes, self._now)
        if self._expecting is not None:
            await self._expecting.begin([(handle, each.draft.message) for handle, each in handled])
        self._known |= new.keys()
        return dict(zip(new, handles, strict=True))

    async def _completed(self, stored: Stored, registration: Registration) -> Registered:
        handle, before = stored.handle, stored.message
        said = complete(before, registration)
        if said is None:
            return Registered(RegistrationResult.UNCHANGED, before.standing.state)
        claims = Claims(before, self._policy)
        name = provider_name(said.origin.provider)
        await claims.gather_by_provider(self._tx, self._tenant, [name] if name else [])
        journal = await self._tx.journal(self._tenant, handle)
        after = refold(said, [*journal, *claims.entries], revision=before.revision - len(journal) + 1)
        await self._tx.replace_message(self._tenant, stored, after)
        await self._tx.add_provider_names(self._tenant, [(name, handle) for name in claims.names])
        await self._tx.claim(self._tenant, [entry.key for entry in claims.entries], handle)
        made = change(ChangeKind.COMPLETED, before, after)
        await self._tx.append_changes(self._tenant, [(handle, made)], self._now)
        if self._expecting is not None:
            await self._expecting.settle_known(handle, after, [*journal, *claims.entries])
        return Registered(RegistrationResult.COMPLETED, after.standing.state)


def _place(registration: Registration) -> Place:
    return registration.message_id, registration.instance
