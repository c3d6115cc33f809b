"""Replay: by time, place, message, state, or what is dead; nothing twice, however often it is asked for."""

from typing import Any

import pytest

from messagestatus_server.domain.access import Tenant
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.endpoint_refusals import EndpointNotFound
from messagestatus_server.domain.refusals import ResumeTokenExpired
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.webhook import Endpoint, EventFilter
from messagestatus_server.service.access import Access
from messagestatus_server.service.authentication import Authentication
from messagestatus_server.service.webhooks.endpoints import Endpoints
from messagestatus_server.service.webhooks.forgetting import Forgetting
from messagestatus_server.service.webhooks.replaying import Replaying, Wanted
from messagestatus_server.webhooks.addresses import allowance
from tests.domain.samples import NOON

from .office import DAY, HOUR, MINUTE, Office


class Archive:
    """An office whose endpoint was not there when a day's changes were made, one an hour."""

    def __init__(self, office: Office, tenant: Tenant, endpoint: Endpoint) -> None:
        self.office = office
        self.endpoint = endpoint
        access = Access(office.store, Authentication(office.store, office.clock), office.clock)
        allowed = allowance()
        self.endpoints = Endpoints(
            office.store, access, vault=office.vault, allowed=allowed, clock=office.clock
        )
        self.replaying = Replaying(office.store, self.endpoints, office.clock)
        self.caller = Caller(tenant.tenant, tenant.name, "key", frozenset(Scope), operator=True)

    async def replay(self, **wanted: Any) -> tuple[int, list[tuple[str, str]]]:
        """Replay, and return how many that is, and what is told then."""
        number = await self.replaying.replay(self.caller, "", self.endpoint.endpoint_id, Wanted(**wanted))
        await self.office.run()
        return number, self.office.receivers.told()


@pytest.fixture
async def archive(office: Office) -> Archive:
    tenant = await office.store.write(lambda tx: tx.add_tenant("acme", NOON, operator=True))
    for hour, (name, state) in enumerate([("a", S.SENT), ("b", S.SENT), ("a", S.READ), ("c", S.SENT)]):
        office.now = NOON + hour * HOUR
        await office.change(name, state)
    office.now = NOON + DAY
    return Archive(office, tenant, await office.endpoint(tenant=tenant.tenant))


ALL = [("a", "SENT"), ("b", "SENT"), ("c", "SENT"), ("a", "READ")]


async def test_all_that_is_kept_is_told_in_the_order_of_each_message(archive: Archive) -> None:
    assert await archive.replay() == (4, ALL)


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({"since": NOON + HOUR}, [("b", "SENT"), ("a", "READ"), ("c", "SENT")]),
        ({"since": NOON + 1, "until": NOON + 2 * HOUR}, [("b", "SENT")]),
        ({"until": NOON}, []),
        ({"after": 2}, [("a", "READ"), ("c", "SENT")]),
        ({"after": 4}, []),
        ({"message_ids": frozenset({"a", "gone"})}, [("a", "SENT"), ("a", "READ")]),
        ({"states": frozenset({S.READ})}, [("a", "READ")]),
        ({"message_ids": frozenset({"a"}), "since": NOON + MINUTE}, [("a", "READ")]),
        ({"dead_only": True}, []),
    ],
)
async def test_only_what_is_asked_for_is_told(
    archive: Archive, wanted: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    assert await archive.replay(**wanted) == (len(told), told)


async def test_what_waits_anyway_is_not_told_twice(archive: Archive) -> None:
    archive.office.receivers.answer = lambda _: 500
    assert (await archive.replay())[0] == 4
    assert (await archive.replay())[0] == 0
    archive.office.receivers.answer = lambda _: 200
    await archive.office.run_until(NOON + 2 * DAY)
    assert sorted(archive.office.receivers.told()) == sorted(ALL)


async def test_a_deleted_message_is_told_of_by_its_name(archive: Archive) -> None:
    await archive.office.delete("a")
    await archive.office.run()
    archive.office.receivers.told()
    number, told = await archive.replay(message_ids=frozenset({"a"}))
    assert (number, told) == (3, [("a", "SENT"), ("a", "READ"), ("a", "UNSPECIFIED")])


async def test_a_replay_holds_to_what_the_endpoint_wants(archive: Archive) -> None:
    wanted = EventFilter(states=frozenset({S.READ}))
    changed = archive.endpoint._replace(spec=archive.endpoint.spec._replace(event_filter=wanted))
    await archive.office.store.write(lambda tx: tx.replace_endpoint(changed))
    assert await archive.replay() == (1, [("a", "READ")])


async def test_what_is_dead_outlives_the_feed(archive: Archive) -> None:
    office = archive.office
    office.receivers.answer = lambda _: 500
    await archive.replay(message_ids=frozenset({"b"}))
    await office.run_until(NOON + 9 * DAY)
    office.receivers.told()
    await office.store.write(lambda tx: tx.forget_changes(1, office.now, 100))
    office.receivers.answer = lambda _: 200
    assert await archive.replay(states=frozenset({S.READ}), dead_only=True) == (0, [])
    assert await archive.replay(dead_only=True) == (1, [("b", "SENT")])
    assert await archive.replay() == (0, [])


async def test_a_place_whose_history_is_gone_is_refused(archive: Archive) -> None:
    await archive.office.store.write(lambda tx: tx.forget_changes(1, NOON + 1, 100))
    with pytest.raises(ResumeTokenExpired):
        await archive.replay(after=0)
    with pytest.raises(ResumeTokenExpired):
        await archive.replay(after=5)


async def test_another_endpoint_is_not_found(archive: Archive) -> None:
    with pytest.raises(EndpointNotFound):
        await archive.replaying.replay(archive.caller, "", "ep_none", Wanted())


async def test_more_than_a_page_is_told_whole(archive: Archive) -> None:
    for number in range(1_100):
        await archive.office.change(f"m{number}", S.SENT)
    await archive.office.run_until(NOON + 2 * DAY)
    archive.office.receivers.told()
    assert (await archive.replay(since=NOON + DAY))[0] == 1_100


async def test_attempts_and_dead_events_are_forgotten_after_their_days(archive: Archive) -> None:
    office = archive.office
    forgetting = Forgetting(office.store, days=30)
    await archive.replay(message_ids=frozenset({"c"}))
    office.receivers.answer = lambda _: 410
    await archive.replay(message_ids=frozenset({"b"}))
    assert not await forgetting.forget(office.now + 30 * DAY)
    assert len(await office.attempts(archive.endpoint)) == 2
    later = office.now + 30 * DAY + 1
    assert await forgetting.forget(later)
    assert not await forgetting.forget(later)
    assert await office.attempts(archive.endpoint) == []
    assert await archive.replay(dead_only=True) == (0, [])
