"""Answers questions about what waits for people from a SQLite database."""

from messagestatus_server.domain.page import Place
from messagestatus_server.domain.raw_callback import Quarantined, Verdict
from messagestatus_server.storage.codec import Codec
from messagestatus_server.storage.review_store import Orphan, Orphans, Tally
from messagestatus_server.storage.sqlite import review_statements as statements
from messagestatus_server.storage.sqlite.rows import entry_of
from messagestatus_server.storage.sqlite.session import Session

_FROM_THE_OLDEST = Place(-(2**63), 0)


class SqliteReviewReading:
    """Implements `review_store.ReviewReading` over one session."""

    _session: Session
    _codec: Codec

    async def orphans(self, tenant: int, after: Place | None, limit: int) -> list[Orphan]:
        rows = self._session.rows(statements.ORPHANS, tenant, *(after or _FROM_THE_OLDEST), limit)
        entries = [(number, entry_of(self._codec, tuple(row))) for number, *row in rows]
        return [Orphan(Place(entry.receive_time, number), entry) for number, entry in entries]

    async def quarantined(self, tenant: int, after: int, limit: int) -> list[Quarantined]:
        return [Quarantined(*row) for row in self._session.rows(statements.QUARANTINED, tenant, after, limit)]

    async def orphan_counts(self, tenant: int) -> list[Orphans]:
        with self._session.snapshot():
            return [
                Orphans(provider or "", receipts, self._receive_time(tenant, first))
                for provider, receipts, first in self._session.rows(statements.ORPHAN_COUNTS, tenant)
            ]

    async def quarantined_count(self, tenant: int) -> int:
        count: int = self._session.rows(statements.QUARANTINED_COUNT, tenant)[0][0]
        return count

    async def tallies(self, tenant: int) -> list[Tally]:
        return [
            Tally(route, Verdict(verdict), callbacks, last_time)
            for route, verdict, callbacks, last_time in self._session.rows(statements.TALLIES, tenant)
        ]

    def _receive_time(self, tenant: int, number: int) -> int:
        time: int = self._session.rows(statements.RECEIVE_TIME, tenant, number)[0][0]
        return time
