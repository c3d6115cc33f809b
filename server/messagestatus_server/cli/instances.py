"""`instance`: creates and lists the sending lines of a tenant."""

import click

from messagestatus.v1.access_service_pb2 import CreateInstanceRequest, ListInstancesRequest
from messagestatus.v1.access_service_pb2_grpc import AccessServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.printing import plain, print_json, print_record, print_table, time_text
from messagestatus_server.cli.settings import CommandGroup, Settings

_tenant = click.option("--tenant", default="", metavar="NAME", help="The tenant. [default: the key's own]")


@click.group("instance", cls=CommandGroup)
def instance_command() -> None:
    """Create and list instances, the sending lines of a tenant."""


@instance_command.command("create")
@click.argument("name")
@_tenant
@click.pass_obj
def _create(settings: Settings, name: str, tenant: str) -> None:
    """Create an instance."""
    with Connection(settings) as connection:
        stub = AccessServiceStub(connection.channel)
        request = CreateInstanceRequest(tenant=tenant, instance=name)
        instance = connection.ask(stub.CreateInstance, request).instance
    if settings.json:
        print_json(plain(instance))
    else:
        print_record(instance)


@instance_command.command("list")
@_tenant
@click.pass_obj
def _list(settings: Settings, tenant: str) -> None:
    """List the instances of a tenant, by name."""
    with Connection(settings) as connection:
        stub = AccessServiceStub(connection.channel)
        instances = connection.ask(stub.ListInstances, ListInstancesRequest(tenant=tenant)).instances
    if settings.json:
        for instance in instances:
            print_json(plain(instance))
    else:
        rows = [(instance.instance, time_text(instance, "create_time")) for instance in instances]
        print_table(("INSTANCE", "CREATED"), rows)
