"""`tenant`: creates and lists the customers of the service."""

import click

from messagestatus.v1.access_pb2 import Tenant
from messagestatus.v1.access_service_pb2 import CreateTenantRequest, ListTenantsRequest
from messagestatus.v1.access_service_pb2_grpc import AccessServiceStub
from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.printing import plain, print_json, print_record, print_table, time_text
from messagestatus_server.cli.settings import CommandGroup, Settings


@click.group("tenant", cls=CommandGroup)
def tenant_command() -> None:
    """Create and list tenants. Nothing of one tenant is seen by another."""


@tenant_command.command("create")
@click.argument("name")
@click.pass_obj
def _create(settings: Settings, name: str) -> None:
    """Create a tenant. Only for a key of the operator."""
    with Connection(settings) as connection:
        stub = AccessServiceStub(connection.channel)
        tenant = connection.ask(stub.CreateTenant, CreateTenantRequest(tenant=name)).tenant
    if settings.json:
        print_json(plain(tenant))
    else:
        print_record(tenant)


@tenant_command.command("list")
@click.pass_obj
def _list(settings: Settings) -> None:
    """List the tenants that the key administers, by name."""
    with Connection(settings) as connection:
        stub = AccessServiceStub(connection.channel)
        tenants = connection.ask(stub.ListTenants, ListTenantsRequest()).tenants
    if settings.json:
        for tenant in tenants:
            print_json(plain(tenant))
    else:
        print_table(("TENANT", "OPERATOR", "CREATED"), [_row(tenant) for tenant in tenants])


def _row(tenant: Tenant) -> tuple[str, str, str]:
    return tenant.tenant, "yes" if tenant.operator else "", time_text(tenant, "create_time")
