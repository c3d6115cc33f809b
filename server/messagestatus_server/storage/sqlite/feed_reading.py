"""Answers questions about the feed from a SQLite database."""

from itertools import takewhile

from messagestatus_server.domain.change import Change, ChangeKind
from messagestatus_server.domain.feed import Happening, Span
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState, FailureReason
from messagestatus_server.storage.sqlite import feed_statements as statements
from messagestatus_server.storage.sqlite.packing import unpacked
from messagestatus_server.storage.sqlite.session import Row, Session


class SqliteFeedReading:
    """Implements `feed_store.FeedReading` over one session."""

    _session: Session

    async def feed_identity(self) -> bytes:
        identity: bytes = self._session.tenantless_rows(statements.IDENTITY)[0][0]
        return identity

    async def feed_span(self, tenant: int) -> Span:
        rows = self._session.rows(statements.SPAN, tenant)
        return Span(*rows[0]) if rows else Span(0, 0)

    async def happenings(self, tenant: int, after: int, limit: int) -> list[Happening]:
        return [_happening(row) for row in self._session.rows(statements.HAPPENINGS, tenant, after, limit)]


class SqliteFeedTransaction(SqliteFeedReading):
    """Implements `feed_store.FeedTransaction` over the session of the writer."""

    async def forget_changes(self, tenant: int, before: int, limit: int) -> int:
        rows = self._session.rows(statements.OLD_CHANGES, tenant, limit)
        old = [sequence for sequence, _ in takewhile(lambda row: row[1] < before, rows)]
        if old:
            for statement in (statements.FORGET_CHANGES, statements.FORGET_REMOVALS, statements.FORGOTTEN):
                self._session.rows(statement, tenant, old[-1])
        return len(old)


def _happening(row: Row) -> Happening:
    sequence, kind, previous_state, state, reason, change_time, commit_time, *message = row
    message_id, instance, resource, phone, reference_key, channel = message
    return Happening(
        sequence,
        Change(
            ChangeKind(kind),
            DeliveryState(previous_state),
            DeliveryState(state),
            FailureReason(reason),
            change_time,
        ),
        commit_time,
        unpacked(message_id),
        instance,
        resource or b"",
        phone or "",
        unpacked(reference_key) if reference_key else "",
        Channel(channel or 0),
    )
