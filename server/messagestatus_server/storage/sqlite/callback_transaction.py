"""Changes routes, callbacks and the quarantine of a SQLite database."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from messagestatus_server.domain.raw_callback import Quarantined, RawCallback, Verdict
from messagestatus_server.domain.route import Route
from messagestatus_server.storage.sqlite import callback_statements as statements
from messagestatus_server.storage.sqlite.callback_reading import SqliteCallbackReading
from messagestatus_server.storage.sqlite.callback_rows import (
    callback_columns,
    quarantined_columns,
    spec_column,
)


class SqliteCallbackTransaction(SqliteCallbackReading):
    """Implements `callback_store.CallbackTransaction` over the session of the writer."""

    async def add_route(self, route: Route) -> None:
        self._session.rows(
            statements.ADD_ROUTE,
            route.tenant,
            route.name,
            route.provider,
            route.spec.provider_name,
            spec_column(route.spec),
            route.sealed_secrets,
            route.path_digest,
            route.create_time,
        )

    async def replace_route(self, route: Route) -> None:
        self._session.rows(
            statements.REPLACE_ROUTE,
            route.tenant,
            route.handle,
            route.spec.provider_name,
            spec_column(route.spec),
            route.sealed_secrets,
            route.path_digest,
        )

    async def delete_route(self, route: Route) -> None:
        for statement in (statements.DELETE_CALLBACKS, statements.DELETE_TALLIES, statements.DELETE_ROUTE):
            self._session.rows(statement, route.tenant, route.handle)

    async def add_callbacks(self, tenant: int, callbacks: Sequence[RawCallback]) -> list[int]:
        if not callbacks:
            return []
        # Counted here, as handles of messages are.
        last = self._session.tenantless_rows(statements.LAST_CALLBACK)
        first = last[0][0] + 1 if last else 1
        ids = list(range(first, first + len(callbacks)))
        self._session.insert(
            statements.ADD_CALLBACK,
            tenant,
            [(number, *callback_columns(each)) for number, each in zip(ids, callbacks, strict=True)],
        )
        came: defaultdict[tuple[int, Verdict], list[int]] = defaultdict(list)
        for each in callbacks:
            came[each.route, each.verdict].append(each.receive_time)
        for (route, verdict), times in came.items():
            await self.count_callbacks(tenant, route, verdict, len(times), max(times))
        return ids

    async def count_callbacks(self, tenant: int, route: int, verdict: Verdict, times: int, now: int) -> None:
        self._session.rows(statements.COUNT_CALLBACKS, tenant, route, verdict, times, now)

    async def add_quarantined(self, tenant: int, items: Sequence[Quarantined]) -> None:
        self._session.insert(statements.ADD_QUARANTINED, tenant, map(quarantined_columns, items))

    async def release(self, tenant: int, receipt_keys: Collection[bytes]) -> None:
        self._session.rows_of_many(statements.RELEASE, tenant, ((key,) for key in receipt_keys))

    async def release_items(self, tenant: int, callback: int) -> None:
        self._session.rows(statements.RELEASE_ITEMS, tenant, callback)

    async def add_repetitions(self, tenant: int, receipt_keys: Sequence[bytes], now: int) -> None:
        self._session.rows_of_many(statements.ADD_REPETITION, tenant, ((key, now) for key in receipt_keys))

    async def forget_callbacks(self, tenant: int, before: int, limit: int) -> int:
        forgotten = 0
        for route in self._routes(tenant):
            rows = self._session.rows(
                statements.FORGET_CALLBACKS, tenant, route.handle, before, limit - forgotten
            )
            forgotten += len(rows)
        return forgotten
