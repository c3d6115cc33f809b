"""The feed: changes in the order of their commits, from after any place on, forgotten from the old end."""

from messagestatus_server.domain.change import Change, ChangeKind
from messagestatus_server.domain.feed import Happening, Span
from messagestatus_server.domain.message import Channel, Reference
from messagestatus_server.domain.refusals import StoreUnavailable
from messagestatus_server.domain.state import DeliveryState, FailureReason
from messagestatus_server.storage.store import Store, Stored, Transaction

from .samples import CODEC, NOON, OTHER, OURS, added, inserted, message

UUID = "011d9d6e-b5b9-4cb9-be13-2bc336a923ce"
SENT = Change(
    ChangeKind.ADVANCED, DeliveryState.QUEUED, DeliveryState.SENT, FailureReason.UNSPECIFIED, NOON + 1
)
FAILED = Change(ChangeKind.ADVANCED, DeliveryState.SENT, DeliveryState.FAILED, FailureReason.ABSENT, NOON + 2)


async def changed(store: Store, stored: Stored, *changes: Change, at: int = NOON, tenant: int = OURS) -> None:
    """Append changes of a message, all committed at a time."""
    await added(store, lambda tx: tx.append_changes(tenant, [(stored.handle, each) for each in changes], at))


async def deleted(store: Store, stored: Stored, at: int = NOON) -> None:
    """Delete a message."""
    await added(store, lambda tx: tx.delete_message(OURS, stored, at))


async def forgotten(store: Store, before: int, limit: int = 100, tenant: int = OURS) -> int:
    """Forget old changes, and return how many there were."""
    return await added(store, lambda tx: tx.forget_changes(tenant, before, limit))


async def sequences(store: Store, after: int = 0, limit: int = 100, tenant: int = OURS) -> list[int]:
    """Return the places of the changes after a place."""
    return [happening.sequence for happening in await store.happenings(tenant, after, limit)]


