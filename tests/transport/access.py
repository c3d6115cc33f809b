"""What an operator does to tenants and keys, in one line."""

from typing import Any

from messagestatus.v1 import access_pb2 as access_pb
from messagestatus.v1 import access_service_pb2 as pb
from tests.running import Client

READ, INGEST, ADMIN = access_pb.SCOPE_READ, access_pb.SCOPE_INGEST, access_pb.SCOPE_ADMIN


def grant(tenant: str, client: str = "app", **fields: Any) -> pb.KeyGrant:
    """Return what a key opens: reading, unless it says otherwise."""
    return pb.KeyGrant(**{"tenant": tenant, "client": client, "scopes": [READ], **fields})


def create_key(admin: Client, tenant: str, client: str = "app", **fields: Any) -> pb.CreateKeyResponse:
    """Create a key."""
    return admin.access.CreateKey(pb.CreateKeyRequest(grant=grant(tenant, client, **fields)))


def keys(admin: Client, tenant: str) -> list[access_pb.ApiKey]:
    """Return the keys of a tenant."""
    return list(admin.access.ListKeys(pb.ListKeysRequest(tenant=tenant)).keys)


def revoke(admin: Client, tenant: str, key_id: str) -> access_pb.ApiKey:
    """Revoke a key."""
    return admin.access.RevokeKey(pb.RevokeKeyRequest(tenant=tenant, key_id=key_id)).key
