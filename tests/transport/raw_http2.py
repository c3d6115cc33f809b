"""A connection that speaks HTTP/2 frame by frame, so that it can say what no gRPC client would."""

import socket
import struct
from collections.abc import Collection, Sequence
from typing import Self

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings

PATIENCE = 10
"""How long an answer may take, in seconds."""


class RawConnection:
    """An HTTP/2 connection to a gRPC server; as a context manager, it is broken off at the end."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=PATIENCE)
        self._http = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self._http.initiate_connection()
        self._send()
        self.goodbye: tuple[int, bytes] | None = None
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def call(
        self,
        path: str,
        key: str,
        *,
        frame: bytes = b"\0\0\0\0\0",
        timeout: str = "20S",
        headers: Sequence[tuple[str, str]] = (),
    ) -> int:
        """Send a whole unary call, and return its stream.

        Args:
            path: What is called.
            key: The caller's key.
            frame: The request with the flag and the length before it; an empty one, if it is not said.
            timeout: The deadline, as gRPC writes it.
            headers: More metadata.
        """
        stream = self._begin(path, key, timeout, headers)
        largest = self._http.max_outbound_frame_size
        for start in range(0, len(frame), largest):
            part = frame[start : start + largest]
            self._http.send_data(stream, part, end_stream=start + largest >= len(frame))
            self._send()
        return stream

    def begin_and_reset(self, path: str, key: str) -> None:
        """Begin a call, and take it back in the same breath."""
        self._http.reset_stream(self._begin(path, key, "20S"), h2.errors.ErrorCodes.CANCEL)
        self._send()

    def ping(self) -> None:
        """Send a PING frame."""
        self._http.ping(b"01234567")
        self._send()

    def settings(self) -> dict[int, int]:
        """Return the settings that the server announces."""
        while True:
            for event in self._events():
                if isinstance(event, h2.events.RemoteSettingsChanged):
                    return {code: changed.new_value for code, changed in event.changed_settings.items()}
            assert not self.closed

    def read_until_answered(self) -> None:
        """Read until the server has answered a ping."""
        while not any(isinstance(event, h2.events.PingAckReceived) for event in self._events()):
            assert not self.closed

    def read_until_ended(self, streams: Collection[int]) -> dict[int, dict[str, str]]:
        """Read until streams have ended, and return the trailers of each; none of one that was reset."""
        ended: dict[int, dict[str, str]] = {}
        while not ended.keys() >= set(streams):
            assert not self.closed
            for event in self._events():
                if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
                    if event.stream_ended is not None:
                        ended[event.stream_id] = {str(name): str(value) for name, value in event.headers}
                elif isinstance(event, h2.events.StreamReset):
                    ended.setdefault(event.stream_id, {})
        return ended

    def read_until_closed(self) -> None:
        """Read until the server closes the connection."""
        while not self.closed:
            self._events()

    def close(self) -> None:
        """Break the connection off, without a word."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def _begin(self, path: str, key: str, timeout: str, headers: Sequence[tuple[str, str]] = ()) -> int:
        stream: int = self._http.get_next_available_stream_id()
        head = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "tests"),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("grpc-timeout", timeout),
            ("x-api-key", key),
            *headers,
        ]
        self._http.send_headers(stream, head)
        return stream

    def _send(self) -> None:
        self._socket.sendall(self._http.data_to_send())

    def _events(self) -> list[h2.events.Event]:
        try:
            content = self._socket.recv(65_536)
        except ConnectionResetError:
            content = b""
        if not content:
            self.closed = True
            return []
        events: list[h2.events.Event] = self._http.receive_data(content)
        for event in events:
            if isinstance(event, h2.events.ConnectionTerminated):
                self.goodbye = int(event.error_code or 0), bytes(event.additional_data or b"")
        if self.goodbye is None:
            self._send()
        return events
