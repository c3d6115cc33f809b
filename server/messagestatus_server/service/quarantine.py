"""Quarantine: what came in and could not be understood, shown to people, explained by them, or let go."""

from collections.abc import Sequence
from typing import NamedTuple

from messagestatus_server.domain.admission import admitted_receipt
from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.history import on_arrival
from messagestatus_server.domain.raw_callback import Quarantined
from messagestatus_server.domain.receipt import Disposition
from messagestatus_server.domain.refusals import FieldInvalid, FieldRequired, QuarantinedNotFound
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.domain.vocabulary import OURS, Lexicon
from messagestatus_server.service.access import Access
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.policies import Policies
from messagestatus_server.service.refolding import refolded
from messagestatus_server.service.reporting import Reported
from messagestatus_server.storage.store import Store, Transaction


class Meant(NamedTuple):
    """What somebody says that a receipt means; what is usual for the state where a field is unspecified."""

    state: DeliveryState
    finality: Finality = Finality.UNSPECIFIED
    reason: FailureReason = FailureReason.UNSPECIFIED


class ShownItem(NamedTuple):
    """Something in quarantine, with the name of the route that it came in by; empty where it was reported."""

    route: str
    item: Quarantined


class QuarantinePage(NamedTuple):
    """Some of what is in quarantine, and the number after which the next page begins if there is one."""

    items: list[ShownItem]
    following: int | None


class Quarantine:
    """Settles what could not be understood. Every change is answered after its commit."""

    def __init__(
        self, store: Store, access: Access, policies: Policies, clock: Clock, lexicon: Lexicon = OURS
    ) -> None:
        self._store = store
        self._access = access
        self._policies = policies
        self._clock = clock
        self._lexicon = lexicon

    async def page(self, caller: Caller, tenant_name: str, after: int, size: int) -> QuarantinePage:
        """Return what is in quarantine, the oldest first, from after a number on.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
        """
        tenant = (await self._access.administered(caller, tenant_name)).tenant
        found = await self._store.quarantined(tenant, after, size + 1)
        routes = {route.handle: route.name for route in await self._store.routes(tenant)}
        shown = [
            ShownItem("" if item.route is None else routes.get(item.route, ""), item) for item in found[:size]
        ]
        return QuarantinePage(shown, shown[-1].item.quarantine_id if len(found) > size else None)

    async def adopt(self, caller: Caller, tenant_name: str, quarantine_id: int, meant: Meant) -> Reported:
        """Give a meaning to a receipt in quarantine, fold its message anew, and let it go.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
            FieldRequired, FieldInvalid: The state is, or the item has no receipt.
            QuarantinedNotFound: Nothing of that number is in quarantine.
        """
        tenant = (await self._access.administered(caller, tenant_name)).tenant
        if not meant.state:
            raise FieldRequired("state")
        policy = await self._policies.refresh(tenant)

        async def work(tx: Transaction) -> Reported:
            item = await tx.find_quarantined(tenant, quarantine_id)
            if item is None:
                raise QuarantinedNotFound(quarantine_id)
            key = item.receipt_key
            if key is None:
                raise FieldInvalid("quarantine_id", "is an item that could not be read, and has no receipt")
            known = (await tx.receipts(tenant, [key]))[key]
            said = known.receipt._replace(
                state=meant.state, finality=meant.finality, reason=meant.reason or known.receipt.reason
            )
            entry = known._replace(receipt=admitted_receipt(said, self._lexicon))
            await tx.replace_receipts(tenant, [entry])
            await tx.release(tenant, [key])
            handle = (await tx.receipt_handles(tenant, [key]))[key]
            if handle is None:
                return Reported(Disposition.PARKED, key)
            (message,) = await refolded(tx, tenant, [handle], self._clock(), policy)
            disposition, guard = on_arrival(message.before, message.after, entry)
            return Reported(disposition, key, message.after.standing.state, guard)

        return await self._store.write(work)

    async def drop(self, caller: Caller, tenant_name: str, quarantine_ids: Sequence[int]) -> int:
        """Take items out of quarantine, and return how many there were; receipts stay, without a meaning.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
        """
        tenant = (await self._access.administered(caller, tenant_name)).tenant
        return await self._store.write(lambda tx: tx.drop_quarantined(tenant, quarantine_ids))
