"""A connection that calls a gRPC method, many calls at once, and checks each answer."""

import socket
from collections import deque

from bench.load import http2
from bench.load.exchange import Exchange

_OK = b"grpc-status\x010"
_PREFIX = 5
"""How many bytes stand before a gRPC message."""

_GIVE_BACK_AT = 1 << 28
_PATIENCE = 20.0


class GrpcConnection:
    """Implements `connection.Connection` for one method.

    Args:
        address: The server's host and port.
        path: The method.
    """

    def __init__(self, address: str, path: str) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=_PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(http2.opening())
        block = http2.call_headers(path, address)
        self._headers = http2.head(http2.HEADERS, http2.END_HEADERS, len(block)), block
        self._next = 1
        self._calls: dict[int, tuple[Exchange, int]] = {}
        self._bodies: dict[int, bytes] = {}
        self._room = http2.INITIAL_WINDOW
        self._held: deque[tuple[int, Exchange]] = deque()
        self._out: list[bytes] = []
        self._rest = b""
        self._taken = 0
        self._ended: list[int] = []
        self.faults: list[str] = []

    def fileno(self) -> int:
        """Return the descriptor of the socket."""
        return self._socket.fileno()

    @property
    def is_free(self) -> bool:
        """True: it carries more calls than are begun."""
        return True

    def begin(self, exchange: Exchange, started: int) -> None:
        """Begin a call; it is held back while the server takes no more bytes."""
        stream = self._next
        self._next += 2
        self._calls[stream] = exchange, started
        if self._held or len(exchange.request) + _PREFIX > self._room:
            self._held.append((stream, exchange))
        else:
            self._write(stream, exchange)

    def flush(self) -> None:
        """Send everything in one go."""
        if self._out:
            self._socket.sendall(b"".join(self._out))
            self._out.clear()

    def receive(self) -> list[int]:
        """Take the frames that have come whole."""
        received = self._socket.recv(1 << 18)
        if not received:
            raise ConnectionError("the server has closed the connection")
        data = self._rest + received if self._rest else received
        place, end, unpack = 0, len(data) - http2.HEAD_SIZE, http2.HEAD.unpack_from
        while place <= end:
            high, low, kind, flags, stream = unpack(data, place)
            begin = place + http2.HEAD_SIZE
            after = begin + (high << 8 | low)
            if after > len(data):
                break
            self._take(kind, flags, stream, data[begin:after])
            place = after
        self._rest = data[place:]
        ended, self._ended = self._ended, []
        return ended

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _write(self, stream: int, exchange: Exchange) -> None:
        number = http2.STREAM.pack(stream)
        self._room -= len(exchange.request) + _PREFIX
        start, block = self._headers
        self._out += (start, number, block)
        for start, chunk in http2.pieces(exchange.request):
            self._out += (start, number, chunk)

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == http2.DATA:
            known = self._bodies.get(stream)
            self._bodies[stream] = payload if known is None else known + payload
            self._give_back(len(payload))
        elif kind == http2.HEADERS:
            if flags & http2.END_STREAM:
                self._end(stream, payload)
        elif kind == http2.WINDOW_UPDATE:
            if stream == 0:
                self._room += http2.STREAM.unpack(payload)[0]
                self._let_go()
        elif kind in {http2.SETTINGS, http2.PING}:
            if not flags & http2.ACK:
                answer = payload if kind == http2.PING else b""
                self._out.append(http2.frame(kind, http2.ACK, 0, answer))
        elif kind == http2.RST_STREAM:
            self._end(stream, b"RST_STREAM " + payload)
        elif kind == http2.GOAWAY:
            self.faults.append(f"GOAWAY {payload!r}")

    def _end(self, stream: int, trailers: bytes) -> None:
        exchange, started = self._calls.pop(stream)
        body = self._bodies.pop(stream, b"")
        if _OK not in trailers:
            self.faults.append(f"not OK: {trailers!r}")
        elif body[:1] != b"\0" or int.from_bytes(body[1:_PREFIX], "big") != len(body) - _PREFIX:
            self.faults.append(f"{len(body)} bytes are no message: {body[:20]!r}")
        elif fault := exchange.fault(body):
            self.faults.append(fault)
        self._ended.append(started)

    def _let_go(self) -> None:
        while self._held and len(self._held[0][1].request) + _PREFIX <= self._room:
            self._write(*self._held.popleft())

    def _give_back(self, taken: int) -> None:
        """Allow the server as much again as was taken, once it is worth a frame."""
        self._taken += taken
        if self._taken >= _GIVE_BACK_AT:
            self._out.append(http2.window_update(self._taken))
            self._taken = 0
