"""Changes on their way into the outbox of a SQLite database, in the transaction that makes them."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from messagestatus_server.domain.change import Change
from messagestatus_server.domain.outgoing import Outgoing
from messagestatus_server.domain.webhook import EndpointSpec
from messagestatus_server.storage.sqlite import webhook_statements as statements
from messagestatus_server.storage.sqlite.packing import packed
from messagestatus_server.storage.sqlite.session import Session
from messagestatus_server.storage.sqlite.webhook_rows import outgoing_columns, spec_of


class Listener(NamedTuple):
    """An endpoint, as far as it decides what waits for it."""

    endpoint_id: str
    enabled: bool
    spec: EndpointSpec

    def may_want(self, change: Change) -> bool:
        """Tell whether a change may be wanted, as far as it tells of itself; its message may say no later."""
        wanted = self.spec.event_filter
        return (not wanted.kinds or change.kind in wanted.kinds) and (
            not wanted.states or change.state in wanted.states
        )


class Queue:
    """Lets changes wait for the endpoints of their tenant.

    Args:
        session: The session of the transaction.
        on_queued: Told when something waits that did not before.
    """

    def __init__(self, session: Session, on_queued: Callable[[], None]) -> None:
        self._session = session
        self._on_queued = on_queued
        self._listeners: dict[int, list[Listener]] = {}
        self._changing: set[int] = set()

    def append(self, tenant: int, first: int, changes: Sequence[tuple[int, Change]], now: int) -> None:
        """Let changes wait, the first of which has a place in the feed, for those who may want them."""
        for listener in self._of(tenant):
            if not listener.enabled:
                continue
            due_time = now + listener.spec.coalesce_window
            self.put(
                tenant,
                listener.endpoint_id,
                [
                    Outgoing(sequence, handle, change, now)
                    for sequence, (handle, change) in enumerate(changes, first)
                    if listener.may_want(change)
                ],
                now,
                due_time,
            )

    def put(self, tenant: int, endpoint_id: str, events: Sequence[Outgoing], now: int, due_time: int) -> None:
        """Let events wait until a time."""
        if events:
            rows = ((endpoint_id, *outgoing_columns(event, now, due_time)) for event in events)
            self._session.insert(statements.QUEUE, tenant, rows)
            self.note()

    def note(self) -> None:
        """Take note that something waits that did not before."""
        self._on_queued()

    def name(self, tenant: int, handle: int, message_id: str, instance: str) -> None:
        """Remember the name of a message that is deleted, wherever something of it waits or is dead."""
        for listener in self._of(tenant):
            self._session.rows(
                statements.NAME_EVENTS, tenant, listener.endpoint_id, handle, packed(message_id), instance
            )

    def forget(self, tenant: int) -> None:
        """Ask for the endpoints of a tenant anew, each time: whatever changes them may yet be undone."""
        self._listeners.pop(tenant, None)
        self._changing.add(tenant)

    def _of(self, tenant: int) -> list[Listener]:
        known = self._listeners.get(tenant)
        if known is None:
            known = [
                Listener(endpoint_id, not disabled_reason, spec_of(spec))
                for endpoint_id, disabled_reason, spec in self._session.rows(statements.LISTENERS, tenant)
            ]
            if tenant not in self._changing:
                self._listeners[tenant] = known
        return known
