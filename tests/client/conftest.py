"""Clients of the running server, each with a tenant of its own."""

from collections.abc import Iterator

import pytest

from messagestatus import Client
from tests.client.wire import Wire
from tests.running import RunningServer, Tenant


@pytest.fixture
def client(server: RunningServer, tenant: Tenant) -> Iterator[Client]:
    """Call the server as the service of a tenant that no other test knows."""
    with Client(server.address, tenant.key) as client:
        yield client


@pytest.fixture
def wire(server: RunningServer) -> Iterator[Wire]:
    """Lead to the server over a wire that the test may cut."""
    with Wire(server.address) as wire:
        yield wire
