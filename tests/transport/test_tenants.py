"""AccessService: tenants and instances, and who administers which."""

import time

import pytest

from messagestatus.v1 import access_service_pb2 as pb
from messagestatus_server.service.first_start import OPERATOR
from tests.refused import refusal
from tests.running import Client, Operator, Tenant
from tests.transport.access import READ


@pytest.fixture
def admin(operator: Operator, tenant: Tenant) -> Client:
    """Connect with a key that administers one tenant."""
    return operator.connect(operator.key(tenant.name, ["ADMIN"], client="admin"))


def test_the_operator_creates_tenants_and_lists_all_of_them_by_name(operator: Operator) -> None:
    made = operator.client.access.CreateTenant(pb.CreateTenantRequest(tenant="zeta-1")).tenant
    assert (made.tenant, made.operator) == ("zeta-1", False)
    assert abs(made.create_time.seconds - time.time()) < 5
    every = [each.tenant for each in operator.client.access.ListTenants(pb.ListTenantsRequest()).tenants]
    assert every == sorted(every)
    assert "zeta-1" in every


def test_exactly_one_tenant_is_the_operators(operator: Operator, tenant: Tenant) -> None:
    every = operator.client.access.ListTenants(pb.ListTenantsRequest()).tenants
    assert [each.tenant for each in every if each.operator] == [OPERATOR]
    assert tenant.name in {each.tenant for each in every}


def test_a_tenant_that_exists_is_not_created_again(operator: Operator, tenant: Tenant) -> None:
    refused = refusal(operator.client.access.CreateTenant, pb.CreateTenantRequest(tenant=tenant.name))
    assert (refused.code.name, refused.reason) == ("ALREADY_EXISTS", "TENANT_ALREADY_EXISTS")
    assert refused.info == {"tenant": tenant.name}


@pytest.mark.parametrize("name", ["a", "9", "a-b", "a" * 63])
def test_lower_case_letters_digits_and_inner_dashes_name_a_tenant(operator: Operator, name: str) -> None:
    made = operator.client.access.CreateTenant(pb.CreateTenantRequest(tenant=name)).tenant
    assert made.tenant == name


@pytest.mark.parametrize("name", ["", "A", "-a", "a-", "a b", "a.b", "é", "a" * 64, "a\n", "n\0l", "_a"])
def test_anything_else_does_not(operator: Operator, name: str) -> None:
    refused = refusal(operator.client.access.CreateTenant, pb.CreateTenantRequest(tenant=name))
    assert (refused.code.name, refused.fields) == ("INVALID_ARGUMENT", ["tenant"])


def test_an_administrator_of_one_tenant_creates_none(admin: Client) -> None:
    refused = refusal(admin.access.CreateTenant, pb.CreateTenantRequest(tenant="mine"))
    assert (refused.code.name, refused.reason) == ("PERMISSION_DENIED", "TENANT_DENIED")
    assert refused.info == {"tenant": "mine"}


def test_an_administrator_of_one_tenant_lists_that_one(admin: Client, tenant: Tenant) -> None:
    listed = admin.access.ListTenants(pb.ListTenantsRequest()).tenants
    assert [each.tenant for each in listed] == [tenant.name]


@pytest.mark.parametrize("exists", [True, False])
def test_another_tenant_is_denied_whether_it_exists_or_not(
    admin: Client, operator: Operator, exists: bool
) -> None:
    other = operator.tenant().name if exists else "nobody-has-this-name"
    grant = pb.KeyGrant(tenant=other, client="c", scopes=[READ])
    for call, request in (
        (admin.access.CreateInstance, pb.CreateInstanceRequest(tenant=other, instance="i")),
        (admin.access.ListInstances, pb.ListInstancesRequest(tenant=other)),
        (admin.access.CreateKey, pb.CreateKeyRequest(grant=grant)),
        (admin.access.ImportKey, pb.ImportKeyRequest(grant=grant, token="t" * 16)),
        (admin.access.ListKeys, pb.ListKeysRequest(tenant=other)),
        (admin.access.RevokeKey, pb.RevokeKeyRequest(tenant=other, key_id="key_1")),
    ):
        refused = refusal(call, request)
        assert (refused.code.name, refused.reason) == ("PERMISSION_DENIED", "TENANT_DENIED")
        assert refused.info == {"tenant": other}


def test_an_unknown_tenant_is_not_found_by_the_operator(operator: Operator) -> None:
    refused = refusal(operator.client.access.ListKeys, pb.ListKeysRequest(tenant="nobody-has-this-name"))
    assert (refused.code.name, refused.reason) == ("NOT_FOUND", "TENANT_NOT_FOUND")


def test_no_tenant_in_a_request_means_the_callers_own(admin: Client, tenant: Tenant) -> None:
    admin.access.CreateInstance(pb.CreateInstanceRequest(instance="red"))
    named = admin.access.ListInstances(pb.ListInstancesRequest(tenant=tenant.name)).instances
    own = admin.access.ListInstances(pb.ListInstancesRequest()).instances
    assert [each.instance for each in own] == [each.instance for each in named] == ["red"]


def test_instances_are_listed_by_name_each_of_its_tenant_alone(operator: Operator, tenant: Tenant) -> None:
    for name in ("red", "Blue", "green_1", "x" * 100):
        operator.instance(tenant.name, name)
    other = operator.tenant()
    operator.instance(other.name, "red")

    def listed(name: str) -> list[str]:
        request = pb.ListInstancesRequest(tenant=name)
        return [each.instance for each in operator.client.access.ListInstances(request).instances]

    assert listed(tenant.name) == ["Blue", "green_1", "red", "x" * 100]
    assert listed(other.name) == ["red"]


def test_an_instance_that_exists_is_not_created_again(operator: Operator, tenant: Tenant) -> None:
    request = pb.CreateInstanceRequest(tenant=tenant.name, instance="red")
    operator.client.access.CreateInstance(request)
    refused = refusal(operator.client.access.CreateInstance, request)
    assert (refused.code.name, refused.reason) == ("ALREADY_EXISTS", "INSTANCE_ALREADY_EXISTS")
    assert refused.info == {"instance": "red"}


@pytest.mark.parametrize("name", ["", "a b", "a.b", "é", "x" * 101, "a\n", "n\0l"])
def test_a_name_that_no_instance_may_have_is_refused(operator: Operator, tenant: Tenant, name: str) -> None:
    request = pb.CreateInstanceRequest(tenant=tenant.name, instance=name)
    refused = refusal(operator.client.access.CreateInstance, request)
    assert (refused.code.name, refused.fields) == ("INVALID_ARGUMENT", ["instance"])
