"""A connection that asks over HTTP/1.1, one request after another, and checks each answer."""

import re
import socket

from bench.load.exchange import Exchange

_OK = b"HTTP/1.1 200 "
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PATIENCE = 20.0


class HttpConnection:
    """Implements `connection.Connection` for one request at a time.

    Args:
        address: The server's host and port.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=_PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._exchange: Exchange | None = None
        self._started = 0
        self._answer = b""
        self._waiting = b""
        self.faults: list[str] = []

    def fileno(self) -> int:
        """Return the descriptor of the socket."""
        return self._socket.fileno()

    @property
    def is_free(self) -> bool:
        """Whether no call is under way."""
        return self._exchange is None

    def begin(self, exchange: Exchange, started: int) -> None:
        """Begin the one call that can be under way."""
        self._exchange, self._started = exchange, started
        self._waiting = exchange.request

    def flush(self) -> None:
        """Send the request."""
        if self._waiting:
            self._socket.sendall(self._waiting)
            self._waiting = b""

    def receive(self) -> list[int]:
        """Take what has come; a call ends when its answer is whole."""
        received = self._socket.recv(1 << 16)
        if not received:
            raise ConnectionError("the server has closed the connection")
        answer = self._answer = self._answer + received
        head = answer.find(_END_OF_HEAD)
        length = _LENGTH.search(answer, 0, head) if head >= 0 else None
        if head < 0 or (length and len(answer) < head + len(_END_OF_HEAD) + int(length[1])):
            return []
        self._answer = b""
        self._judge(answer, length is not None)
        return [self._started]

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _judge(self, answer: bytes, has_length: bool) -> None:
        assert self._exchange is not None
        if not answer.startswith(_OK) or not has_length:
            self.faults.append(f"not OK: {answer[:200]!r}")
        elif fault := self._exchange.fault(answer):
            self.faults.append(fault)
        self._exchange = None
