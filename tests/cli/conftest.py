"""A scripted service, and the command line run in this process."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from messagestatus_server.cli import main

from .scripted_service import KEY, ScriptedService


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


class Run(Protocol):
    """Runs `messagestatus` with arguments."""

    def __call__(self, *arguments: str | Path) -> Outcome: ...


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run a command in this process, away from any data directory."""

    def command(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["messagestatus", *map(str, arguments)])
        monkeypatch.setenv("MESSAGESTATUS_DATA", str(tmp_path / "var"))
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return Outcome(ended.value.code, *capsys.readouterr())

    return command


@pytest.fixture(scope="session")
def _scripted() -> Iterator[ScriptedService]:
    with ScriptedService() as service:
        yield service


@pytest.fixture
def service(_scripted: ScriptedService, monkeypatch: pytest.MonkeyPatch) -> ScriptedService:
    """The service with nothing in it, named and opened by the environment."""
    for kept in (_scripted.failures, _scripted.batches, _scripted.receipts, _scripted.imported):
        kept.clear()
    _scripted.stuck.clear()
    _scripted.asked_stuck.clear()
    _scripted.messages.clear()
    _scripted.calls_to_take = None
    monkeypatch.setenv("MESSAGESTATUS_SERVER", _scripted.address)
    monkeypatch.setenv("MESSAGESTATUS_KEY", KEY)
    return _scripted
