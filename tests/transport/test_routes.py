"""RouteService: what administrators decide about where callbacks come in, and what they are refused."""

import pytest
from google.protobuf.duration_pb2 import Duration

from messagestatus.v1 import access_pb2
from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1 import route_pb2 as route_pb
from messagestatus.v1 import route_service_pb2 as pb
from messagestatus_server.providers.registry import NAMES, provider
from tests.refused import refusal
from tests.running import Client, Operator, Tenant
from tests.transport.routes import administrator, create, delete, listed, update

FULL = route_pb.RouteSpec(
    provider_name="twilio-vienna",
    instance="red",
    allowed_networks=["192.0.2.0/24", "2001:db8::/32"],
    public_url="https://dlr.example.com/in",
    id_forms=[route_pb.ID_FORM_CASE, route_pb.ID_FORM_HEX],
    reference_is_message_id=True,
    overrides=[
        route_pb.WordMeaning(
            word="sent",
            code="7",
            state=state_pb.DELIVERY_STATE_REJECTED,
            finality=state_pb.FINALITY_FINAL,
            reason=state_pb.FAILURE_REASON_FILTERED,
            precedence=99,
        ),
        route_pb.WordMeaning(word="noted", finality=state_pb.FINALITY_NONE),
    ],
    deadlines=[
        route_pb.Deadline(
            channel=status_pb.CHANNEL_SMS, after=Duration(seconds=60), state=state_pb.DELIVERY_STATE_EXPIRED
        ),
        route_pb.Deadline(after=Duration(seconds=86_400, nanos=7000), state=state_pb.DELIVERY_STATE_UNKNOWN),
    ],
    disabled=True,
)


@pytest.fixture
def admin(operator: Operator, tenant: Tenant) -> Client:
    """An administrator of a tenant with one instance."""
    operator.instance(tenant.name, "red")
    return administrator(operator, tenant.name)


def named(tenant: Tenant, end: str = "") -> str:
    """Return the name of a route that no other test uses: names are taken for all tenants."""
    return f"{tenant.name}{end}"


def test_a_route_is_shown_as_it_was_decided_without_its_secrets(admin: Client, tenant: Tenant) -> None:
    made = create(admin, named(tenant), spec=FULL)
    (shown,) = listed(admin)
    assert made.route == shown
    assert made.path == f"/receipts/{tenant.name}"
    assert shown.create_time.seconds > 0
    shown.ClearField("create_time")
    assert shown == route_pb.Route(
        route=named(tenant), tenant=tenant.name, provider="twilio", spec=FULL, secret_names=["auth_token"]
    )
    assert "a-secret-token" not in str(made)


def test_what_is_not_decided_is_as_the_provider_has_it(admin: Client, tenant: Tenant) -> None:
    spec = create(admin, named(tenant)).route.spec
    assert spec == route_pb.RouteSpec(provider_name="twilio")
    assert not spec.HasField("instance")


def test_an_update_replaces_what_was_decided_and_leaves_the_secrets(admin: Client, tenant: Tenant) -> None:
    create(admin, named(tenant), spec=FULL)
    updated = update(admin, named(tenant), spec=route_pb.RouteSpec(id_forms=[route_pb.ID_FORM_ZEROS]))
    assert updated.path == ""
    assert listed(admin) == [updated.route]
    assert updated.route.spec == route_pb.RouteSpec(provider_name="twilio", id_forms=[route_pb.ID_FORM_ZEROS])
    assert list(updated.route.secret_names) == ["auth_token"]


def test_an_empty_secret_is_removed_unless_the_provider_needs_it(admin: Client, tenant: Tenant) -> None:
    refused = refusal(
        admin.routes.UpdateRoute, pb.UpdateRouteRequest(route=named(tenant), secrets={"auth_token": ""})
    )
    assert refused.reason == "ROUTE_NOT_FOUND"
    secrets = {"basic_password": "p", "webhook_secret": "w"}
    create(admin, named(tenant), "sinch_sms", secrets=secrets)
    left = update(admin, named(tenant), secrets={"basic_password": ""}).route
    assert list(left.secret_names) == ["webhook_secret"]
    refused = refusal(
        admin.routes.UpdateRoute, pb.UpdateRouteRequest(route=named(tenant), secrets={"webhook_secret": ""})
    )
    assert refused.fields == ["secrets, secret_path or spec.allowed_networks"]


def test_a_secret_path_is_told_once(admin: Client, tenant: Tenant) -> None:
    made = create(admin, named(tenant), secret_path=pb.SECRET_PATH_NEW)
    start, secret = f"/receipts/{tenant.name}/", made.path.rpartition("/")[2]
    assert made.path == start + secret
    assert len(secret) == 32
    assert made.route.secret_path
    assert secret not in str(listed(admin)) + str(made.route) + str(update(admin, named(tenant)))
    renewed = update(admin, named(tenant), secret_path=pb.SECRET_PATH_NEW)
    assert renewed.path.startswith(start)
    assert renewed.path != made.path
    plain = update(admin, named(tenant), secret_path=pb.SECRET_PATH_NONE)
    assert (plain.path, plain.route.secret_path) == (f"/receipts/{tenant.name}", False)


