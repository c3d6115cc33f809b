"""`route`: creates, changes, lists and deletes the routes that carriers' callbacks come in by."""

from typing import Any

import click

from messagestatus.v1.route_pb2 import Route, RouteSpec
from messagestatus.v1.route_service_pb2 import (
    CreateRouteRequest,
    DeleteRouteRequest,
    ListProvidersRequest,
    ListRoutesRequest,
    ProviderDescription,
    SecretPath,
    SettingDescription,
    UpdateRouteRequest,
)
from messagestatus.v1.route_service_pb2_grpc import RouteServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.exit_code import ExitCode
from messagestatus_server.cli.printing import plain, print_json, print_record, print_table, shown, time_text
from messagestatus_server.cli.route_options import decided, spec_options
from messagestatus_server.cli.secret_values import secrets_given
from messagestatus_server.cli.settings import CommandGroup, Settings

_tenant = click.option("--tenant", default="", metavar="NAME", help="The tenant. [default: the key's own]")


class RouteMissing(click.ClickException):
    """The tenant has no such route."""

    exit_code = ExitCode.NOT_FOUND

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no route {shown(name)}")


@click.group("route", cls=CommandGroup)
def route_command() -> None:
    """Create, change, list and delete routes, by which carriers' callbacks come in."""


@route_command.command("create")
@click.argument("name")
@click.option("--provider", required=True, metavar="NAME", help="The provider; `route providers` lists them.")
@_tenant
@spec_options
@click.option(
    "--secret-path/--no-secret-path",
    default=None,
    help="Whether the path ends with a secret. [default: it does not]",
)
@click.pass_obj
def _create(settings: Settings, /, **given: Any) -> None:
    """Create a route. The path to give to the carrier goes to standard output, once; all else to the other.

    The values of secrets are never on the command line.
    """
    request = CreateRouteRequest(
        tenant=given["tenant"],
        route=given["name"],
        provider=given["provider"],
        spec=decided(RouteSpec(), given),
        secrets=secrets_given(given["secret_names"], given["secret_files"]),
        secret_path=_secret_path(given["secret_path"]),
    )
    with Connection(settings) as connection:
        created = connection.ask(RouteServiceStub(connection.channel).CreateRoute, request)
    if settings.json:
        print_json(plain(created))
        return
    click.echo(f"Route {created.route.route} of tenant {created.route.tenant}.", err=True)
    _print_path(created.route, created.path)


@route_command.command("update")
@click.argument("name")
@_tenant
@spec_options
@click.option("--remove-secret", "removed", multiple=True, metavar="NAME", help="A secret to remove.")
@click.option("--any-instance", is_flag=True, help="It tells of the messages of any instance.")
@click.option("--disable/--enable", "disabled", default=None, help="Whether callbacks are refused for now.")
@click.option(
    "--new-path/--no-secret-path",
    "secret_path",
    default=None,
    help="Whether the path gets a new secret at its end, or none. [default: as it is]",
)
@click.pass_obj
def _update(settings: Settings, /, **given: Any) -> None:
    """Change a route: only what is given changes.

    A setting with an empty value is removed. The values of --allow, --id-form, --override and --deadline
    take the place of all there were; an empty one leaves none.
    """
    with Connection(settings) as connection:
        spec = decided(_found(connection, given["tenant"], given["name"]).spec, given)
        if given["any_instance"]:
            spec.ClearField("instance")
        secrets = secrets_given(given["secret_names"], given["secret_files"])
        request = UpdateRouteRequest(
            tenant=given["tenant"],
            route=given["name"],
            spec=spec,
            secrets=secrets | dict.fromkeys(given["removed"], ""),
            secret_path=_secret_path(given["secret_path"]),
        )
        updated = connection.ask(RouteServiceStub(connection.channel).UpdateRoute, request)
    if settings.json:
        print_json(plain(updated))
    elif updated.path:
        _print_path(updated.route, updated.path)
    else:
        print_record(updated.route)


