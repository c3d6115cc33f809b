"""AccessService: tenants, instances and API keys."""

from messagestatus.v1 import access_pb2 as access_pb
from messagestatus.v1 import access_service_pb2 as pb
from messagestatus_server.domain.access import ApiKey, Grant, Instance, Tenant
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.identifier import optional_text
from messagestatus_server.service.access import Access
from messagestatus_server.transport.instants import micros, timestamp
from messagestatus_server.transport.method import Answer, Method
from messagestatus_server.transport.parsing import enumerated, parsed

SERVICE = "messagestatus.v1.AccessService"


def methods(access: Access) -> list[Method]:
    """Return the methods of the service."""
    answers = _AccessAnswers(access)
    named: dict[str, Answer] = {
        "CreateTenant": answers.create_tenant,
        "ListTenants": answers.list_tenants,
        "CreateInstance": answers.create_instance,
        "ListInstances": answers.list_instances,
        "CreateKey": answers.create_key,
        "ImportKey": answers.import_key,
        "ListKeys": answers.list_keys,
        "RevokeKey": answers.revoke_key,
    }
    return [Method(SERVICE, name, Scope.ADMIN, answer) for name, answer in named.items()]


class _AccessAnswers:
    def __init__(self, access: Access) -> None:
        self._access = access

    async def create_tenant(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.CreateTenantRequest, body)
        tenant = await self._access.create_tenant(caller, request.tenant)
        return pb.CreateTenantResponse(tenant=_tenant(tenant)).SerializeToString()

    async def list_tenants(self, caller: Caller, body: bytes) -> bytes:
        parsed(pb.ListTenantsRequest, body)
        tenants = await self._access.tenants(caller)
        return pb.ListTenantsResponse(tenants=map(_tenant, tenants)).SerializeToString()

    async def create_instance(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.CreateInstanceRequest, body)
        instance = await self._access.create_instance(caller, request.tenant, request.instance)
        return pb.CreateInstanceResponse(instance=_instance(instance)).SerializeToString()

    async def list_instances(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.ListInstancesRequest, body)
        instances = await self._access.instances(caller, request.tenant)
        return pb.ListInstancesResponse(instances=map(_instance, instances)).SerializeToString()

    async def create_key(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.CreateKeyRequest, body)
        made = await self._access.create_key(caller, request.grant.tenant, _grant(request.grant))
        return pb.CreateKeyResponse(key=_key(made.tenant, made.key), secret=made.secret).SerializeToString()

    async def import_key(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.ImportKeyRequest, body)
        made = await self._access.import_key(
            caller, request.grant.tenant, _grant(request.grant), request.token
        )
        return pb.ImportKeyResponse(key=_key(made.tenant, made.key)).SerializeToString()

    async def list_keys(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.ListKeysRequest, body)
        tenant, keys = await self._access.keys(caller, request.tenant)
        return pb.ListKeysResponse(keys=[_key(tenant, key) for key in keys]).SerializeToString()

    async def revoke_key(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.RevokeKeyRequest, body)
        tenant, key = await self._access.revoke_key(caller, request.tenant, request.key_id)
        return pb.RevokeKeyResponse(key=_key(tenant, key)).SerializeToString()


def _grant(proto: pb.KeyGrant) -> Grant:
    expires = proto.HasField("expire_time")
    return Grant(
        client=proto.client,
        scopes=frozenset(enumerated("grant.scopes", Scope, number) for number in proto.scopes),
        instance=optional_text("grant.instance", proto.instance) if proto.HasField("instance") else None,
        user_id=proto.user_id,
        expire_time=micros("grant.expire_time", proto.expire_time) if expires else None,
    )


def _tenant(tenant: Tenant) -> access_pb.Tenant:
    return access_pb.Tenant(
        tenant=tenant.name, operator=tenant.operator, create_time=timestamp(tenant.create_time)
    )


def _instance(instance: Instance) -> access_pb.Instance:
    return access_pb.Instance(instance=instance.name, create_time=timestamp(instance.create_time))


def _key(tenant: Tenant, key: ApiKey) -> access_pb.ApiKey:
    grant = key.grant
    return access_pb.ApiKey(
        key_id=key.key_id,
        tenant=tenant.name,
        client=grant.client,
        prefix=key.prefix,
        scopes=[access_pb.Scope.ValueType(scope) for scope in sorted(grant.scopes)],
        instance=grant.instance,
        user_id=grant.user_id,
        create_time=timestamp(key.create_time),
        expire_time=None if grant.expire_time is None else timestamp(grant.expire_time),
        revoke_time=None if key.revoke_time is None else timestamp(key.revoke_time),
    )
