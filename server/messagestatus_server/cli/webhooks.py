"""`webhook`: administers the endpoints that hear of changes."""

from typing import Any

import click
from google.protobuf.duration_pb2 import Duration

from messagestatus.v1.webhook_endpoint_pb2 import (
    WebhookDisabledReason,
    WebhookEndpoint,
    WebhookFormat,
    WebhookSpec,
)
from messagestatus.v1.webhook_endpoint_service_pb2 import (
    CreateWebhookEndpointRequest,
    DeleteWebhookEndpointRequest,
    ListWebhookEndpointsRequest,
    RotateWebhookSecretRequest,
    SetWebhookEnabledRequest,
    UpdateWebhookEndpointRequest,
)
from messagestatus.v1.webhook_endpoint_service_pb2_grpc import WebhookEndpointServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.exit_code import ExitCode
from messagestatus_server.cli.printing import plain, print_json, print_record, print_table, shown, time_text
from messagestatus_server.cli.settings import CommandGroup, Settings
from messagestatus_server.cli.webhook_events import attempts_command, replay_command, test_command
from messagestatus_server.cli.webhook_options import decided, signing_option, spec_options, tenant_option
from messagestatus_server.cli.words import word


class EndpointMissing(click.ClickException):
    """The tenant has no such endpoint."""

    exit_code = ExitCode.NOT_FOUND

    def __init__(self, endpoint_id: str) -> None:
        super().__init__(f"there is no endpoint {shown(endpoint_id)}")


@click.group("webhook", cls=CommandGroup)
def webhook_command() -> None:
    """Administer the endpoints that hear of changes, and see what became of events."""


@webhook_command.command("create")
@click.argument("url")
@tenant_option
@spec_options
@signing_option
@click.pass_obj
def _create(settings: Settings, /, **given: Any) -> None:
    """Create an endpoint. Its secret goes to standard output, once; all else to standard error."""
    request = CreateWebhookEndpointRequest(tenant=given["tenant"], spec=decided(WebhookSpec(), given))
    with Connection(settings) as connection:
        created = connection.ask(
            WebhookEndpointServiceStub(connection.channel).CreateWebhookEndpoint, request
        )
    if settings.json:
        print_json(plain(created))
        return
    click.echo(f"Endpoint {created.endpoint.endpoint_id} of tenant {created.endpoint.tenant}.", err=True)
    _print_secret(created.endpoint, created.secret)


@webhook_command.command("list")
@tenant_option
@click.pass_obj
def _list(settings: Settings, tenant: str) -> None:
    """List the endpoints of a tenant, the oldest first."""
    with Connection(settings) as connection:
        endpoints = _endpoints(connection, tenant)
    if settings.json:
        for endpoint in endpoints:
            print_json(plain(endpoint))
    else:
        headings = ("ENDPOINT", "URL", "FORMAT", "DISABLED", "FAILING SINCE", "CREATED")
        print_table(headings, [_row(endpoint) for endpoint in endpoints])


@webhook_command.command("show")
@click.argument("endpoint_id")
@tenant_option
@click.pass_obj
def _show(settings: Settings, endpoint_id: str, tenant: str) -> None:
    """Show an endpoint, without its secret."""
    with Connection(settings) as connection:
        _print(settings, _found(connection, tenant, endpoint_id))


@webhook_command.command("update")
@click.argument("endpoint_id")
@click.option("--url", metavar="URL", help="Where events are posted.")
@tenant_option
@spec_options
@click.option("--any", "anything", is_flag=True, help="It hears of all changes, but for what is given.")
@click.option("--no-authorization", is_flag=True, help="The receiver asks for no authorization any more.")
@click.pass_obj
def _update(settings: Settings, /, **given: Any) -> None:
    """Change an endpoint: only what is given changes."""
    with Connection(settings) as connection:
        spec = _found(connection, given["tenant"], given["endpoint_id"]).spec
        if given["anything"]:
            spec.ClearField("filter")
        if given["no_authorization"]:
            spec.ClearField("authorization")
        request = UpdateWebhookEndpointRequest(
            tenant=given["tenant"], endpoint_id=given["endpoint_id"], spec=decided(spec, given)
        )
        stub = WebhookEndpointServiceStub(connection.channel)
        _print(settings, connection.ask(stub.UpdateWebhookEndpoint, request).endpoint)


