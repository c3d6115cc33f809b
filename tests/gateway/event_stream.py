"""Reads server-sent events as the HTML standard has it (9.2.6), and opens watches to read them from."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import httpx2


class Event(NamedTuple):
    """What a browser would dispatch."""

    name: str
    data: str
    last_event_id: str

    @property
    def body(self) -> Any:
        return json.loads(self.data)


class EventStreamReader:
    """Takes a stream apart, fed with any pieces of it."""

    def __init__(self) -> None:
        self.last_event_id = ""
        self.retry: list[int] = []
        self.comments: list[str] = []
        self._rest = b""
        self._id = ""
        self._name = ""
        self._data = ""

    def feed(self, content: bytes) -> Iterator[Event]:
        """Give the events that are complete now."""
        *lines, self._rest = (self._rest + content).split(b"\n")
        for line in lines:
            text = line.decode()
            if text:
                self._take(text)
            else:
                yield from self._dispatch()

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "":
                self.comments.append(value)
            case "event":
                self._name = value
            case "data":
                self._data += f"{value}\n"
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isdigit():
                self.retry.append(int(value))
            case _:
                raise AssertionError(line)

    def _dispatch(self) -> Iterator[Event]:
        self.last_event_id = self._id
        name, data, self._name, self._data = self._name, self._data, "", ""
        if data:
            yield Event(name or "message", data.removesuffix("\n"), self._id)


class Watch:
    """An open watch, and its events as they come."""

    def __init__(self, response: httpx2.Response) -> None:
        self.response = response
        self.reader = EventStreamReader()
        self._pieces = response.iter_raw()
        self._waiting: list[Event] = []

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        while not self._waiting:
            self._waiting += self.reader.feed(next(self._pieces))
        return self._waiting.pop(0)

    def until_opened(self) -> Self:
        """Wait for the first thing that comes: changes after that are heard."""
        self._waiting += self.reader.feed(next(self._pieces))
        return self


@contextmanager
def watching(url: str, key: str, query: str = "", *, narrow: bool = False, **headers: str) -> Iterator[Watch]:
    """Open a watch by a gateway's URL; a narrow one keeps little that is not read yet."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = [(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)] if narrow else None
    transport = httpx2.HTTPTransport(socket_options=kept)
    target = f"{url}/v1/watch?{query}"
    with (
        httpx2.Client(timeout=20, transport=transport) as client,
        client.stream("GET", target, headers={"X-Api-Key": key, **named}) as response,
    ):
        assert response.status_code == 200, response.read()
        yield Watch(response)
