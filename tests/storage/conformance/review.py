"""What waits for people is listed, counted, settled and forgotten; what is read anew takes its old place."""

from typing import Any

from messagestatus_server.domain.message import Name, Provider
from messagestatus_server.domain.page import Place
from messagestatus_server.domain.raw_callback import Quarantined, Verdict
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.storage.review_store import Orphans, Tally
from messagestatus_server.storage.store import ProviderName, Store

from .callbacks import came, kept, made
from .samples import NOON, OTHER, OURS, added, entry, inserted, journalled, message

S = DeliveryState
KEY = b"k" * 16


def parked(message_id: str = "", arrived: int = 0, **said: Any) -> Entry:
    """Return a receipt that names its message, or else is acme's."""
    provider = Provider() if message_id else Provider("acme", "p1")
    said = {"message_id": message_id, "provider": provider, **said}
    return entry(S.SENT, arrived=arrived, **said)


async def repeated(store: Store, key: bytes) -> None:
    """Remember that a receipt came again."""
    await added(store, lambda tx: tx.add_repetitions(OURS, [key], NOON))


async def quarantined(store: Store, *items: Quarantined, tenant: int = OURS) -> list[Quarantined]:
    """Put items into quarantine, and return all that is there."""
    await added(store, lambda tx: tx.add_quarantined(tenant, items))
    return await store.quarantined(tenant, 0, 99)


class OrphanConformance:
    """Receipts whose message is not registered."""

    async def test_orphans_are_listed_the_oldest_first(self, store: Store) -> None:
        (stored,) = await inserted(store, message())
        late, early, same = parked("a", 9), parked("b", 1), parked("c", 1)
        await journalled(store, [late, early, same])
        await journalled(store, [parked("m", 0)], stored.handle)
        await journalled(store, [parked("d", 0)], tenant=OTHER)
        found = await store.orphans(OURS, None, 9)
        assert [orphan.entry for orphan in found] == [early, same, late]
        assert found[0].place < found[1].place < found[2].place
        for place in range(3):
            assert await store.orphans(OURS, found[place].place, 1) == found[place + 1 : place + 2]
        assert await store.orphans(OURS, Place(NOON + 99_000_000, 0), 9) == []

    async def test_orphans_are_counted_by_the_name_of_their_provider(self, store: Store) -> None:
        other = parked(provider=Provider("beta", "p1"))
        await journalled(store, [parked("a", 3), parked("b", 4, provider=Provider("acme", "p9"))])
        await journalled(store, [parked(arrived=5), parked(arrived=6, recipient="ann"), other])
        assert sorted(await store.orphan_counts(OURS)) == [
            Orphans("", 2, NOON + 3_000_000),
            Orphans("acme", 2, NOON + 5_000_000),
            Orphans("beta", 1, other.receive_time),
        ]
        assert await store.orphan_counts(OTHER) == []

    async def test_a_removed_orphan_leaves_nothing_behind(self, store: Store) -> None:
        (stored,) = await inserted(store, message())
        own, gone, left = parked("m"), parked("a"), parked("b")
        await journalled(store, [own], stored.handle)
        await journalled(store, [gone, left])
        for each in (own, gone, left):
            await quarantined(store, Quarantined("acme", NOON, receipt_key=each.key, word="odd"))
            await repeated(store, each.key)
        keys = [own.key, gone.key, gone.key, KEY]
        assert await added(store, lambda tx: tx.remove_parked(OTHER, keys)) == 0
        assert await added(store, lambda tx: tx.remove_parked(OURS, keys)) == 1
        assert [item.receipt_key for item in await store.quarantined(OURS, 0, 9)] == [own.key, left.key]
        assert set(await store.repetitions(OURS, keys)) == {own.key}
        assert await store.journal(OURS, stored.handle) == [own]
        assert [orphan.entry for orphan in await store.orphans(OURS, None, 9)] == [left]

    async def test_old_orphans_are_forgotten_some_at_a_time(self, store: Store) -> None:
        (stored,) = await inserted(store, message())
        await journalled(store, [parked(name, at) for at, name in enumerate("abcde")])
        await journalled(store, [parked("m", 0)], stored.handle)
        before = NOON + 3_000_000
        assert await added(store, lambda tx: tx.forget_parked(OTHER, before, 9)) == 0
        forgotten = [await added(store, lambda tx: tx.forget_parked(OURS, before, 2)) for _ in range(3)]
        assert forgotten == [2, 1, 0]
        left = await store.orphans(OURS, None, 9)
        assert [orphan.entry.receipt.message_id for orphan in left] == ["d", "e"]
        assert len(await store.journal(OURS, stored.handle)) == 1

    async def test_the_message_of_a_receipt_is_known(self, store: Store) -> None:
        (stored,) = await inserted(store, message())
        await journalled(store, [parked("m")], stored.handle)
        await journalled(store, [parked("a")])
        keys = [parked("m").key, parked("a").key, KEY]
        assert await added(store, lambda tx: tx.receipt_handles(OURS, keys)) == {
            keys[0]: stored.handle,
            keys[1]: None,
        }
        assert await added(store, lambda tx: tx.receipt_handles(OTHER, keys)) == {}
        found = await added(store, lambda tx: tx.find_by_handles(OURS, [stored.handle, 999]))
        assert found == [stored]
        assert await added(store, lambda tx: tx.find_by_handles(OTHER, [stored.handle])) == []


