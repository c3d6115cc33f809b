"""Where endpoints may be: which URLs may be given, and which addresses may be connected to.

Whoever may register an endpoint chooses where this installation sends requests, so that nothing but the
public internet is taken for a place to send to, unless the operator says so. A URL is read by one strict
pattern: where parsers could disagree about the host, it is refused. What a name resolves to is judged when
it is connected to; that judgement is the one that counts.

Sources: IANA's special-purpose address registries for IPv4 and IPv6; RFC 3986; WHATWG URL, "host parsing"
(what ends in a number is an address).
"""

import re
from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import NamedTuple

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_URL = 2_048
PORTS = frozenset({443, 8443})
"""The ports that endpoints listen on.

Others belong to other protocols, or to what was never meant for strangers: without this, an endpoint would be
a scanner of ports that works from our address. The operator may name more.
"""

_LAST_PORT = 65_535
_SCHEMES = {"https": 443, "http": 80}
# Printable ASCII but the characters that parsers treat differently: the backslash, which browsers take for
# a slash, and those that must be escaped anyway.
_URL = re.compile(
    r"(?P<scheme>[A-Za-z]+)://"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>(?:/[!$-;=?-\[\]_a-z~]*)?(?:\?[!$-;=?-\[\]_a-z~]*)?)"
)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

# Not one of these is a place of the public internet that could be an endpoint. Where Python knows them as
# such depends on its version, and 3.11 takes six of them for global.
_CLOSED_4 = tuple(
    map(
        IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",  # a public address by which Azure's machines reach their own host
        ),
    )
)
# Of IPv6, all but the global unicast block is closed: with it loopback, private, link-local, site-local,
# multicast, and the translations of IPv4 (64:ff9b::/96, ::/96). These are closed within it.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_CLOSED_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocols: Teredo, which carries IPv4 addresses, benchmarks, ORCHID
            "2001:db8::/32",
            "2002::/16",  # 6to4, which carries IPv4 addresses
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)


class UrlRefused(Exception):
    """A URL that may not be an endpoint; its text tells why."""


class AddressRefused(Exception):
    """An address that may not be connected to. Its text names it, and is for the operator alone."""


class Allowance(NamedTuple):
    """What the operator allows beyond https to ports 443 and 8443 of public addresses.

    `networks` may be connected to, on any port, though they are not public. Endpoints in
    `plaintext_networks` may be http; those that are not public must be in `networks` too. `ports` are open at
    every address.
    """

    networks: tuple[Network, ...] = ()
    plaintext_networks: tuple[Network, ...] = ()
    ports: frozenset[int] = PORTS


class Target(NamedTuple):
    """A URL in its parts. `host` is in lower case, without brackets; `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def address(self) -> Address | None:
        """The address, where the host is one."""
        return _literal(self.host)

    @property
    def authority(self) -> str:
        """What the header Host says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _SCHEMES[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The URL up to its path: what a connection is opened, and a certificate verified, for."""
        return f"{self.scheme}://{self.authority}"


def allowance(
    networks: Iterable[str] = (), plaintext_networks: Iterable[str] = (), ports: Iterable[int] = PORTS
) -> Allowance:
    """Return what an operator allows, networks in CIDR form.

    Raises:
        ValueError: A network is none.
    """
    return Allowance(
        tuple(ip_network(network) for network in networks),
        tuple(ip_network(network) for network in plaintext_networks),
        frozenset(ports),
    )


def read_url(url: str, allowed: Allowance) -> Target:
    """Return the parts of a URL that may be an endpoint, as far as the URL itself tells.

    Raises:
        UrlRefused: It may not.
    """
    if len(url) > LONGEST_URL:
        raise UrlRefused(f"must have at most {LONGEST_URL} characters")
    match = _URL.fullmatch(url)
    if match is None:
        raise UrlRefused(_fault(url))
    scheme, host = match["scheme"].lower(), match["host"].lower().strip("[]")
    if scheme not in _SCHEMES or (scheme == "http" and not allowed.plaintext_networks):
        raise UrlRefused("must be an https URL")
    port = int(match["port"]) if match["port"] else _SCHEMES[scheme]
    if not 0 < port <= _LAST_PORT:
        raise UrlRefused("must have a port from 1 to 65535")
    target = match["target"]
    read = Target(scheme, host, port, target if target.startswith("/") else f"/{target}")
    address = read.address
    if address is not None:
        try:
            check_address(address, read, allowed)
        except AddressRefused as refused:
            raise UrlRefused(str(refused)) from None
    else:
        _check_name(read, allowed)
    return read


def check_address(address: Address, target: Target, allowed: Allowance) -> Address:
    """Return the address to connect to for a target: this one, unwrapped where it is IPv4 in IPv6.

    Raises:
        AddressRefused: It may not be connected to.
    """
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            raise AddressRefused(f"{address} is of one link only")
        address = address.ipv4_mapped or address
    own = any(address in network for network in allowed.networks)
    if not own and not is_public(address):
        raise AddressRefused(f"{address} is not a public address")
    if target.scheme == "http" and not any(address in network for network in allowed.plaintext_networks):
        raise AddressRefused(f"{address} may be reached by https only")
    if not own and target.port not in _open_ports(target, allowed):
        raise AddressRefused(f"the port {target.port} is not open to endpoints")
    return address


def is_public(address: Address) -> bool:
    """Tell whether an address is a place of the public internet, and stands for no other address."""
    if not address.is_global:  # which knows what a newer Python's registries have, beside these
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    return address in _GLOBAL_UNICAST and not any(address in network for network in _CLOSED_6)


def _check_name(target: Target, allowed: Allowance) -> None:
    """Check what is known of a name before it is resolved.

    Raises:
        UrlRefused: It cannot be an endpoint.
    """
    host = target.host
    if not _NAME.fullmatch(host):
        raise UrlRefused("must name a host in ASCII, such as dlr.example.com")
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # 127.1, 0x7f000001 and 2130706433 are all 127.0.0.1 to those who resolve names.
        raise UrlRefused("has an address that is not written as four decimal numbers")
    if allowed.networks:
        return  # any name may be one of the operator's own, on any port
    if len(labels) == 1 or labels[-1] == "localhost":
        raise UrlRefused("must name a host of the public internet")
    if target.port not in _open_ports(target, allowed):
        raise UrlRefused(f"the port {target.port} is not open to endpoints")


def _open_ports(target: Target, allowed: Allowance) -> frozenset[int]:
    return allowed.ports | {_SCHEMES["http"]} if target.scheme == "http" else allowed.ports


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _fault(url: str) -> str:
    """Return why a URL is none that is read, in the words that help most."""
    if not (url.isascii() and url.isprintable()) or " " in url:
        return "must be printable ASCII without blanks; write a host's other letters as xn--"
    if "#" in url:
        return "must have no fragment"
    if "@" in url.partition("://")[2].partition("/")[0]:
        return "must have no user in it"
    return "must be an https URL of a host, with everything but plain characters percent-encoded"
