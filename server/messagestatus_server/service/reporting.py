"""Reporting: the receipts of some calls are looked up together, each is weighed, and all are stored."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from messagestatus_server.domain.change import Change, ChangeKind, change, moved
from messagestatus_server.domain.fold import advance
from messagestatus_server.domain.guards import Guard
from messagestatus_server.domain.history import on_arrival
from messagestatus_server.domain.raw_callback import Quarantined, RawCallback
from messagestatus_server.domain.receipt import Disposition, Entry, Receipt, is_repetition
from messagestatus_server.domain.refusals import (
    InstanceAmbiguous,
    ReceiptAlreadyExists,
    Refusal,
    StoreRefusal,
)
from messagestatus_server.domain.route import id_variants
from messagestatus_server.domain.state import DeliveryState, Finality
from messagestatus_server.service.claiming import Claims, fits, provider_name, taught_name
from messagestatus_server.service.expecting import Expecting
from messagestatus_server.service.naming import check_instance
from messagestatus_server.service.policies import Policy
from messagestatus_server.storage.store import Journalled, ProviderName, Stored, Transaction


class Reported(NamedTuple):
    """The outcome of a receipt, with the state of its message after it (UNSPECIFIED when parked)."""

    disposition: Disposition
    key: bytes
    state: DeliveryState = DeliveryState.UNSPECIFIED
    guard: Guard = Guard.UNSPECIFIED


class Came:
    """A callback that came in, and what could not be read of it."""

    def __init__(self, raw: RawCallback, faults: Sequence[Quarantined] = ()) -> None:
        self.raw = raw
        self.faults = faults


class Arrival(NamedTuple):
    """A receipt that arrived: by itself, or as an item of a callback, by its place from 1 on."""

    entry: Entry
    came: Came | None = None
    item: int = 0


Item = Arrival | Came | Refusal
"""What a report takes: something refused before keeps its place."""

Outcome = Reported | Refusal | None
"""What became of an item; of a callback itself there is nothing to tell."""


class _Working:
    """A message as the receipts of one report leave it so far."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        self.message = stored.message


