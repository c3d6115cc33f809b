"""HTTP as bytes, for requests that no well-bred client would send."""

import json
import socket
from typing import Any, NamedTuple


class RawAnswer(NamedTuple):
    """An answer, taken apart."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


def exchange(port: int, request: bytes) -> RawAnswer:
    """Sends bytes and reads until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(request)
        return parse(read_all(connection))


def get(port: int, target: bytes, *headers: bytes, method: bytes = b"GET") -> RawAnswer:
    """Sends one request for a target exactly as given."""
    lines = (method + b" " + target + b" HTTP/1.1", b"host: gateway", b"connection: close", *headers)
    return exchange(port, b"\r\n".join(lines) + b"\r\n\r\n")


def read_all(connection: socket.socket) -> bytes:
    """Reads until the other side closes."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def parse(received: bytes) -> RawAnswer:
    """Takes an answer apart."""
    head, _, body = received.partition(b"\r\n\r\n")
    status, *fields = head.decode().split("\r\n")
    headers = dict(field.split(": ", 1) for field in fields)
    return RawAnswer(int(status.split()[1]), headers, body)
