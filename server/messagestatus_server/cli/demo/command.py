"""`demo`: a tenant with messages of all four dialects, and lines to try."""

from dataclasses import replace
from typing import Any

import click
import grpc

from messagestatus.v1.access_service_pb2 import CreateInstanceRequest, CreateTenantRequest
from messagestatus.v1.access_service_pb2_grpc import AccessServiceStub
from messagestatus_server.cli.call_failed import CallFailed
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.demo.keys import INSTANCE, TENANT, demo_keys
from messagestatus_server.cli.demo.lines import lines
from messagestatus_server.cli.demo.loading import load
from messagestatus_server.cli.settings import Command, Settings


@click.command("demo", cls=Command)
@click.option("--http", default="127.0.0.1:8080", show_default=True, metavar="HOST:PORT", help="The gateway.")
@click.pass_obj
def demo_command(settings: Settings, http: str) -> None:
    """Load demo data into the tenant `demo`, and print lines to try. Run again, it changes nothing.

    The keys are kept in DATA/demo.json, the first of them in DATA/demo.key.
    """
    with Connection(settings) as connection:
        stub = AccessServiceStub(connection.channel)
        _unless_there(connection, stub.CreateTenant, CreateTenantRequest(tenant=TENANT))
        _unless_there(
            connection, stub.CreateInstance, CreateInstanceRequest(tenant=TENANT, instance=INSTANCE)
        )
        keys = demo_keys(connection, settings.data)
    with Connection(replace(settings, key=keys.service.secret)) as connection:
        counts = load(connection)
    done = ", ".join(f"{count} {word.lower()}" for word, count in sorted(counts.items()))
    click.echo(f"Demo messages: {done}. Paste these lines to try them:\n")
    for line in lines(settings, http, keys):
        click.echo(line)


def _unless_there(
    connection: Connection, create: "grpc.UnaryUnaryMultiCallable[Any, Any]", request: Any
) -> None:
    """Create something, unless it exists."""
    try:
        connection.ask(create, request)
    except CallFailed as failure:
        if failure.status is not grpc.StatusCode.ALREADY_EXISTS:
            raise