class Report:
    """Receipts and callbacks of one tenant, taken in a transaction."""

    def __init__(self, tx: Transaction, tenant: int, now: int, policy: Policy) -> None:
        self._tx = tx
        self._tenant = tenant
        self._now = now
        self._policy = policy
        self._expecting = Expecting(tx, tenant, policy) if policy.deadlines else None
        self._known: dict[bytes, Entry] = {}
        self._by_id: defaultdict[str, list[Stored]] = defaultdict(list)
        self._by_provider: defaultdict[ProviderName, list[Stored]] = defaultdict(list)
        self._working: dict[int, _Working] = {}
        self._journalled: list[Journalled] = []
        self._parked: defaultdict[ProviderName, list[int]] = defaultdict(list)
        self._changes: list[tuple[int, Change]] = []
        self._instances: set[str] = set()
        self._repeated_keys: list[bytes] = []
        self._came: list[Came] = []
        self._quarantined: list[tuple[Came | None, Quarantined]] = []

    async def look_up(self, items: Sequence[Item]) -> None:
        """Look up what is known of the receipts, and the messages that they may be about."""
        forms = self._policy.forms
        keys, named, providers = [], set(), defaultdict(set)
        for item in items:
            if not isinstance(item, Arrival):
                continue
            entry = item.entry
            keys.append(entry.key)
            receipt = entry.receipt
            if receipt.message_id:
                named.add(receipt.message_id)
                continue
            provider = receipt.provider
            providers[provider.name].add(provider.message_id)
            if provider.name in forms:
                providers[provider.name].update(id_variants(provider.message_id, forms[provider.name]))
        self._known = await self._tx.receipts(self._tenant, keys)
        for stored in await self._tx.find_many(self._tenant, named):
            self._by_id[stored.message.message_id].append(stored)
        for name, message_ids in providers.items():
            for message_id, stored in await self._tx.find_by_provider(self._tenant, name, message_ids):
                self._by_provider[ProviderName(name, message_id)].append(stored)

    async def take(self, item: Item) -> Outcome:
        """Weigh an item, and return what becomes of it."""
        if isinstance(item, Arrival):
            outcome = await self._taken(item)
            if isinstance(outcome, Refusal) and item.came is not None:
                # The carrier will not hear of it, and would not tell again.
                self._quarantine(item, fault=outcome.text)
            return outcome
        if isinstance(item, Came):
            self._came.append(item)
            self._quarantined += [(item, fault) for fault in item.faults]
            return None
        return item

    async def _taken(self, item: Arrival) -> Reported | Refusal:
        entry = item.entry
        try:
            instance = entry.receipt.instance
            if instance and instance not in self._instances:
                await check_instance(self._tx, self._tenant, instance)
                self._instances.add(instance)
            known = self._known.get(entry.key)
            if known is not None:
                return self._repeated(item, known)
            working = self._resolved(entry.receipt)
            reported = self._park(entry) if working is None else await self._weighed(entry, working)
        except StoreRefusal:
            raise
        except Refusal as refusal:
            return refusal
        if is_unknown(entry.receipt):
            self._quarantine(item)
        return reported

    async def save(self) -> None:
        """Store the receipts, where they leave their messages, and the callbacks that they came in."""
        await self._tx.add_receipts(self._tenant, self._journalled)
        saved = [
            (working.stored, working.message)
            for working in self._working.values()
            if working.message is not working.stored.message
        ]
        await self._tx.save_messages(self._tenant, saved)
        await self._tx.append_changes(self._tenant, self._changes, self._now)
        if self._expecting is not None:
            await self._expecting.save({handle: each.message for handle, each in self._working.items()})
        await self._save_callbacks()

    async def _save_callbacks(self) -> None:
        if self._repeated_keys:
            await self._tx.add_repetitions(self._tenant, self._repeated_keys, self._now)
        numbers: dict[int, int] = {}
        if self._came:
            kept = await self._tx.add_callbacks(self._tenant, [came.raw for came in self._came])
            numbers = dict(zip(map(id, self._came), kept, strict=True))
        if self._quarantined:
            await self._tx.add_quarantined(
                self._tenant,
                [
                    item if came is None else item._replace(route=came.raw.route, callback=numbers[id(came)])
                    for came, item in self._quarantined
                ],
            )

    def _quarantine(self, item: Arrival, fault: str = "") -> None:
        """Put a receipt in quarantine; where there is a fault, the item without it."""
        entry = item.entry
        provider = entry.receipt.provider
        kept = Quarantined(
            provider.name,
            entry.receive_time,
            item=item.item or None,
            receipt_key=None if fault else entry.key,
            word=provider.status,
            code=provider.code,
            fault=fault,
        )
        self._quarantined.append((item.came, kept))

    def _repeated(self, item: Arrival, known: Entry) -> Reported:
        entry = item.entry
        if not is_repetition(entry.receipt, known.receipt, whatever_it_means=item.came is not None):
            raise ReceiptAlreadyExists(entry.key)
        self._repeated_keys.append(entry.key)
        try:
            working = self._resolved(entry.receipt)
        except InstanceAmbiguous:
            working = None  # it fitted one message when it came, and fits several now
        state = working.message.standing.state if working else DeliveryState.UNSPECIFIED
        return Reported(Disposition.DUPLICATE, entry.key, state)

    def _park(self, entry: Entry) -> Reported:
        self._known[entry.key] = entry
        receipt = entry.receipt
        name = None if receipt.message_id else provider_name(receipt.provider)
        if name is not None:
            self._parked[name].append(len(self._journalled))
        self._journalled.append(Journalled(entry, None))
        return Reported(Disposition.PARKED, entry.key)

    async def _weighed(self, entry: Entry, working: _Working) -> Reported:
        self._known[entry.key] = entry
        self._journalled.append(Journalled(entry, working.stored.handle))
        before = working.message
        disposition, guard = self._advance(working, entry)
        taught = taught_name(entry.receipt)
        # The name that came with the registration was learnt then.
        if taught is not None and taught != provider_name(working.message.origin.provider):
            await self._learn(working, taught)
        if self._expecting is not None and self._expecting.unmarks(working.stored.handle):
            await self._refold(working, self._expecting)
            disposition, guard = on_arrival(before, working.message, entry)
        return Reported(disposition, entry.key, working.message.standing.state, guard)

    def _advance(self, working: _Working, entry: Entry) -> tuple[Disposition, Guard]:
        before, after = working.message, advance(working.message, entry)
        working.message = after
        if moved(before, after):
            self._changes.append((working.stored.handle, change(ChangeKind.ADVANCED, before, after)))
        if self._expecting is not None:
            self._expecting.note(working.stored.handle, after, entry)
        return on_arrival(before, after, entry)

    async def _refold(self, working: _Working, expecting: Expecting) -> None:
        """Fold a message anew: a receipt has ended its waiting that is weaker than the timer's mark."""
        handle, before = working.stored.handle, working.message
        own = [entry for entry, of in self._journalled if of == handle]
        working.message = await expecting.refolded(handle, before, own)
        self._changes.append((handle, change(ChangeKind.ADVANCED, before, working.message)))

    async def _learn(self, working: _Working, name: ProviderName) -> None:
        """Remember a provider's name for the message, and claim what is parked under it."""
        stored = working.stored
        await self._tx.add_provider_names(self._tenant, [(name, stored.handle)])
        if self._expecting is not None:
            self._expecting.learn(stored.handle)
        if all(known.handle != stored.handle for known in self._by_provider[name]):
            self._by_provider[name].append(stored)
        claims = Claims(working.message, self._policy)
        await claims.gather_by_provider(self._tx, self._tenant, [name])
        for spelled in self._policy.spellings(name):
            self._claim_own(working, spelled)
        for entry in claims.entries:
            self._advance(working, entry)
        await self._tx.claim(self._tenant, [entry.key for entry in claims.entries], stored.handle)

    def _claim_own(self, working: _Working, name: ProviderName) -> None:
        """Claim what this very report has parked under a provider's name."""
        waiting = []
        for place in self._parked.pop(name, ()):
            entry = self._journalled[place].entry
            if fits(entry.receipt, working.message):
                self._journalled[place] = Journalled(entry, working.stored.handle)
                self._advance(working, entry)
            else:
                waiting.append(place)
        self._parked[name] = waiting

    def _resolved(self, receipt: Receipt) -> _Working | None:
        found = self._by_id.get(receipt.message_id) if receipt.message_id else self._named(receipt)
        if found and (receipt.instance is not None or receipt.recipient):
            found = [stored for stored in found if fits(receipt, stored.message)]
        if not found:
            return None
        if len(found) > 1:
            raise InstanceAmbiguous(receipt.message_id)
        stored = found[0]
        working = self._working.get(stored.handle)
        if working is None:
            working = self._working[stored.handle] = _Working(stored)
        return working

    def _named(self, receipt: Receipt) -> list[Stored] | None:
        """Return the messages that a provider calls as a receipt does, written as it is first."""
        provider = receipt.provider
        name = ProviderName(provider.name, provider.message_id)
        found = self._by_provider.get(name)
        if found or provider.name not in self._policy.forms:
            return found
        spelled = [
            stored for name in self._policy.spellings(name) for stored in self._by_provider.get(name, ())
        ]
        return list({stored.handle: stored for stored in spelled}.values())


def is_unknown(receipt: Receipt) -> bool:
    """Tell whether the native word of a receipt has no mapping."""
    return receipt.state is DeliveryState.UNSPECIFIED and receipt.finality is Finality.UNSPECIFIED