class FeedConformance:
    """Changes, spans and forgetting."""

    async def test_a_change_is_read_back_with_its_message_as_that_stands(self, store: Store) -> None:
        said = message(
            UUID, instance="line", phone="+1234", reference=Reference(key="order"), channel=Channel.SMS
        )
        (stored,) = await inserted(store, said)
        await changed(store, stored, SENT, at=NOON + 7)
        assert await store.happenings(OURS, 0, 10) == [
            Happening(
                1,
                SENT,
                NOON + 7,
                UUID,
                "line",
                CODEC.encode_message(said),
                "+1234",
                "order",
                Channel.SMS,
            )
        ]

    async def test_changes_are_in_the_order_of_their_commits_whatever_their_times(self, store: Store) -> None:
        first, second = await inserted(store, message("a"), message("b"))
        await changed(store, second, SENT, at=NOON + 9)
        await changed(store, first, SENT, FAILED, at=NOON)
        await changed(store, second, FAILED, at=NOON + 5)
        found = await store.happenings(OURS, 0, 10)
        assert [(each.sequence, each.message_id) for each in found] == [
            (1, "b"),
            (2, "a"),
            (3, "a"),
            (4, "b"),
        ]
        assert [each.change for each in found] == [SENT, SENT, FAILED, FAILED]

    async def test_they_are_read_from_after_a_place_and_so_many_at_most(self, store: Store) -> None:
        (stored,) = await inserted(store, message())
        await changed(store, stored, *[SENT] * 300)
        assert await sequences(store, 0, 3) == [1, 2, 3]
        assert await sequences(store, 298, 100) == [299, 300]
        assert await sequences(store, 300, 100) == []
        assert await sequences(store, 999, 100) == []

    async def test_a_feed_reaches_up_to_its_last_change(self, store: Store) -> None:
        assert await store.feed_span(OURS) == Span(0, 0)
        (stored,) = await inserted(store, message())
        await changed(store, stored, SENT, FAILED)
        assert await store.feed_span(OURS) == Span(0, 2)

    async def test_work_that_was_undone_leaves_no_change_and_no_place_twice(self, store: Store) -> None:
        (stored,) = await inserted(store, message())

        async def spoilt(tx: Transaction) -> None:
            await tx.append_changes(OURS, [(stored.handle, SENT)], NOON)
            raise StoreUnavailable

        for _ in range(3):
            try:
                await store.write(spoilt)
            except StoreUnavailable:
                await changed(store, stored, FAILED)
        found = await store.happenings(OURS, 0, 10)
        assert [each.change for each in found] == [FAILED] * 3
        places = [each.sequence for each in found]
        assert places == sorted(set(places))
        assert (await store.feed_span(OURS)).last == places[-1]

    async def test_changes_of_a_deleted_message_keep_its_name_and_nothing_else(self, store: Store) -> None:
        """Those before the deletion, too; another message of the same name is told apart."""
        (stored,) = await inserted(store, message(UUID, instance="line", phone="+1234"))
        await changed(store, stored, SENT)
        await deleted(store, stored, NOON + 3)
        (again,) = await inserted(store, message(UUID, instance="line", phone="+5678"))
        await changed(store, again, SENT)
        before, removal, after = await store.happenings(OURS, 0, 10)
        assert before == Happening(1, SENT, NOON, UUID, "line")
        assert removal == Happening(
            2,
            Change(
                ChangeKind.DELETED,
                DeliveryState.QUEUED,
                DeliveryState.UNSPECIFIED,
                FailureReason.UNSPECIFIED,
                NOON + 3,
            ),
            NOON + 3,
            UUID,
            "line",
        )
        assert (after.phone, after.message_id) == ("+5678", UUID)

    async def test_old_changes_are_forgotten_and_the_feed_says_up_to_where(self, store: Store) -> None:
        (stored,) = await inserted(store, message())
        for second in range(4):
            await changed(store, stored, SENT, at=NOON + second)
        assert await forgotten(store, NOON) == 0
        assert await store.feed_span(OURS) == Span(0, 4)
        assert await forgotten(store, NOON + 2) == 2
        assert await store.feed_span(OURS) == Span(2, 4)
        assert await sequences(store) == [3, 4]
        assert await forgotten(store, NOON + 2) == 0

    async def test_so_many_at_most_are_forgotten_at_once(self, store: Store) -> None:
        (stored,) = await inserted(store, message())
        await changed(store, stored, *[SENT] * 10)
        assert [await forgotten(store, NOON + 1, 4) for _ in range(4)] == [4, 4, 2, 0]

    async def test_nothing_is_forgotten_from_the_middle(self, store: Store) -> None:
        """A clock that was set back makes a newer change look older."""
        (stored,) = await inserted(store, message())
        await changed(store, stored, SENT, at=NOON + 9)
        await changed(store, stored, FAILED, at=NOON)
        assert await forgotten(store, NOON + 5) == 0
        assert await sequences(store) == [1, 2]

    async def test_a_feed_that_was_forgotten_whole_goes_on_counting(self, store: Store) -> None:
        (stored,) = await inserted(store, message())
        await changed(store, stored, SENT, FAILED)
        assert await forgotten(store, NOON + 1) == 2
        assert await store.feed_span(OURS) == Span(2, 2)
        await changed(store, stored, SENT)
        assert await sequences(store) == [3]
        assert await store.feed_span(OURS) == Span(2, 3)

    async def test_the_name_of_a_deleted_message_is_known_as_long_as_any_change_of_it(
        self, store: Store
    ) -> None:
        (stored,) = await inserted(store, message())
        await changed(store, stored, SENT, at=NOON)
        await deleted(store, stored, NOON + 5)
        assert await forgotten(store, NOON + 1) == 1
        (removal,) = await store.happenings(OURS, 0, 10)
        assert (removal.message_id, removal.change.kind) == ("m", ChangeKind.DELETED)
        assert await forgotten(store, NOON + 6) == 1
        assert await store.happenings(OURS, 0, 10) == []

    async def test_another_tenant_has_a_feed_of_its_own(self, store: Store) -> None:
        (ours,) = await inserted(store, message())
        (theirs,) = await inserted(store, message("theirs"), tenant=OTHER)
        await changed(store, ours, SENT, FAILED)
        await changed(store, theirs, SENT, tenant=OTHER)
        assert await sequences(store, tenant=OTHER) == [1]
        assert await forgotten(store, NOON + 1) == 2
        assert await store.feed_span(OTHER) == Span(0, 1)
        (kept,) = await store.happenings(OTHER, 0, 10)
        assert kept.message_id == "theirs"

    async def test_a_database_is_told_from_any_other_and_stays_the_same(self, store: Store) -> None:
        identity = await store.feed_identity()
        assert len(identity) == 8
        assert await store.feed_identity() == identity
        assert await added(store, lambda tx: tx.feed_identity()) == identity

    async def test_whoever_asked_to_hear_of_commits_does(self, store: Store) -> None:
        heard: list[int] = []
        store.on_commit(lambda: heard.append(1))
        await inserted(store, message())
        await inserted(store, message("other"))
        await added(store, lambda tx: tx.has_parked(OURS))
        assert len(heard) >= 2
