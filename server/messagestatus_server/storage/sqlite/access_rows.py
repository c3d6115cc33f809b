"""Rows about access to values: tenants, instances and keys."""

from messagestatus_server.domain.access import ApiKey, Grant, Instance, Tenant
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.storage.sqlite.session import Row
from messagestatus_server.storage.store import KnownKey


def tenant_of(row: Row) -> Tenant:
    """Return the tenant of a row."""
    number, name, operator, create_time = row
    return Tenant(number, name, bool(operator), create_time)


def instance_of(row: Row) -> Instance:
    """Return the instance of a row."""
    return Instance(*row)


def key_of(row: Row) -> ApiKey:
    """Return the key of a row."""
    key_id, client, scopes, instance, user_id, expire_time, prefix, create_time, revoke_time = row
    grant = Grant(client, scopes_of(scopes), instance, user_id, expire_time)
    return ApiKey(key_id, grant, prefix, create_time, revoke_time)


def known_key_of(row: Row) -> KnownKey:
    """Return the key of a row that also has its tenant."""
    *columns, tenant, tenant_name, operator, digest = row
    key = key_of(tuple(columns))
    caller = Caller(
        tenant=tenant,
        tenant_name=tenant_name,
        key_id=key.key_id,
        scopes=key.grant.scopes,
        instance=key.grant.instance,
        user_id=key.grant.user_id,
        operator=bool(operator),
    )
    return KnownKey(caller, key, digest)


def scopes_of(names: str) -> frozenset[Scope]:
    """Return the scopes of a column."""
    return frozenset(Scope[name] for name in names.split())


def scopes_column(scopes: frozenset[Scope]) -> str:
    """Return the column of scopes, readable for people."""
    return " ".join(scope.name for scope in sorted(scopes))
