"""Changes which messages of a SQLite database wait for a receipt."""

from collections.abc import Collection, Sequence

from messagestatus_server.domain.awaiting import Awaited, Sweep
from messagestatus_server.domain.message import Message
from messagestatus_server.domain.state import ARRIVALS, FAILURES
from messagestatus_server.storage.sqlite import stuck_statements as statements
from messagestatus_server.storage.sqlite.packing import Packed, packed
from messagestatus_server.storage.sqlite.stuck_reading import SqliteStuckReading

_OUTCOMES = frozenset(map(int, ARRIVALS | FAILURES))


class SqliteStuckTransaction(SqliteStuckReading):
    """Implements `stuck_store.StuckTransaction` over the session of the writer."""

    async def expect(self, tenant: int, awaited: Sequence[tuple[int, Awaited]]) -> None:
        self._session.insert(statements.EXPECT, tenant, [(handle, *each) for handle, each in awaited])

    async def settle(self, tenant: int, handles: Collection[int]) -> None:
        self._session.rows_of_many(statements.SETTLE, tenant, ((handle,) for handle in handles))

    async def settle_marked(self, tenant: int, handles: Collection[int]) -> None:
        self._session.rows_of_many(statements.SETTLE_MARKED, tenant, ((handle,) for handle in handles))

    async def mark(self, tenant: int, handles: Collection[int], now: int) -> None:
        self._session.rows_of_many(statements.MARK, tenant, ((handle, now) for handle in handles))

    async def request_sweep(self, sweep: Sweep) -> None:
        self._session.rows(statements.REQUEST_SWEEP, *_columns(sweep))

    async def sweep(self, sweep: Sweep, limit: int) -> list[tuple[int, Message]]:
        tenant, provider, begin_time, after_id, after_handle = _columns(sweep)
        if not self._session.rows(statements.STANDING_SWEEP, *_columns(sweep)):
            return []
        rows = self._session.rows(
            statements.MESSAGES_OF_SWEEP, tenant, provider, after_id, after_handle, limit
        )
        if len(rows) < limit:
            self._session.rows(statements.END_SWEEP, tenant, provider)
        else:
            message_id, _, handle, *_ = rows[-1]
            self._session.rows(statements.REQUEST_SWEEP, tenant, provider, begin_time, message_id, handle)
        return [
            (row[0], self._message(tenant, tuple(row))) for _, state, *row in rows if state not in _OUTCOMES
        ]


def _columns(sweep: Sweep) -> tuple[int, str, int, Packed, int]:
    tenant, provider, begin_time, after_id, after_handle = sweep
    return tenant, provider, begin_time, packed(after_id), after_handle
