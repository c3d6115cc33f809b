"""The suites, as small as they can be: every line is there, and every answer was right. No time is judged."""

import json
from pathlib import Path

import pytest

from bench import suite
from bench.__main__ import main
from bench.lines import Line, Target
from bench.table import as_markdown, as_text

BRIEFLY = ["--rounds", "1", "--seconds", "0.1", "--warm", "0.02"]


def run(*arguments: str) -> None:
    main([*arguments, *BRIEFLY], standalone_mode=False)


def test_every_line_of_the_suite_has_a_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(suite, "LARGE_REPORT", 20)
    told, page = tmp_path / "told" / "bench.json", tmp_path / "bench.md"
    run("run", "--rows", "5000", "--data", str(tmp_path), "--json", str(told), "--markdown", str(page))
    document = json.loads(told.read_text())
    lines = document["lines"]
    assert len(lines) == 22
    assert all(line["figure"] > 0 for line in lines)
    assert sum(line["target"] is not None for line in lines) == 17
    assert all((line["met"] is None) == (line["target"] is None) for line in lines)
    assert all(figures["rate"] > 0 for figures in document["trials"].values())
    printed = capsys.readouterr().out
    assert all(line["what"] in printed and line["what"] in page.read_text() for line in lines)


def test_two_sizes_are_compared(tmp_path: Path) -> None:
    told = tmp_path / "scale.json"
    run("scale", "--rows", "2000", "--small", "1000", "--data", str(tmp_path), "--json", str(told))
    lines = json.loads(told.read_text())["lines"]
    assert [line["what"].partition(",")[0] for line in lines] == [
        "GetStatus",
        "GetStatus",
        "ListByPhone of 50",
        "ListByPhone of 50",
        "start to first answer",
        "start to first answer",
    ]
    assert all(line["figure"] > 0 for line in lines)


def test_a_missed_target_is_told() -> None:
    lines = [
        Line("more", 2.0, "x", Target(3)),
        Line("less", 2.0, "us", Target(3, at_least=False)),
        Line("as is", 1_234, "B"),
    ]
    shown = as_text(lines).splitlines()
    assert [("MISSED" in row, " met" in row) for row in shown[1:]] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    assert as_markdown(lines).splitlines()[4].startswith("| as is | 1,234 B |")
