"""Trials: what is asked of whom, in interleaved rounds, and the figures that come of it."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from bench.load.driver import BEGIN, END
from bench.load.plan import Outcome, Plan
from bench.process import Contestant

EVERY_CORE = frozenset(os.sched_getaffinity(0))

_MICRO = 1_000_000


class TrialFailedError(Exception):
    """An answer was wrong, or none came: there is no figure."""


class Figures(NamedTuple):
    """What a trial showed: calls a second, CPU microseconds a call, latencies in milliseconds.

    `written` is how many receipts a second were written all the while.
    """

    rate: float
    cpu: float
    p50: float
    p99: float
    written: float = 0.0


@dataclass(slots=True)
class Receipts:
    """How many receipts a database has taken: none is reported twice."""

    taken: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing to measure.

    Args:
        name: What it is called.
        contestants: Whose processor time counts; the first is asked.
        plan: What is asked.
        pinned: Whether the contestant has a core of its own, and the load generator another.
        writing: What is written all the while, if anything.
        receipts: How many receipts the database has taken.
    """

    name: str
    contestants: Sequence[Contestant]
    plan: Plan
    pinned: bool = False
    writing: Plan | None = None
    receipts: Receipts = field(default_factory=Receipts)


def measure(trials: Sequence[Trial], rounds: int, say: Callable[[str], None]) -> Mapping[str, Figures]:
    """Run every trial in turn, several times over, and return the medians.

    Raises:
        TrialFailedError: Anything went wrong with any answer.
    """
    seen: dict[str, list[Figures]] = {trial.name: [] for trial in trials}
    for number in range(rounds):
        started = time.perf_counter()
        for trial in trials:
            seen[trial.name].append(_run(trial, seed=number))
        say(f"round {number + 1} of {rounds}: {time.perf_counter() - started:.0f} s")
    return {name: Figures(*map(statistics.median, zip(*each, strict=True))) for name, each in seen.items()}


def _run(trial: Trial, seed: int) -> Figures:
    pinned = trial.pinned and len(EVERY_CORE) > 1
    own, other = sorted(EVERY_CORE)[:2] if pinned else (None, None)
    for contestant in trial.contestants:
        contestant.bind(set(EVERY_CORE) if own is None else {own})
    plan = _with_receipts(replace(trial.plan, core=other, seed=seed), trial.receipts)
    writing = None
    if trial.writing is not None:
        # It begins first and ends last.
        during = trial.writing.seconds + plan.warm + plan.seconds
        writing = _Load(_with_receipts(replace(trial.writing, seconds=during), trial.receipts))
        writing.wait_for(BEGIN)
    load = _Load(plan)
    load.wait_for(BEGIN)
    before = _cpu(trial.contestants)
    load.wait_for(END)
    used = _cpu(trial.contestants) - before
    outcome = _judged(load, trial.name, trial.receipts)
    written = 0.0
    if writing is not None:
        wrote = _judged(writing, f"{trial.name}, writing", trial.receipts)
        written = wrote.calls * writing.plan.size / wrote.seconds
    return Figures(
        rate=outcome.calls / outcome.seconds,
        cpu=used * _MICRO / outcome.calls,
        p50=outcome.p50,
        p99=outcome.p99,
        written=written,
    )


def _with_receipts(plan: Plan, receipts: Receipts) -> Plan:
    return replace(plan, first=receipts.taken) if plan.ask.takes_receipts else plan


def _judged(load: "_Load", name: str, receipts: Receipts) -> Outcome:
    outcome = load.outcome()
    if load.plan.ask.takes_receipts:
        receipts.taken += outcome.taken * load.plan.size
    if outcome.failed:
        raise TrialFailedError(f"{name}: {outcome.failed} answers failed, the first: {outcome.fault}")
    return outcome


def _cpu(contestants: Sequence[Contestant]) -> float:
    return sum(contestant.cpu() for contestant in contestants)


class _Load:
    """A load generator at work, in a process of its own."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin is not None
        self._process.stdin.write(f"{plan.to_json()}\n")
        self._process.stdin.close()
        self._last = ""

    def wait_for(self, moment: str) -> None:
        """Return as soon as the moment is told; or when there will be none, because it failed."""
        assert self._process.stdout is not None
        if not self._last.startswith("{"):
            self._last = self._process.stdout.readline().strip()
            assert self._last == moment or self._last.startswith("{"), f"{self.plan}: {self._last!r}"

    def outcome(self) -> Outcome:
        """Wait for the end."""
        assert self._process.stdout is not None
        lines = [self._last, *self._process.stdout.read().splitlines()]
        self._process.wait()
        self._process.stdout.close()
        return Outcome.from_json(lines[-1])
