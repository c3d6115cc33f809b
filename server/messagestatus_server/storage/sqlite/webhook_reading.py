"""Answers questions about webhook endpoints from a SQLite database."""

from collections.abc import Collection

from messagestatus_server.domain.outgoing import LoggedAttempt, Result
from messagestatus_server.domain.webhook import Endpoint
from messagestatus_server.storage.sqlite import webhook_statements as statements
from messagestatus_server.storage.sqlite.packing import packed
from messagestatus_server.storage.sqlite.rows import numbers
from messagestatus_server.storage.sqlite.session import Session
from messagestatus_server.storage.sqlite.webhook_rows import attempt_of, endpoint_of

_AFTER_EVERY_ATTEMPT = 2**63 - 1


class SqliteWebhookReading:
    """Implements `webhook_store.WebhookReading` over one session."""

    _session: Session

    async def endpoints(self, tenant: int) -> list[Endpoint]:
        return self._endpoints(tenant)

    async def find_endpoint(self, tenant: int, endpoint_id: str) -> Endpoint | None:
        rows = self._session.rows(statements.FIND_ENDPOINT, tenant, endpoint_id)
        return endpoint_of(rows[0]) if rows else None

    async def attempts(
        self,
        tenant: int,
        endpoint_id: str,
        *,
        message_id: str,
        results: Collection[Result],
        before: int | None,
        limit: int,
    ) -> list[LoggedAttempt]:
        last = _AFTER_EVERY_ATTEMPT if before is None else before
        if message_id:
            rows = self._session.rows(
                statements.ATTEMPTS_OF_MESSAGE,
                tenant,
                endpoint_id,
                packed(message_id),
                last,
                limit,
                numbers(frozenset(results)),
            )
            return [attempt_of(row) for row in rows]
        with self._session.snapshot():
            found = [
                attempt_of(row)
                for result in set(results) or Result
                for row in self._session.rows(statements.ATTEMPTS, tenant, endpoint_id, result, last, limit)
            ]
        return sorted(found, key=lambda logged: logged.attempt_id, reverse=True)[:limit]

    def _endpoints(self, tenant: int) -> list[Endpoint]:
        found = [endpoint_of(row) for row in self._session.rows(statements.ENDPOINTS, tenant)]
        return sorted(found, key=lambda endpoint: (endpoint.create_time, endpoint.endpoint_id))
