"""Answers questions about routes and callbacks from a SQLite database."""

from collections.abc import Collection

from messagestatus_server.domain.page import Place
from messagestatus_server.domain.raw_callback import RawCallback, Verdict
from messagestatus_server.domain.receipt import Repetition
from messagestatus_server.domain.route import Route
from messagestatus_server.storage.sqlite import callback_statements as statements
from messagestatus_server.storage.sqlite.callback_rows import callback_of, route_of
from messagestatus_server.storage.sqlite.rows import numbers
from messagestatus_server.storage.sqlite.session import Session, Value
from messagestatus_server.storage.sqlite.statement import Statement

_FROM_THE_NEWEST = Place(2**63 - 1, 0)
_BEFORE_ALL = Place(-(2**63), 0)


class SqliteCallbackReading:
    """Implements `callback_store.CallbackReading` over one session."""

    _session: Session

    async def find_route(self, name: str) -> Route | None:
        rows = self._session.tenantless_rows(statements.FIND_ROUTE, name)
        return route_of(rows[0]) if rows else None

    async def routes(self, tenant: int) -> list[Route]:
        return self._routes(tenant)

    async def callbacks(
        self, tenant: int, route: int | None, verdicts: Collection[Verdict], before: int | None, limit: int
    ) -> list[RawCallback]:
        asked: list[tuple[Statement, Value]] = [
            (statements.CALLBACKS_IN_DOUBT, verdict) for verdict in sorted(set(verdicts))
        ]
        if not verdicts or Verdict.TAKEN in verdicts:
            asked = [(statements.CALLBACKS, numbers(frozenset(verdicts)))]
        with self._session.snapshot():
            place = _FROM_THE_NEWEST if before is None else self._place(tenant, before)
            found = [
                callback_of(row)
                for each in self._handles(tenant, route)
                for statement, wanted in asked
                for row in self._session.rows(statement, tenant, each, *place, wanted, limit)
            ]
        return sorted(found, key=_place_of, reverse=True)[:limit]

    async def callbacks_since(
        self, tenant: int, route: int | None, since: int, after: int, limit: int
    ) -> list[RawCallback]:
        with self._session.snapshot():
            found = [
                callback_of(row)
                for each in self._handles(tenant, route)
                for row in self._session.rows(
                    statements.CALLBACKS_SINCE, tenant, each, since, after, Verdict.MALFORMED, limit
                )
            ]
        return sorted(found, key=_place_of)[:limit]

    async def repetitions(self, tenant: int, receipt_keys: Collection[bytes]) -> dict[bytes, Repetition]:
        rows = self._session.rows_of_all(statements.REPETITIONS, tenant, dict.fromkeys(receipt_keys))
        return {key: Repetition(times, last_time) for key, times, last_time in rows}

    def _routes(self, tenant: int) -> list[Route]:
        return [route_of(row) for row in self._session.rows(statements.ROUTES, tenant)]

    def _place(self, tenant: int, callback: int) -> Place:
        rows = self._session.rows(statements.CALLBACK_TIME, tenant, callback)
        return Place(rows[0][0], callback) if rows else _BEFORE_ALL

    def _handles(self, tenant: int, route: int | None) -> list[int]:
        return [each.handle for each in self._routes(tenant)] if route is None else [route]


def _place_of(callback: RawCallback) -> Place:
    return Place(callback.receive_time, callback.callback_id)