class RereadConformance:
    """Receipts and callbacks that are understood better than when they came."""

    async def test_a_receipt_that_is_read_anew_takes_the_place_of_the_old(self, store: Store) -> None:
        (stored,) = await inserted(store, message())
        old, mate = parked("m", 1), parked("m", 2, recipient="ann")
        await journalled(store, [old, mate], stored.handle)
        receipt = old.receipt._replace(
            state=S.REJECTED,
            precedence=9,
            reason=FailureReason.OTHER,
            finality=Finality.FINAL,
            occur_time=None,
        )
        new = Entry(old.key, receipt, old.receive_time, old.receive_time)
        await added(store, lambda tx: tx.replace_receipts(OTHER, [new]))
        assert await store.journal(OURS, stored.handle) == [old, mate]
        await added(store, lambda tx: tx.replace_receipts(OURS, [new]))
        assert await store.journal(OURS, stored.handle) == [new, mate]

    async def test_a_parked_receipt_is_found_by_the_name_that_is_read_now(self, store: Store) -> None:
        old = parked()
        await journalled(store, [old])
        new = old._replace(receipt=old.receipt._replace(message_id="m"))
        await added(store, lambda tx: tx.replace_receipts(OURS, [new]))
        assert await store.parked(OURS, Name("m")) == [new]
        name = ProviderName("acme", "p1")
        assert await added(store, lambda tx: tx.parked_by_provider(OURS, name)) == []
        await added(store, lambda tx: tx.replace_receipts(OURS, [old]))
        assert await store.parked(OURS, Name("m")) == []
        assert await added(store, lambda tx: tx.parked_by_provider(OURS, name)) == [old]

    async def test_what_is_made_of_a_callback_is_told_anew(self, store: Store) -> None:
        route = await made(store)
        (number,) = await kept(store, came(route, verdict=Verdict.MALFORMED, explanation="why", body=b"b"))
        now = came(route, items=3, quarantined=1, body=b"b", callback_id=number)
        await added(store, lambda tx: tx.update_callback(OTHER, now))
        assert (await store.callbacks(OURS, None, [], None, 9))[0].verdict is Verdict.MALFORMED
        await added(store, lambda tx: tx.update_callback(OURS, now))
        assert await store.callbacks(OURS, None, [], None, 9) == [now]
        assert await store.callbacks(OURS, None, [Verdict.MALFORMED], None, 9) == []

    async def test_callbacks_are_counted_by_route_and_verdict(self, store: Store) -> None:
        route = await made(store)
        await kept(store, came(route, 5), came(route, 3), came(route, 4, Verdict.MALFORMED))
        await added(store, lambda tx: tx.count_callbacks(OURS, route.handle, Verdict.UNVERIFIED, 7, NOON))
        assert sorted(await store.tallies(OURS)) == [
            Tally(route.handle, Verdict.TAKEN, 2, NOON + 5),
            Tally(route.handle, Verdict.MALFORMED, 1, NOON + 4),
            Tally(route.handle, Verdict.UNVERIFIED, 7, NOON),
        ]
        assert await store.tallies(OTHER) == []


