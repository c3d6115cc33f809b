"""Shows the lines: as text, as Markdown, and as JSON."""

import json
from collections.abc import Mapping, Sequence

from bench.lines import Line, Target
from bench.trial import Figures

_HEAD = (
    "",
    "figure",
    "target",
    "",
    "requests/s",
    "CPU us",
    "p50/p99 ms",
    "beside: requests/s",
    "CPU us",
    "p50/p99 ms",
)
_MARKS = {True: "met", False: "MISSED", None: ""}
_WHOLE = 100


def as_text(lines: Sequence[Line]) -> str:
    """Return the table with its columns aligned."""
    rows = [_HEAD, *map(_row, lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEAD))]
    return "\n".join(
        f"{row[0]:<{widths[0]}}  "
        + "  ".join(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    )


def as_markdown(lines: Sequence[Line]) -> str:
    """Return the table for a document."""
    alignment = ["---", *["---:"] * (len(_HEAD) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (_HEAD, alignment, *map(_row, lines))) + "\n"


def as_json(lines: Sequence[Line], seen: Mapping[str, Figures], about: Mapping[str, object]) -> str:
    """Return everything that was measured."""
    told = [
        {
            "what": line.what,
            "figure": line.figure,
            "unit": line.unit,
            "target": None if line.target is None else line.target.value,
            "at_least": None if line.target is None else line.target.at_least,
            "met": line.met,
        }
        for line in lines
    ]
    trials = {name: figures._asdict() for name, figures in seen.items()}
    return json.dumps({"about": about, "lines": told, "trials": trials}, indent=1) + "\n"


def _row(line: Line) -> tuple[str, ...]:
    figure = f"{_number(line.figure)} {line.unit}"
    return (
        line.what,
        figure,
        _target(line.target),
        _MARKS[line.met],
        *_cells(line.ours),
        *_cells(line.beside),
    )


def _target(target: Target | None) -> str:
    return "" if target is None else f"{'>=' if target.at_least else '<='} {_number(target.value)}"


def _cells(figures: Figures | None) -> tuple[str, str, str]:
    if figures is None:
        return "", "", ""
    return f"{figures.rate:,.0f}", _number(figures.cpu), f"{figures.p50:.2f}/{figures.p99:.2f}"


def _number(number: float) -> str:
    return f"{number:,.0f}" if number >= _WHOLE else f"{number:.3g}"
