"""Whatever a receiver does, the schedule is followed exactly, and nothing is lost."""

from itertools import pairwise
from pathlib import Path

import pytest

from messagestatus_server.domain.change import ChangeKind
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.outgoing import Result
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.webhook import Attempt, DisabledReason, EventFilter, Fault, Format
from messagestatus_server.service.webhooks.claiming import LEASE
from messagestatus_server.webhooks.ladder import DELAYS
from tests.domain.samples import NOON

from .office import DAY, HANG, HOUR, MINUTE, SECOND, Office, in_turn, opened


async def test_a_change_is_told_once(office: Office) -> None:
    endpoint = await office.endpoint()
    await office.change("m", S.SENT)
    await office.run_until(NOON + 10 * DAY)
    assert office.receivers.told() == [("m", "SENT")]
    (attempt,) = await office.attempts(endpoint)
    assert (attempt.number, attempt.result, attempt.message_id) == (1, Result.TAKEN, "m")
    assert await office.waiting(endpoint) == 0


async def test_every_endpoint_is_told_apart_from_the_others(office: Office) -> None:
    good, bad = await office.endpoint(), await office.endpoint()
    office.receivers.answer = lambda post: 500 if "ep_2" in post.url else 200
    await office.change("m", S.SENT)
    await office.run()
    assert (await office.waiting(good), await office.waiting(bad)) == (0, 1)


async def test_another_tenant_hears_nothing(office: Office) -> None:
    await office.endpoint(tenant=2)
    await office.change("m", S.SENT)
    await office.run()
    assert office.receivers.posts == []


