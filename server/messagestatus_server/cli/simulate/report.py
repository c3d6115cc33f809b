"""What came of a simulation, in numbers, for people and for machines."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import click

from messagestatus_server.cli.printing import print_table

_SHOWN = 10


class Outcome(NamedTuple):
    """Where a message stands, and where it must stand."""

    message_id: str
    expected: str
    actual: str
    agrees: bool


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came of a simulation.

    Attributes:
        provider: The provider whose carrier was simulated.
        place: The route, or the URL, that was posted to.
        seed: What repeats it.
        messages: How many messages there were.
        events: How many events happened to them.
        lost: How many of them were never told.
        answers: How many callbacks were answered by each status.
        repeated: How many of the callbacks had been posted before.
        seconds: How long the posting took.
        latencies: How long each answer took, in seconds.
        interrupted: Whether it was stopped before its end.
        outcomes: What became of each message; None where nothing was checked.
    """

    provider: str
    place: str
    seed: int
    messages: int
    events: int
    lost: int
    answers: Mapping[str, int]
    repeated: int
    seconds: float
    latencies: Sequence[float]
    interrupted: bool
    outcomes: Sequence[Outcome] | None

    @property
    def posted(self) -> int:
        """How many callbacks were posted."""
        return sum(self.answers.values())

    @property
    def differences(self) -> list[Outcome]:
        """The messages that do not stand where they must."""
        return [outcome for outcome in self.outcomes or () if not outcome.agrees]

    @property
    def is_good(self) -> bool:
        """Whether every message stands where it must; or, where none is checked, all callbacks were taken."""
        taken = sum(times for status, times in self.answers.items() if status.startswith("2"))
        if self.outcomes is None:
            return taken == self.posted
        # Where no callback at all was taken, nothing was shown.
        return not self.differences and (taken > 0 or not self.posted)

    def latency(self, share: float) -> float | None:
        """Return how many milliseconds a share of the answers took at most; None where there are none."""
        if not self.latencies:
            return None
        return round(sorted(self.latencies)[math.ceil(share * len(self.latencies)) - 1] * 1000, 3)

    def document(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {
            "provider": self.provider,
            "place": self.place,
            "seed": self.seed,
            "messages": self.messages,
            "events": {"all": self.events, "lost": self.lost},
            "callbacks": {"posted": self.posted, "repeated": self.repeated, "answers": dict(self.answers)},
            "seconds": round(self.seconds, 3),
            "latency_ms": {f"p{percent}": self.latency(percent / 100) for percent in (50, 95, 99)},
            "interrupted": self.interrupted,
            "states": [
                {"expected": expected, "actual": actual, "messages": count}
                for (expected, actual), count in self._counted()
            ],
            "checked": self.outcomes is not None,
            "differences": {
                "count": len(self.differences),
                "first": [
                    {"message_id": each.message_id, "expected": each.expected, "actual": each.actual}
                    for each in self.differences[:_SHOWN]
                ],
            },
            "good": self.is_good,
        }

    def show(self) -> None:
        """Print the report for people."""
        click.echo(f"{self.provider} at {self.place}: {self.messages:,} messages, seed {self.seed}")
        click.echo(f"events     {self.events:,}, {self.lost:,} of them lost")
        rate = self.posted / self.seconds if self.seconds else 0
        click.echo(
            f"callbacks  {self.posted:,} posted in {self.seconds:.1f} s ({rate:,.0f}/s), "
            f"{self.repeated:,} of them again{', then interrupted' if self.interrupted else ''}"
        )
        answers = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.answers.items()))
        click.echo(f"answers    {answers or 'none'}")
        if self.latencies:
            shares = ", ".join(f"p{percent} {self.latency(percent / 100)} ms" for percent in (50, 95, 99))
            click.echo(f"latency    {shares}")
        if self.outcomes is not None:
            self._show_states(self.outcomes)

    def _show_states(self, outcomes: Sequence[Outcome]) -> None:
        click.echo()
        rows = [(expected, actual, f"{count:,}") for (expected, actual), count in self._counted()]
        print_table(("EXPECTED", "ACTUAL", "MESSAGES"), rows)
        click.echo()
        if self.differences:
            click.echo(f"{len(self.differences):,} messages stand elsewhere than their callbacks imply:")
            print_table(("MESSAGE", "EXPECTED", "ACTUAL"), [each[:3] for each in self.differences[:_SHOWN]])
        elif self.is_good:
            click.echo("Every message stands where its callbacks imply.")
        else:
            click.echo("No callback was taken, so nothing is shown.")
        named = (self.differences or outcomes)[0].message_id
        click.echo(f"Look at one: messagestatus history {named}")

    def _counted(self) -> list[tuple[tuple[str, str], int]]:
        counted = Counter((outcome.expected, outcome.actual) for outcome in self.outcomes or ())
        return counted.most_common()
