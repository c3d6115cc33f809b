"""Where callbacks go: a route that is made for them, or one that is there, or any URL."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import click

from messagestatus.v1.route_pb2 import Route, RouteSpec
from messagestatus.v1.route_service_pb2 import (
    CreateRouteRequest,
    DeleteRouteRequest,
    ListRoutesRequest,
    SecretPath,
)
from messagestatus.v1.route_service_pb2_grpc import RouteServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.routes import RouteMissing
from messagestatus_server.cli.simulate.carriers.carrier import Carrier
from messagestatus_server.cli.simulate.plan import Plan
from messagestatus_server.cli.simulate.posting import Address
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.domain.vocabulary import Lexicon, Meaning
from messagestatus_server.providers.registry import provider

PATH = "path"
"""What the secret end of a route's path is called among its secrets."""


class Place(NamedTuple):
    """Where callbacks go: a name for people, the address, and what messages call the provider there."""

    name: str
    address: Address
    provider_name: str = ""
    instance: str | None = None


def found_route(connection: Connection, tenant: str, name: str) -> Route:
    """Return a route that callbacks can be posted to.

    Raises:
        RouteMissing: There is none of that name.
        click.UsageError: It is disabled.
        CallFailed: The server refuses to list routes.
    """
    stub = RouteServiceStub(connection.channel)
    for route in connection.ask(stub.ListRoutes, ListRoutesRequest(tenant=tenant)).routes:
        if route.route == name:
            if route.spec.disabled:
                raise click.UsageError(f"the route {name} is disabled; `route update {name} --enable`")
            return route
    raise RouteMissing(name)


def words_on(route: Route, lexicon: Lexicon) -> Lexicon:
    """Return what words mean on a route."""
    overrides: dict[str, Meaning] = {}
    for override in route.spec.overrides:
        key = f"{override.word}:{override.code}" if override.code else override.word
        overrides[key.upper()] = Meaning(
            DeliveryState(override.state),
            Finality(override.finality),
            FailureReason(override.reason),
            precedence=override.precedence or None,
        )
    return lexicon.overridden(route.provider, overrides)


def place_of(route: Route, plan: Plan, carrier: Carrier) -> Place:
    """Return the place of a route that is there, and let the carrier sign as the route believes.

    Raises:
        click.UsageError: Secrets are missing.
    """
    given = dict(plan.secrets)
    path = f"/receipts/{route.route}"
    if route.secret_path:
        if PATH not in given:
            raise click.UsageError(f"the path of {route.route} is secret: give it by --secret {PATH}")
        path = f"{path}/{given.pop(PATH).rpartition('/')[2]}"
    if route.secret_names and not given:
        options = " ".join(f"--secret {name}" for name in route.secret_names)
        raise click.UsageError(f"{route.route} has secrets to sign with: give them by {options}")
    carrier.believe({**_defaults(route.provider), **route.spec.settings, **given})
    spec = route.spec
    instance = spec.instance if spec.HasField("instance") else None
    return Place(route.route, Address(plan.to + path, spec.public_url), spec.provider_name, instance)


def target_of(plan: Plan, carrier: Carrier) -> Place:
    """Return the place of any URL, and let the carrier sign with given secrets."""
    if plan.secrets:
        carrier.believe({**_defaults(plan.provider), **plan.secrets})
    return Place(plan.target, Address(plan.target))


@contextmanager
def made_route(connection: Connection, plan: Plan, carrier: Carrier, name: str) -> Iterator[Place]:
    """Make a route that believes the carrier, and delete it after, unless it is to stay.

    Its path is secret where nothing is signed. It has the messages' provider to itself, so that no other
    route tells of them, and no deadline waits for what is lost.

    Raises:
        CallFailed: The server makes no such route.
    """
    known = provider(plan.provider)
    secret = {setting.name for setting in known.settings if setting.secret}
    config = {setting: value for setting, value in carrier.config.items() if value}
    is_signed = known.signs({**_defaults(plan.provider), **config})
    stub = RouteServiceStub(connection.channel)
    request = CreateRouteRequest(
        tenant=plan.tenant,
        route=name,
        provider=plan.provider,
        spec=RouteSpec(
            provider_name=name,
            settings={setting: value for setting, value in config.items() if setting not in secret},
            # What is signed is the URL that is called, whatever the gateway says of itself.
            public_url=f"{plan.to}/receipts/{name}" if is_signed else "",
        ),
        secrets={setting: value for setting, value in config.items() if setting in secret},
        secret_path=SecretPath.SECRET_PATH_NONE if is_signed else SecretPath.SECRET_PATH_NEW,
    )
    path = connection.ask(stub.CreateRoute, request).path
    try:
        yield Place(name, Address(plan.to + path), name)
    finally:
        if not plan.keep_route:
            connection.ask(stub.DeleteRoute, DeleteRouteRequest(tenant=plan.tenant, route=name))


def is_url(text: str) -> bool:
    """Tell whether text is the URL of an HTTP server, without a fragment."""
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.fragment


def _defaults(name: str) -> Mapping[str, str]:
    return {setting.name: setting.default for setting in provider(name).settings if setting.default}
