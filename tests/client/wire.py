"""A wire between a client and a server that a test cuts, or lets go dead."""

import contextlib
import socket
import threading
from collections.abc import Iterable
from typing import Self


class Wire:
    """Forwards TCP connections to an address."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._there = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self._open: list[socket.socket] = []
        self._dead: list[socket.socket] = []
        self._lock = threading.Lock()
        self._flowing = threading.Event()
        self._flowing.set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break every connection; new ones are taken."""
        with self._lock:
            ends, self._open = self._open, []
        _close(ends)

    def stall(self) -> None:
        """Let the connections there are go dead: they stay, and carry nothing any more."""
        with self._lock:
            self._dead, self._open = [*self._dead, *self._open], []
            self._flowing.clear()
            self._flowing = threading.Event()
            self._flowing.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._listener.close()
        self.cut()
        _close(self._dead)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                far = socket.create_connection(self._there)
            except OSError:
                near.close()
                continue
            with self._lock:
                self._open += (near, far)
                flowing = self._flowing
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_forward, args=(source, sink, flowing), daemon=True).start()


def _close(ends: Iterable[socket.socket]) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def _forward(source: socket.socket, sink: socket.socket, flowing: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while content := source.recv(65536):
            if not flowing.is_set():
                return
            sink.sendall(content)
        sink.shutdown(socket.SHUT_RDWR)
