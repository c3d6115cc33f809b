"""Messages wait until they are settled, are marked once, and are counted; a search goes on where it ended."""

from messagestatus_server.domain.awaiting import Awaited, Due, Stuck, StuckPlace, Sweep, Waiting
from messagestatus_server.domain.message import Channel, Message
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.storage.store import ProviderName, Store

from .samples import NOON, OTHER, OURS, added, inserted, message

SMS = Awaited("acme", Channel.SMS, NOON + 10)
LATER = SMS._replace(due_time=NOON + 20)
VIBER = Awaited("acme", Channel.VIBER, NOON + 15)
ELSEWHERE = Awaited("betel", Channel.SMS, NOON + 12)
FAR = NOON + 1_000


async def waiting(store: Store, *awaited: Awaited, tenant: int = OURS) -> list[int]:
    """Store a message for each deadline, and let it wait; return their handles."""
    stored = await inserted(store, *(message(f"m{place}") for place in range(len(awaited))), tenant=tenant)
    handles = [each.handle for each in stored]
    await added(store, lambda tx: tx.expect(tenant, list(zip(handles, awaited, strict=True))))
    return handles


async def handles_due(store: Store, now: int = FAR, limit: int = 9) -> list[int]:
    return [due.handle for due in await store.due(OURS, now, limit)]


async def handles_stuck(
    store: Store, provider: str = "", channel: Channel = Channel.UNSPECIFIED, limit: int = 9
) -> list[int]:
    return [stuck.handle for stuck in await store.stuck(OURS, provider, channel, None, limit)]


