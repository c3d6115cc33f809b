"""Housekeeping: what is past its time is forgotten, a little at once, and nothing else is."""

import asyncio
from collections.abc import Sized

import pytest
from click.testing import CliRunner
from structlog.testing import capture_logs

from messagestatus_server.command import main
from messagestatus_server.domain.message import Name, Provider
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.refusals import DiskFull
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service import housekeeping
from messagestatus_server.service.housekeeping import DAY, Forgotten, Housekeeping, Retention
from tests.domain.samples import NOON
from tests.service.review import Review
from tests.service.route import Line, event, settle
from tests.service.workbench import Workbench


def keeping(bench: Workbench, callbacks: int = 30, orphans: int = 4) -> Housekeeping:
    return Housekeeping(bench.store, lambda: bench.now, Retention(callbacks, orphans))


def test_callbacks_and_orphans_are_forgotten_each_in_its_time(inbox: Workbench) -> None:
    line, review = Line(inbox), Review(inbox)
    inbox.register(Registration("m", provider=Provider("twilio", "p1")))
    line.post(event())
    line.post(event("p2", "odd"))
    line.post(event("p2", "odd"))
    inbox.now = NOON + 4 * DAY
    line.post(event("p3", "odd"))
    assert inbox.run(keeping(inbox).turn()) == Forgotten(0, 0)
    inbox.now += 1
    assert inbox.run(keeping(inbox).turn()) == Forgotten(0, 1)
    assert [shown.item.receive_time for shown in review.waiting()] == [NOON + 4 * DAY]
    assert inbox.select("SELECT count(*) FROM repetition") == [(0,)]
    assert len(review.parked()) == 1
    assert len(inbox.history(Name("m")).records) == 1, "what has its message is kept with it"
    inbox.now = NOON + 30 * DAY + 1
    assert inbox.run(keeping(inbox, orphans=60).turn()) == Forgotten(3, 0)
    assert len(line.kept()) == 1


def test_many_are_forgotten_in_small_transactions(inbox: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those of every other tenant."""
    monkeypatch.setattr(housekeeping, "_CALLBACKS", 2)
    monkeypatch.setattr(housekeeping, "_RECEIPTS", 3)
    monkeypatch.setattr(housekeeping, "_PAUSE", 0)
    for name in ("acme", "theirs"):
        line = Line(inbox, name=name)
        for number in range(5):
            line.post(event(f"p{number}"))
        settle(inbox, "strangers")
    inbox.now += 99 * DAY
    writes = 0
    write = inbox.store.write

    def counted(work: object) -> object:
        nonlocal writes
        writes += 1
        return write(work)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox.store, "write", counted)
    assert inbox.run(keeping(inbox).turn()) == Forgotten(10, 10)
    assert writes >= 2 * (3 + 2)


def test_a_full_disk_does_not_end_it(inbox: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.report(Receipt(message_id="m", state=DeliveryState.SENT, occur_time=NOON))
    inbox.now += 99 * DAY
    write, faults = inbox.store.write, [DiskFull(), ValueError()]

    async def failing(work: object) -> object:
        if faults:
            raise faults.pop(0)
        return await write(work)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox.store, "write", failing)

    async def run(lines: Sized) -> None:
        background = keeping(inbox)
        background.start(0.001)
        for _ in range(2_000):
            await asyncio.sleep(0.005)
            if len(lines) >= 3:
                break
        await background.close()

    with capture_logs() as lines:
        inbox.run(run(lines))
    assert [line["event"] for line in lines][:3] == [
        "nothing was forgotten",
        "the housekeeping failed",
        "forgotten",
    ]


def test_it_ends_at_once_when_it_is_told_to(inbox: Workbench) -> None:
    async def run() -> None:
        background = keeping(inbox)
        await background.close()
        background.start(3_600)
        await asyncio.wait_for(background.close(), 1)
        await background.close()

    inbox.run(run())


@pytest.mark.parametrize(
    ("options", "told"), [(["--orphan-days", "3"], "x>=4"), (["--raw-days", "0"], "x>=1")]
)
def test_a_server_keeps_orphans_for_96_hours_at_least(options: list[str], told: str) -> None:
    ended = CliRunner().invoke(main, options)
    assert ended.exit_code == 2
    assert told in ended.output
