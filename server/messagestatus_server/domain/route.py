"""A route: where the callbacks of one provider come in for one tenant, and what is decided about it."""

import re
from collections.abc import Mapping
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from types import MappingProxyType
from typing import NamedTuple

from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.receipt import TIMER
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.domain.vocabulary import Meaning

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DECIMAL = re.compile(r"[0-9]{1,39}")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{1,32}")

NOTHING: Mapping[str, str] = MappingProxyType({})
"""No settings."""


class IdForm(IntEnum):
    """A way in which two systems write one identifier differently."""

    CASE = 1
    ZEROS = 2
    HEX = 3


class Override(NamedTuple):
    """What a native word, or the word with an error code, means on one route."""

    word: str
    code: str
    meaning: Meaning

    @property
    def key(self) -> str:
        """What a lexicon calls the word."""
        return f"{self.word}:{self.code}".upper() if self.code else self.word.upper()


class Deadline(NamedTuple):
    """How long messages may wait, in microseconds after they were accepted, and as what they are marked.

    It holds for those channels that have none of their own when `channel` is UNSPECIFIED.
    """

    channel: Channel
    after: int
    state: DeliveryState = DeliveryState.UNKNOWN


class RouteSpec(NamedTuple):
    """What is decided about a route."""

    provider_name: str
    instance: str | None = None
    settings: Mapping[str, str] = NOTHING
    allowed_networks: tuple[str, ...] = ()
    public_url: str = ""
    id_forms: frozenset[IdForm] = frozenset()
    reference_is_message_id: bool = False
    overrides: tuple[Override, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    disabled: bool = False


class Route(NamedTuple):
    """A route as it is kept.

    `sealed_secrets` are its secrets as only this installation can read them; `path_digest` is the SHA-256 of
    the secret segment of its path, None where it has none. Its time is in microseconds, UTC.
    """

    handle: int
    tenant: int
    name: str
    provider: str
    spec: RouteSpec
    sealed_secrets: bytes
    path_digest: bytes | None
    create_time: int

    def admits(self, address: str) -> bool:
        """Tell whether callbacks may come from an address."""
        networks = self.spec.allowed_networks
        if not networks:
            return True
        try:
            came_from: IPv4Address | IPv6Address = ip_address(address)
        except ValueError:
            return False
        if isinstance(came_from, IPv6Address) and came_from.ipv4_mapped is not None:
            came_from = came_from.ipv4_mapped
        return any(came_from in ip_network(network) for network in networks)


def is_route_name(name: str) -> bool:
    """Tell whether text may name a route: lower-case letters, digits, inner dashes; 1 to 63 of them.

    One name is taken: the source of receipts that the timer makes.
    """
    return _NAME.fullmatch(name) is not None and name != TIMER


def canonical_network(text: str) -> str | None:
    """Return a network as CIDR, or None where the text is none; an address is the network of itself alone."""
    try:
        network = ip_network(text.strip())
    except ValueError:
        return None
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped is not None:
        return None
    return str(network)


def id_variants(message_id: str, forms: frozenset[IdForm]) -> list[str]:
    """Return every way in which a provider may write an identifier, the one that is given first.

    Sources: Jasmin issues 643 and 1123, Kannel's `msg-id-type`: one system writes decimal numbers, the other
    hexadecimal ones, with zeros in front, in either case.
    """
    if not forms:
        return [message_id]
    spelled = {message_id}
    if IdForm.HEX in forms:
        if _DECIMAL.fullmatch(message_id):
            spelled.add(f"{int(message_id):x}")
        if _HEXADECIMAL.fullmatch(message_id):
            spelled.add(str(int(message_id, 16)))
    if IdForm.ZEROS in forms:
        bare = {text.lstrip("0") or "0" for text in spelled}
        spelled |= bare | {text.zfill(width) for text in bare for width in _WIDTHS}
    cased: set[str] = set()
    if IdForm.CASE in forms:
        cased = spelled
    elif IdForm.HEX in forms:
        # Those who count in hexadecimal do not agree on the case of its letters.
        cased = {text for text in spelled if _HEXADECIMAL.fullmatch(text)}
    spelled |= {text.lower() for text in cased} | {text.upper() for text in cased}
    spelled.discard(message_id)
    return [message_id, *sorted(spelled)]


_WIDTHS = (8, 10, 16, 20)
"""How wide identifiers are that have zeros in front: what 32 and 64 bits take, hexadecimal and decimal."""
