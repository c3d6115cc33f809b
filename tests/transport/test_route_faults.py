"""RouteService: a route that cannot be as it is asked for is refused, naming the field."""

from typing import Any

import pytest

from messagestatus.v1 import route_pb2 as route_pb
from messagestatus.v1 import route_service_pb2 as pb
from tests.refused import refusal
from tests.running import Client, Operator, Tenant
from tests.transport.routes import administrator, create, listed


@pytest.fixture
def admin(operator: Operator, tenant: Tenant) -> Client:
    """An administrator of a tenant."""
    return administrator(operator, tenant.name)


SPEC = "spec"

FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"route": ""}, "route"),
    ({"route": "Not-A-Name"}, "route"),
    ({"route": "a" * 64}, "route"),
    ({"route": "a" * 300}, "route"),
    ({"route": "n\0l"}, "route"),
    ({"provider": ""}, "provider"),
    ({"provider": "nobody"}, "provider"),
    ({"secrets": {}}, "secrets.auth_token"),
    ({"secrets": {"auth_token": ""}}, "secrets.auth_token"),
    ({"secrets": {"auth_token": "x" * 4097}}, "secrets.auth_token"),
    ({"secrets": {"auth_token": "n\0l"}}, "secrets.auth_token"),
    ({"secrets": {"auth_token": "t", "other": "x"}}, "secrets.other"),
    ({SPEC: {"settings": {"auth_token": "t"}}}, "spec.settings.auth_token"),
    ({SPEC: {"settings": {"other": "x"}}}, "spec.settings.other"),
    ({"secret_path": 9}, "secret_path"),
    ({SPEC: {"provider_name": "x" * 257}}, "spec.provider_name"),
    ({SPEC: {"provider_name": "n\0l"}}, "spec.provider_name"),
    ({SPEC: {"public_url": "ftp://example.com"}}, "spec.public_url"),
    ({SPEC: {"public_url": "https://"}}, "spec.public_url"),
    ({SPEC: {"public_url": "https://example.com/?a=1"}}, "spec.public_url"),
    ({SPEC: {"public_url": "https://example.com/#a"}}, "spec.public_url"),
    ({SPEC: {"public_url": "https://["}}, "spec.public_url"),
    ({SPEC: {"public_url": "https://example.com:99999"}}, "spec.public_url"),
    ({SPEC: {"public_url": "https://exa mple.com"}}, "spec.public_url"),
    ({SPEC: {"public_url": "https://example.com/" + "x" * 4096}}, "spec.public_url"),
    ({SPEC: {"allowed_networks": ["localhost"]}}, "spec.allowed_networks"),
    ({SPEC: {"allowed_networks": ["192.0.2.1/24"]}}, "spec.allowed_networks"),
    ({SPEC: {"allowed_networks": ["192.0.2.1"] * 1001}}, "spec.allowed_networks"),
    ({SPEC: {"id_forms": [9]}}, "spec.id_forms"),
    ({SPEC: {"id_forms": [0]}}, "spec.id_forms"),
    ({SPEC: {"overrides": [{"word": ""}]}}, "spec.overrides.word"),
    ({SPEC: {"overrides": [{"word": "x" * 257}]}}, "spec.overrides.word"),
    ({SPEC: {"overrides": [{"word": "w", "code": "n\0l"}]}}, "spec.overrides.code"),
    ({SPEC: {"overrides": [{"word": "w", "state": 999}]}}, "spec.overrides.state"),
    ({SPEC: {"overrides": [{"word": "w", "finality": 9}]}}, "spec.overrides.finality"),
    ({SPEC: {"overrides": [{"word": "w", "reason": 999}]}}, "spec.overrides.reason"),
    ({SPEC: {"overrides": [{"word": "w", "precedence": 100}]}}, "spec.overrides.precedence"),
    ({SPEC: {"overrides": [{"word": "w", "precedence": -1}]}}, "spec.overrides.precedence"),
    ({SPEC: {"overrides": [{"word": "w"}] * 1001}}, "spec.overrides"),
    ({SPEC: {"deadlines": [{}]}}, "spec.deadlines.after"),
    ({SPEC: {"deadlines": [{"after": {"seconds": -1}}]}}, "spec.deadlines.after"),
    ({SPEC: {"deadlines": [{"after": {"nanos": 999_999_999}}]}}, "spec.deadlines.after"),
    ({SPEC: {"deadlines": [{"after": {"seconds": 367 * 86_400}}]}}, "spec.deadlines.after"),
    ({SPEC: {"deadlines": [{"after": {"seconds": 2**63 - 1}}]}}, "spec.deadlines.after"),
    ({SPEC: {"deadlines": [{"after": {"seconds": 9}, "channel": 99}]}}, "spec.deadlines.channel"),
    ({SPEC: {"deadlines": [{"after": {"seconds": 9}}] * 2}}, "spec.deadlines.channel"),
    ({SPEC: {"deadlines": [{"after": {"seconds": 9}, "state": 60}]}}, "spec.deadlines.state"),
    ({SPEC: {"deadlines": [{"after": {"seconds": 9}, "state": 999}]}}, "spec.deadlines.state"),
    ({SPEC: {"deadlines": [{"after": {"seconds": 9}}] * 1001}}, "spec.deadlines"),
]


