"""Whom a request came from: the last address that no trusted proxy has, and no proxy is trusted by itself."""

import pytest

from messagestatus_gateway.caller_address import Proxies

PROXIES = Proxies(["10.0.0.0/8", "2001:db8::/32"])


def fields(*chain: str, **others: str) -> list[tuple[bytes, bytes]]:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in others.items()]
    return [*named, *((b"x-forwarded-for", line.encode()) for line in chain)]


@pytest.mark.parametrize(
    ("peer", "chain", "client"),
    [
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("::ffff:10.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("2001:db8::1", ["192.0.2.7"], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1, 192.0.2.7 , 10.0.0.2"], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1", "192.0.2.7", "10.0.0.2"], "192.0.2.7"),
        ("10.0.0.1", ["198.51.100.1, ::ffff:10.0.0.3", "10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["192.0.2.7, garbage"], "garbage"),
        ("10.0.0.1", [", ,", ""], "10.0.0.1"),
        ("192.0.2.9", ["192.0.2.7"], "192.0.2.9"),
        ("", ["192.0.2.7"], ""),
        ("unix", ["192.0.2.7"], "unix"),
    ],
)
def test_the_client_is_the_last_that_is_no_proxy(peer: str, chain: list[str], client: str) -> None:
    assert PROXIES.client(peer, fields(*chain)) == client
    assert Proxies().client(peer, fields(*chain)) == peer


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ({"host": "a.example:8080"}, "http://a.example:8080"),
        ({"host": "a", "x_forwarded_proto": "HTTPS"}, "https://a"),
        ({"host": "a", "x_forwarded_proto": "https, http"}, "https://a"),
        ({"host": "a", "x_forwarded_host": "b.example, c"}, "http://b.example"),
        ({"host": "a", "x_forwarded_proto": "", "x_forwarded_host": " "}, "http://a"),
        ({}, "http://"),
    ],
)
def test_the_url_is_the_one_that_the_proxy_was_called_by(told: dict[str, str], url: str) -> None:
    assert PROXIES.base_url("10.0.0.1", fields(**told), "http") == url
    assert PROXIES.base_url("192.0.2.9", fields(**told), "http") == f"http://{told.get('host', '')}"


def test_what_the_operator_says_goes_before_what_proxies_say() -> None:
    proxies = Proxies(["10.0.0.0/8"], "https://dlr.example.com/in/")
    told = fields(host="a", x_forwarded_host="b")
    assert proxies.base_url("10.0.0.1", told, "http") == "https://dlr.example.com/in"


@pytest.mark.parametrize(
    ("told", "client"),
    [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::9]:4711", "2001:db8::9"),
        ("[2001:db8::9]", "2001:db8::9"),
        ("2001:db8::9", "2001:db8::9"),
    ],
)
def test_a_port_behind_an_address_is_no_part_of_it(told: str, client: str) -> None:
    proxies = Proxies(["10.0.0.0/8"])
    assert proxies.client("10.0.0.1", [(b"x-forwarded-for", told.encode())]) == client
