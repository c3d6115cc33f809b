"""AccessService: keys are made, imported, listed, and stop working when they must."""

import time
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1 import access_service_pb2 as pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import message, moment, register, state_of
from tests.refused import refusal
from tests.running import Operator, Tenant
from tests.transport.access import ADMIN, INGEST, READ, create_key, grant, keys, revoke

ASKING = lookup_pb.GetStatusRequest(message_id="none")


def _opens(operator: Operator, secret: str) -> bool:
    """Tell whether a secret opens anything."""
    reason = refusal(operator.connect(secret).status.GetStatus, ASKING).reason
    assert reason in {"MESSAGE_NOT_FOUND", "CREDENTIAL_INVALID"}
    return reason == "MESSAGE_NOT_FOUND"


def test_a_key_is_shown_with_all_it_opens_but_without_its_secret(operator: Operator, tenant: Tenant) -> None:
    operator.instance(tenant.name, "red")
    made = create_key(
        operator.client,
        tenant.name,
        scopes=[READ, READ],
        instance="red",
        user_id="anna",
        expire_time=Timestamp(seconds=4_000_000_000),
    )
    key = made.key
    assert (key.tenant, key.client, list(key.scopes)) == (tenant.name, "app", [READ])
    assert (key.instance, key.user_id, key.expire_time.seconds) == ("red", "anna", 4_000_000_000)
    assert abs(key.create_time.seconds - time.time()) < 5
    assert not key.HasField("revoke_time")
    assert key in keys(operator.client, tenant.name)
    assert made.secret not in str(keys(operator.client, tenant.name))


def test_a_secret_is_long_and_of_no_other_keys(operator: Operator, tenant: Tenant) -> None:
    """`msk_` and 43 characters of base64: 256 random bits."""
    secrets = [create_key(operator.client, tenant.name, f"c{number}").secret for number in range(20)]
    assert all(secret.startswith("msk_") and len(secret) == 47 for secret in secrets)
    assert len(set(secrets)) == 20


def test_the_prefix_shows_the_start_of_the_secret_and_no_more_than_a_quarter(
    operator: Operator, tenant: Tenant
) -> None:
    made = create_key(operator.client, tenant.name)
    assert made.key.prefix == made.secret[:8]
    request = pb.ImportKeyRequest(grant=grant(tenant.name), token="abcdefghijklmnop")
    assert operator.client.access.ImportKey(request).key.prefix == "abcd"


def test_keys_are_listed_the_newest_first_revoked_ones_too(operator: Operator, tenant: Tenant) -> None:
    first = create_key(operator.client, tenant.name).key.key_id
    second = create_key(operator.client, tenant.name).key.key_id
    revoke(operator.client, tenant.name, first)
    listed = keys(operator.client, tenant.name)
    assert [key.key_id for key in listed][:2] == [second, first]
    assert listed[1].HasField("revoke_time")


def test_a_third_live_key_of_a_client_is_refused(operator: Operator, tenant: Tenant) -> None:
    first = create_key(operator.client, tenant.name)
    create_key(operator.client, tenant.name)
    request = pb.CreateKeyRequest(grant=grant(tenant.name))
    refused = refusal(operator.client.access.CreateKey, request)
    assert (refused.code.name, refused.reason) == ("RESOURCE_EXHAUSTED", "KEY_LIMIT_REACHED")
    assert refused.info == {"client": "app", "limit": "2"}
    create_key(operator.client, tenant.name, "another client")
    create_key(operator.client, operator.tenant().name)
    revoke(operator.client, tenant.name, first.key.key_id)
    create_key(operator.client, tenant.name)


def test_an_expired_key_counts_as_live_no_longer(operator: Operator, tenant: Tenant) -> None:
    soon = Timestamp()
    soon.FromNanoseconds(time.time_ns() + 400_000_000)
    expiring = create_key(operator.client, tenant.name, expire_time=soon).secret
    create_key(operator.client, tenant.name)
    client = operator.connect(expiring)
    assert refusal(client.status.GetStatus, ASKING).reason == "MESSAGE_NOT_FOUND"
    while time.time_ns() < soon.ToNanoseconds():
        refusal(client.status.GetStatus, ASKING)
    assert refusal(client.status.GetStatus, ASKING).reason == "CREDENTIAL_INVALID"
    create_key(operator.client, tenant.name)


def test_a_revoked_key_opens_nothing_from_the_answer_on(operator: Operator, tenant: Tenant) -> None:
    """The server remembers keys for a moment, but not beyond their revocation."""
    made = create_key(operator.client, tenant.name)
    client = operator.connect(made.secret)
    for _ in range(3):
        assert refusal(client.status.GetStatus, ASKING).reason == "MESSAGE_NOT_FOUND"
    revoked = revoke(operator.client, tenant.name, made.key.key_id)
    assert refusal(client.status.GetStatus, ASKING).reason == "CREDENTIAL_INVALID"
    assert revoke(operator.client, tenant.name, made.key.key_id) == revoked


