"""The commands behind `make bench` and `make bench-scale`."""

import os
import platform
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

import apsw
import click

from bench import scale, suite
from bench.databases import Databases
from bench.lines import Line, lines, scale_lines
from bench.rows import Rows
from bench.suite import Size
from bench.table import as_json, as_markdown, as_text
from bench.trial import Figures, Trial, TrialFailedError, measure

SMALL = 100_000
"""How many messages the database has that a large one is compared with."""

_FILE = click.Path(dir_okay=False, path_type=Path)


def _shared(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that both commands have."""
    for option in (
        click.option("--markdown", type=_FILE, help="Write the table for a document, too."),
        click.option("--json", "json_", type=_FILE, help="Write everything that was measured, too."),
        click.option(
            "--data", default="var/bench", type=click.Path(path_type=Path), help="Keep databases here."
        ),
        click.option("--warm", default=0.4, help="Seconds before each measurement."),
        click.option("--seconds", default=1.5, help="Seconds of each measurement."),
        click.option("--rounds", default=3, type=click.IntRange(1), help="Rounds; medians are told."),
    ):
        command = option(command)
    return command


@click.group(context_settings={"show_default": True})
def main() -> None:
    """Measure the product beside what would be used in its place."""


@main.command()
@click.option("--rows", default=300_000, type=click.IntRange(500), help="Messages in the database.")
@_shared
def run(
    rows: int, rounds: int, data: Path, json_: Path | None, markdown: Path | None, **given: float
) -> None:
    """Measure everything that has a target, in a few minutes."""
    size = Size(given["seconds"], given["warm"], Rows(rows))
    databases = Databases(data.resolve(), _say)
    databases.product(size.rows)
    with (
        tempfile.TemporaryDirectory(dir=data.resolve(), prefix="run-") as work,
        suite.contestants(databases, size.rows, Path(work)) as who,
    ):
        memory = who.idle_memory()
        seen = _measured(suite.trials(who, size), rounds)
    found = lines(seen, suite.database_bytes(databases, size.rows), memory)
    _show(found, seen, {"rows": rows, "rounds": rounds, **given}, json_, markdown)


@main.command(name="scale")
@click.option("--rows", default=10_000_000, type=click.IntRange(500), help="Messages in the large database.")
@click.option("--small", default=SMALL, type=click.IntRange(500), help="Messages in the small one.")
@_shared
def scale_(  # noqa: PLR0917 - click passes every option by its name
    rows: int, small: int, rounds: int, data: Path, json_: Path | None, markdown: Path | None, **given: float
) -> None:
    """Compare a large database with a small one."""
    both = [Rows(small), Rows(rows)]
    databases = Databases(data.resolve(), _say)
    with ExitStack() as stack:
        who = scale.started(stack, databases, both)
        sizes = [Size(given["seconds"], given["warm"], each) for each in both]
        seen = _measured(scale.trials(who, sizes), rounds)
    starts = {scale.named(each): statistics.median(scale.starting(databases, each, rounds)) for each in both}
    found = scale_lines(seen, scale.named(both[0]), scale.named(both[1]), starts)
    _show(found, seen, {"rows": rows, "small": small, "rounds": rounds, **given}, json_, markdown)


def _measured(trials: Sequence[Trial], rounds: int) -> Mapping[str, Figures]:
    try:
        return measure(trials, rounds, _say)
    except TrialFailedError as fault:
        raise click.ClickException(str(fault)) from fault


def _show(
    found: Sequence[Line],
    seen: Mapping[str, Figures],
    given: Mapping[str, Any],
    json_: Path | None,
    markdown: Path | None,
) -> None:
    click.echo(as_text(found))
    if json_ is not None:
        json_.parent.mkdir(parents=True, exist_ok=True)
        json_.write_text(as_json(found, seen, {**given, **_machine()}))
    if markdown is not None:
        markdown.write_text(as_markdown(found))


def _machine() -> dict[str, object]:
    return {
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "grpcio": version("grpcio"),
        "sqlite": apsw.sqlite_lib_version(),
    }


def _say(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main()
