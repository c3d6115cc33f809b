"""Names made addresses, each of which is judged before anything is sent to it."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

from messagestatus_server.webhooks.addresses import Address, Allowance, Target, check_address

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a name and a port, or raises OSError."""

_MOST_ADDRESSES = 64


class Unresolved(Exception):
    """A name that has no address now."""


async def system_resolve(name: str, port: int) -> Sequence[str]:
    """Return the addresses that this machine knows for a name.

    Raises:
        OSError: There are none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [str(where[0]) for *_, where in found]


async def open_addresses(target: Target, allowed: Allowance, resolve: Resolve) -> list[Address]:
    """Return the addresses that a target may be connected at, in the order of preference.

    All of them must be allowed: a name with one address of our own network among others is not a receiver
    with a choice, but somebody trying.

    Raises:
        AddressRefused: One of them may not be connected to.
        Unresolved: There are none.
    """
    literal = target.address
    if literal is not None:
        return [check_address(literal, target, allowed)]
    try:
        found = [ip_address(text) for text in await resolve(target.host, target.port)]
    except (OSError, ValueError) as fault:  # which a name that cannot be encoded raises too
        raise Unresolved(type(fault).__name__) from None
    if not found or len(found) > _MOST_ADDRESSES:
        raise Unresolved(f"{len(found)} addresses")
    return list(dict.fromkeys(check_address(address, target, allowed) for address in found))
