"""Orphans: receipts whose message is not registered, shown to people, given to a message, or dropped."""

from collections.abc import Sequence
from typing import NamedTuple

from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.explaining import advised
from messagestatus_server.domain.history import Record, parked
from messagestatus_server.domain.identifier import identifier
from messagestatus_server.domain.message import Name
from messagestatus_server.domain.page import Place
from messagestatus_server.domain.refusals import (
    InstanceAmbiguous,
    MessageNotFound,
    ReceiptNotFound,
)
from messagestatus_server.domain.vocabulary import OURS, Lexicon
from messagestatus_server.service.access import Access
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.naming import check_instance
from messagestatus_server.service.policies import Policies
from messagestatus_server.service.reporting import Reported
from messagestatus_server.service.settling import Settling
from messagestatus_server.storage.review_store import Orphan
from messagestatus_server.storage.store import Store, Stored, Transaction

_LOOKED_AT = 2_000
"""How many receipts are looked at for one page of a provider's at most; the page may then be short."""

_AT_ONCE = 500


class OrphanPage(NamedTuple):
    """Some orphans, and the place where the next page begins if there may be one."""

    records: list[Record]
    following: Place | None


class Orphans:
    """Settles receipts that wait for a message. Every change is answered after its commit."""

    def __init__(
        self, store: Store, access: Access, policies: Policies, clock: Clock, lexicon: Lexicon = OURS
    ) -> None:
        self._store = store
        self._access = access
        self._policies = policies
        self._clock = clock
        self._lexicon = lexicon

    async def page(
        self, caller: Caller, tenant_name: str, provider: str, after: Place | None, size: int
    ) -> OrphanPage:
        """Return receipts without a message, the oldest first: of any provider where none is named.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
        """
        tenant = (await self._access.administered(caller, tenant_name)).tenant
        found, following = await self._found(tenant, provider, after, size)
        keys = [orphan.entry.key for orphan in found]
        again = await self._store.repetitions(tenant, keys)
        records = [
            parked(entry)._replace(
                advice=advised(entry.receipt, self._lexicon), repetition=again.get(entry.key)
            )
            for _, entry in found
        ]
        return OrphanPage(records, following)

    async def adopt(self, caller: Caller, tenant_name: str, key: bytes, name: Name) -> Reported:
        """Give a receipt to a message, together with what else is parked under its provider's name.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
            ReceiptNotFound: No such receipt is parked.
            FieldRequired, FieldInvalid, MessageNotFound, InstanceNotFound, InstanceAmbiguous: The message is.
        """
        tenant = (await self._access.administered(caller, tenant_name)).tenant
        identifier("message_id", name.message_id)
        policy = await self._policies.refresh(tenant)

        async def work(tx: Transaction) -> Reported:
            known = await tx.receipts(tenant, [key])
            handles = await tx.receipt_handles(tenant, [key])
            if key not in known or handles[key] is not None:
                raise ReceiptNotFound(key.hex())
            stored = await _only(tx, tenant, name)
            settling = Settling(tx, tenant, self._clock(), policy)
            reported = await settling.adopt(known[key], stored)
            await settling.save()
            return reported

        return await self._store.write(work)

    async def drop(self, caller: Caller, tenant_name: str, keys: Sequence[bytes]) -> int:
        """Drop receipts whose message is not registered, and return how many there were.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
        """
        tenant = (await self._access.administered(caller, tenant_name)).tenant
        return await self._store.write(lambda tx: tx.remove_parked(tenant, keys))

    async def _found(
        self, tenant: int, provider: str, after: Place | None, size: int
    ) -> tuple[list[Orphan], Place | None]:
        found: list[Orphan] = []
        for _ in range(_LOOKED_AT // _AT_ONCE):
            orphans = await self._store.orphans(tenant, after, _AT_ONCE if provider else size + 1)
            for orphan in orphans:
                if len(found) == size:
                    return found, after
                after = orphan.place
                if provider in {"", orphan.entry.receipt.provider.name}:
                    found.append(orphan)
            if len(orphans) < (_AT_ONCE if provider else size + 1):
                return found, None
        return found, after


async def _only(tx: Transaction, tenant: int, name: Name) -> Stored:
    found = await tx.find(tenant, name)
    if not found:
        await check_instance(tx, tenant, name.instance)
        raise MessageNotFound(name.message_id)
    if len(found) > 1:
        raise InstanceAmbiguous(name.message_id)
    return found[0]
