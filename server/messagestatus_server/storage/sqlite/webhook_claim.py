"""Claims what is due for an endpoint in a SQLite database."""

from collections.abc import Sequence

from messagestatus_server.domain.outgoing import Outgoing
from messagestatus_server.domain.webhook import Endpoint, Event, coalesced
from messagestatus_server.storage.sqlite import webhook_statements as statements
from messagestatus_server.storage.sqlite.session import Session
from messagestatus_server.storage.sqlite.webhook_rows import outgoing_of

MOST_JOINED = 1_000
"""How many changes of one message become one at once."""

_MOST_PARKED = 2_000
"""How many events are found behind earlier ones in one transaction at most; the next one goes on."""


def claimed(
    session: Session, endpoint: Endpoint, leases: Sequence[int], *, now: int, until: int
) -> list[list[Outgoing]]:
    """Return what is claimed, for each lease that something is due for."""
    size = endpoint.spec.batch_size
    firsts = _firsts(session, endpoint, len(leases) * size, now)
    if endpoint.spec.coalesce_window:
        firsts = [_joined(session, endpoint, event) for event in firsts]
    requests = [
        [event._replace(lease=lease) for event in sorted(firsts[place : place + size])]
        for lease, place in zip(leases, range(0, len(firsts), size), strict=False)
    ]
    session.rows_of_many(
        statements.LEASE,
        endpoint.tenant,
        (
            (endpoint.endpoint_id, event.sequence, until, event.lease)
            for request in requests
            for event in request
        ),
    )
    return requests


def _firsts(session: Session, endpoint: Endpoint, most: int, now: int) -> list[Outgoing]:
    """Return what is due and first of what waits of its message; what is not is parked on the way.

    Something parked is looked at once, however long it waits: it is released when it becomes the first.
    """
    tenant, endpoint_id = endpoint.tenant, endpoint.endpoint_id
    parked = 0
    while True:
        rows = session.rows(statements.DUE, tenant, endpoint_id, now, most)
        behind = [row[0] for row in rows if row[-1]]
        if not behind or parked >= _MOST_PARKED:
            return [outgoing_of(row[:-1]) for row in rows if not row[-1]]
        session.rows_of_many(statements.PARK, tenant, ((endpoint_id, sequence) for sequence in behind))
        parked += len(behind)


def _joined(session: Session, endpoint: Endpoint, first: Outgoing) -> Outgoing:
    """Make one event of an untried one and those that came within its window, for good."""
    if first.attempts or first.lease:
        return first  # it may have been told as it is, be it to somebody who then died
    tenant, endpoint_id = endpoint.tenant, endpoint.endpoint_id
    rows = session.rows(
        statements.FOLLOWING,
        tenant,
        endpoint_id,
        first.message,
        first.sequence,
        first.commit_time + endpoint.spec.coalesce_window,
        MOST_JOINED,
    )
    if not rows:
        return first
    events = [first, *map(outgoing_of, rows)]
    joined = coalesced([_bare(event) for event in events])
    last = events[-1]._replace(change=joined.change, skipped=joined.skipped)
    session.rows_of_many(statements.DROP, tenant, ((endpoint_id, event.sequence) for event in events[:-1]))
    session.rows(
        statements.JOIN,
        tenant,
        endpoint_id,
        last.sequence,
        joined.change.kind,
        joined.change.previous_state,
        joined.skipped,
    )
    return last


def _bare(event: Outgoing) -> Event:
    return Event("", event.message_id, event.instance, event.change, event.commit_time, skipped=event.skipped)
