"""Review on the workbench: what waits is shown, settled and read again, in one line."""

from typing import Any, NamedTuple

from messagestatus_server.domain.message import Name
from messagestatus_server.domain.vocabulary import Lexicon
from messagestatus_server.service.access import Access
from messagestatus_server.service.authentication import Authentication
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.gauges import Gauges, Gauging
from messagestatus_server.service.orphans import Orphans
from messagestatus_server.service.quarantine import Quarantine, ShownItem
from messagestatus_server.service.replaying import Progress, Replay, Replayed, Replaying
from messagestatus_server.service.reporting import Reported
from messagestatus_server.service.stuck import StuckMessages
from tests.service.agreement import check_agreement, check_feed
from tests.service.workbench import WORDS, Workbench


class Told(NamedTuple):
    """What a whole replay told."""

    callbacks: int
    receipts: int
    added: int
    mended: int
    moved: int
    quarantined: int


class Review:
    """The services of review over the store of a workbench, as its caller."""

    def __init__(self, bench: Workbench, lexicon: Lexicon = WORDS) -> None:
        clock: Clock = lambda: bench.now  # noqa: E731 - one line says it
        access = Access(bench.store, Authentication(bench.store, clock), clock)
        policies = bench.policies
        self.bench = bench
        self.lexicon = lexicon
        self.orphans = Orphans(bench.store, access, policies, clock, lexicon)
        self.quarantine = Quarantine(bench.store, access, policies, clock, lexicon)
        self.gauging = Gauging(bench.store, access, StuckMessages(bench.store, access))
        self.replaying = Replaying(bench.store, access, bench.routes, policies, lexicon=lexicon, clock=clock)

    def replay(self, since: int = 0, route: str = "") -> Told:
        """Read everything again, part by part, and return the sums."""
        parts = [self.part(since, route)]
        while parts[-1].following is not None:
            parts.append(self.part(since, route, parts[-1].following))
        return Told(*(sum(told) for told in zip(*(part[:-1] for part in parts), strict=True)))

    def part(self, since: int = 0, route: str = "", begin: Progress | None = None) -> Replayed:
        """Read one part again."""
        return self.bench.run(self.replaying.replay(self.bench.caller, "", Replay(route, since), begin))

    def waiting(self) -> list[ShownItem]:
        """Return all that is in quarantine."""
        return self.bench.run(self.quarantine.page(self.bench.caller, "", 0, 100)).items

    def parked(self, provider: str = "") -> list[bytes]:
        """Return the keys of all orphans."""
        page = self.bench.run(self.orphans.page(self.bench.caller, "", provider, None, 100))
        return [record.entry.key for record in page.records]

    def adopt(self, key: bytes, message_id: str, instance: str | None = None) -> Reported:
        """Give an orphan to a message."""
        return self.bench.run(self.orphans.adopt(self.bench.caller, "", key, Name(message_id, instance)))

    def gauges(self) -> Gauges:
        """Return the gauges."""
        return self.bench.run(self.gauging.gauges(self.bench.caller, ""))


def everything(bench: Workbench) -> list[Any]:
    """Return all that is kept, in whatever order it came."""
    tables = (
        "message",
        "recipient",
        "receipt",
        "quarantine",
        "repetition",
        "callback",
        "callback_tally",
        "change",
    )
    return [bench.select(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in tables]


def changes_nothing(review: Review) -> None:
    """Hold that another replay finds all as it must be."""
    before = everything(review.bench)
    told = review.replay()
    assert (told.added, told.mended, told.moved) == (0, 0, 0)
    assert everything(review.bench) == before
    check_agreement(review.bench)
    check_feed(review.bench)
