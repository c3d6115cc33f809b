"""What an administrator does to routes, in one line; and the callbacks that carriers send."""

from collections.abc import Mapping
from typing import Any

from messagestatus.v1 import callback_pb2
from messagestatus.v1 import callback_service_pb2 as callback_pb
from messagestatus.v1 import route_pb2 as route_pb
from messagestatus.v1 import route_service_pb2 as pb
from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.cli.simulate.carriers.registry import carrier
from messagestatus_server.providers.registry import provider
from tests.builders import moment
from tests.running import Client, Operator

HOST = "https://dlr.example.com"


def administrator(operator: Operator, tenant: str) -> Client:
    """Return a client with a key that administers one tenant, and nothing else."""
    return operator.connect(operator.key(tenant, ["ADMIN"], client="administrator"))


def create(admin: Client, route: str, provider_name: str = "twilio", **fields: Any) -> pb.CreateRouteResponse:
    """Create a route; one of Twilio's unless told."""
    if provider_name == "twilio":
        fields = {"secrets": {"auth_token": "a-secret-token"}, **fields}
    return admin.routes.CreateRoute(pb.CreateRouteRequest(route=route, provider=provider_name, **fields))


def update(admin: Client, route: str, **fields: Any) -> pb.UpdateRouteResponse:
    """Decide anew about a route."""
    return admin.routes.UpdateRoute(pb.UpdateRouteRequest(route=route, **fields))


def listed(admin: Client, tenant: str = "") -> list[route_pb.Route]:
    """Return the routes of a tenant."""
    return list(admin.routes.ListRoutes(pb.ListRoutesRequest(tenant=tenant)).routes)


def delete(admin: Client, route: str, tenant: str = "") -> None:
    """Delete a route."""
    admin.routes.DeleteRoute(pb.DeleteRouteRequest(route=route, tenant=tenant))


def divided(provider_name: str, config: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the settings and the secrets among what a carrier says of itself."""
    secret = {setting.name for setting in provider(provider_name).settings if setting.secret}
    settings = {name: value for name, value in config.items() if name not in secret}
    return settings, {name: value for name, value in config.items() if name in secret}


def opened(admin: Client, route: str, provider_name: str, **spec: Any) -> tuple[Carrier, str]:
    """Create a route with a secret path for a new carrier, and return the carrier and the path."""
    calling = carrier(provider_name)
    settings, secrets = divided(provider_name, calling.config)
    made = create(
        admin,
        route,
        provider_name,
        spec=route_pb.RouteSpec(settings=settings, **spec),
        secrets=secrets,
        secret_path=pb.SECRET_PATH_NEW,
    )
    return calling, made.path


def event(provider_message_id: str, word: str, **said: Any) -> Event:
    """Return one step of a message."""
    at = moment().ToMicroseconds()
    return Event(provider_message_id, **{"phone": "+436601234567", "word": word, "occur_time": at, **said})


def receive(
    client: Client, path: str, posting: Posting, **fields: Any
) -> callback_pb.ReceiveCallbackResponse:
    """Hand a callback to the server, as the gateway does."""
    _, _, route, *secret = path.split("/")
    request = callback_pb.ReceiveCallbackRequest(
        route=route,
        path_secret="".join(secret),
        method=posting.method,
        url=posting.url,
        headers=[callback_pb2.Header(name=name, value=value) for name, value in posting.headers.items()],
        body=posting.body,
        client_address="192.0.2.7",
    )
    request.MergeFrom(callback_pb.ReceiveCallbackRequest(**fields))
    return client.callbacks.ReceiveCallback(request)