@pytest.mark.parametrize(("fields", "named_field"), FAULTS, ids=[str(fault)[:80] for fault in FAULTS])
def test_a_route_at_fault_is_refused_naming_the_field(
    admin: Client, tenant: Tenant, fields: dict[str, Any], named_field: str
) -> None:
    """The same fault is found when it is decided anew; its text repeats no secret."""
    whole = {"route": tenant.name, "provider": "twilio", "secrets": {"auth_token": "t"}, **fields}
    refused = refusal(admin.routes.CreateRoute, pb.CreateRouteRequest(**whole))
    assert (refused.code.name, refused.fields) == ("INVALID_ARGUMENT", [named_field])
    assert listed(admin) == []
    if named_field not in {"route", "provider"} and fields != {"secrets": {}}:
        create(admin, tenant.name)
        del whole["provider"]
        refused = refusal(admin.routes.UpdateRoute, pb.UpdateRouteRequest(**whole))
        assert (refused.code.name, refused.fields) == ("INVALID_ARGUMENT", [named_field])


@pytest.mark.parametrize(
    ("provider_name", "settings", "field"),
    [
        ("kannel", {"zone": "Europe/Vienn"}, "spec.settings.zone"),
        ("jasmin", {"zone": "+99:00"}, "spec.settings.zone"),
        ("jasmin", {"message_id_field": "smsc"}, "spec.settings.message_id_field"),
        ("telnyx", {"public_key": "AAAA"}, "spec.settings.public_key"),
        ("infobip", {"hmac_algorithm": "MD4"}, "spec.settings.hmac_algorithm"),
    ],
)
def test_a_setting_that_is_misspelled_is_refused_when_it_is_saved(
    admin: Client, tenant: Tenant, provider_name: str, settings: dict[str, str], field: str
) -> None:
    """Nobody finds out afterwards, when the times of a month are wrong."""
    request = pb.CreateRouteRequest(
        route=tenant.name,
        provider=provider_name,
        spec=route_pb.RouteSpec(settings=settings),
        secret_path=pb.SECRET_PATH_NEW,
    )
    assert refusal(admin.routes.CreateRoute, request).fields == [field]


@pytest.mark.parametrize("zone", ["UTC", "+02:00", "-0330", "Europe/Rome", ""])
def test_a_zone_is_an_offset_or_a_name(admin: Client, tenant: Tenant, zone: str) -> None:
    spec = route_pb.RouteSpec(settings={"zone": zone})
    made = create(admin, tenant.name, "kannel", spec=spec, secret_path=pb.SECRET_PATH_NEW)
    assert dict(made.route.spec.settings) == ({"zone": zone} if zone else {})


def test_a_route_that_nothing_protects_is_refused(admin: Client, tenant: Tenant) -> None:
    """Anybody could tell of messages there."""
    request = pb.CreateRouteRequest(route=tenant.name, provider="kannel")
    refused = refusal(admin.routes.CreateRoute, request)
    assert refused.fields == ["secrets, secret_path or spec.allowed_networks"]
    create(admin, tenant.name, "kannel", spec=route_pb.RouteSpec(allowed_networks=["192.0.2.1"]))
    request_update = pb.UpdateRouteRequest(route=tenant.name)
    assert refusal(admin.routes.UpdateRoute, request_update).fields == refused.fields
