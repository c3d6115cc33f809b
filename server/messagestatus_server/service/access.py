"""Administration: tenants, instances and keys, as far as the caller administers them."""

from typing import NamedTuple

from messagestatus_server.domain.access import (
    LIVE_KEYS,
    ApiKey,
    Grant,
    Instance,
    Tenant,
    digest,
    is_instance_name,
    is_tenant_name,
    is_token,
    new_key_id,
    new_secret,
    prefix,
)
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.identifier import identifier, optional_text
from messagestatus_server.domain.refusals import (
    FieldInvalid,
    FieldRequired,
    InstanceAlreadyExists,
    KeyAlreadyExists,
    KeyLimitReached,
    KeyNotFound,
    TenantAlreadyExists,
    TenantDenied,
    TenantNotFound,
)
from messagestatus_server.service.authentication import Authentication
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.naming import check_instance
from messagestatus_server.storage.store import Store, Transaction

LONGEST_CLIENT = 100
"""How many characters the name of a client has at most."""


class NewKey(NamedTuple):
    """A key with its secret, which is told once."""

    tenant: Tenant
    key: ApiKey
    secret: str


class Access:
    """Manages who may call. Every change is answered after its commit."""

    def __init__(self, store: Store, authentication: Authentication, clock: Clock) -> None:
        self._store = store
        self._authentication = authentication
        self._clock = clock

    async def create_tenant(self, caller: Caller, name: str) -> Tenant:
        """Create a tenant.

        Raises:
            TenantDenied: The caller is not the operator.
            FieldRequired, FieldInvalid, TenantAlreadyExists: The name is at fault.
        """
        if not caller.operator:
            raise TenantDenied(name)
        if not is_tenant_name(identifier("tenant", name)):
            raise FieldInvalid("tenant", "takes 1 to 63 lower-case letters, digits and inner dashes")
        now = self._clock()

        async def work(tx: Transaction) -> Tenant:
            if await tx.find_tenant(name) is not None:
                raise TenantAlreadyExists(name)
            return await tx.add_tenant(name, now, operator=False)

        return await self._store.write(work)

    async def tenants(self, caller: Caller) -> list[Tenant]:
        """Return the tenants that the caller administers, by name."""
        every = await self._store.tenants()
        return [tenant for tenant in every if caller.operator or tenant.tenant == caller.tenant]

    async def create_instance(self, caller: Caller, tenant_name: str, name: str) -> Instance:
        """Create an instance of a tenant.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
            FieldRequired, FieldInvalid, InstanceAlreadyExists: The name is.
        """
        tenant = await self.administered(caller, tenant_name)
        if not is_instance_name(identifier("instance", name)):
            raise FieldInvalid("instance", "takes 1 to 100 letters, digits, dashes and underscores")
        instance = Instance(name, self._clock())

        async def work(tx: Transaction) -> None:
            if await tx.has_instance(tenant.tenant, name):
                raise InstanceAlreadyExists(name)
            await tx.add_instance(tenant.tenant, instance)

        await self._store.write(work)
        return instance

    async def instances(self, caller: Caller, tenant_name: str) -> list[Instance]:
        """Return the instances of a tenant, by name.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
        """
        tenant = await self.administered(caller, tenant_name)
        return await self._store.instances(tenant.tenant)

    async def create_key(self, caller: Caller, tenant_name: str, grant: Grant) -> NewKey:
        """Create a key with a secret of ours.

        Raises:
            Refusal: As `import_key` does, but for the token.
        """
        return await self._add_key(caller, tenant_name, grant, new_secret())

    async def import_key(self, caller: Caller, tenant_name: str, grant: Grant, token: str) -> NewKey:
        """Create a key whose secret is a token of another system.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
            FieldRequired, FieldInvalid, InstanceNotFound: The grant or the token is.
            KeyAlreadyExists: The token is in use.
            KeyLimitReached: The client has two live keys.
        """
        tenant = await self.administered(caller, tenant_name)
        if not token:
            raise FieldRequired("token")
        if not is_token(token):
            raise FieldInvalid("token", "takes 16 to 512 visible ASCII characters")
        return await self._add_key(caller, tenant.name, grant, token)

    async def keys(self, caller: Caller, tenant_name: str) -> tuple[Tenant, list[ApiKey]]:
        """Return the keys of a tenant, the newest first.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
        """
        tenant = await self.administered(caller, tenant_name)
        return tenant, await self._store.keys(tenant.tenant)

    async def revoke_key(self, caller: Caller, tenant_name: str, key_id: str) -> tuple[Tenant, ApiKey]:
        """Revoke a key; from the answer on, it opens nothing.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
            FieldRequired, KeyNotFound: The key is.
        """
        tenant = await self.administered(caller, tenant_name)
        identifier("key_id", key_id)
        now = self._clock()

        async def work(tx: Transaction) -> ApiKey:
            await tx.revoke_key(tenant.tenant, key_id, now)
            for key in await tx.keys(tenant.tenant):
                if key.key_id == key_id:
                    return key
            raise KeyNotFound(key_id)

        key = await self._store.write(work)
        self._authentication.forget()
        return tenant, key

    async def administered(self, caller: Caller, name: str) -> Tenant:
        """Return a tenant that the caller administers; its own, when no name is given.

        Raises:
            TenantDenied: It is another tenant's, whether there is one or not.
            TenantNotFound: There is no such tenant.
        """
        if name not in {"", caller.tenant_name} and not caller.operator:
            raise TenantDenied(name)
        name = name or caller.tenant_name
        tenant = await self._store.find_tenant(name) if is_tenant_name(name) else None
        if tenant is None:
            raise TenantNotFound(name)
        return tenant

    async def _add_key(self, caller: Caller, tenant_name: str, grant: Grant, secret: str) -> NewKey:
        tenant = await self.administered(caller, tenant_name)
        now = self._clock()
        _check(grant, now)
        key = ApiKey(new_key_id(), grant, prefix(secret), now)
        hashed = digest(secret)

        async def work(tx: Transaction) -> None:
            await check_instance(tx, tenant.tenant, grant.instance)
            if await tx.find_key(hashed) is not None:
                raise KeyAlreadyExists
            held = [
                known
                for known in await tx.keys(tenant.tenant)
                if known.grant.client == grant.client and known.live(now)
            ]
            if len(held) >= LIVE_KEYS:
                raise KeyLimitReached(grant.client, LIVE_KEYS)
            await tx.add_key(tenant.tenant, key, hashed)

        await self._store.write(work)
        return NewKey(tenant, key, secret)


def _check(grant: Grant, now: int) -> None:
    optional_text("grant.client", identifier("grant.client", grant.client), LONGEST_CLIENT)
    optional_text("grant.user_id", grant.user_id)
    if not grant.scopes:
        raise FieldRequired("grant.scopes")
    if Scope.ADMIN in grant.scopes and grant.instance is not None:
        raise FieldInvalid("grant.scopes", "cannot be ADMIN for one instance")
    if grant.user_id and grant.scopes != {Scope.READ}:
        raise FieldInvalid("grant.scopes", "can only be READ for one person")
    if grant.expire_time is not None and grant.expire_time <= now:
        raise FieldInvalid("grant.expire_time", "has passed")
