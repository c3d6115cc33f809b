"""How many requests an endpoint gets, and how many events are in each."""

from messagestatus_server.domain.change import ChangeKind
from messagestatus_server.domain.state import DeliveryState as S
from tests.domain.samples import NOON

from .office import HANG, MINUTE, SECOND, Office, Post, in_turn


async def test_so_many_at_once_and_no_more_whoever_asks(office: Office) -> None:
    await office.endpoint(concurrency=3)
    office.receivers.answer = in_turn(HANG)
    for name in "abcdef":
        await office.change(name, S.SENT)
    await office.run()
    other = office._worker()
    other._lanes = type(office.lanes)()
    await other.turn()
    await office.run()
    assert office.receivers.under_way == 3
    for _ in range(2):
        office.receivers.let(200)
        await office.run()
    assert office.receivers.most_under_way == 3
    assert len(office.receivers.told()) == 6


async def test_so_many_a_second_and_no_more(office: Office) -> None:
    await office.endpoint(rate=20)
    for number in range(100):
        await office.change(f"m{number}", S.SENT)
    await office.run_until(NOON + 10 * SECOND)
    times = [post.at for post in office.receivers.posts]
    assert len(times) == 100
    assert max(sum(at <= each < at + SECOND for each in times) for at in times) <= 22
    assert NOON + 4 * SECOND < times[-1] < NOON + 6 * SECOND


async def test_receivers_of_one_tenant_that_never_answer_leave_room_for_others(office: Office) -> None:
    office.lanes._most = 10
    for _ in range(5):
        await office.endpoint()
    office.receivers.answer = in_turn(HANG)
    for name in "abcdef":
        await office.change(name, S.SENT)
    await office.run()
    assert office.receivers.under_way == 5


async def test_only_the_last_change_within_the_window_is_told(office: Office) -> None:
    endpoint = await office.endpoint(coalesce_window=2 * SECOND)
    await office.change("m", S.QUEUED, kind=ChangeKind.REGISTERED)
    office.now += SECOND
    await office.change("m", S.SENT, S.DELIVERED)
    await office.change("n", S.SENT)
    await office.run()
    assert office.receivers.posts == []
    await office.run_until(NOON + 5 * SECOND)
    (first, second) = office.receivers.posts
    (event,) = first.events
    assert (first.at, second.at) == (NOON + 2 * SECOND, NOON + 3 * SECOND)
    told = event["data"]
    assert (told["kind"], told["previous_state"], told["state"]) == ("REGISTERED", "UNSPECIFIED", "DELIVERED")
    assert (told["skipped"], told["sequence"]) == (2, 3)
    assert second.told == [("n", "SENT")]
    assert await office.waiting(endpoint) == 0


async def test_what_was_joined_stays_one_event_in_every_attempt(office: Office) -> None:
    await office.endpoint(coalesce_window=2 * SECOND)
    office.receivers.answer = in_turn(500, 200)
    await office.change("m", S.SENT, S.DELIVERED)
    await office.run_until(NOON + 3 * SECOND)
    await office.change("m", S.READ)
    await office.run_until(NOON + MINUTE)
    first, again, later = office.receivers.posts
    assert first.body == again.body
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert later.told == [("m", "READ")]


async def test_a_batch_holds_what_is_due_and_its_events_keep_their_names(office: Office) -> None:
    await office.endpoint(batch_size=3)
    office.receivers.answer = in_turn(500, 200)
    for name in "abcd":
        await office.change(name, S.SENT)
    await office.run()
    first, second = office.receivers.posts
    assert [name for name, _ in first.told + second.told] == list("abcd")
    assert json_ids(second) == [second.headers["webhook-id"]]
    await office.run_until(NOON + MINUTE)
    again = office.receivers.posts[2]
    assert json_ids(again) == json_ids(first)
    assert again.headers["webhook-id"] == first.headers["webhook-id"]


def json_ids(post: Post) -> list[str]:
    return [event["id"] for event in post.events]