@route_command.command("list")
@_tenant
@click.pass_obj
def _list(settings: Settings, tenant: str) -> None:
    """List the routes of a tenant, by name."""
    with Connection(settings) as connection:
        stub = RouteServiceStub(connection.channel)
        routes = connection.ask(stub.ListRoutes, ListRoutesRequest(tenant=tenant)).routes
    if settings.json:
        for route in routes:
            print_json(plain(route))
    else:
        headings = ("ROUTE", "PROVIDER", "NAME", "INSTANCE", "SECRETS", "PATH", "ALLOWED", "STATE", "CREATED")
        print_table(headings, [_row(route) for route in routes])


@route_command.command("show")
@click.argument("name")
@_tenant
@click.pass_obj
def _show(settings: Settings, name: str, tenant: str) -> None:
    """Show a route, without its secrets."""
    with Connection(settings) as connection:
        route = _found(connection, tenant, name)
    if settings.json:
        print_json(plain(route))
    else:
        print_record(route)


@route_command.command("delete")
@click.argument("name")
@_tenant
@click.pass_obj
def _delete(settings: Settings, name: str, tenant: str) -> None:
    """Delete a route, with its secrets and the raw callbacks that came by it; the receipts stay."""
    with Connection(settings) as connection:
        stub = RouteServiceStub(connection.channel)
        deleted = connection.ask(stub.DeleteRoute, DeleteRouteRequest(tenant=tenant, route=name))
    if settings.json:
        print_json(plain(deleted))
    else:
        click.echo(f"There is no route {shown(name)} any more.", err=True)


@route_command.command("providers")
@click.argument("provider", required=False, default="")
@click.pass_obj
def _providers(settings: Settings, provider: str) -> None:
    """List the providers, or only PROVIDER, with the settings and secrets of their routes."""
    with Connection(settings) as connection:
        stub = RouteServiceStub(connection.channel)
        listed = connection.ask(stub.ListProviders, ListProvidersRequest()).providers
    found = [each for each in listed if provider in ("", each.provider)]
    if not found:
        raise click.UsageError(f"there is no provider {shown(provider)}")
    if settings.json:
        for each in found:
            print_json(plain(each))
    else:
        headings = ("PROVIDER", "NAME", "KIND", "DEFAULT", "VALUES", "MEANING")
        print_table(headings, [row for each in found for row in _rows(each)])


def _found(connection: Connection, tenant: str, name: str) -> Route:
    """Return a route by its name.

    Raises:
        RouteMissing: There is none.
        CallFailed: The server refuses to list them.
    """
    stub = RouteServiceStub(connection.channel)
    for route in connection.ask(stub.ListRoutes, ListRoutesRequest(tenant=tenant)).routes:
        if route.route == name:
            return route
    raise RouteMissing(name)


def _secret_path(given: bool | None) -> SecretPath.ValueType:
    if given is None:
        return SecretPath.SECRET_PATH_UNSPECIFIED
    return SecretPath.SECRET_PATH_NEW if given else SecretPath.SECRET_PATH_NONE


def _print_path(route: Route, path: str) -> None:
    """Print the URL that the carrier has to call, as far as it is known."""
    if route.secret_path:
        click.echo("Keep the path now: it is shown this once, and stored nowhere.", err=True)
    if route.spec.public_url and not route.secret_path:
        click.echo(route.spec.public_url)
    else:
        click.echo(
            "Give the carrier this path, after the address that the world calls the gateway by.", err=True
        )
        click.echo(path)


def _row(route: Route) -> tuple[str, ...]:
    spec = route.spec
    return (
        route.route,
        route.provider,
        spec.provider_name,
        spec.instance,
        ",".join(route.secret_names),
        "secret" if route.secret_path else "plain",
        ",".join(spec.allowed_networks),
        "disabled" if spec.disabled else "enabled",
        time_text(route, "create_time"),
    )


def _rows(provider: ProviderDescription) -> list[tuple[str, ...]]:
    rows = [_setting_row(provider.provider, setting) for setting in provider.settings]
    return rows or [(provider.provider, *[""] * 5)]


def _setting_row(provider: str, setting: SettingDescription) -> tuple[str, ...]:
    kind = "secret" if setting.secret else "setting"
    return (
        provider,
        setting.name,
        f"{kind}, required" if setting.required else kind,
        setting.default_value,
        ",".join(setting.choices),
        setting.description,
    )
