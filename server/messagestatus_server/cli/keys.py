"""`key`: creates, imports, lists and revokes API keys."""

import sys
from typing import Any

import click

from messagestatus.v1.access_pb2 import ApiKey, Scope
from messagestatus.v1.access_service_pb2 import (
    CreateKeyRequest,
    ImportKeyRequest,
    KeyGrant,
    ListKeysRequest,
    RevokeKeyRequest,
)
from messagestatus.v1.access_service_pb2_grpc import AccessServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.from_options import enum_option, request_of
from messagestatus_server.cli.printing import plain, print_json, print_record, print_table, time_text
from messagestatus_server.cli.settings import CommandGroup, Settings
from messagestatus_server.cli.words import word

_tenant = click.option("--tenant", default="", metavar="NAME", help="The tenant. [default: the key's own]")
_GRANT = (
    _tenant,
    click.option("--client", required=True, metavar="NAME", help="Who holds the key; two live keys at most."),
    enum_option("--scope", "scopes", Scope.DESCRIPTOR, several=True, text="What it may do.", required=True),
    click.option("--instance", metavar="NAME", help="The only instance it sees."),
    click.option("--user", "user_id", metavar="USER", help="The person it acts as."),
    click.option("--expire-time", metavar="TIME", help="When it stops being valid (RFC 3339)."),
)


def _grant(command: Any) -> Any:
    """Give a command the options that say what a key opens."""
    for option in reversed(_GRANT):
        command = option(command)
    return command


@click.group("key", cls=CommandGroup)
def key_command() -> None:
    """Create, import, list and revoke API keys."""


@key_command.command("create")
@_grant
@click.pass_obj
def _create(settings: Settings, /, **grant: Any) -> None:
    """Create a key. Its secret goes to standard output, once; all else to standard error."""
    with Connection(settings) as connection:
        stub = AccessServiceStub(connection.channel)
        created = connection.ask(stub.CreateKey, CreateKeyRequest(grant=request_of(KeyGrant, grant)))
    if settings.json:
        print_json(plain(created))
    else:
        click.echo(f"Key {created.key.key_id} of tenant {created.key.tenant}.", err=True)
        click.echo("Keep the secret now: it is shown this once and stored nowhere.", err=True)
        click.echo(created.secret)


@key_command.command("import")
@_grant
@click.pass_obj
def _import(settings: Settings, /, **grant: Any) -> None:
    """Import a token of another system, read from standard input or asked for."""
    request = ImportKeyRequest(grant=request_of(KeyGrant, grant))
    # Never from the command line, which every user of the machine can read.
    request.token = (
        click.prompt("Token", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().strip()
    )
    with Connection(settings) as connection:
        key = connection.ask(AccessServiceStub(connection.channel).ImportKey, request).key
    if settings.json:
        print_json(plain(key))
    else:
        print_record(key)


@key_command.command("list")
@_tenant
@click.pass_obj
def _list(settings: Settings, tenant: str) -> None:
    """List the keys of a tenant, the newest first, revoked and expired ones too."""
    with Connection(settings) as connection:
        stub = AccessServiceStub(connection.channel)
        keys = connection.ask(stub.ListKeys, ListKeysRequest(tenant=tenant)).keys
    if settings.json:
        for key in keys:
            print_json(plain(key))
    else:
        headings = ("KEY", "PREFIX", "CLIENT", "SCOPES", "INSTANCE", "USER", "CREATED", "EXPIRES", "REVOKED")
        print_table(headings, [_row(key) for key in keys])


@key_command.command("revoke")
@click.argument("key_id")
@_tenant
@click.pass_obj
def _revoke(settings: Settings, key_id: str, tenant: str) -> None:
    """Revoke a key, for good."""
    with Connection(settings) as connection:
        stub = AccessServiceStub(connection.channel)
        key = connection.ask(stub.RevokeKey, RevokeKeyRequest(tenant=tenant, key_id=key_id)).key
    if settings.json:
        print_json(plain(key))
    else:
        print_record(key)


def _row(key: ApiKey) -> tuple[str, ...]:
    return (
        key.key_id,
        key.prefix,
        key.client,
        ",".join(word(Scope.DESCRIPTOR, scope) for scope in key.scopes),
        key.instance,
        key.user_id,
        time_text(key, "create_time"),
        time_text(key, "expire_time"),
        time_text(key, "revoke_time"),
    )
