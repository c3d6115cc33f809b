"""Receipts are kept as they came, parked until claimed, and known by their keys."""

from messagestatus_server.domain.message import Media, Name, Provider, Reply
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.storage.store import ProviderName, Store

from .samples import NOON, OTHER, OURS, added, entry, inserted, journalled, message

ACME = ProviderName("acme", "p1")
FULL = entry(
    DeliveryState.REPLIED,
    arrived=7,
    instance="line",
    provider=Provider("acme", "p1", "ANSWER", "7", "so it goes"),
    precedence=99,
    reason=FailureReason.OTHER,
    finality=Finality.FINAL,
    recipient="ann",
    own_side=True,
    reply=Reply(NOON, "yes", Media("https://example.com", "a.png", 7)),
    event_id="e1",
    vocabulary="ryze",
)
BY_PROVIDER = entry(DeliveryState.SENT, message_id="", provider=Provider(*ACME))


class ReceiptConformance:
    """The journal, parking and claiming."""

    async def test_a_receipt_is_read_back_as_it_came(self, store: Store) -> None:
        (stored,) = await inserted(store, message())
        await journalled(store, [FULL], stored.handle)
        assert await store.journal(OURS, stored.handle) == [FULL]
        assert await added(store, lambda tx: tx.receipts(OURS, [FULL.key, b"none"])) == {FULL.key: FULL}

    async def test_a_carrier_that_tells_no_time_is_read_back_without_one(self, store: Store) -> None:
        timeless = Entry(FULL.key, FULL.receipt._replace(occur_time=None), NOON + 5, NOON + 5)
        await journalled(store, [timeless])
        assert await added(store, lambda tx: tx.receipts(OURS, [FULL.key])) == {FULL.key: timeless}

    async def test_the_journal_is_in_the_order_of_arrival(self, store: Store) -> None:
        (stored,) = await inserted(store, message())
        entries = [entry(DeliveryState.SENT, at) for at in range(250, 0, -1)]
        await journalled(store, entries[:3], stored.handle)
        await journalled(store, entries[3:], stored.handle)
        assert await store.journal(OURS, stored.handle) == entries

    async def test_a_journal_holds_its_own_message_s_receipts_only(self, store: Store) -> None:
        first, second = await inserted(store, message("a"), message("b"))
        await journalled(store, [entry(DeliveryState.SENT, 1)], first.handle)
        await journalled(store, [entry(DeliveryState.SENT, 2)], second.handle)
        assert len(await store.journal(OURS, first.handle)) == 1

    async def test_parked_receipts_are_found_by_the_name_they_use(self, store: Store) -> None:
        named = entry(DeliveryState.SENT)
        await journalled(store, [named, BY_PROVIDER])
        assert await store.parked(OURS, Name("m")) == [named]
        assert await store.parked(OURS, Name("")) == []
        assert await added(store, lambda tx: tx.parked_by_provider(OURS, ACME)) == [BY_PROVIDER]
        assert await added(store, lambda tx: tx.has_parked(OURS))

    async def test_a_parked_receipt_of_another_instance_is_not_found(self, store: Store) -> None:
        any_line, line = entry(DeliveryState.SENT, 0), entry(DeliveryState.SENT, 1, instance="line")
        await journalled(store, [any_line, line])
        assert await store.parked(OURS, Name("m", "line")) == [any_line, line]
        assert await store.parked(OURS, Name("m", "other")) == [any_line]
        assert await store.parked(OURS, Name("m")) == [any_line, line]

    async def test_a_claimed_receipt_is_parked_no_more(self, store: Store) -> None:
        (stored,) = await inserted(store, message())
        parked = [entry(DeliveryState.SENT), BY_PROVIDER]
        await journalled(store, parked)
        await added(store, lambda tx: tx.claim(OURS, [each.key for each in parked], stored.handle))
        assert await store.parked(OURS, Name("m")) == []
        assert await added(store, lambda tx: tx.parked_by_provider(OURS, ACME)) == []
        assert not await added(store, lambda tx: tx.has_parked(OURS))
        assert await store.journal(OURS, stored.handle) == parked

    async def test_what_is_claimed_is_never_claimed_away(self, store: Store) -> None:
        first, second = await inserted(store, message("a"), message("b"))
        claimed = FULL._replace(receipt=FULL.receipt._replace(message_id="a"))
        await journalled(store, [claimed], first.handle)
        await added(store, lambda tx: tx.claim(OURS, [claimed.key], second.handle))
        assert await store.journal(OURS, first.handle) == [claimed]
        assert await store.journal(OURS, second.handle) == []

    async def test_another_tenant_has_none_of_it(self, store: Store) -> None:
        (stored,) = await inserted(store, message())
        await journalled(store, [FULL], stored.handle)
        await journalled(store, [entry(DeliveryState.SENT), BY_PROVIDER])
        assert await store.journal(OTHER, stored.handle) == []
        assert await store.parked(OTHER, Name("m")) == []
        assert await added(store, lambda tx: tx.receipts(OTHER, [FULL.key])) == {}
        assert not await added(store, lambda tx: tx.has_parked(OTHER))
        assert await added(store, lambda tx: tx.parked_by_provider(OTHER, ACME)) == []
        await added(store, lambda tx: tx.claim(OTHER, [BY_PROVIDER.key], stored.handle))
        assert await added(store, lambda tx: tx.parked_by_provider(OURS, ACME)) == [BY_PROVIDER]

    async def test_a_receipt_that_came_again_is_counted_with_its_last_time(self, store: Store) -> None:
        once, twice, never = b"1" * 16, b"2" * 16, b"3" * 16
        await added(store, lambda tx: tx.add_repetitions(OURS, [once, twice, twice], NOON))
        await added(store, lambda tx: tx.add_repetitions(OURS, [twice], NOON - 7))
        assert await store.repetitions(OURS, [once, twice, never, twice]) == {
            once: (1, NOON),
            twice: (3, NOON),
        }
        assert await store.repetitions(OURS, []) == {}
        assert await store.repetitions(OTHER, [once, twice]) == {}
        assert await added(store, lambda tx: tx.repetitions(OURS, [once])) == {once: (1, NOON)}

    async def test_with_its_message_a_receipt_s_repetitions_are_forgotten(self, store: Store) -> None:
        """The same receipt, reported of the message that is registered next, has come once."""
        first, second = await inserted(store, message("a"), message("b"))
        ours, theirs = entry(DeliveryState.SENT, 1), entry(DeliveryState.SENT, 2)
        await journalled(store, [ours], first.handle)
        await journalled(store, [theirs], second.handle)
        await added(store, lambda tx: tx.add_repetitions(OURS, [ours.key, theirs.key], NOON))
        await added(store, lambda tx: tx.delete_message(OURS, first, NOON))
        assert await store.repetitions(OURS, [ours.key, theirs.key]) == {theirs.key: (1, NOON)}
