"""Changes endpoints, what waits for them and what was tried, in a SQLite database."""

from collections.abc import Collection, Iterable, Sequence
from itertools import takewhile

from messagestatus_server.domain.message import Message
from messagestatus_server.domain.outgoing import LoggedAttempt, Outgoing, Result, Waiting
from messagestatus_server.domain.webhook import Endpoint
from messagestatus_server.storage.codec import Codec
from messagestatus_server.storage.sqlite import webhook_statements as statements
from messagestatus_server.storage.sqlite.feed_statements import SPAN
from messagestatus_server.storage.sqlite.rows import message_of
from messagestatus_server.storage.sqlite.webhook_claim import claimed
from messagestatus_server.storage.sqlite.webhook_queue import Queue
from messagestatus_server.storage.sqlite.webhook_reading import SqliteWebhookReading
from messagestatus_server.storage.sqlite.webhook_rows import attempt_columns, endpoint_columns, outgoing_of


class SqliteWebhookTransaction(SqliteWebhookReading):
    """Implements `webhook_store.WebhookTransaction` over the session of the writer."""

    _codec: Codec
    _queue: Queue

    async def add_endpoint(self, endpoint: Endpoint) -> None:
        await self.replace_endpoint(endpoint)

    async def replace_endpoint(self, endpoint: Endpoint) -> None:
        self._session.rows(statements.PUT_ENDPOINT, endpoint.tenant, *endpoint_columns(endpoint))
        self._queue.forget(endpoint.tenant)

    async def delete_endpoint(self, tenant: int, endpoint_id: str, limit: int) -> int:
        events = len(self._session.rows(statements.DELETE_EVENTS, tenant, endpoint_id, limit))
        attempts = len(self._session.rows(statements.DELETE_ATTEMPTS, tenant, endpoint_id, limit))
        if max(events, attempts) < limit:
            self._session.rows(statements.DELETE_ENDPOINT, tenant, endpoint_id)
            self._queue.forget(tenant)
        return events + attempts

    async def waiting_endpoints(self) -> list[Waiting]:
        found: list[Waiting] = []
        place = (-1, "")
        while rows := self._session.tenantless_rows(statements.NEXT_WAITING, *place):
            found.append(Waiting(*rows[0]))
            place = found[-1][:2]
        return found

    async def leased(self, tenant: int, endpoint_id: str, now: int) -> int:
        count: int = self._session.rows(statements.LEASED, tenant, endpoint_id, now)[0][0]
        return count

    async def lease(
        self, endpoint: Endpoint, leases: Sequence[int], *, now: int, until: int
    ) -> list[list[Outgoing]]:
        return claimed(self._session, endpoint, leases, now=now, until=until)

    async def known(self, tenant: int, handles: Collection[int]) -> dict[int, Message]:
        rows = self._session.rows_of_many(
            statements.KNOWN_MESSAGE, tenant, ((handle,) for handle in sorted(set(handles)))
        )
        # As of a message of one person: its recipients are not told.
        return {row[0]: message_of(self._codec, (row[0], 0, *row[2:]), []) for row in rows}

    async def finish(self, tenant: int, endpoint_id: str, events: Sequence[Outgoing], now: int) -> None:
        self._session.rows_of_many(
            statements.FINISH, tenant, ((endpoint_id, event.sequence, event.lease) for event in events)
        )
        self._release(tenant, endpoint_id, (event.message for event in events), now)

    async def defer(self, tenant: int, endpoint_id: str, event: Outgoing, due_time: int) -> None:
        self._session.rows(
            statements.DEFER, tenant, endpoint_id, event.sequence, event.lease, due_time, event.attempts
        )

    async def bury(self, tenant: int, endpoint_id: str, event: Outgoing, now: int) -> None:
        self._session.rows(
            statements.BURY, tenant, endpoint_id, event.sequence, event.lease, now, event.attempts
        )
        self._release(tenant, endpoint_id, [event.message], now)

    async def add_attempts(self, tenant: int, endpoint_id: str, attempts: Sequence[LoggedAttempt]) -> None:
        self._session.insert(
            statements.ADD_ATTEMPT, tenant, ((endpoint_id, *attempt_columns(each)) for each in attempts)
        )

    async def dead(
        self, tenant: int, endpoint_id: str, after: tuple[int, int], limit: int
    ) -> list[tuple[int, Outgoing]]:
        rows = self._session.rows(statements.DEAD, tenant, endpoint_id, *after, limit)
        return [(row[-1], outgoing_of(row[:-1])) for row in rows]

    async def revive(self, tenant: int, endpoint_id: str, sequences: Collection[int], now: int) -> None:
        self._session.rows_of_many(
            statements.REVIVE, tenant, ((endpoint_id, sequence, now) for sequence in sequences)
        )
        self._queue.note()

    async def first_change(self, tenant: int, since: int) -> int:
        rows = self._session.rows(SPAN, tenant)
        low: int
        low, high = rows[0] if rows else (0, 0)
        while low < high:
            middle = (low + high) // 2
            rows = self._session.rows(statements.COMMIT_TIME, tenant, middle + 1)
            if not rows or rows[0][1] >= since:
                high = middle
            else:
                low = rows[0][0]
        return low

    async def changes(self, tenant: int, after: int, limit: int) -> list[Outgoing]:
        return [outgoing_of(row) for row in self._session.rows(statements.CHANGES, tenant, after, limit)]

    async def queue(self, tenant: int, endpoint_id: str, events: Sequence[Outgoing], now: int) -> int:
        if not events:
            return 0
        sequences = [event.sequence for event in events]
        rows = self._session.rows(
            statements.KNOWN_EVENTS, tenant, endpoint_id, min(sequences), max(sequences)
        )
        known = {sequence for (sequence,) in rows}
        new = [event for event in events if event.sequence not in known]
        self._queue.put(tenant, endpoint_id, new, now, now)
        return len(new)

    async def forget_events(self, tenant: int, before: int, limit: int) -> int:
        forgotten = 0
        for endpoint in self._endpoints(tenant):
            endpoint_id = endpoint.endpoint_id
            old = self._session.rows(statements.OLD_DEAD, tenant, endpoint_id, before, limit)
            if endpoint.disabled_reason and len(old) < limit:
                oldest = self._session.rows(statements.OLDEST_EVENTS, tenant, endpoint_id, limit - len(old))
                old += [row[:2] for row in takewhile(lambda row: row[2] < before, oldest)]
            self._session.rows_of_many(
                statements.DROP, tenant, ((endpoint_id, sequence) for sequence, _ in old)
            )
            self._release(tenant, endpoint_id, (message for _, message in old), before)
            forgotten += len(old)
        return forgotten

    async def forget_attempts(self, tenant: int, before: int, limit: int) -> int:
        forgotten = 0
        for endpoint in self._endpoints(tenant):
            for result in Result:
                place = tenant, endpoint.endpoint_id, result
                rows = self._session.rows(statements.OLDEST_ATTEMPTS, *place, limit)
                old = [attempt_id for attempt_id, _ in takewhile(lambda row: row[1] < before, rows)]
                if old:
                    self._session.rows(statements.FORGET_ATTEMPTS, *place, old[-1])
                forgotten += len(old)
        return forgotten

    def _release(self, tenant: int, endpoint_id: str, messages: Iterable[int], now: int) -> None:
        self._session.rows_of_many(
            statements.RELEASE, tenant, ((endpoint_id, message, now) for message in dict.fromkeys(messages))
        )
