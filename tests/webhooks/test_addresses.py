"""Which URLs may be endpoints, and which addresses may be connected to."""

import string
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx2
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from messagestatus_server.webhooks.addresses import (
    AddressRefused,
    Target,
    UrlRefused,
    allowance,
    check_address,
    is_public,
    read_url,
)
from tests.webhooks.hostile import HOSTILE, NOT_PUBLIC, PUBLIC

STRICT = allowance()
TARGET = Target("https", "hooks.example.com", 443, "/")


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_never_connected_to(address: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(ip_address(address), TARGET, STRICT)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_url_of_an_address_that_is_not_public_is_no_endpoint(address: str) -> None:
    with pytest.raises(UrlRefused):
        read_url(f"https://[{address}]/" if ":" in address else f"https://{address}/", STRICT)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_connected_to(address: str) -> None:
    assert check_address(ip_address(address), TARGET, STRICT) == ip_address(address)
    read = read_url(f"https://[{address}]/" if ":" in address else f"https://{address}/", STRICT)
    assert read.address == ip_address(address)


def test_ipv4_in_ipv6_is_connected_to_as_ipv4() -> None:
    assert check_address(ip_address("::ffff:8.8.8.8"), TARGET, STRICT) == ip_address("8.8.8.8")


def test_most_blocks_that_python_takes_for_global_in_error_are_closed() -> None:
    """Python 3.11 calls these global; no version may let them pass."""
    for address in ("192.0.0.8", "192.88.99.1", "224.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "fec0::1"):
        assert not is_public(ip_address(address))


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_url_is_no_endpoint(url: str) -> None:
    with pytest.raises(UrlRefused) as refused:
        read_url(url, STRICT)
    assert str(refused.value)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://hooks.example.com", ("https", "hooks.example.com", 443, "/")),
        (
            "https://hooks.example.com/a/b?c=%20&d=@e:f",
            ("https", "hooks.example.com", 443, "/a/b?c=%20&d=@e:f"),
        ),
        ("https://hooks.example.com?x=1", ("https", "hooks.example.com", 443, "/?x=1")),
        ("https://Hooks.Example.COM:8443/", ("https", "hooks.example.com", 8443, "/")),
        ("HTTPS://hooks.example.com:443/", ("https", "hooks.example.com", 443, "/")),
        ("https://xn--bcher-kva.example/", ("https", "xn--bcher-kva.example", 443, "/")),
        ("https://my_hooks.example.com/", ("https", "my_hooks.example.com", 443, "/")),
        ("https://1.example.com/", ("https", "1.example.com", 443, "/")),
        ("https://0x7f.example.com/", ("https", "0x7f.example.com", 443, "/")),
        ("https://[2606:4700::1]:8443/", ("https", "2606:4700::1", 8443, "/")),
    ],
)
def test_a_plain_url_is_read_as_it_is(url: str, read: tuple[str, str, int, str]) -> None:
    assert read_url(url, STRICT) == read


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://hooks.example.com:443/", "hooks.example.com"),
        ("https://hooks.example.com:8443/", "hooks.example.com:8443"),
        ("https://[2606:4700::1]/", "[2606:4700::1]"),
    ],
)
def test_the_host_is_told_without_the_usual_port(url: str, authority: str) -> None:
    assert read_url(url, STRICT).authority == authority


LETTERS = st.sampled_from(string.printable + "\uff05\uff11。\u2044ß")


@given(st.lists(LETTERS, max_size=12), st.lists(LETTERS, max_size=12), st.sampled_from(["", "/", "?", ":"]))
def test_every_parser_reads_the_host_that_we_do(before: list[str], after: list[str], mark: str) -> None:
    url = f"https://{''.join(before)}hooks.example.com{mark}{''.join(after)}"
    try:
        read = read_url(url, STRICT)
    except UrlRefused:
        reject()
    assert urlsplit(url).hostname == httpx2.URL(url).host == read.host
    assert (urlsplit(url).port or 443) == (httpx2.URL(url).port or 443) == read.port


class TestAllowedNetworks:
    """What the operator allows, and nothing beside it."""

    OWN = allowance(["10.0.0.0/8", "fd00::/8"])
    PLAIN = allowance(["127.0.0.0/8"], ["127.0.0.0/8", "93.184.216.0/24"])

    @pytest.mark.parametrize("address", ["10.1.2.3", "fd00::1", "::ffff:10.1.2.3", "8.8.8.8"])
    def test_its_addresses_may_be_connected_to(self, address: str) -> None:
        check_address(ip_address(address), TARGET, self.OWN)

    @pytest.mark.parametrize("address", ["127.0.0.1", "192.168.0.1", "::1", "fe80::1"])
    def test_others_may_not(self, address: str) -> None:
        with pytest.raises(AddressRefused):
            check_address(ip_address(address), TARGET, self.OWN)

    def test_any_port_is_open_there_and_only_there(self) -> None:
        target = read_url("https://hooks.internal:9000/", self.OWN)
        check_address(ip_address("10.1.2.3"), target, self.OWN)
        with pytest.raises(AddressRefused, match="port"):
            check_address(ip_address("8.8.8.8"), target, self.OWN)

    def test_http_is_refused_where_only_https_is_allowed(self) -> None:
        with pytest.raises(UrlRefused, match="https"):
            read_url("http://10.1.2.3/", self.OWN)

    def test_http_is_open_in_the_networks_named_for_it(self) -> None:
        target = read_url("http://hooks.example.com/", self.PLAIN)
        for address in ("127.0.0.1", "93.184.216.34"):
            check_address(ip_address(address), target, self.PLAIN)
        with pytest.raises(AddressRefused, match="https"):
            check_address(ip_address("8.8.8.8"), target, self.PLAIN)

    def test_naming_a_network_for_http_does_not_make_it_public(self) -> None:
        allowed = allowance((), ["0.0.0.0/0"])
        target = read_url("http://hooks.example.com/", allowed)
        check_address(ip_address("8.8.8.8"), target, allowed)
        with pytest.raises(AddressRefused, match="public"):
            check_address(ip_address("127.0.0.1"), target, allowed)

    def test_more_ports_may_be_opened_everywhere(self) -> None:
        allowed = allowance(ports=[443, 9443])
        assert read_url("https://hooks.example.com:9443/", allowed).port == 9443
        with pytest.raises(UrlRefused, match="port"):
            read_url("https://hooks.example.com:8443/", allowed)

    @pytest.mark.parametrize("network", ["", "10.0.0.1/8", "10.0.0.0/33", "example.com"])
    def test_what_is_no_network_is_refused(self, network: str) -> None:
        with pytest.raises(ValueError, match=r"network|host bits"):
            allowance([network])