def test_a_key_of_another_tenant_is_not_there_to_revoke(operator: Operator, tenant: Tenant) -> None:
    other = operator.tenant()
    made = create_key(operator.client, other.name)
    for key_id in (made.key.key_id, "key_none"):
        request = pb.RevokeKeyRequest(tenant=tenant.name, key_id=key_id)
        refused = refusal(operator.client.access.RevokeKey, request)
        assert (refused.code.name, refused.reason) == ("NOT_FOUND", "KEY_NOT_FOUND")
        assert refused.info == {"key_id": key_id}
    assert _opens(operator, made.secret)


@pytest.mark.parametrize("token", ["a-token-of-16-ch", "~" * 512, "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}"])
def test_a_token_of_another_system_opens_what_it_was_imported_for(
    operator: Operator, tenant: Tenant, token: str
) -> None:
    unique = token[: 512 - len(tenant.name)] + tenant.name
    assert not _opens(operator, unique)
    request = pb.ImportKeyRequest(grant=grant(tenant.name), token=unique)
    assert operator.client.access.ImportKey(request).key.tenant == tenant.name
    register(tenant.client, message("m"))
    assert state_of(operator.connect(unique), "m") == "QUEUED"


@pytest.mark.parametrize("token", ["", "x" * 15, "x" * 513, "has a space in it", "tab\tinsideofthetoken"])
def test_a_token_of_any_other_form_is_refused(operator: Operator, tenant: Tenant, token: str) -> None:
    request = pb.ImportKeyRequest(grant=grant(tenant.name), token=token)
    refused = refusal(operator.client.access.ImportKey, request)
    assert (refused.code.name, refused.fields) == ("INVALID_ARGUMENT", ["token"])
    assert not token or token not in refused.text


def test_a_token_is_imported_once_for_all_tenants(operator: Operator, tenant: Tenant) -> None:
    """Revoking it does not free it: it would open another door with a key that was given up."""
    token = f"the-token-of-{tenant.name}"
    request = pb.ImportKeyRequest(grant=grant(tenant.name), token=token)
    key_id = operator.client.access.ImportKey(request).key.key_id
    other = pb.ImportKeyRequest(grant=grant(operator.tenant().name), token=token)
    refused = refusal(operator.client.access.ImportKey, other)
    assert (refused.code.name, refused.reason) == ("ALREADY_EXISTS", "KEY_ALREADY_EXISTS")
    assert token not in str(refused)
    revoke(operator.client, tenant.name, key_id)
    assert refusal(operator.client.access.ImportKey, request).reason == "KEY_ALREADY_EXISTS"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"client": ""}, "grant.client"),
        ({"client": "x" * 101}, "grant.client"),
        ({"client": "n\0l"}, "grant.client"),
        ({"scopes": []}, "grant.scopes"),
        ({"scopes": [0]}, "grant.scopes"),
        ({"scopes": [4]}, "grant.scopes"),
        ({"scopes": [ADMIN], "instance": "red"}, "grant.scopes"),
        ({"scopes": [INGEST, READ], "user_id": "anna"}, "grant.scopes"),
        ({"user_id": "x" * 257}, "grant.user_id"),
        ({"user_id": "n\0l"}, "grant.user_id"),
        ({"instance": "n\0l"}, "grant.instance"),
        ({"expire_time": moment(-1)}, "grant.expire_time"),
        ({"expire_time": {"nanos": -1}}, "grant.expire_time"),
    ],
)
def test_a_grant_at_fault_is_refused_naming_the_field(
    operator: Operator, tenant: Tenant, fields: dict[str, Any], named: str
) -> None:
    for call, request in (
        (operator.client.access.CreateKey, pb.CreateKeyRequest(grant=grant(tenant.name, **fields))),
        (
            operator.client.access.ImportKey,
            pb.ImportKeyRequest(grant=grant(tenant.name, **fields), token=f"token-of-{tenant.name}-1234567"),
        ),
    ):
        refused = refusal(call, request)
        assert (refused.code.name, refused.fields) == ("INVALID_ARGUMENT", [named])


def test_a_key_for_an_unknown_instance_is_refused(operator: Operator, tenant: Tenant) -> None:
    request = pb.CreateKeyRequest(grant=grant(tenant.name, instance="green"))
    refused = refusal(operator.client.access.CreateKey, request)
    assert (refused.code.name, refused.reason) == ("NOT_FOUND", "INSTANCE_NOT_FOUND")