async def test_a_receiver_that_fails_is_asked_again_by_the_ladder_and_then_never(office: Office) -> None:
    endpoint = await office.endpoint()
    office.receivers.answer = in_turn(500)
    await office.change("m", S.SENT)
    await office.run_until(NOON + 4 * DAY)
    times = [post.at for post in office.receivers.posts]
    assert [after - before for before, after in pairwise(times)] == list(DELAYS[1:])
    attempts = await office.attempts(endpoint)
    assert [each.number for each in attempts] == list(range(1, 11))
    assert [each.result for each in attempts] == [Result.RETRIED] * 9 + [Result.DEAD]
    assert [each.next_time for each in attempts] == [*times[1:], None]
    assert {post.headers["webhook-id"] for post in office.receivers.posts} == {
        office.receivers.posts[0].headers["webhook-id"]
    }
    assert [post.headers["webhook-timestamp"] for post in office.receivers.posts] == [
        str(at // SECOND) for at in times
    ]


@pytest.mark.parametrize("said", [302, 404, 500, Attempt(NOON, 1, fault=Fault.TIMEOUT), 0])
async def test_anything_but_success_is_tried_again(office: Office, said: int | Attempt) -> None:
    endpoint = await office.endpoint()
    office.receivers.answer = in_turn(said, 200)
    await office.change("m", S.SENT)
    await office.run_until(NOON + MINUTE)
    assert [each.result for each in await office.attempts(endpoint)] == [Result.RETRIED, Result.TAKEN]


async def test_a_pause_that_is_asked_for_holds_for_the_whole_endpoint(office: Office) -> None:
    await office.endpoint(concurrency=1)
    office.receivers.answer = in_turn(Attempt(NOON, 1, 429, retry_after=10 * MINUTE), 200)
    await office.change("a", S.SENT)
    await office.change("b", S.SENT)
    await office.run_until(NOON + HOUR)
    assert [post.at for post in office.receivers.posts[:2]] == [NOON, NOON + 10 * MINUTE]
    assert {each for each, _ in office.receivers.told()} == {"a", "b"}


async def test_gone_disables_the_endpoint_and_the_rest_waits(office: Office) -> None:
    endpoint = await office.endpoint(concurrency=1)
    office.receivers.answer = in_turn(410)
    await office.change("a", S.SENT)
    await office.change("b", S.SENT)
    await office.run_until(NOON + 9 * DAY)
    assert len(office.receivers.posts) == 1
    assert (await office.known(endpoint)).disabled_reason is DisabledReason.GONE
    await office.change("c", S.SENT)
    assert await office.waiting(endpoint) == 1
    (attempt,) = await office.attempts(endpoint)
    assert attempt.result is Result.DEAD


async def test_days_of_nothing_but_failures_disable_the_endpoint(tmp_path: Path) -> None:
    async with opened(tmp_path / "messagestatus.db", disabled_after=2 * DAY) as office:
        endpoint = await office.endpoint()
        office.receivers.answer = in_turn(500)
        await office.change("m", S.SENT)
        await office.run_until(NOON + 9 * DAY)
        known = await office.known(endpoint)
        assert known.disabled_reason is DisabledReason.FAILING
        assert known.failing_since == NOON
        assert NOON + 2 * DAY <= office.receivers.posts[-1].at <= NOON + 4 * DAY


async def test_one_success_ends_what_was_counted_of_failures(office: Office) -> None:
    endpoint = await office.endpoint()
    office.receivers.answer = in_turn(500, 200)
    await office.change("m", S.SENT)
    await office.run()
    assert (await office.known(endpoint)).failing_since == NOON
    await office.run_until(NOON + MINUTE)
    assert (await office.known(endpoint)).failing_since is None


async def test_changes_of_a_message_wait_for_each_other_and_no_other_message_for_them(office: Office) -> None:
    await office.endpoint()
    office.receivers.answer = lambda post: 500 if post.told[0][0] == "a" and post.at == NOON else 200
    await office.change("a", S.SENT, S.DELIVERED, S.READ)
    await office.change("b", S.SENT, S.DELIVERED)
    await office.run()
    assert office.receivers.told() == [("a", "SENT"), ("b", "SENT"), ("b", "DELIVERED")]
    await office.run_until(NOON + MINUTE)
    assert office.receivers.told() == [("a", "SENT"), ("a", "DELIVERED"), ("a", "READ")]


async def test_a_dead_event_lets_those_behind_it_go_on(office: Office) -> None:
    await office.endpoint()
    office.receivers.answer = lambda post: 500 if post.told[0][1] == "SENT" else 200
    await office.change("a", S.SENT, S.DELIVERED)
    await office.run_until(NOON + 4 * DAY)
    assert office.receivers.told()[-1] == ("a", "DELIVERED")


async def test_what_a_lost_worker_had_claimed_comes_due_again(office: Office) -> None:
    await office.endpoint()
    office.receivers.answer = in_turn(HANG, 200)
    await office.change("m", S.SENT)
    await office.run()
    office.crash()
    await office.run_until(NOON + LEASE - 1)
    assert len(office.receivers.posts) == 1
    await office.run_until(NOON + LEASE)
    assert office.receivers.told() == [("m", "SENT")] * 2


async def test_who_ends_in_order_gives_back_what_it_had_claimed(office: Office) -> None:
    await office.endpoint()
    office.receivers.answer = in_turn(HANG, 200)
    await office.change("m", S.SENT)
    await office.run()
    await office.worker.stop(0.01)
    office.crash()
    await office.run()
    assert office.receivers.told() == [("m", "SENT")] * 2


async def test_a_late_answer_does_not_undo_what_another_worker_did(office: Office) -> None:
    endpoint = await office.endpoint()
    office.receivers.answer = in_turn(HANG, 200)
    await office.change("m", S.SENT)
    await office.run()
    slow, office.now = office.worker, NOON + LEASE
    office.worker = office._worker()
    await office.run()
    await office.change("m", S.DELIVERED)
    office.receivers.let(500)
    await slow.stop(1)
    await office.run()
    assert await office.waiting(endpoint) == 0
    assert office.receivers.told() == [("m", "SENT"), ("m", "SENT"), ("m", "DELIVERED")]


WANTED: list[tuple[EventFilter, list[str]]] = [
    (EventFilter(), ["m:QUEUED", "m:SENT", "n:SENT"]),
    (EventFilter(kinds=frozenset({ChangeKind.REGISTERED})), ["m:QUEUED"]),
    (EventFilter(states=frozenset({S.SENT})), ["m:SENT", "n:SENT"]),
    (EventFilter(channels=frozenset({Channel.VIBER})), ["n:SENT"]),
    (EventFilter(instances=frozenset({"line"})), ["n:SENT"]),
    (EventFilter(states=frozenset({S.READ})), []),
]


@pytest.mark.parametrize(("wanted", "told"), WANTED)
async def test_what_is_not_wanted_is_not_told_and_waits_for_nobody(
    office: Office, wanted: EventFilter, told: list[str]
) -> None:
    endpoint = await office.endpoint(wanted)
    await office.register("n", channel=Channel.VIBER, instance="line")
    await office.change("m", S.QUEUED, kind=ChangeKind.REGISTERED)
    await office.change("m", S.SENT)
    await office.change("n", S.SENT)
    await office.run()
    assert sorted(f"{name}:{state}" for name, state in office.receivers.told()) == told
    assert await office.waiting(endpoint) == 0
    assert len(await office.attempts(endpoint)) == len(told)


async def test_what_a_format_has_no_word_for_is_not_told(office: Office) -> None:
    endpoint = await office.endpoint(format=Format.NAMIRIAL)
    await office.change("m", S.QUEUED, S.SENT, S.DELIVERED)
    await office.run()
    assert len(office.receivers.posts) == 2
    assert await office.waiting(endpoint) == 0


async def test_the_end_of_a_message_is_told_and_what_came_before_it_too(office: Office) -> None:
    await office.endpoint()
    await office.change("m", S.SENT)
    await office.delete("m")
    await office.run()
    events = [event["data"] for post in office.receivers.posts for event in post.events]
    assert [(each["message_id"], each["kind"]) for each in events] == [("m", "ADVANCED"), ("m", "DELETED")]


async def test_an_event_outlives_the_feed(office: Office) -> None:
    await office.endpoint()
    await office.change("m", S.SENT)
    await office.delete("m")
    await office.store.write(lambda tx: tx.forget_changes(1, NOON + DAY, 100))
    await office.run()
    assert [name for name, _ in office.receivers.told()] == ["m", "m"]


async def test_secrets_that_cannot_be_opened_lose_nothing(office: Office) -> None:
    endpoint = await office.endpoint()
    sealed = endpoint.sealed_secrets
    await office.store.write(lambda tx: tx.replace_endpoint(endpoint._replace(sealed_secrets=b"x" * 40)))
    await office.change("m", S.SENT)
    await office.run()
    assert (office.receivers.posts, await office.waiting(endpoint)) == ([], 1)
    await office.store.write(lambda tx: tx.replace_endpoint(endpoint._replace(sealed_secrets=sealed)))
    await office.run_until(NOON + LEASE)
    assert office.receivers.told() == [("m", "SENT")]
