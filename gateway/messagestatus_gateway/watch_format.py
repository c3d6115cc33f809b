"""How a watch is written: as server-sent events, or as a JSON object a line.

Server-sent events are those of the HTML standard, section 9.2. A block there that has an `id` and no `data`
moves the client's last event id on without an event that scripts would see: so heartbeats are written.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import orjson

# Milliseconds until a client comes again.
_RETRY = 2000


class WatchFormat(ABC):
    """One of the two. Nothing here has state: each stream may use the same one."""

    content_type: bytes
    opening: bytes = b""
    """What the first event follows."""

    @abstractmethod
    def event(self, name: str, token: str, body: Mapping[str, Any]) -> bytes:
        """Writes an event, with the token to go on from after it where there is one."""

    @abstractmethod
    def heartbeat(self, token: str) -> bytes:
        """Writes that there is nothing new up to a token."""


class EventStream(WatchFormat):
    """Server-sent events: `text/event-stream`."""

    content_type = b"text/event-stream; charset=utf-8"
    opening = b"retry: %d\n" % _RETRY

    def event(self, name: str, token: str, body: Mapping[str, Any]) -> bytes:
        """Writes an event; its body stands on one line."""
        place = f"id: {token}\n" if token else ""
        return f"{place}event: {name}\ndata: ".encode() + orjson.dumps(body) + b"\n\n"

    def heartbeat(self, token: str) -> bytes:
        """Writes a comment for people, and the token for machines."""
        return f": heartbeat\nid: {token}\n\n".encode()


class JsonLines(WatchFormat):
    """Newline-delimited JSON: `application/x-ndjson`."""

    content_type = b"application/x-ndjson"

    def event(self, name: str, token: str, body: Mapping[str, Any]) -> bytes:
        """Writes an event with its body as `data`."""
        place = {"resume_token": token} if token else {}
        return orjson.dumps({"event": name, **place, "data": body}, option=orjson.OPT_APPEND_NEWLINE)

    def heartbeat(self, token: str) -> bytes:
        """Writes an event without a body."""
        return orjson.dumps({"event": "heartbeat", "resume_token": token}, option=orjson.OPT_APPEND_NEWLINE)


EVENT_STREAM = EventStream()
JSON_LINES = JsonLines()
