"""The ladder: ten attempts over three days, spread a little, and what each answer means."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messagestatus_server.domain.webhook import Attempt, Fault
from messagestatus_server.webhooks.ladder import (
    DELAYS,
    DISABLED_AFTER,
    LONGEST_PAUSE,
    Verdict,
    is_lost,
    next_time,
    pause,
    verdict,
)
from tests.webhooks.telling import endpoint

NOW = 1_700_000_000_000_000
SECOND = 1_000_000
HOUR = 3_600 * SECOND


def middle() -> float:
    return 0.5


def answered(status: int = 0, fault: Fault = Fault.NONE, retry_after: int | None = None) -> Attempt:
    return Attempt(NOW, 1_000, status, fault, retry_after)


def test_the_schedule_is_that_of_standard_webhooks() -> None:
    """Its table, "Time since start", in seconds."""
    hours = [0, 0, 0, 0, 2, 7, 17, 31, 51, 75]
    minutes = [0, 0, 5, 35, 35, 35, 35, 35, 35, 35]
    seconds = [0, *[5] * 9]
    expected = [
        (hour * 3600 + minute * 60 + second) * SECOND
        for hour, minute, second in zip(hours, minutes, seconds, strict=True)
    ]
    assert list(accumulate(DELAYS)) == expected


def test_each_failure_leads_to_the_next_rung_and_the_tenth_to_none() -> None:
    due = [next_time(attempts, NOW, chance=middle) for attempts in range(1, 11)]
    assert due == [*(NOW + delay for delay in DELAYS[1:]), None]


@pytest.mark.parametrize("attempts", range(10))
def test_a_time_is_spread_by_a_fifth_at_most_either_way(attempts: int) -> None:
    earliest = next_time(attempts, 0, chance=lambda: 0.0)
    latest = next_time(attempts, 0, chance=lambda: 1.0)
    assert (earliest, latest) == (round(DELAYS[attempts] * 0.8), round(DELAYS[attempts] * 1.2))


def test_by_itself_the_time_is_random() -> None:
    assert len({next_time(5, NOW) for _ in range(20)}) > 1


@given(st.integers(0, 9), st.integers(-HOUR, 100 * HOUR), st.floats(0, 1, exclude_max=True))
def test_what_the_receiver_asks_for_is_the_least_up_to_a_day(
    attempts: int, asked: int, chance: float
) -> None:
    due = next_time(attempts, NOW, asked, lambda: chance)
    plain = next_time(attempts, NOW, chance=lambda: chance)
    assert due is not None
    assert plain is not None
    assert due >= plain
    assert due >= NOW + min(asked, LONGEST_PAUSE)
    assert due <= max(plain, NOW + round(LONGEST_PAUSE * 1.1))


def test_what_the_receiver_asks_for_does_not_lengthen_the_ladder() -> None:
    assert next_time(10, NOW, SECOND) is None


@pytest.mark.parametrize("status", [*range(200, 207), 226, 299])
def test_every_success_is_told(status: int) -> None:
    assert verdict(answered(status)) is Verdict.TOLD


@pytest.mark.parametrize("status", [0, 100, 101, 199, 300, 304, 400, 404, 409, 411, 429, 500, 502, 504, 999])
def test_everything_else_may_be_tried_again(status: int) -> None:
    assert verdict(answered(status)) is Verdict.FAILED


def test_gone_ends_the_endpoint_whatever_else_is_said() -> None:
    for fault in (Fault.NONE, Fault.TOO_LONG, Fault.CLOSED, Fault.TIMEOUT):
        assert verdict(answered(410, fault)) is Verdict.GONE


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in {Fault.NONE, Fault.TOO_LONG}])
def test_a_fault_undoes_a_success_but_too_long_a_one_does_not(fault: Fault) -> None:
    assert verdict(answered(200, fault)) is Verdict.FAILED
    assert verdict(answered(200, Fault.TOO_LONG)) is Verdict.TOLD


@pytest.mark.parametrize(
    ("attempt", "paused"),
    [
        (answered(429), 10 * SECOND),
        (answered(502), 10 * SECOND),
        (answered(504), 10 * SECOND),
        (answered(429, retry_after=3 * SECOND), 3 * SECOND),
        (answered(503, retry_after=60 * SECOND), 60 * SECOND),
        (answered(503, retry_after=48 * HOUR), LONGEST_PAUSE),
        (answered(503), 0),
        (answered(500), 0),
        (answered(200, retry_after=60 * SECOND), 0),
        (answered(fault=Fault.TIMEOUT), 0),
    ],
)
def test_an_endpoint_with_too_many_requests_is_left_alone_for_a_while(attempt: Attempt, paused: int) -> None:
    assert pause(attempt) == paused


def test_an_endpoint_that_failed_for_five_days_is_lost() -> None:
    failing = endpoint()._replace(failing_since=NOW)
    assert not is_lost(failing, NOW + DISABLED_AFTER - 1)
    assert is_lost(failing, NOW + DISABLED_AFTER)
    assert is_lost(failing, NOW + HOUR, after=HOUR)
    assert not is_lost(failing, NOW + 100 * DISABLED_AFTER, after=0)
    assert not is_lost(endpoint(), NOW + DISABLED_AFTER)
