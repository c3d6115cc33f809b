"""Callbacks: which URL was called and by whom, as far as proxies that are trusted tell."""

from collections.abc import Iterator

import httpx2
import pytest

from tests.running import Client, Operator, RunningGateway, RunningServer, Tenant
from tests.transport.routes import administrator

from .called import Called


@pytest.fixture
def admin(operator: Operator, tenant: Tenant) -> Client:
    """An administrator of a tenant."""
    return administrator(operator, tenant.name)


@pytest.fixture(scope="module")
def proxied(server: RunningServer) -> Iterator[RunningGateway]:
    """A gateway behind a proxy on this machine."""
    running = RunningGateway(server.address, "--trusted-proxy", "127.0.0.0/8")
    yield running
    running.terminate()


@pytest.fixture
def called(admin: Client, tenant: Tenant, live_gateway: RunningGateway) -> Called:
    """A route of Twilio's, which signs the URL with the body."""
    return Called(admin, tenant, "twilio", live_gateway)


def test_the_url_that_was_signed_is_the_one_that_was_called(called: Called) -> None:
    assert called.send(called.posting(url="https://elsewhere.example.com/receipts")).status_code == 403
    asked = called.posting(url=f"{called.gateway.url}{called.path}?tag=a%20b&tag=%C3%A9")
    assert called.send(asked).status_code == 200


FORWARDED = {"x_forwarded_proto": "https", "x_forwarded_host": "dlr.example.com"}


def test_a_proxy_that_is_trusted_tells_the_url_that_was_called(
    admin: Client, tenant: Tenant, proxied: RunningGateway
) -> None:
    called = Called(admin, tenant, "twilio", proxied)
    posting = called.posting(url=f"https://dlr.example.com{called.path}")
    assert called.send(posting, **FORWARDED).status_code == 200
    chained = {"x_forwarded_proto": "https, http", "x_forwarded_host": "dlr.example.com, inner"}
    assert called.send(posting, **chained).status_code == 200
    assert called.send(posting).status_code == 403


def test_nobody_else_is_believed_about_it(called: Called) -> None:
    """Not even on this machine: the gateway was told of no proxy."""
    assert called.send(called.posting(), **FORWARDED).status_code == 200
    posting = called.posting(url=f"https://dlr.example.com{called.path}")
    assert called.send(posting, **FORWARDED).status_code == 403


def test_the_address_is_the_last_one_that_is_no_proxy_s(
    admin: Client, tenant: Tenant, proxied: RunningGateway
) -> None:
    """Whatever stands before it, a stranger may have written."""
    called = Called(admin, tenant, "twilio", proxied, allowed_networks=["192.0.2.0/24"])
    posting = called.posting()

    def status(*chain: str) -> int:
        headers = [*posting.headers.items(), *(("x-forwarded-for", line) for line in chain)]
        return httpx2.request(posting.method, posting.url, headers=headers, content=posting.body).status_code

    assert status("192.0.2.7") == 200
    assert status("192.0.2.7, 127.0.0.9") == 200
    assert status("198.51.100.1", "192.0.2.7") == 200
    assert status("198.51.100.1, 192.0.2.7", "127.0.0.9") == 200
    assert status("::ffff:192.0.2.7") == 200
    assert status("192.0.2.7, 198.51.100.1") == 403
    assert status("192.0.2.7", "198.51.100.1") == 403
    assert status("192.0.2.7, garbage") == 403
    assert status("") == 403
    assert status() == 403


def test_the_address_of_a_caller_is_its_own_where_no_proxy_is_trusted(
    admin: Client, tenant: Tenant, live_gateway: RunningGateway
) -> None:
    called = Called(admin, tenant, "twilio", live_gateway, allowed_networks=["192.0.2.0/24"])
    assert called.send(called.posting(), x_forwarded_for="192.0.2.7").status_code == 403


def test_what_the_gateway_is_called_by_may_be_told_to_it_or_to_the_route(
    admin: Client, tenant: Tenant, operator: Operator, server: RunningServer
) -> None:
    """A route's own URL goes before the gateway's."""
    running = RunningGateway(server.address, "--public-url", "https://dlr.example.com/in/")
    try:
        called = Called(admin, tenant, "twilio", running)
        assert called.send(called.posting(url=f"https://dlr.example.com/in{called.path}")).status_code == 200
        assert called.send(called.posting()).status_code == 403
        url = "https://sms.example.org/hook"
        other = operator.tenant()
        own = Called(administrator(operator, other.name), other, "twilio", running, public_url=url)
        assert own.send(own.posting(url=f"{url}?a=1")).status_code == 200
    finally:
        running.terminate()
