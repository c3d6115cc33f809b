"""Look-ups of one caller travel together, and nobody pays for a neighbour."""

import asyncio
from collections.abc import Sequence

import grpc
import pytest

from messagestatus.v1.error_reason_pb2 import ErrorReason
from messagestatus.v1.message_status_pb2 import MessageStatus
from messagestatus_gateway.caller import Caller
from messagestatus_gateway.coalesce import BATCH_LIMIT, Coalescer, Outcome
from messagestatus_gateway.refusal import RefusedError, UpstreamRefusal

CALLER = Caller("key-a", "request-1")
NOT_FOUND = UpstreamRefusal.of_reason(ErrorReason.ERROR_REASON_MESSAGE_NOT_FOUND)
DEADLINE = UpstreamRefusal(grpc.StatusCode.DEADLINE_EXCEEDED)


class Upstream:
    """Takes batches, and answers each when told to: every id but `missing` is known."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, str | None, list[str]]] = []
        self.request_ids: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.fault: Exception | None = None
        self.cut = 0
        self.patience: float | None = None

    async def ask(self, caller: Caller, instance: str | None, ids: Sequence[str]) -> Sequence[Outcome]:
        self.batches.append((caller.credential, instance, list(ids)))
        self.request_ids.append(caller.request_id)
        fault = self.fault
        try:
            async with asyncio.timeout(self.patience):
                await asyncio.sleep(0)  # no call returns in the moment that it is made
                await self.gate.wait()
        except TimeoutError:
            raise RefusedError(DEADLINE) from None
        if fault is not None:
            raise fault
        known = [NOT_FOUND if one == "missing" else MessageStatus(message_id=one) for one in ids]
        return known[: len(ids) - self.cut]

    def close_behind(self) -> None:
        """Lets the batch under way return, and holds the next one."""
        self.gate, before = asyncio.Event(), self.gate
        before.set()


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def coalescer(upstream: Upstream) -> Coalescer:
    return Coalescer(upstream.ask, 5)


async def start(coalescer: Coalescer, *ids: str) -> list[asyncio.Task[MessageStatus]]:
    """Starts look-ups, and lets them and their batch come to a rest."""
    tasks = [asyncio.create_task(coalescer.look_up(CALLER, one, None)) for one in ids]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def refusal(task: asyncio.Task[MessageStatus]) -> object:
    with pytest.raises(RefusedError) as caught:
        await task
    return caught.value.refusal


async def test_a_lone_look_up_goes_at_once(coalescer: Coalescer, upstream: Upstream) -> None:
    assert (await coalescer.look_up(CALLER, "a", None)).message_id == "a"
    assert upstream.batches == [("key-a", None, ["a"])]


async def test_of_one_moment_the_first_goes_at_once_and_the_rest_together(
    coalescer: Coalescer, upstream: Upstream
) -> None:
    found = await asyncio.gather(*(coalescer.look_up(CALLER, one, None) for one in "abc"))
    assert [one.message_id for one in found] == ["a", "b", "c"]
    assert upstream.batches == [("key-a", None, ["a"]), ("key-a", None, ["b", "c"])]


async def test_what_comes_while_a_batch_is_under_way_goes_when_it_returns(
    coalescer: Coalescer, upstream: Upstream
) -> None:
    upstream.gate.clear()
    tasks = await start(coalescer, "a")
    tasks += await start(coalescer, "b")
    tasks += await start(coalescer, "c")
    assert [ids for _, _, ids in upstream.batches] == [["a"]]
    upstream.gate.set()
    await asyncio.gather(*tasks)
    assert [ids for _, _, ids in upstream.batches] == [["a"], ["b", "c"]]


async def test_duplicates_are_asked_once_and_answered_each(coalescer: Coalescer, upstream: Upstream) -> None:
    found = await asyncio.gather(*(coalescer.look_up(CALLER, one, None) for one in "xaba"))
    assert [one.message_id for one in found] == ["x", "a", "b", "a"]
    assert [ids for _, _, ids in upstream.batches] == [["x"], ["a", "b"]]


async def test_a_look_up_never_joins_a_batch_that_has_left(coalescer: Coalescer, upstream: Upstream) -> None:
    """Its answer could be older than what the caller has written since."""
    upstream.gate.clear()
    tasks = await start(coalescer, "a")
    tasks += await start(coalescer, "a")
    upstream.gate.set()
    await asyncio.gather(*tasks)
    assert [ids for _, _, ids in upstream.batches] == [["a"], ["a"]]


async def test_a_batch_has_a_limit_and_the_oldest_go_first(coalescer: Coalescer, upstream: Upstream) -> None:
    ids = [str(number) for number in range(2 * BATCH_LIMIT + 2)]
    await asyncio.gather(*(coalescer.look_up(CALLER, one, None) for one in ids))
    batches = [batch for _, _, batch in upstream.batches]
    assert [len(batch) for batch in batches] == [1, BATCH_LIMIT, BATCH_LIMIT, 1]
    assert [one for batch in batches for one in batch] == ids


async def test_credentials_and_instances_never_mix(coalescer: Coalescer, upstream: Upstream) -> None:
    other = Caller("key-b", "request-2")
    await asyncio.gather(
        coalescer.look_up(CALLER, "a", None),
        coalescer.look_up(other, "a", None),
        coalescer.look_up(CALLER, "a", "line-1"),
        coalescer.look_up(CALLER, "a", ""),
    )
    assert sorted(upstream.batches, key=str) == [
        ("key-a", "", ["a"]),
        ("key-a", "line-1", ["a"]),
        ("key-a", None, ["a"]),
        ("key-b", None, ["a"]),
    ]


async def test_a_missing_message_is_its_own_waiters_matter(coalescer: Coalescer) -> None:
    known, missing = await start(coalescer, "a", "missing")
    assert (await known).message_id == "a"
    assert await refusal(missing) == NOT_FOUND


async def test_a_failing_batch_touches_only_its_own(coalescer: Coalescer, upstream: Upstream) -> None:
    down = UpstreamRefusal(grpc.StatusCode.UNAVAILABLE)
    upstream.gate.clear()
    before = await start(coalescer, "x")
    first = await start(coalescer, "a", "b")
    upstream.fault = RefusedError(down)
    upstream.close_behind()
    assert (await before[0]).message_id == "x"
    second = await start(coalescer, "a", "c")
    upstream.fault = None
    upstream.gate.set()
    assert [await refusal(task) for task in first] == [down, down]
    assert [(await task).message_id for task in second] == ["a", "c"]


async def test_a_fault_of_our_own_leaves_the_line_open(coalescer: Coalescer, upstream: Upstream) -> None:
    internal = UpstreamRefusal(grpc.StatusCode.INTERNAL)
    upstream.fault = ZeroDivisionError()
    assert await refusal((await start(coalescer, "a"))[0]) == internal
    upstream.fault, upstream.cut = None, 1
    assert await refusal((await start(coalescer, "a"))[0]) == internal
    upstream.cut = 0
    assert (await coalescer.look_up(CALLER, "a", None)).message_id == "a"


async def test_a_vanished_client_leaves_neighbours_alone(coalescer: Coalescer, upstream: Upstream) -> None:
    upstream.gate.clear()
    first = await start(coalescer, "x")
    under_way = await start(coalescer, "a", "b")
    upstream.close_behind()
    await asyncio.wait(first)
    gathering = await start(coalescer, "c", "d", "d")
    for vanished in (under_way[0], gathering[0], gathering[1]):
        vanished.cancel()
    await asyncio.wait([under_way[0], gathering[0], gathering[1]])
    upstream.gate.set()
    assert (await under_way[1]).message_id == "b"
    assert (await gathering[2]).message_id == "d"
    assert [ids for _, _, ids in upstream.batches] == [["x"], ["a", "b"], ["d"]]


async def test_the_line_goes_on_when_who_went_first_vanishes(
    coalescer: Coalescer, upstream: Upstream
) -> None:
    upstream.gate.clear()
    (first,) = await start(coalescer, "a")
    (second,) = await start(coalescer, "b")
    first.cancel()
    await asyncio.wait([first])
    upstream.gate.set()
    assert (await second).message_id == "b"
    assert [ids for _, _, ids in upstream.batches] == [["a"], ["b"]]


async def test_each_waits_no_longer_than_its_own_deadline(upstream: Upstream) -> None:
    coalescer, upstream.patience = Coalescer(upstream.ask, 0.05), 0.05
    upstream.gate.clear()
    under_way, gathering = await start(coalescer, "a"), await start(coalescer, "b")
    assert await refusal(under_way[0]) == DEADLINE
    assert await refusal(gathering[0]) == DEADLINE
    upstream.gate.set()
    assert (await coalescer.look_up(CALLER, "c", None)).message_id == "c"
    asked = [ids for _, _, ids in upstream.batches]
    assert (asked[0], asked[-1]) == (["a"], ["c"])


async def test_the_time_of_each_begins_when_it_comes(upstream: Upstream) -> None:
    coalescer, loop = Coalescer(upstream.ask, 0.2), asyncio.get_running_loop()
    upstream.patience = 0.2
    upstream.gate.clear()
    waited: list[float] = []

    async def wait(after: float) -> None:
        await asyncio.sleep(after)
        began = loop.time()
        with pytest.raises(RefusedError):
            await coalescer.look_up(CALLER, str(after), None)
        waited.append(loop.time() - began)

    await asyncio.gather(*(wait(number * 0.03) for number in range(10)))
    assert all(0.195 <= seconds < 0.25 for seconds in waited)


async def test_a_document_goes_with_its_neighbours_in_one_batch(
    coalescer: Coalescer, upstream: Upstream
) -> None:
    _, one, many = await asyncio.gather(
        coalescer.look_up(CALLER, "x", None),
        coalescer.look_up(CALLER, "b", None),
        coalescer.look_up_all(CALLER, ["a", "b", "missing"], None),
    )
    assert one.message_id == "b"
    assert many == [MessageStatus(message_id="a"), MessageStatus(message_id="b"), NOT_FOUND]
    assert [ids for _, _, ids in upstream.batches] == [["x"], ["b", "a", "missing"]]


async def test_a_document_is_never_torn_apart(coalescer: Coalescer, upstream: Upstream) -> None:
    document = [f"of-the-document-{number}" for number in range(BATCH_LIMIT)]
    await asyncio.gather(
        coalescer.look_up(CALLER, "x", None),
        coalescer.look_up(CALLER, "a", None),
        coalescer.look_up_all(CALLER, document, None),
        coalescer.look_up(CALLER, "b", None),
    )
    assert [ids for _, _, ids in upstream.batches] == [["x"], ["a"], document, ["b"]]


async def test_a_document_whose_batch_fails_is_refused_as_a_whole(
    coalescer: Coalescer, upstream: Upstream
) -> None:
    down = UpstreamRefusal(grpc.StatusCode.UNAVAILABLE)
    upstream.fault = RefusedError(down)
    with pytest.raises(RefusedError) as caught:
        await coalescer.look_up_all(CALLER, ["a", "b"], None)
    assert caught.value.refusal == down


async def test_a_batch_goes_by_the_request_id_of_its_oldest(coalescer: Coalescer, upstream: Upstream) -> None:
    upstream.gate.clear()
    tasks = await start(coalescer, "a")
    later = [Caller("key-a", f"request-{number}") for number in (2, 3)]
    tasks += [asyncio.create_task(coalescer.look_up(caller, "b", None)) for caller in later]
    await asyncio.sleep(0)
    upstream.gate.set()
    await asyncio.gather(*tasks)
    assert upstream.request_ids == ["request-1", "request-2"]


async def test_nothing_of_an_idle_caller_is_kept(coalescer: Coalescer) -> None:
    for number in range(100):
        await coalescer.look_up(Caller(f"key-{number}", "request"), "a", None)
    await asyncio.sleep(0)
    assert coalescer._gathering == {}
    assert coalescer._senders == set()
