"""Tenants, instances and keys."""

from messagestatus_server.domain.access import ApiKey, Grant, Instance, Tenant
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.storage.store import KnownKey, Store

from .samples import NOON, added

DIGEST, DIGEST_2 = b"d" * 32, b"e" * 32
KEY = ApiKey(
    "key_1", Grant("crm", frozenset({Scope.READ, Scope.INGEST}), "line", "ann", NOON + 9), "msk_", NOON
)


async def made(store: Store, name: str, *, operator: bool = False) -> Tenant:
    return await added(store, lambda tx: tx.add_tenant(name, NOON, operator=operator))


class AccessConformance:
    """Who may call."""

    async def test_tenants_are_listed_by_name(self, store: Store) -> None:
        beta, acme = await made(store, "beta", operator=True), await made(store, "acme")
        assert await store.tenants() == [acme, beta]
        assert (beta.operator, acme.operator) == (True, False)
        assert await store.find_tenant("acme") == acme
        assert await store.find_tenant("gone") is None

    async def test_instances_belong_to_their_tenant(self, store: Store) -> None:
        acme, beta = await made(store, "acme"), await made(store, "beta")
        lines = [Instance("two", NOON), Instance("one", NOON + 1)]
        await added(store, lambda tx: tx.add_instance(acme.tenant, lines[0]))
        await added(store, lambda tx: tx.add_instance(acme.tenant, lines[1]))
        assert await store.instances(acme.tenant) == sorted(lines)
        assert await store.instances(beta.tenant) == []
        assert await store.has_instance(acme.tenant, "one")
        assert not await store.has_instance(beta.tenant, "one")
        assert not await store.has_instance(acme.tenant, "three")

    async def test_a_key_is_found_by_its_digest_with_the_caller_it_stands_for(self, store: Store) -> None:
        acme = await made(store, "acme", operator=True)
        await added(store, lambda tx: tx.add_key(acme.tenant, KEY, DIGEST))
        caller = Caller(acme.tenant, "acme", "key_1", KEY.grant.scopes, "line", "ann", operator=True)
        assert await store.find_key(DIGEST) == KnownKey(caller, KEY, DIGEST)
        assert await store.find_key(DIGEST_2) is None

    async def test_keys_are_listed_the_newest_first_for_their_tenant(self, store: Store) -> None:
        acme, beta = await made(store, "acme"), await made(store, "beta")
        older = ApiKey("key_2", Grant("crm", frozenset({Scope.ADMIN})), "abcd", NOON - 1)
        await added(store, lambda tx: tx.add_key(acme.tenant, older, DIGEST_2))
        await added(store, lambda tx: tx.add_key(acme.tenant, KEY, DIGEST))
        assert await store.keys(acme.tenant) == [KEY, older]
        assert await store.keys(beta.tenant) == []

    async def test_a_key_is_revoked_once_and_by_its_own_tenant(self, store: Store) -> None:
        acme, beta = await made(store, "acme"), await made(store, "beta")
        await added(store, lambda tx: tx.add_key(acme.tenant, KEY, DIGEST))
        await added(store, lambda tx: tx.revoke_key(beta.tenant, "key_1", NOON + 1))
        await added(store, lambda tx: tx.revoke_key(acme.tenant, "key_1", NOON + 2))
        await added(store, lambda tx: tx.revoke_key(acme.tenant, "key_1", NOON + 3))
        assert await store.keys(acme.tenant) == [KEY._replace(revoke_time=NOON + 2)]
