"""Answers questions about routes and callbacks from a SQLite database."""

from collections.abc import Collection

from messagestatus_server.domain.raw_callback import RawCallback, Verdict
from messagestatus_server.domain.receipt import Repetition
from messagestatus_server.domain.route import Route
from messagestatus_server.storage.sqlite import callback_statements as statements
from messagestatus_server.storage.sqlite.callback_rows import callback_of, route_of
from messagestatus_server.storage.sqlite.rows import numbers
from messagestatus_server.storage.sqlite.session import Session


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
        asked = numbers(frozenset(verdicts))
        with self._session.snapshot():
            found = [
                callback_of(row)
                for each in self._handles(tenant, route)
                for row in self._session.rows(statements.CALLBACKS, tenant, each, before, asked, limit)
            ]
        return sorted(found, key=lambda callback: callback.callback_id, reverse=True)[:limit]

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
        return sorted(found, key=lambda callback: (callback.receive_time, callback.callback_id))[:limit]

    async def repetitions(self, tenant: int, receipt_keys: Collection[bytes]) -> dict[bytes, Repetition]:
        rows = self._session.rows_of_all(statements.REPETITIONS, tenant, dict.fromkeys(receipt_keys))
        return {key: Repetition(times, last_time) for key, times, last_time in rows}

    def _routes(self, tenant: int) -> list[Route]:
        return [route_of(row) for row in self._session.rows(statements.ROUTES, tenant)]

    def _handles(self, tenant: int, route: int | None) -> list[int]:
        return [each.handle for each in self._routes(tenant)] if route is None else [route]
