"""Answers from a SQLite database which messages wait for a receipt, and which waited in vain."""

from abc import ABC, abstractmethod
from heapq import merge
from itertools import islice

from messagestatus_server.domain.awaiting import Awaited, Due, Stuck, StuckPlace, Sweep, Waiting
from messagestatus_server.domain.message import Channel, Message
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.storage.sqlite import stuck_statements as statements
from messagestatus_server.storage.sqlite.packing import unpacked
from messagestatus_server.storage.sqlite.session import Row, Session

_FROM_THE_START = StuckPlace(-(2**63), 0)


class SqliteStuckReading(ABC):
    """Implements `stuck_store.StuckReading` over one session."""

    _session: Session

    async def waiting_tenants(self) -> list[int]:
        tenants: list[int] = []
        while found := self._session.tenantless_rows(
            statements.NEXT_WAITING_TENANT, tenants[-1] if tenants else -1
        ):
            tenants.append(found[0][0])
        return tenants

    async def due(self, tenant: int, now: int, limit: int) -> list[Due]:
        with self._session.snapshot():
            rows = self._session.rows(statements.DUE, tenant, now, limit)
            return [
                Due(row[0], Awaited(provider, Channel(channel), due_time), self._message(tenant, tuple(row)))
                for provider, channel, due_time, *row in rows
            ]

    async def stuck(
        self, tenant: int, provider: str, channel: Channel, after: StuckPlace | None, limit: int
    ) -> list[Stuck]:
        place = after or _FROM_THE_START
        with self._session.snapshot():
            # Of each provider and channel in its own right order, and few of them.
            each = [
                self._stuck(tenant, waiting, place, limit)
                for waiting in self._waiting(tenant)
                if waiting.stuck
                and provider in {"", waiting.provider}
                and channel in {Channel.UNSPECIFIED, waiting.channel}
            ]
        return list(islice(merge(*each, key=_place), limit))

    async def waiting(self, tenant: int) -> list[Waiting]:
        return self._waiting(tenant)

    async def begun_sweep(self, now: int) -> Sweep | None:
        for tenant, provider, begin_time, after_id, after in self._session.tenantless_rows(
            statements.BEGUN_SWEEP, now
        ):
            return Sweep(tenant, provider, begin_time, unpacked(after_id), after)
        return None

    @abstractmethod
    def _message(self, tenant: int, row: Row) -> Message:
        """Return the message of a row, with its recipients."""

    def _waiting(self, tenant: int) -> list[Waiting]:
        rows = self._session.rows(statements.WAITING, tenant)
        return [
            Waiting(provider, Channel(channel), awaited, stuck) for provider, channel, awaited, stuck in rows
        ]

    def _stuck(self, tenant: int, waiting: Waiting, place: StuckPlace, limit: int) -> list[Stuck]:
        provider, channel = waiting[:2]
        rows = self._session.rows(statements.STUCK, tenant, provider, channel, *place, limit)
        return [
            Stuck(
                handle,
                unpacked(message_id),
                instance,
                DeliveryState(state),
                Awaited(provider, channel, due_time),
                mark_time,
            )
            for handle, message_id, instance, state, due_time, mark_time in rows
        ]


def _place(stuck: Stuck) -> StuckPlace:
    return StuckPlace(stuck.awaited.due_time, stuck.handle)
