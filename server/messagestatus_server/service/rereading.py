"""Rereading: what callbacks tell as they are understood now is brought together with what is kept of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from messagestatus_server.domain.raw_callback import Quarantined, RawCallback, Verdict
from messagestatus_server.domain.receipt import Entry, Receipt
from messagestatus_server.domain.refusals import ReceiptAlreadyExists, Refusal
from messagestatus_server.service.policies import Policy
from messagestatus_server.service.reading import Read
from messagestatus_server.service.receipts import entry
from messagestatus_server.service.refolding import refolded
from messagestatus_server.service.reporting import Arrival, Came, is_unknown
from messagestatus_server.service.settling import Settling
from messagestatus_server.storage.store import Transaction


class Reread(NamedTuple):
    """A callback that is kept, and what it tells as it is understood now."""

    route_name: str
    raw: RawCallback
    read: Read


class Mended(NamedTuple):
    """What became of a part of what is read again; `moved` has the handles of the messages that moved."""

    added: int = 0
    mended: int = 0
    moved: frozenset[int] = frozenset()
    quarantined: int = 0


class _Item(NamedTuple):
    """A receipt as it is read now, with where it came from."""

    reread: Reread
    came: Came
    place: int
    entry: Entry


class Rereading:
    """Callbacks of one tenant, taken again in a transaction.

    A receipt is mended by the callback that it was taken from, and by no repetition of that: one that says
    something else under the same key stays in quarantine, however often it is read.
    """

    def __init__(self, tx: Transaction, tenant: int, now: int, policy: Policy) -> None:
        self._tx = tx
        self._tenant = tenant
        self._now = now
        self._policy = policy
        self._stored: dict[bytes, Entry] = {}
        self._handles: dict[bytes, int | None] = {}
        self._final: dict[bytes, Receipt] = {}
        self._fresh: list[Arrival] = []
        self._mended: list[Entry] = []
        self._parked: list[Entry] = []
        self._faults: dict[tuple[int, int], Quarantined] = {}

    async def take(self, rereads: Sequence[Reread]) -> Mended:
        """Take callbacks again, the oldest first, and return what became of them."""
        items = [item for reread in rereads for item in self._items(reread)]
        keys = [item.entry.key for item in items]
        self._stored = await self._tx.receipts(self._tenant, keys)
        self._handles = await self._tx.receipt_handles(self._tenant, keys)
        known = await self._tx.faults(self._tenant, [reread.raw.callback_id for reread in rereads])
        unread = {(fault.callback, fault.item) for fault in known}
        repeated = [item for item in items if not self._is_first(item, unread)]
        for item in repeated:
            final = self._final[item.entry.key]
            if self._kept_as(final, item.entry) != final:
                self._fault(item.came, item.place, item.entry, ReceiptAlreadyExists(item.entry.key))
        for reread in rereads:
            for fault in reread.read.faults:
                self._put(reread.raw, fault)
        moved = await replaced(self._tx, self._tenant, self._mended, self._now, self._policy)
        added, settled = await self._reported()
        await self._save_quarantine(known)
        quarantined = await self._save_callbacks(rereads, items)
        return Mended(added, len(self._mended), frozenset(moved | settled), quarantined)

    def _items(self, reread: Reread) -> Iterable[_Item]:
        came = Came(reread.raw)
        return [
            _Item(reread, came, place, entry(self._tenant, receipt, reread.raw.receive_time))
            for place, receipt in reread.read.receipts
        ]

    def _is_first(self, item: _Item, unread: set[tuple[int | None, int | None]]) -> bool:
        """Decide what to do with the receipt of an item; False where it is a repetition of another."""
        key, read = item.entry.key, item.entry.receipt
        stored = self._stored.get(key)
        if stored is None:
            if key in self._final:
                return False
            self._final[key] = read
            self._fresh.append(Arrival(item.entry, item.came, item.place))
            return True
        raw = item.reread.raw
        taken_from_it = (
            stored.receive_time == raw.receive_time
            and stored.receipt.source == item.reread.route_name
            and (raw.callback_id, item.place) not in unread
        )
        if not taken_from_it or (key in self._final and self._final[key] is not stored.receipt):
            self._final.setdefault(key, stored.receipt)
            return False
        kept = self._final[key] = self._kept_as(stored.receipt, item.entry)
        mended = entry(self._tenant, kept, stored.receive_time)._replace(key=key)
        if kept != stored.receipt:
            self._mended.append(mended)
        if self._handles[key] is None:
            self._parked.append(mended)
        return True

    def _kept_as(self, stored: Receipt, read: Entry) -> Receipt:
        """Return a receipt as it is kept in the place of what is stored.

        What people have said of it stays: what it means, where its word has no mapping to this day, and to
        which message it belongs.
        """
        receipt = read.receipt
        kept = receipt._replace(source=stored.source)
        if is_unknown(receipt):
            kept = kept._replace(
                state=stored.state,
                precedence=stored.precedence,
                reason=stored.reason,
                finality=stored.finality,
                own_side=stored.own_side,
            )
        if self._handles.get(read.key) is not None:
            kept = kept._replace(message_id=stored.message_id, instance=stored.instance)
        return kept

    async def _reported(self) -> tuple[int, set[int]]:
        """Take what is new, and give what is parked to its message; return how much of it is new."""
        report = Settling(self._tx, self._tenant, self._now, self._policy)
        await report.look_up([*self._fresh, *map(Arrival, self._parked)])
        added = 0
        for arrival in self._fresh:
            outcome = await report.take(arrival)
            if isinstance(outcome, Refusal):
                assert arrival.came is not None
                self._fault(arrival.came, arrival.item, arrival.entry, outcome)
            else:
                added += 1
        for parked in self._parked:
            # What was taken before it may have claimed it.
            handles = await self._tx.receipt_handles(self._tenant, [parked.key])
            if handles[parked.key] is None:
                await report.settle(parked)
        await report.save()
        return added, report.changed

    def _fault(self, came: Came, place: int, told: Entry, refusal: Refusal) -> None:
        provider = told.receipt.provider
        fault = Quarantined(
            provider.name,
            told.receive_time,
            item=place,
            word=provider.status,
            code=provider.code,
            fault=refusal.text,
        )
        self._put(came.raw, fault)

    def _put(self, raw: RawCallback, fault: Quarantined) -> None:
        assert fault.item is not None
        placed = fault._replace(route=raw.route, callback=raw.callback_id)
        self._faults[raw.callback_id, fault.item] = placed

    async def _save_quarantine(self, known: Sequence[Quarantined]) -> None:
        told = {fault._replace(quarantine_id=0) for fault in known}
        await self._tx.put_faults(
            self._tenant, [fault for fault in self._faults.values() if fault not in told]
        )
        gone = [fault for fault in known if (fault.callback, fault.item) not in self._faults]
        await self._tx.drop_quarantined(self._tenant, [fault.quarantine_id for fault in gone])

    async def _save_callbacks(self, rereads: Sequence[Reread], items: Sequence[_Item]) -> int:
        """Store what is made of the callbacks now, and return how many of their items wait."""
        waiting = Counter(callback for callback, _ in self._faults)
        waiting.update(
            item.reread.raw.callback_id
            for item in items
            if is_unknown(self._final[item.entry.key])
            and (item.reread.raw.callback_id, item.place) not in self._faults
        )
        for reread in rereads:
            raw, quarantined = reread.raw, waiting[reread.raw.callback_id]
            verdict = Verdict.QUARANTINED if quarantined else Verdict.TAKEN
            made = raw._replace(
                verdict=verdict, explanation="", items=reread.read.items, quarantined=quarantined
            )
            if made != raw:
                await self._tx.update_callback(self._tenant, made)
        return waiting.total()


async def replaced(
    tx: Transaction, tenant: int, entries: Sequence[Entry], now: int, policy: Policy
) -> set[int]:
    """Store what receipts are read as now, and fold their messages anew; return those that moved.

    What is understood by now leaves the quarantine; of what is not, it tells what is known now.
    """
    if not entries:
        return set()
    await tx.replace_receipts(tenant, entries)
    unknown = [each for each in entries if is_unknown(each.receipt)]
    await tx.release(tenant, [each.key for each in entries if not is_unknown(each.receipt)])
    await tx.retell_quarantined(tenant, [_told(each) for each in unknown])
    handles = await tx.receipt_handles(tenant, [each.key for each in entries])
    attached = {handle for handle in handles.values() if handle is not None}
    return {each.handle for each in await refolded(tx, tenant, sorted(attached), now, policy) if each.moved}


def _told(unknown: Entry) -> Quarantined:
    provider = unknown.receipt.provider
    return Quarantined(
        provider.name,
        unknown.receive_time,
        receipt_key=unknown.key,
        word=provider.status,
        code=provider.code,
    )
