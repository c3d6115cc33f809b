"""The journal of callbacks: what carriers sent, as it came, for people to look at."""

from typing import NamedTuple

from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.raw_callback import RawCallback, Verdict
from messagestatus_server.domain.refusals import RouteNotFound
from messagestatus_server.service.access import Access
from messagestatus_server.storage.store import Store

_LARGEST_PAGE = 2 << 20
"""How many bytes the bodies on a page have together at most, unless one alone has more.

Clients of gRPC take no more than 4 MiB unless told.
"""


class ShownCallback(NamedTuple):
    """A callback with the name of its route."""

    route: str
    raw: RawCallback


class CallbackQuery(NamedTuple):
    """Which callbacks are wanted: those of the caller's tenant, where none is named.

    They are of any route that is not named, and of any verdict where there are none.
    """

    tenant_name: str = ""
    route: str = ""
    verdicts: frozenset[Verdict] = frozenset()


class CallbackPage(NamedTuple):
    """Some callbacks, and the number before which the next page begins if there is one."""

    callbacks: list[ShownCallback]
    following: int | None


class CallbackJournal:
    """Shows the callbacks that are kept."""

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    async def page(self, caller: Caller, query: CallbackQuery, before: int | None, size: int) -> CallbackPage:
        """Return callbacks, the newest first, from before a number on.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
            RouteNotFound: There is no such route.
        """
        tenant = (await self._access.administered(caller, query.tenant_name)).tenant
        names = {route.handle: route.name for route in await self._store.routes(tenant)}
        handle = None
        if query.route:
            handle = next((handle for handle, name in names.items() if name == query.route), None)
            if handle is None:
                raise RouteNotFound(query.route)
        found = await self._store.callbacks(tenant, handle, query.verdicts, before, size + 1)
        shown = [ShownCallback(names.get(raw.route, ""), raw) for raw in _fitting(found[:size])]
        return CallbackPage(shown, shown[-1].raw.callback_id if len(shown) < len(found) else None)


def _fitting(callbacks: list[RawCallback]) -> list[RawCallback]:
    size = 0
    for place, callback in enumerate(callbacks):
        size += len(callback.body)
        if place and size > _LARGEST_PAGE:
            return callbacks[:place]
    return callbacks
