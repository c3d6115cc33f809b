"""A tenant whose route has deadlines, and what its timer does, in one line."""

from typing import Any

from messagestatus_server.domain.awaiting import Stuck, StuckPlace
from messagestatus_server.domain.message import Channel, Provider
from messagestatus_server.domain.receipt import TIMER, Receipt
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.route import Deadline
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.stuck import StuckQuery
from tests.domain.samples import NOON
from tests.domain.strategies import ACME
from tests.service.arrangements import M
from tests.service.route import Line
from tests.service.workbench import Workbench

SECOND = 1_000_000
HOUR = 3_600 * SECOND
USUAL = Deadline(Channel.UNSPECIFIED, 4 * HOUR)
DUE = NOON + USUAL.after


def line(bench: Workbench, *deadlines: Deadline, name: str = "acme", provider: str = ACME) -> Line:
    """Create a route with deadlines, four hours for everything unless told."""
    return Line(bench, name=name, provider_name=provider, deadlines=deadlines or (USUAL,))


def registration(message_id: str = "m", provider: str = ACME, **said: Any) -> Registration:
    """Return a registration that names its provider, accepted at noon."""
    said = {"provider": Provider(provider, f"p-{message_id}"), "accept_time": NOON, **said}
    return Registration(message_id, **said)


def unsent(message_id: str = "m") -> Registration:
    """Return a registration that names no provider yet, accepted at noon."""
    return Registration(message_id, accept_time=NOON)


def receipt(state: DeliveryState, at: int = 1, message_id: str = "m", **said: Any) -> Receipt:
    """Return a receipt that tells of a time, in seconds after noon."""
    return Receipt(message_id=message_id, state=state, occur_time=NOON + at * SECOND, **said)


def turn(bench: Workbench, now: int | None = None) -> None:
    """Let the timer take a turn, at a time or as it is."""
    bench.now = bench.now if now is None else now
    bench.run(bench.timer.turn())


def awaiting(bench: Workbench) -> list[tuple[Any, ...]]:
    """Return who waits: message, provider, channel, due time, time of the mark."""
    return bench.select(
        "SELECT message_id, provider, awaiting.channel, due_time, mark_time"
        " FROM awaiting JOIN message ON handle = message ORDER BY message_id"
    )


def waits(bench: Workbench) -> list[str]:
    """Return the messages that wait, or are marked."""
    return [message_id for message_id, *_ in awaiting(bench)]


def stuck(
    bench: Workbench, after: StuckPlace | None = None, size: int = 0, **asked: Any
) -> list[tuple[str, DeliveryState]]:
    """Return the stuck messages, each with where it stands."""
    return [(each.message_id, each.state) for each in page(bench, after, size, **asked)[0]]


def page(
    bench: Workbench, after: StuckPlace | None = None, size: int = 0, **asked: Any
) -> tuple[list[Stuck], StuckPlace | None]:
    """Return a page of stuck messages, and the place where the next one begins."""
    return bench.run(bench.stuck.page(bench.caller, StuckQuery(**asked), after, size))


def counts(bench: Workbench) -> dict[tuple[str, Channel], tuple[int, int]]:
    """Return how many messages wait and are stuck, by provider and channel."""
    found = bench.run(bench.stuck.counts(bench.caller.tenant))
    return {(each.provider, each.channel): (each.awaited, each.stuck) for each in found}


def marked(bench: Workbench, *deadlines: Deadline) -> Line:
    """Register a message that no receipt comes for, and let its time pass."""
    route = line(bench, *deadlines)
    bench.register(registration())
    turn(bench, DUE)
    return route


def state_of(bench: Workbench) -> DeliveryState:
    """Return where the message stands."""
    return bench.message(M).standing.state


def marks(bench: Workbench) -> int:
    """Return how often the timer has marked the message."""
    return [each.entry.receipt.source for each in bench.history(M).records].count(TIMER)
