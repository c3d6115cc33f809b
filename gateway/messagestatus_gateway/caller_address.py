"""Whom a request came from, and which URL they called, as far as trusted proxies tell."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
Fields = Sequence[tuple[bytes, bytes]]
"""Header fields as they came: names in lower case, each as often as it was sent."""


class Proxies:
    """The proxies in front of the gateway. Nobody else is believed about a request's origin."""

    def __init__(self, networks: Sequence[str] = (), public_url: str = "") -> None:
        """Takes the networks of the proxies, and the URL that the world calls if they change it.

        Raises:
            ValueError: A network is none.
        """
        self._networks: list[Network] = [ip_network(network) for network in networks]
        self._public_url = public_url.rstrip("/")

    def client(self, peer: str, fields: Fields) -> str:
        """Finds the address that a request came from: the last one that is not a proxy's."""
        told = b",".join(value for name, value in fields if name == b"x-forwarded-for")
        # A proxy appends whom it heard, in the line that came or in one of its own.
        chain = [part.strip() for part in told.decode("latin-1").split(",") if part.strip()]
        address = peer
        while chain and self._is_proxy(address):
            address = _without_port(chain.pop())
        return address

    def base_url(self, peer: str, fields: Fields, scheme: str) -> str:
        """Finds what stands in front of the path in the URL that was called."""
        if self._public_url:
            return self._public_url
        host = _first(fields, b"host")
        if self._is_proxy(peer):
            scheme = _first(fields, b"x-forwarded-proto").partition(",")[0].strip().lower() or scheme
            host = _first(fields, b"x-forwarded-host").partition(",")[0].strip() or host
        return f"{scheme}://{host}"

    def _is_proxy(self, address: str) -> bool:
        if not self._networks:
            return False
        try:
            known = ip_address(address)
        except ValueError:
            return False
        # A socket of both families tells IPv4 addresses so.
        known = (isinstance(known, IPv6Address) and known.ipv4_mapped) or known
        return any(known in network for network in self._networks)


def _without_port(told: str) -> str:
    """Takes off the port that some proxies write behind an address."""
    if told.startswith("["):
        return told[1:].partition("]")[0]
    address, colon, _ = told.partition(":")
    return address if colon and ":" not in told[len(address) + 1 :] else told


def _first(fields: Fields, wanted: bytes) -> str:
    return next((value.decode("latin-1").strip() for name, value in fields if name == wanted), "")
