"""Changes what waits for people, and what is understood better than when it came, in a SQLite database."""

from collections.abc import Collection, Sequence

from messagestatus_server.domain.raw_callback import Quarantined, RawCallback
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.storage.sqlite import callback_statements
from messagestatus_server.storage.sqlite import review_statements as statements
from messagestatus_server.storage.sqlite.callback_rows import quarantined_columns
from messagestatus_server.storage.sqlite.review_reading import SqliteReviewReading
from messagestatus_server.storage.sqlite.rows import receipt_columns
from messagestatus_server.storage.sqlite.session import Value
from messagestatus_server.storage.store import Journalled


class SqliteReviewTransaction(SqliteReviewReading):
    """Implements `review_store.ReviewTransaction` over the session of the writer."""

    async def receipt_handles(self, tenant: int, keys: Collection[bytes]) -> dict[bytes, int | None]:
        return dict(self._session.rows_of_all(statements.RECEIPT_HANDLES, tenant, keys))

    async def replace_receipts(self, tenant: int, entries: Sequence[Entry]) -> None:
        self._session.rows_of_many(statements.REPLACE_RECEIPT, tenant, map(self._replacement, entries))

    async def remove_parked(self, tenant: int, keys: Collection[bytes]) -> int:
        asked = ((key,) for key in dict.fromkeys(keys))
        removed = self._session.rows_of_many(statements.REMOVE_PARKED, tenant, asked)
        self.forget_told(tenant, [key for (key,) in removed])
        return len(removed)

    async def forget_parked(self, tenant: int, before: int, limit: int) -> int:
        return await self.remove_parked(
            tenant, self._session.values(statements.OLD_PARKED, tenant, before, limit)
        )

    async def find_quarantined(self, tenant: int, quarantine_id: int) -> Quarantined | None:
        rows = self._session.rows(statements.FIND_QUARANTINED, tenant, quarantine_id)
        return Quarantined(*rows[0]) if rows else None

    async def faults(self, tenant: int, callbacks: Collection[int]) -> list[Quarantined]:
        rows = self._session.rows_of_many(statements.FAULTS, tenant, ((number,) for number in callbacks))
        return [Quarantined(*row) for row in rows]

    async def put_faults(self, tenant: int, faults: Sequence[Quarantined]) -> None:
        self._session.insert(statements.PUT_FAULT, tenant, map(quarantined_columns, faults))

    async def retell_quarantined(self, tenant: int, items: Sequence[Quarantined]) -> None:
        told = ((item.receipt_key, item.provider, item.word, item.code) for item in items)
        self._session.rows_of_many(statements.RETELL_QUARANTINED, tenant, told)

    async def drop_quarantined(self, tenant: int, quarantine_ids: Collection[int]) -> int:
        asked = ((number,) for number in dict.fromkeys(quarantine_ids))
        return len(self._session.rows_of_many(statements.DROP_QUARANTINED, tenant, asked))

    async def update_callback(self, tenant: int, callback: RawCallback) -> None:
        self._session.rows(
            statements.UPDATE_CALLBACK,
            tenant,
            callback.callback_id,
            callback.verdict,
            callback.explanation,
            callback.items,
            callback.quarantined,
        )

    def forget_told(self, tenant: int, keys: Collection[bytes]) -> None:
        """Remove what is known of receipts besides themselves."""
        for statement in (callback_statements.RELEASE, statements.FORGET_REPETITION):
            self._session.rows_of_many(statement, tenant, ((key,) for key in keys))

    def _replacement(self, entry: Entry) -> tuple[Value, ...]:
        key, _, named, *parked, state, precedence, occur_time, _, content = receipt_columns(
            self._codec, Journalled(entry, None)
        )
        return key, named, *parked, state, precedence, occur_time, content
