"""Stuck messages: those that were marked because no receipt came in time, listed and counted."""

from typing import NamedTuple

from messagestatus_server.domain.awaiting import Stuck, StuckPlace, Waiting
from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.identifier import optional_text
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.page import page_size
from messagestatus_server.domain.refusals import FieldInvalid
from messagestatus_server.service.access import Access
from messagestatus_server.storage.store import Store


class StuckQuery(NamedTuple):
    """Which stuck messages are wanted: those of the caller's tenant, where none is named.

    They are of any provider, and on any channel, that is not named.
    """

    tenant_name: str = ""
    provider: str = ""
    channel: Channel = Channel.UNSPECIFIED


class StuckMessages:
    """Tells administrators which messages are stuck."""

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    async def page(
        self, caller: Caller, query: StuckQuery, after: StuckPlace | None, size: int
    ) -> tuple[list[Stuck], StuckPlace | None]:
        """Return stuck messages, the longest waiting first, and the place where the next page begins.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
            FieldInvalid: Another field is.
        """
        if size < 0:
            raise FieldInvalid("page_size", "must not be negative")
        optional_text("provider", query.provider)
        tenant = await self._access.administered(caller, query.tenant_name)
        size = page_size(size)
        found = await self._store.stuck(tenant.tenant, query.provider, query.channel, after, size + 1)
        shown = found[:size]
        more = len(found) > size
        return shown, StuckPlace(shown[-1].awaited.due_time, shown[-1].handle) if more else None

    async def counts(self, tenant: int) -> list[Waiting]:
        """Return how many messages of a tenant wait and are stuck, of each provider on each channel."""
        return [each for each in await self._store.waiting(tenant) if each.awaited or each.stuck]
