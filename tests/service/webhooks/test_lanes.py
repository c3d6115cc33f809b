"""Lanes: a rate, a number at once, pauses, and a fair share for every tenant."""

import pytest

from messagestatus_server.domain.webhook import Endpoint, EndpointSpec
from messagestatus_server.service.webhooks.lanes import Lanes
from tests.domain.samples import NOON

SECOND = 1_000_000


def endpoint(name: str = "ep", tenant: int = 1, *, rate: int = 50, concurrency: int = 100) -> Endpoint:
    spec = EndpointSpec("https://e.example.com/", rate=rate, concurrency=concurrency)
    return Endpoint(name, tenant, spec, b"", NOON)


@pytest.mark.parametrize(("rate", "burst"), [(1, 1), (9, 1), (50, 5), (10_000, 1_000)])
def test_after_a_silence_a_tenth_of_a_second_is_free(rate: int, burst: int) -> None:
    lanes = Lanes(10**6)
    assert lanes.room(endpoint(rate=rate, concurrency=10**6), NOON) == burst


def test_what_was_taken_comes_back_with_time() -> None:
    lanes, of = Lanes(), endpoint(rate=10)
    assert lanes.room(of, NOON) == 1
    lanes.begin(of)
    assert lanes.room(of, NOON) == 0
    again = lanes.next_time(of, NOON)
    assert again is not None
    assert lanes.room(of, again - SECOND // 50) == 0
    assert lanes.room(of, again) == 1
    assert NOON + SECOND // 10 <= again <= NOON + SECOND // 10 + 2


def test_a_clock_that_is_turned_back_gives_nothing() -> None:
    lanes, of = Lanes(), endpoint(rate=10)
    lanes.room(of, NOON)
    lanes.begin(of)
    assert lanes.room(of, NOON - SECOND) == 0
    assert lanes.room(of, NOON - SECOND + SECOND // 10) == 1


def test_so_many_at_once_whatever_the_rate() -> None:
    lanes, of = Lanes(), endpoint(rate=10_000, concurrency=2)
    assert lanes.room(of, NOON) == 2
    lanes.begin(of)
    lanes.begin(of)
    assert (lanes.room(of, NOON), lanes.next_time(of, NOON)) == (0, None)
    lanes.end(of, 0)
    assert lanes.room(of, NOON) == 1


def test_a_pause_closes_the_lane_and_a_shorter_one_does_not_end_it() -> None:
    lanes, of = Lanes(), endpoint()
    for paused_until in (NOON + 9, NOON + 5):
        lanes.begin(of)
        lanes.end(of, paused_until)
    assert (lanes.room(of, NOON + 8), lanes.next_time(of, NOON + 8)) == (0, NOON + 9)
    assert lanes.room(of, NOON + 9) > 0


def test_a_tenant_takes_as_much_as_it_leaves() -> None:
    lanes = Lanes(12)
    assert lanes.shared(1) == 6
    for _ in range(6):
        lanes.begin(endpoint())
    assert (lanes.shared(1), lanes.shared(2)) == (0, 3)
    assert lanes.shared(2, taken=2) == 2
    for _ in range(6):
        lanes.end(endpoint(), 0)
    assert lanes.shared(1) == 6


def test_lanes_that_nobody_uses_are_forgotten() -> None:
    lanes = Lanes()
    for number in range(10_001):
        lanes.room(endpoint(f"ep_{number}"), NOON)
    assert len(lanes._lanes) == 1