class QuarantineConformance:
    """What could not be understood."""

    async def test_what_is_in_quarantine_is_read_back_as_it_was_put_there(self, store: Store) -> None:
        word = Quarantined("acme", NOON + 5, 7, 8, 1, KEY, "odd", "9")
        fault = Quarantined("beta", NOON, 7, 8, 2, fault="no id")
        reported = Quarantined("", NOON, receipt_key=b"r" * 16, word="?")
        found = await quarantined(store, word, fault, reported)
        assert [item._replace(quarantine_id=0) for item in found] == [word, fault, reported]
        first, second, third = found
        assert first.quarantine_id < second.quarantine_id < third.quarantine_id
        assert await store.quarantined(OURS, first.quarantine_id, 1) == [second]
        assert await added(store, lambda tx: tx.find_quarantined(OURS, third.quarantine_id)) == third
        assert await store.quarantined_count(OURS) == 3
        assert await added(store, lambda tx: tx.faults(OURS, [8, 9])) == [second]
        assert await store.quarantined(OTHER, 0, 9) == []
        assert await store.quarantined_count(OTHER) == 0
        assert await added(store, lambda tx: tx.find_quarantined(OTHER, third.quarantine_id)) is None
        assert await added(store, lambda tx: tx.faults(OTHER, [8])) == []

    async def test_a_fault_is_told_anew_under_its_old_number(self, store: Store) -> None:
        fault = Quarantined("acme", NOON, 7, 8, 2, fault="no id")
        (known,) = await quarantined(store, fault)
        anew = fault._replace(provider="beta", word="odd", code="9", fault="no time")
        other = fault._replace(item=3)
        await added(store, lambda tx: tx.put_faults(OURS, [anew, other]))
        first, second = await store.quarantined(OURS, 0, 9)
        assert first == anew._replace(quarantine_id=known.quarantine_id)
        assert second._replace(quarantine_id=0) == other

    async def test_a_word_is_told_anew_only_while_it_is_in_quarantine(self, store: Store) -> None:
        word = Quarantined("acme", NOON, receipt_key=KEY, word="odd")
        anew = word._replace(word="odder", code="9")
        await quarantined(store, word)
        await added(store, lambda tx: tx.retell_quarantined(OTHER, [anew]))
        await added(store, lambda tx: tx.retell_quarantined(OURS, [anew, word._replace(receipt_key=b"none")]))
        (found,) = await store.quarantined(OURS, 0, 9)
        assert found._replace(quarantine_id=0) == anew

    async def test_items_are_dropped_by_their_numbers(self, store: Store) -> None:
        items = [Quarantined("acme", NOON, 7, 8, item, fault="?") for item in (1, 2)]
        one, two = await quarantined(store, *items)
        numbers = [one.quarantine_id, one.quarantine_id, 999]
        assert await added(store, lambda tx: tx.drop_quarantined(OTHER, numbers)) == 0
        assert await added(store, lambda tx: tx.drop_quarantined(OURS, numbers)) == 1
        assert await store.quarantined(OURS, 0, 9) == [two]
        again = await quarantined(store, items[0])
        assert again[-1].quarantine_id > two.quarantine_id, "no number is given twice"

    async def test_a_deleted_message_takes_its_receipts_out_of_quarantine(self, store: Store) -> None:
        first, second = await inserted(store, message("a"), message("b"))
        for stored in (first, second):
            told = parked(stored.message.message_id)
            await journalled(store, [told], stored.handle)
            await quarantined(store, Quarantined("acme", NOON, receipt_key=told.key, word="odd"))
            await repeated(store, told.key)
        await added(store, lambda tx: tx.delete_message(OURS, first, NOON))
        (left,) = await store.quarantined(OURS, 0, 9)
        assert left.receipt_key == parked("b").key
        assert set(await store.repetitions(OURS, [parked("a").key, parked("b").key])) == {parked("b").key}
