"""Webhooks: what waits for endpoints, who may claim it, and what is kept of attempts."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from messagestatus_server.domain.change import Change, ChangeKind
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.outgoing import LoggedAttempt, Outgoing, Result, Waiting
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.state import FailureReason
from messagestatus_server.domain.webhook import (
    Attempt,
    DisabledReason,
    Endpoint,
    EndpointSpec,
    EventFilter,
    Fault,
    Format,
    Signing,
)
from messagestatus_server.storage.store import Store, Stored, Transaction

from .samples import NOON, OTHER, OURS, added, inserted, message

SECOND = 1_000_000
UNTIL = NOON + 60 * SECOND
CHANGES = [
    Change(ChangeKind.REGISTERED, S.UNSPECIFIED, S.QUEUED, FailureReason.UNSPECIFIED, NOON),
    Change(ChangeKind.ADVANCED, S.QUEUED, S.SENT, FailureReason.UNSPECIFIED, NOON + 1),
    Change(ChangeKind.ADVANCED, S.SENT, S.FAILED, FailureReason.ABSENT, NOON + 2),
]


async def endpoint(store: Store, endpoint_id: str = "ep_1", tenant: int = OURS, **decided: Any) -> Endpoint:
    """Store a new endpoint."""
    made = Endpoint(endpoint_id, tenant, EndpointSpec("https://e.example.com/", **decided), b"sealed", NOON)
    await added(store, lambda tx: tx.add_endpoint(made))
    return made


async def changed(store: Store, stored: Stored, *changes: Change, tenant: int = OURS, at: int = NOON) -> None:
    """Append changes of a message."""
    await added(store, lambda tx: tx.append_changes(tenant, [(stored.handle, each) for each in changes], at))


async def leased(
    store: Store, endpoint: Endpoint, *leases: int, now: int = NOON, until: int = UNTIL
) -> list[list[Outgoing]]:
    """Claim what is due, for each lease."""
    return await added(store, lambda tx: tx.lease(endpoint, leases, now=now, until=until))


async def finished(store: Store, endpoint: Endpoint, *events: Outgoing, now: int = NOON) -> None:
    """Forget what was told."""
    await added(store, lambda tx: tx.finish(endpoint.tenant, endpoint.endpoint_id, events, now))


async def waiting(store: Store) -> list[Waiting]:
    """Return for whom something waits."""
    return await added(store, lambda tx: tx.waiting_endpoints())


def sequences(claims: Sequence[Sequence[Outgoing]]) -> list[list[int]]:
    """Return what was claimed, by the places in the feed."""
    return [[each.sequence for each in claim] for claim in claims]


async def _forget_events(before: int, tx: Transaction) -> int:
    return await tx.forget_events(OURS, before, 10)


async def _forget_attempts(before: int, tx: Transaction) -> int:
    return await tx.forget_attempts(OURS, before, 10)


class WebhookConformance:
    """Endpoints, the outbox and attempts."""

    async def test_an_endpoint_is_read_back_whole(self, store: Store) -> None:
        wanted = EventFilter(
            frozenset({ChangeKind.DELETED}),
            frozenset({S.READ}),
            frozenset({Channel.RCS}),
            frozenset({"line"}),
        )
        spec = EndpointSpec(
            "https://e.example.com/", Format.RYZE, Signing.KEY_PAIR, wanted, 7, 3, 5 * SECOND, 1, "theirs"
        )
        made = Endpoint("ep_7", OURS, spec, b"x", NOON, DisabledReason.GONE, NOON + 1, NOON + 2, "whpk_")
        await added(store, lambda tx: tx.add_endpoint(made))
        assert await store.find_endpoint(OURS, "ep_7") == made
        assert await store.endpoints(OURS) == [made]
        assert await store.find_endpoint(OTHER, "ep_7") is None
        assert await store.endpoints(OTHER) == []

    async def test_a_change_waits_for_each_enabled_endpoint_of_its_tenant_that_may_want_it(
        self, store: Store
    ) -> None:
        (stored,) = await inserted(store, message("m"))
        every = await endpoint(store, "ep_every")
        some = await endpoint(store, "ep_some", event_filter=EventFilter(states=frozenset({S.SENT})))
        off = await endpoint(store, "ep_off")
        await added(store, lambda tx: tx.replace_endpoint(off._replace(disabled_reason=DisabledReason.GONE)))
        await endpoint(store, "ep_other", OTHER)
        await changed(store, stored, *CHANGES)
        assert await waiting(store) == [Waiting(OURS, "ep_every", NOON), Waiting(OURS, "ep_some", NOON)]
        (first,), *_ = await leased(store, every, 1)
        assert first == Outgoing(1, stored.handle, CHANGES[0], NOON, lease=1)
        assert sequences(await leased(store, some, 1)) == [[2]]
        assert await leased(store, off, 1) == []

    async def test_an_endpoint_made_in_the_same_transaction_hears_of_what_follows(self, store: Store) -> None:
        (stored,) = await inserted(store, message("m"))
        made = Endpoint("ep_1", OURS, EndpointSpec("https://e.example.com/"), b"", NOON)

        async def work(tx: Transaction) -> None:
            await tx.append_changes(OURS, [(stored.handle, CHANGES[0])], NOON)
            await tx.add_endpoint(made)
            await tx.append_changes(OURS, [(stored.handle, CHANGES[1])], NOON)

        await store.write(work)
        assert sequences(await leased(store, made, 1, 2)) == [[2]]

    async def test_nothing_of_a_message_is_claimed_while_something_earlier_waits(self, store: Store) -> None:
        made = await endpoint(store)
        one, two = await inserted(store, message("one"), message("two"))
        await changed(store, one, *CHANGES)
        await changed(store, two, CHANGES[0])
        claims = await leased(store, made, 1, 2, 3)
        assert sequences(claims) == [[1], [4]]
        assert await leased(store, made, 4) == []
        await finished(store, made, *claims[0])
        assert sequences(await leased(store, made, 4, 5)) == [[2]]

    async def test_a_claim_ends_with_its_lease_and_a_late_answer_changes_nothing(self, store: Store) -> None:
        made = await endpoint(store)
        (stored,) = await inserted(store, message("m"))
        await changed(store, stored, CHANGES[0])
        ((first,),) = await leased(store, made, 1)
        assert await added(store, lambda tx: tx.leased(OURS, "ep_1", NOON)) == 1
        assert await leased(store, made, 2, now=UNTIL - 1) == []
        assert await added(store, lambda tx: tx.leased(OURS, "ep_1", UNTIL)) == 0
        ((second,),) = await leased(store, made, 2, now=UNTIL, until=UNTIL + SECOND)
        assert (second.sequence, second.lease) == (1, 2)
        await added(store, lambda tx: tx.defer(OURS, "ep_1", first, NOON))
        await added(store, lambda tx: tx.bury(OURS, "ep_1", first, NOON))
        await finished(store, made, first)
        assert await leased(store, made, 3, now=UNTIL) == []
        await finished(store, made, second)
        assert await waiting(store) == []

    async def test_what_failed_waits_for_its_time_and_keeps_count(self, store: Store) -> None:
        made = await endpoint(store)
        (stored,) = await inserted(store, message("m"))
        await changed(store, stored, CHANGES[0])
        ((event,),) = await leased(store, made, 1)
        again = NOON + 5 * SECOND
        await added(store, lambda tx: tx.defer(OURS, "ep_1", event._replace(attempts=1), again))
        assert await leased(store, made, 2, now=again - 1) == []
        ((event,),) = await leased(store, made, 2, now=again)
        assert event.attempts == 1

    async def test_a_dead_event_lets_the_next_one_go_and_can_be_revived(self, store: Store) -> None:
        made = await endpoint(store)
        (stored,) = await inserted(store, message("m"))
        await changed(store, stored, *CHANGES[:2])
        ((event,),) = await leased(store, made, 1)
        await added(store, lambda tx: tx.bury(OURS, "ep_1", event._replace(attempts=9), NOON + 3))
        ((following,),) = await leased(store, made, 2, now=NOON + 3)
        assert following.sequence == 2
        await finished(store, made, following)
        dead = await added(store, lambda tx: tx.dead(OURS, "ep_1", (0, 0), 10))
        assert [(time, each.sequence) for time, each in dead] == [(NOON + 3, 1)]
        assert await added(store, lambda tx: tx.dead(OURS, "ep_1", (NOON + 3, 1), 10)) == []
        await added(store, lambda tx: tx.revive(OURS, "ep_1", [1], NOON + 4))
        ((revived,),) = await leased(store, made, 3, now=NOON + 4)
        assert (revived.sequence, revived.attempts) == (1, 0)

    async def test_a_batch_holds_the_first_of_several_messages(self, store: Store) -> None:
        made = await endpoint(store, batch_size=2)
        for stored in await inserted(store, *(message(name) for name in "abc")):
            await changed(store, stored, *CHANGES[:2])
        assert sequences(await leased(store, made, 1, 2, 3)) == [[1, 3], [5]]
        assert await added(store, lambda tx: tx.leased(OURS, "ep_1", NOON)) == 2

    async def test_what_waits_to_be_told_as_one_becomes_one(self, store: Store) -> None:
        made = await endpoint(store, coalesce_window=2 * SECOND)
        (stored,) = await inserted(store, message("m"))
        await changed(store, stored, CHANGES[0])
        await changed(store, stored, CHANGES[1], at=NOON + SECOND)
        await changed(store, stored, CHANGES[2], at=NOON + 3 * SECOND)
        assert await leased(store, made, 1, now=NOON + 2 * SECOND - 1) == []
        ((joined,),) = await leased(store, made, 1, now=NOON + 2 * SECOND)
        assert (joined.sequence, joined.skipped) == (2, 1)
        assert joined.change == CHANGES[1]._replace(kind=ChangeKind.REGISTERED, previous_state=S.UNSPECIFIED)
        await finished(store, made, joined, now=NOON + 3 * SECOND)
        assert sequences(await leased(store, made, 2, now=NOON + 6 * SECOND)) == [[3]]

    async def test_the_end_of_a_message_loses_none_of_its_events(self, store: Store) -> None:
        made = await endpoint(store, batch_size=1)
        (stored,) = await inserted(store, message("m", instance="line"))
        await changed(store, stored, CHANGES[0])
        assert (await added(store, lambda tx: tx.known(OURS, [stored.handle])))[
            stored.handle
        ].message_id == "m"
        await added(store, lambda tx: tx.delete_message(OURS, stored, NOON + 1))
        assert await added(store, lambda tx: tx.known(OURS, [stored.handle])) == {}
        assert await added(store, lambda tx: tx.known(OTHER, [stored.handle])) == {}
        for kind in (ChangeKind.REGISTERED, ChangeKind.DELETED):
            ((event,),) = await leased(store, made, 1, now=NOON + 1)
            assert (event.change.kind, event.message_id, event.instance) == (kind, "m", "line")
            await finished(store, made, event, now=NOON + 1)

    async def test_what_is_in_the_feed_can_wait_once_more(self, store: Store) -> None:
        (stored,) = await inserted(store, message("m"))
        for place, change in enumerate(CHANGES):
            await changed(store, stored, change, at=NOON + place * SECOND)
        made = await endpoint(store)
        assert await added(store, lambda tx: tx.first_change(OURS, NOON + SECOND)) == 1
        assert await added(store, lambda tx: tx.first_change(OURS, NOON)) == 0
        assert await added(store, lambda tx: tx.first_change(OURS, NOON + 9 * SECOND)) == 3
        assert await added(store, lambda tx: tx.first_change(OTHER, NOON)) == 0
        events = await added(store, lambda tx: tx.changes(OURS, 1, 10))
        assert [(event.sequence, event.change) for event in events] == [(2, CHANGES[1]), (3, CHANGES[2])]
        assert await added(store, lambda tx: tx.queue(OURS, "ep_1", events, NOON)) == 2
        assert await added(store, lambda tx: tx.queue(OURS, "ep_1", events, NOON)) == 0
        assert sequences(await leased(store, made, 1, 2)) == [[2]]

    async def test_attempts_are_listed_from_the_newest_back(self, store: Store) -> None:
        await endpoint(store)
        logged = [
            LoggedAttempt(1, "a", "", 1, Attempt(NOON, 9, 500, answer="no"), Result.RETRIED, NOON + 5),
            LoggedAttempt(2, "b", "line", 1, Attempt(NOON + 1, 9, fault=Fault.TLS), Result.DEAD),
            LoggedAttempt(1, "a", "", 2, Attempt(NOON + 5, 9, 200), Result.TAKEN),
        ]
        await added(store, lambda tx: tx.add_attempts(OURS, "ep_1", logged))

        async def listed(**asked: Any) -> list[LoggedAttempt]:
            defaults: dict[str, Any] = {"message_id": "", "results": (), "before": None, "limit": 10}
            return await store.attempts(OURS, "ep_1", **(defaults | asked))

        every = await listed()
        assert [each._replace(attempt_id=0) for each in every] == logged[::-1]
        assert await listed(limit=1) == every[:1]
        assert await listed(before=every[0].attempt_id) == every[1:]
        assert await listed(results=[Result.DEAD, Result.TAKEN]) == every[:2]
        assert await listed(message_id="a") == [every[0], every[2]]
        assert await listed(message_id="a", results=[Result.RETRIED]) == [every[2]]

    async def test_what_is_old_is_forgotten_and_what_waits_is_not(self, store: Store) -> None:
        made = await endpoint(store)
        one, two = await inserted(store, message("one"), message("two"))
        await changed(store, one, *CHANGES[:2])
        await changed(store, two, CHANGES[0])
        ((event,),) = await leased(store, made, 1)
        await added(store, lambda tx: tx.bury(OURS, "ep_1", event, NOON))
        attempt = LoggedAttempt(1, "one", "", 1, Attempt(NOON, 9, 500), Result.DEAD)
        await added(store, lambda tx: tx.add_attempts(OURS, "ep_1", [attempt]))
        for before, forgotten in ((NOON, 0), (NOON + 1, 1), (NOON + 1, 0)):
            assert await added(store, partial(_forget_events, before)) == forgotten
            assert await added(store, partial(_forget_attempts, before)) == forgotten
        assert sequences(await leased(store, made, 2, 3)) == [[2], [3]]

    async def test_what_waits_for_a_disabled_endpoint_is_forgotten_in_time(self, store: Store) -> None:
        made = await endpoint(store)
        (stored,) = await inserted(store, message("m"))
        await changed(store, stored, CHANGES[0])
        await leased(store, made, 1)
        await changed(store, stored, CHANGES[1], at=NOON + SECOND)
        await added(store, lambda tx: tx.replace_endpoint(made._replace(disabled_reason=DisabledReason.GONE)))
        assert await added(store, lambda tx: tx.forget_events(OURS, NOON + 1, 10)) == 1
        assert sequences(await leased(store, made, 2, now=NOON + SECOND)) == [[2]]

    async def test_a_deleted_endpoint_takes_all_that_is_its_with_it(self, store: Store) -> None:
        made, kept = await endpoint(store), await endpoint(store, "ep_2")
        (stored,) = await inserted(store, message("m"))
        await changed(store, stored, *CHANGES)
        attempt = LoggedAttempt(1, "m", "", 1, Attempt(NOON, 9, 500), Result.DEAD)
        await added(store, lambda tx: tx.add_attempts(OURS, "ep_1", [attempt]))
        assert await added(store, lambda tx: tx.delete_endpoint(OURS, "ep_1", 2)) == 3
        assert await store.find_endpoint(OURS, "ep_1") == made
        assert await added(store, lambda tx: tx.delete_endpoint(OURS, "ep_1", 2)) == 1
        assert await store.endpoints(OURS) == [kept]
        assert await waiting(store) == [Waiting(OURS, "ep_2", NOON)]

    async def test_the_store_tells_when_more_waits_and_only_then(self, store: Store) -> None:
        (stored,) = await inserted(store, message("m"))
        told: list[int] = []
        store.on_outgoing(lambda: told.append(1))
        await changed(store, stored, CHANGES[0])
        made = await endpoint(store)
        await leased(store, made, 1)
        before = len(told)
        await changed(store, stored, CHANGES[1])
        await waiting(store)  # whoever commits later has let the one before tell
        assert len(told) == before + 1