@webhook_command.command("rotate")
@click.argument("endpoint_id")
@tenant_option
@click.option(
    "--overlap",
    type=click.FloatRange(min=0),
    metavar="HOURS",
    help="How long the secret before signs, too. [default: 24]",
)
@click.pass_obj
def _rotate(settings: Settings, endpoint_id: str, tenant: str, overlap: float | None) -> None:
    """Give an endpoint a new secret, which goes to standard output, once."""
    request = RotateWebhookSecretRequest(tenant=tenant, endpoint_id=endpoint_id)
    if overlap is not None:
        request.overlap.CopyFrom(Duration(seconds=round(overlap * 3600)))
    with Connection(settings) as connection:
        rotated = connection.ask(WebhookEndpointServiceStub(connection.channel).RotateWebhookSecret, request)
    if settings.json:
        print_json(plain(rotated))
        return
    until = time_text(rotated.endpoint, "previous_secret_expire_time")
    if until:
        click.echo(f"The secret before signs, too, until {until}.", err=True)
    _print_secret(rotated.endpoint, rotated.secret)


@webhook_command.command("enable")
@click.argument("endpoint_id")
@tenant_option
@click.pass_obj
def _enable(settings: Settings, endpoint_id: str, tenant: str) -> None:
    """Enable an endpoint. What happened meanwhile is told when it is replayed."""
    _set_enabled(settings, tenant, endpoint_id, enabled=True)


@webhook_command.command("disable")
@click.argument("endpoint_id")
@tenant_option
@click.pass_obj
def _disable(settings: Settings, endpoint_id: str, tenant: str) -> None:
    """Disable an endpoint: it hears of nothing until it is enabled."""
    _set_enabled(settings, tenant, endpoint_id, enabled=False)


@webhook_command.command("delete")
@click.argument("endpoint_id")
@tenant_option
@click.pass_obj
def _delete(settings: Settings, endpoint_id: str, tenant: str) -> None:
    """Delete an endpoint, with what waits for it, and its attempts."""
    request = DeleteWebhookEndpointRequest(tenant=tenant, endpoint_id=endpoint_id)
    with Connection(settings) as connection:
        connection.ask(WebhookEndpointServiceStub(connection.channel).DeleteWebhookEndpoint, request)


for _command in (test_command, replay_command, attempts_command):
    webhook_command.add_command(_command)


def _set_enabled(settings: Settings, tenant: str, endpoint_id: str, *, enabled: bool) -> None:
    request = SetWebhookEnabledRequest(tenant=tenant, endpoint_id=endpoint_id, enabled=enabled)
    with Connection(settings) as connection:
        stub = WebhookEndpointServiceStub(connection.channel)
        _print(settings, connection.ask(stub.SetWebhookEnabled, request).endpoint)


def _endpoints(connection: Connection, tenant: str) -> list[WebhookEndpoint]:
    stub = WebhookEndpointServiceStub(connection.channel)
    request = ListWebhookEndpointsRequest(tenant=tenant)
    return list(connection.ask(stub.ListWebhookEndpoints, request).endpoints)


def _found(connection: Connection, tenant: str, endpoint_id: str) -> WebhookEndpoint:
    for endpoint in _endpoints(connection, tenant):
        if endpoint.endpoint_id == endpoint_id:
            return endpoint
    raise EndpointMissing(endpoint_id)


def _print(settings: Settings, endpoint: WebhookEndpoint) -> None:
    if settings.json:
        print_json(plain(endpoint))
    else:
        print_record(endpoint)


def _print_secret(endpoint: WebhookEndpoint, secret: str) -> None:
    """Print what the receiver verifies by: the shared secret, or the public key."""
    if secret:
        click.echo("Keep the secret now: it is shown this once.", err=True)
    click.echo(secret or endpoint.public_key)


def _row(endpoint: WebhookEndpoint) -> tuple[str, ...]:
    return (
        endpoint.endpoint_id,
        endpoint.spec.url,
        word(WebhookFormat.DESCRIPTOR, endpoint.spec.format),
        word(WebhookDisabledReason.DESCRIPTOR, endpoint.disabled_reason),
        time_text(endpoint, "failing_since_time"),
        time_text(endpoint, "create_time"),
    )
