"""TCP addresses: read from an option, listened on, and tried."""

import asyncio
import errno
import socket
from typing import NamedTuple

import click

_LAST_PORT = 65535
_BETWEEN_LOOKS = 0.05  # seconds


class Address(NamedTuple):
    """A host, without brackets, and a port. Port 0 asks the system for a free one."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def address_of(_context: click.Context, _option: click.Parameter, text: str) -> Address:
    """Read the value of an option that names an address; an IPv6 host stands in brackets."""
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > _LAST_PORT:
        raise click.BadParameter(f"{text!r} is no HOST:PORT")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def listen(option: str, address: Address) -> socket.socket:
    """Listen on an address. Raises click.ClickException, naming the option, where that cannot be."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server(address, family=family, backlog=socket.SOMAXCONN)
    except OSError as error:
        reason = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        raise click.ClickException(f"{option}: {address} {reason}") from error


def free(option: str, address: Address) -> Address:
    """Return the address, port 0 replaced by a free one. Raises click.ClickException where it is in use."""
    with listen(option, address) as trial:
        return Address(address.host, trial.getsockname()[1])


async def until_answered(address: Address) -> None:
    """Wait until somebody listens on an address."""
    while True:
        try:
            _, writer = await asyncio.open_connection(*address)
        except OSError:
            await asyncio.sleep(_BETWEEN_LOOKS)
        else:
            writer.close()
            return
