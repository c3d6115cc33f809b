"""Endpoints: created, changed and deleted by those who administer their tenant."""

import secrets as random
from collections.abc import Callable
from typing import NamedTuple

from messagestatus_server.domain.access import Tenant
from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.endpoint_refusals import EndpointLimitReached, EndpointNotFound
from messagestatus_server.domain.identifier import identifier
from messagestatus_server.domain.refusals import FieldInvalid, StoreUnavailable
from messagestatus_server.domain.webhook import DisabledReason, Endpoint, EndpointSpec
from messagestatus_server.service.access import Access
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.naming import check_instance
from messagestatus_server.service.sealing import SealBroken
from messagestatus_server.service.webhooks.endpoint_spec import (
    check_spec,
    is_masked,
    new_signing_secret,
    shown_secret,
)
from messagestatus_server.service.webhooks.secrets import Secrets, Vault
from messagestatus_server.storage.store import Store, Transaction
from messagestatus_server.webhooks.addresses import Allowance
from messagestatus_server.webhooks.signing import public_key

MOST_ENDPOINTS = 50
"""How many endpoints a tenant has at most."""

LONGEST_OVERLAP = 30 * 86_400_000_000
"""For how long the secret before a rotation signs at most, in microseconds."""

_DELETED_AT_ONCE = 500


class ShownEndpoint(NamedTuple):
    """An endpoint as administrators see it; `secret` is told where it is new, and is nowhere else."""

    tenant: Tenant
    endpoint: Endpoint
    authorized: bool = False
    secret: str = ""