class StuckConformance:
    """Deadlines, marks, and searches."""

    async def test_a_message_is_due_from_its_time_on_the_longest_waiting_first(self, store: Store) -> None:
        later, sooner = await waiting(store, LATER, SMS)
        assert await handles_due(store, SMS.due_time - 1) == []
        assert await handles_due(store, SMS.due_time) == [sooner]
        assert await handles_due(store) == [sooner, later]
        assert await handles_due(store, limit=1) == [sooner]

    async def test_what_is_due_comes_with_its_message_and_its_recipients(self, store: Store) -> None:
        (stored,) = await inserted(store, message("g", recipients=("ann", "bob")))
        await added(store, lambda tx: tx.expect(OURS, [(stored.handle, SMS)]))
        assert await store.due(OURS, FAR, 9) == [Due(stored.handle, SMS, stored.message)]
        assert await added(store, lambda tx: tx.due(OURS, FAR, 9)) == [
            Due(stored.handle, SMS, stored.message)
        ]

    async def test_a_settled_message_waits_no_more(self, store: Store) -> None:
        first, second = await waiting(store, SMS, LATER)
        await added(store, lambda tx: tx.settle(OURS, {first, 99}))
        assert await handles_due(store) == [second]
        assert await store.waiting(OURS) == [Waiting("acme", Channel.SMS, 1, 0)]

    async def test_a_deadline_that_is_given_anew_takes_the_place_of_the_one_before(
        self, store: Store
    ) -> None:
        (handle,) = await waiting(store, SMS)
        await added(store, lambda tx: tx.expect(OURS, [(handle, VIBER)]))
        (due,) = await store.due(OURS, FAR, 9)
        assert due.awaited == VIBER
        assert [each for each in await store.waiting(OURS) if each.awaited] == [
            Waiting("acme", Channel.VIBER, 1, 0)
        ]

    async def test_a_marked_message_is_stuck_and_not_due_and_keeps_its_mark(self, store: Store) -> None:
        marked, waits = await waiting(store, SMS, LATER)
        await added(store, lambda tx: tx.mark(OURS, [marked], FAR))
        await added(store, lambda tx: tx.mark(OURS, [marked], FAR + 1))
        await added(store, lambda tx: tx.expect(OURS, [(marked, VIBER)]))
        assert await handles_due(store) == [waits]
        assert await store.stuck(OURS, "", Channel.UNSPECIFIED, None, 9) == [
            Stuck(marked, "m0", "", DeliveryState.QUEUED, SMS, FAR)
        ]
        assert await store.waiting(OURS) == [Waiting("acme", Channel.SMS, 1, 1)]

    async def test_only_marked_messages_are_settled_as_marked(self, store: Store) -> None:
        marked, waits = await waiting(store, SMS, LATER)
        await added(store, lambda tx: tx.mark(OURS, [marked], FAR))
        await added(store, lambda tx: tx.settle_marked(OURS, [marked, waits]))
        assert await handles_stuck(store) == []
        assert await handles_due(store) == [waits]
        assert await store.waiting(OURS) == [Waiting("acme", Channel.SMS, 1, 0)]

    async def test_stuck_messages_are_listed_by_provider_and_channel_page_after_page(
        self, store: Store
    ) -> None:
        late, viber, elsewhere, early = handles = await waiting(store, LATER, VIBER, ELSEWHERE, SMS)
        await added(store, lambda tx: tx.mark(OURS, handles, FAR))
        assert await handles_stuck(store) == [early, elsewhere, viber, late]
        assert await handles_stuck(store, limit=3) == [early, elsewhere, viber]
        assert await handles_stuck(store, "acme") == [early, viber, late]
        assert await handles_stuck(store, channel=Channel.SMS) == [early, elsewhere, late]
        assert await handles_stuck(store, "betel", Channel.SMS) == [elsewhere]
        assert await handles_stuck(store, "betel", Channel.VIBER) == []
        place = StuckPlace(ELSEWHERE.due_time, elsewhere)
        rest = await store.stuck(OURS, "", Channel.UNSPECIFIED, place, 9)
        assert [stuck.handle for stuck in rest] == [viber, late]

    async def test_messages_of_one_time_are_told_apart_by_their_place(self, store: Store) -> None:
        handles = await waiting(store, SMS, SMS, SMS)
        await added(store, lambda tx: tx.mark(OURS, handles, FAR))
        place = StuckPlace(SMS.due_time, handles[0])
        rest = await store.stuck(OURS, "acme", Channel.SMS, place, 9)
        assert [stuck.handle for stuck in rest] == handles[1:]

    async def test_a_deleted_message_neither_waits_nor_is_stuck(self, store: Store) -> None:
        first, second = await inserted(store, message("a"), message("b"))
        both = [(first.handle, SMS), (second.handle, SMS)]
        await added(store, lambda tx: tx.expect(OURS, both))
        await added(store, lambda tx: tx.mark(OURS, [first.handle], FAR))
        for stored in (first, second):
            await added(store, lambda tx, stored=stored: tx.delete_message(OURS, stored, FAR))  # type: ignore[misc]
        assert await store.waiting_tenants() == []
        assert all(not each.awaited and not each.stuck for each in await store.waiting(OURS))

    async def test_every_tenant_that_waits_is_named_once_and_sees_its_own_alone(self, store: Store) -> None:
        ours = await waiting(store, SMS, LATER)
        (theirs,) = await waiting(store, SMS, tenant=OTHER)
        assert await store.waiting_tenants() == [OURS, OTHER]
        await added(store, lambda tx: tx.settle(OTHER, ours))
        await added(store, lambda tx: tx.mark(OTHER, ours, FAR))
        assert await handles_due(store) == ours
        await added(store, lambda tx: tx.mark(OTHER, [theirs], FAR))
        assert await handles_stuck(store) == []
        assert await store.waiting(OTHER) == [Waiting("acme", Channel.SMS, 0, 1)]

    async def test_a_search_begins_at_its_time_and_goes_over_all_names_of_the_provider(
        self, store: Store
    ) -> None:
        uuid = "0f8fad5b-d9cb-469f-a165-70867728950e"
        names = ["p1", "p2", uuid, "p3"]
        await self._named(store, names)
        wanted = Sweep(OURS, "acme", NOON)
        await added(store, lambda tx: tx.request_sweep(wanted))
        assert await store.begun_sweep(NOON - 1) is None
        found: list[str] = []
        pages = 0
        while (sweep := await store.begun_sweep(NOON)) is not None:
            page = await added(store, lambda tx, sweep=sweep: tx.sweep(sweep, 2))  # type: ignore[misc]
            found += [each.message_id for _, each in page]
            pages += 1
        assert sorted(found) == ["m0", "m1", "m2", "m3"]
        assert pages == 3

    async def test_a_search_leaves_out_what_arrived_or_failed(self, store: Store) -> None:
        await self._named(store, ["p1", "p2", "p3"], [DeliveryState.READ, DeliveryState.EXPIRED])
        sweep = Sweep(OURS, "acme", NOON)
        await added(store, lambda tx: tx.request_sweep(sweep))
        page = await added(store, lambda tx: tx.sweep(sweep, 9))
        assert [each.message_id for _, each in page] == ["m2"]
        assert await store.begun_sweep(NOON) is None

    async def test_a_search_that_was_requested_anew_is_left_to_begin_again(self, store: Store) -> None:
        await self._named(store, ["p1", "p2"])
        first, anew = Sweep(OURS, "acme", NOON), Sweep(OURS, "acme", NOON + 5)
        await added(store, lambda tx: tx.request_sweep(first))
        await added(store, lambda tx: tx.request_sweep(anew))
        assert await added(store, lambda tx: tx.sweep(first, 1)) == []
        assert await store.begun_sweep(NOON + 5) == anew

    async def _named(self, store: Store, names: list[str], states: list[DeliveryState] | None = None) -> None:
        """Store a message for each name that the provider has for one."""
        states = [*(states or []), *[DeliveryState.SENT] * len(names)][: len(names)]
        messages: list[Message] = [message(f"m{place}", state=state) for place, state in enumerate(states)]
        stored = await inserted(store, *messages)
        pairs = [(ProviderName("acme", name), each.handle) for name, each in zip(names, stored, strict=True)]
        await added(store, lambda tx: tx.add_provider_names(OURS, pairs))
