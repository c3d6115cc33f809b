"""The little of HTTP/2 that calling needs: frames made beforehand, and headers without any table."""

import struct

from bench.rows import KEY

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
ACK = END_STREAM = 0x1
END_HEADERS = 0x4

INITIAL_WINDOW = 65_535
"""How many bytes may be sent, and taken, before anybody says otherwise."""

LARGEST_FRAME = 16_384
LARGEST_WINDOW = 2**31 - 1

HEAD = struct.Struct(">HBBBL")
"""The 9 bytes before each frame: the length in two parts, the kind, the flags, and the stream."""

HEAD_SIZE = HEAD.size
STREAM = struct.Struct(">L")

_SETTING = struct.Struct(">HL")
_LONGEST_TEXT = 0x7E
_TABLE_SIZE, _ENABLE_PUSH, _WINDOW_SIZE = 1, 2, 4


def head(kind: int, flags: int, length: int) -> bytes:
    """Return the first 5 bytes of a frame: the number of its stream follows."""
    return struct.pack(">HBBB", length >> 8, length & 0xFF, kind, flags)


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Return a frame."""
    return head(kind, flags, len(payload)) + STREAM.pack(stream) + payload


def opening() -> bytes:
    """Return what a client says first.

    Without a table for headers, the server's trailers are literal: a status can be searched for.
    """
    said = ((_TABLE_SIZE, 0), (_ENABLE_PUSH, 0), (_WINDOW_SIZE, LARGEST_WINDOW))
    settings = b"".join(_SETTING.pack(*each) for each in said)
    return (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        + frame(SETTINGS, 0, 0, settings)
        + window_update(LARGEST_WINDOW - INITIAL_WINDOW)
    )


def window_update(more: int) -> bytes:
    """Return the frame that lets the server send so many bytes more, on all streams together."""
    return frame(WINDOW_UPDATE, 0, 0, STREAM.pack(more))


def call_headers(path: str, authority: str) -> bytes:
    """Return the header block of a gRPC call, each a literal that no table keeps."""
    headers = (
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", authority),
        ("te", "trailers"),
        ("content-type", "application/grpc"),
        ("authorization", f"Bearer {KEY}"),
    )
    return b"".join(b"\0" + _text(name) + _text(value) for name, value in headers)


def pieces(request: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Return the DATA frames of a gRPC request, each in two: the stream's number comes between."""
    body = b"\0" + struct.pack(">L", len(request)) + request
    chunks = [body[place : place + LARGEST_FRAME] for place in range(0, len(body), LARGEST_FRAME)]
    last = len(chunks) - 1
    return tuple(
        (head(DATA, END_STREAM if place == last else 0, len(chunk)), chunk)
        for place, chunk in enumerate(chunks)
    )


def _text(text: str) -> bytes:
    encoded = text.encode()
    # The length is 7 bits and not Huffman-coded; longer texts would need a second byte.
    assert len(encoded) <= _LONGEST_TEXT
    return bytes([len(encoded)]) + encoded