def test_routes_are_listed_by_name_and_deleted_twice(admin: Client, tenant: Tenant) -> None:
    for end in ("-2", "-1", "-3"):
        create(admin, named(tenant, end))
    delete(admin, named(tenant, "-2"))
    delete(admin, named(tenant, "-2"))
    assert [route.route for route in listed(admin)] == [named(tenant, "-1"), named(tenant, "-3")]


def test_an_instance_must_be_there(admin: Client, tenant: Tenant) -> None:
    spec = route_pb.RouteSpec(instance="green")
    request = pb.CreateRouteRequest(
        route=named(tenant), provider="twilio", spec=spec, secrets={"auth_token": "t"}
    )
    refused = refusal(admin.routes.CreateRoute, request)
    assert (refused.code.name, refused.reason) == ("NOT_FOUND", "INSTANCE_NOT_FOUND")
    create(admin, named(tenant))
    refused = refusal(admin.routes.UpdateRoute, pb.UpdateRouteRequest(route=named(tenant), spec=spec))
    assert (refused.code.name, refused.info) == ("NOT_FOUND", {"instance": "green"})
    assert (
        create(admin, named(tenant, "-any"), spec=route_pb.RouteSpec(instance="")).route.spec.instance == ""
    )


def test_the_routes_of_another_tenant_are_not_there(
    admin: Client, tenant: Tenant, operator: Operator
) -> None:
    stranger = administrator(operator, operator.tenant().name)
    theirs = create(admin, named(tenant)).route
    assert listed(stranger) == []
    for route in (named(tenant), "no-such-route"):
        refused = refusal(stranger.routes.UpdateRoute, pb.UpdateRouteRequest(route=route))
        assert (refused.code.name, refused.reason, refused.info) == (
            "NOT_FOUND",
            "ROUTE_NOT_FOUND",
            {"route": route},
        )
        delete(stranger, route)
    assert listed(admin) == [theirs]


def test_a_name_that_is_taken_is_refused_without_telling_by_whom(
    admin: Client, tenant: Tenant, operator: Operator
) -> None:
    stranger = administrator(operator, operator.tenant().name)
    create(admin, named(tenant))
    refusals = []
    for client in (admin, stranger):
        request = pb.CreateRouteRequest(route=named(tenant), provider="twilio", secrets={"auth_token": "t"})
        refused = refusal(client.routes.CreateRoute, request)
        refusals.append((refused.code.name, refused.reason, refused.text, refused.info))
    assert refusals[0] == refusals[1]
    assert refusals[0][:2] == ("ALREADY_EXISTS", "ROUTE_ALREADY_EXISTS")
    assert refusals[0][3] == {"route": named(tenant)}


def test_only_the_operator_may_name_another_tenant(admin: Client, tenant: Tenant, operator: Operator) -> None:
    other = operator.tenant().name
    create(operator.client, named(tenant), tenant=tenant.name)
    assert [route.tenant for route in listed(operator.client, tenant.name)] == [tenant.name]
    update(operator.client, named(tenant), tenant=tenant.name)
    for call, request in (
        (admin.routes.CreateRoute, pb.CreateRouteRequest(tenant=other)),
        (admin.routes.UpdateRoute, pb.UpdateRouteRequest(tenant=other)),
        (admin.routes.ListRoutes, pb.ListRoutesRequest(tenant=other)),
        (admin.routes.DeleteRoute, pb.DeleteRouteRequest(tenant=other)),
    ):
        refused = refusal(call, request)
        assert (refused.code.name, refused.info) == ("PERMISSION_DENIED", {"tenant": other})
    delete(operator.client, named(tenant), tenant.name)
    assert listed(admin) == []
    refused = refusal(operator.client.routes.ListRoutes, pb.ListRoutesRequest(tenant="no-such-tenant"))
    assert refused.reason == "TENANT_NOT_FOUND"


def test_every_provider_is_described_with_its_settings(admin: Client) -> None:
    described = admin.routes.ListProviders(pb.ListProvidersRequest()).providers
    assert [each.provider for each in described] == list(NAMES)
    for each in described:
        known = {setting.name: setting for setting in provider(each.provider).settings}
        assert [setting.name for setting in each.settings] == list(known)
        for setting in each.settings:
            expected = known[setting.name]
            assert (setting.description, setting.secret, setting.required) == expected[1:4]
            assert (setting.default_value, tuple(setting.choices)) == expected[4:6]


def test_the_numbers_of_the_contract_are_those_of_the_server() -> None:
    assert route_pb.IdForm.keys() == ["ID_FORM_UNSPECIFIED", "ID_FORM_CASE", "ID_FORM_ZEROS", "ID_FORM_HEX"]
    assert access_pb2.SCOPE_ADMIN