class Endpoints:
    """Keeps endpoints. Every change is answered after its commit.

    Args:
        store: Keeps them.
        access: Knows who administers what.
        vault: Seals their secrets.
        allowed: Where they may be.
        clock: Tells the present in microseconds, UTC.
    """

    def __init__(
        self,
        store: Store,
        access: Access,
        *,
        vault: Vault,
        allowed: Allowance,
        clock: Clock,
    ) -> None:
        self._store = store
        self._access = access
        self._vault = vault
        self._allowed = allowed
        self._clock = clock
        self._identity = b""

    async def identity(self) -> bytes:
        """Return what tells this database from others."""
        if not self._identity:
            self._identity = await self._store.feed_identity()
        return self._identity

    async def create(
        self, caller: Caller, tenant_name: str, spec: EndpointSpec, authorization: str
    ) -> ShownEndpoint:
        """Create an endpoint.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
            FieldRequired, FieldInvalid, InstanceNotFound: A field is.
            EndpointLimitReached: The tenant has as many as it may have.
        """
        tenant = await self._access.administered(caller, tenant_name)
        check_spec(spec, authorization, self._allowed)
        if is_masked(authorization):
            raise FieldInvalid("spec.authorization", "has nothing to stay as it is")
        endpoint_id = f"ep_{random.token_hex(8)}"
        signing = new_signing_secret(spec.signing)
        sealed = self._vault.close(endpoint_id, Secrets(signing, authorization=authorization))
        endpoint = Endpoint(
            endpoint_id, tenant.tenant, spec, sealed, self._clock(), public_key=public_key(signing)
        )

        async def work(tx: Transaction) -> None:
            await _check_instances(tx, tenant, spec)
            if len(await tx.endpoints(tenant.tenant)) >= MOST_ENDPOINTS:
                raise EndpointLimitReached(MOST_ENDPOINTS)
            await tx.add_endpoint(endpoint)

        await self._store.write(work)
        return ShownEndpoint(tenant, endpoint, bool(authorization), shown_secret(signing, endpoint))

    async def every(self, caller: Caller, tenant_name: str) -> list[ShownEndpoint]:
        """Return the endpoints of a tenant, the oldest first.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
        """
        tenant = await self._access.administered(caller, tenant_name)
        return [self._shown(tenant, each) for each in await self._store.endpoints(tenant.tenant)]

    async def update(
        self, caller: Caller, tenant_name: str, endpoint_id: str, spec: EndpointSpec, authorization: str
    ) -> ShownEndpoint:
        """Replace what is decided about an endpoint; asterisks leave its authorization as it is.

        Raises:
            Refusal: As `create` does; EndpointNotFound: There is no such endpoint.
        """
        check_spec(spec, authorization, self._allowed)

        def decide(endpoint: Endpoint) -> Endpoint:
            if spec.signing is not endpoint.spec.signing:
                raise FieldInvalid("spec.signing", "cannot be changed; create another endpoint")
            known = self._opened(endpoint)
            kept = known.authorization if is_masked(authorization) else authorization
            sealed = self._vault.close(endpoint.endpoint_id, known._replace(authorization=kept))
            return endpoint._replace(spec=spec, sealed_secrets=sealed)

        tenant, endpoint = await self._change(caller, tenant_name, endpoint_id, decide, spec)
        return self._shown(tenant, endpoint)

    async def rotate(self, caller: Caller, tenant_name: str, endpoint_id: str, overlap: int) -> ShownEndpoint:
        """Give an endpoint a new secret; the one before signs for a time, too, in microseconds.

        Raises:
            TenantDenied, TenantNotFound, EndpointNotFound: There is no such endpoint.
            FieldInvalid: The overlap is too long.
        """
        if not 0 <= overlap <= LONGEST_OVERLAP:
            raise FieldInvalid("overlap", "must be at most 30 days")
        secret = ""

        def decide(endpoint: Endpoint) -> Endpoint:
            nonlocal secret
            secret = new_signing_secret(endpoint.spec.signing)
            known = self._opened(endpoint)
            previous = known.signing if overlap else ""
            sealed = self._vault.close(endpoint.endpoint_id, Secrets(secret, previous, known.authorization))
            return endpoint._replace(
                sealed_secrets=sealed,
                public_key=public_key(secret),
                previous_secret_expire_time=self._clock() + overlap if previous else None,
            )

        tenant, endpoint = await self._change(caller, tenant_name, endpoint_id, decide)
        return self._shown(tenant, endpoint)._replace(secret=shown_secret(secret, endpoint))

    async def set_enabled(
        self, caller: Caller, tenant_name: str, endpoint_id: str, *, enabled: bool
    ) -> ShownEndpoint:
        """Disable an endpoint, or enable it; what waits for it goes on then.

        Raises:
            TenantDenied, TenantNotFound, EndpointNotFound: There is no such endpoint.
        """

        def decide(endpoint: Endpoint) -> Endpoint:
            if enabled:
                return endpoint._replace(disabled_reason=DisabledReason.NONE, failing_since=None)
            return endpoint._replace(disabled_reason=endpoint.disabled_reason or DisabledReason.REQUESTED)

        tenant, endpoint = await self._change(caller, tenant_name, endpoint_id, decide)
        return self._shown(tenant, endpoint)

    async def delete(self, caller: Caller, tenant_name: str, endpoint_id: str) -> None:
        """Delete an endpoint with all that is kept of it, unless there is none.

        Raises:
            TenantDenied, TenantNotFound: The tenant is at fault.
        """
        tenant = await self._access.administered(caller, tenant_name)
        identifier("endpoint_id", endpoint_id)
        try:
            # Nothing more comes meanwhile, so that it comes to an end.
            await self.set_enabled(caller, tenant_name, endpoint_id, enabled=False)
        except EndpointNotFound:
            return
        while await self._store.write(
            lambda tx: tx.delete_endpoint(tenant.tenant, endpoint_id, _DELETED_AT_ONCE)
        ):
            continue

    async def find(self, caller: Caller, tenant_name: str, endpoint_id: str) -> tuple[Tenant, Endpoint]:
        """Return an endpoint that the caller administers, and its tenant.

        Raises:
            TenantDenied, TenantNotFound, EndpointNotFound: There is none.
        """
        tenant = await self._access.administered(caller, tenant_name)
        identifier("endpoint_id", endpoint_id)
        endpoint = await self._store.find_endpoint(tenant.tenant, endpoint_id)
        if endpoint is None:
            raise EndpointNotFound(endpoint_id)
        return tenant, endpoint

    async def _change(
        self,
        caller: Caller,
        tenant_name: str,
        endpoint_id: str,
        decide: Callable[[Endpoint], Endpoint],
        spec: EndpointSpec | None = None,
    ) -> tuple[Tenant, Endpoint]:
        """Decide anew about an endpoint as it is then: what comes of attempts changes it as well."""
        tenant = await self._access.administered(caller, tenant_name)
        identifier("endpoint_id", endpoint_id)

        async def work(tx: Transaction) -> Endpoint:
            known = await tx.find_endpoint(tenant.tenant, endpoint_id)
            if known is None:
                raise EndpointNotFound(endpoint_id)
            if spec is not None:
                await _check_instances(tx, tenant, spec)
            decided = decide(known)
            await tx.replace_endpoint(decided)
            return decided

        return tenant, await self._store.write(work)

    def _opened(self, endpoint: Endpoint) -> Secrets:
        try:
            return self._vault.open(endpoint)
        except SealBroken:
            raise StoreUnavailable from None

    def _shown(self, tenant: Tenant, endpoint: Endpoint) -> ShownEndpoint:
        try:
            authorized = bool(self._vault.open(endpoint).authorization)
        except SealBroken:
            authorized = False
        expire_time = endpoint.previous_secret_expire_time
        if expire_time is not None and expire_time <= self._clock():
            endpoint = endpoint._replace(previous_secret_expire_time=None)
        return ShownEndpoint(tenant, endpoint, authorized)


async def _check_instances(tx: Transaction, tenant: Tenant, spec: EndpointSpec) -> None:
    for instance in sorted(spec.event_filter.instances):
        await check_instance(tx, tenant.tenant, instance)
