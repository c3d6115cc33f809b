"""The first start: a tenant for the operator, and the key that opens everything else."""

from messagestatus_server.domain.access import ApiKey, Grant, digest, new_key_id, prefix
from messagestatus_server.domain.caller import Scope
from messagestatus_server.service.clock import Clock
from messagestatus_server.storage.store import Store, Transaction

OPERATOR = "default"
"""The tenant that the first start makes; its administrators administer every tenant."""


async def make_operator(store: Store, clock: Clock, secret: str) -> bool:
    """Make the operator's tenant with one key, unless there is a tenant; tell whether it was made."""
    now = clock()
    grant = Grant("admin", frozenset(Scope))
    key = ApiKey(new_key_id(), grant, prefix(secret), now)

    async def work(tx: Transaction) -> bool:
        if await tx.tenants():
            return False
        tenant = await tx.add_tenant(OPERATOR, now, operator=True)
        await tx.add_key(tenant.tenant, key, digest(secret))
        return True

    return await store.write(work)
