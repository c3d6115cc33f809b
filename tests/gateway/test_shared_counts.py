"""The table of counts: exact, bounded, and right when clocks jump and processes race."""

import hashlib
import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import pytest

from messagestatus_gateway.rate_limit import NO_LIMIT, DialectLimits, RateLimit, StatedLimits
from messagestatus_gateway.shared_counts import SharedCounts, Window

TWO = RateLimit(2, 60)


def key(name: object) -> bytes:
    return hashlib.sha256(str(name).encode()).digest()[:16]


@pytest.fixture
def counts(tmp_path: Path) -> Iterator[SharedCounts]:
    with SharedCounts.in_file(tmp_path / "calls") as opened:
        yield opened


def test_a_window_opens_with_the_first_call_and_closes_after_its_length(counts: SharedCounts) -> None:
    calls = [counts.count(key("a"), now, TWO) for now in (1000.5, 1010, 1060.4, 1060.5)]
    assert calls == [
        Window(2, 1, 1060.5, admitted=True),
        Window(2, 0, 1060.5, admitted=True),
        Window(2, 0, 1060.5, admitted=False),
        Window(2, 1, 1120.5, admitted=True),
    ]


def test_nothing_is_opened_unless_told(counts: SharedCounts) -> None:
    assert counts.count(key("a"), 1000) is None
    counts.count(key("a"), 1000, TWO)
    assert counts.count(key("a"), 1001) == Window(2, 0, 1060, admitted=True)
    assert counts.count(key("a"), 1060) is None


def test_an_open_window_keeps_its_limit(counts: SharedCounts) -> None:
    counts.count(key("a"), 1000, TWO)
    assert counts.count(key("a"), 1001, RateLimit(99, 5)) == Window(2, 0, 1060, admitted=True)


def test_no_limit_is_a_window_too(counts: SharedCounts) -> None:
    for _ in range(3):
        window = counts.count(key("a"), 1000, NO_LIMIT)
        assert window is not None
        assert (window.limit, window.admitted) == (None, True)


def test_a_clock_that_is_set_back_locks_nobody_out(counts: SharedCounts) -> None:
    for _ in range(3):
        counts.count(key("a"), 100_000, TWO)
    assert counts.count(key("a"), 1000, TWO) == Window(2, 1, 1060, admitted=True)


def test_ten_thousand_callers_are_each_counted_exactly(counts: SharedCounts) -> None:
    for now in (1000.0, 1001.0, 1002.0):
        admitted = {counts.count(key(number), now, TWO).admitted for number in range(10_000)}  # type: ignore[union-attr]
        assert admitted == {now < 1002}


def test_the_table_never_grows(counts: SharedCounts, tmp_path: Path) -> None:
    size = (tmp_path / "calls").stat().st_size
    for number in range(70_000):
        counts.count(key(number), 1000, TWO)
    assert (tmp_path / "calls").stat().st_size == size < 4 << 20


def count_often(path: Path, admitted: "multiprocessing.Queue[int]") -> None:
    with SharedCounts.in_file(path) as counts:
        windows = [counts.count(key("a"), 1000, RateLimit(5000, 60)) for _ in range(3000)]
    admitted.put(sum(window.admitted for window in windows if window))


def test_racing_processes_admit_no_call_too_many(tmp_path: Path) -> None:
    spawning = multiprocessing.get_context("spawn")
    admitted: multiprocessing.Queue[int] = spawning.Queue()
    racers = [spawning.Process(target=count_often, args=(tmp_path / "calls", admitted)) for _ in range(3)]
    for racer in racers:
        racer.start()
    assert sum(admitted.get(timeout=30) for _ in racers) == 5000
    for racer in racers:
        racer.join()


def test_a_directory_that_others_may_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(PermissionError), SharedCounts.in_file(tmp_path / "calls"):
        pass


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "calls").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"), SharedCounts.in_file(tmp_path / "calls"):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_limits_are_stated_by_dialect_and_tenant() -> None:
    stated = StatedLimits.parse(["ryze=100/60", "ryze/acme=600/1", "namirial=none", "ryze=5/9"])
    assert stated.dialects == {"ryze", "namirial"}
    assert stated.of("ryze", NO_LIMIT) == DialectLimits(RateLimit(5, 9), {"acme": RateLimit(600, 1)})
    assert stated.of("ryze", NO_LIMIT).of("acme") == RateLimit(600, 1)
    assert stated.of("ryze", NO_LIMIT).of("other") == RateLimit(5, 9)
    assert not stated.of("namirial", TWO)
    assert stated.of("symphony", TWO) == DialectLimits(TWO)


@pytest.mark.parametrize(
    "entry", ["", "ryze", "ryze=", "ryze=5", "ryze=5/0", "ryze=0/5", "ryze/=5/5", "ryze=-1/5", "ryze=1/86401"]
)
def test_what_states_no_limit_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"is not|out of range"):
        StatedLimits.parse([entry])
