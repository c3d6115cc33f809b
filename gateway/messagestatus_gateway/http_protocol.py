"""HTTP/1.1 on one connection, with bounds where uvicorn has none: size and time of a request's head."""

import asyncio
import re
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from messagestatus_gateway.app import CONNECTION, Gateway
from messagestatus_gateway.exchange import Exchange, encode
from messagestatus_gateway.representation import head_of
from messagestatus_gateway.request import CLOSE, Request, first_of_each, request_id_of
from messagestatus_gateway.routing import split_path

_TARGET = re.compile(rb"[A-Z]+ ([^ ?\r\n]+)")


class BoundedHttpProtocol(HttpToolsProtocol):
    """A head that does not come, does not end or does not parse is refused in its dialect's shape.

    What asks a dialect is answered straight from here; uvicorn makes an ASGI scope for the rest.
    """

    _gateway: Gateway
    _in_head = False
    _in_one_chunk = False
    _head_size = 0
    _chunk = b""
    _arrival: asyncio.TimerHandle | None = None
    _idle: asyncio.TimerHandle | None = None
    _idle_since = 0.0
    _refusal: bytes | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for the first head."""
        super().connection_made(transport)
        application: object = self.app
        assert isinstance(application, Gateway)
        self._gateway = application
        self.url = b""
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits no more."""
        self._stop_waiting()
        if self._idle is not None:
            self._idle.cancel()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begins a head."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._in_head = self._in_one_chunk = True
        self._head_size = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Takes one field of it."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Ends it."""
        self._in_head = False
        self._stop_waiting()
        path, query = _read_target(self.url)
        segments = split_path(path)
        territory = self._gateway.holding(segments)
        if territory is None:
            self._leave_to_uvicorn()
            return
        headers = first_of_each(self.headers)
        request = Request(
            request_id_of(headers),
            headers,
            self.parser.get_method().decode("ascii"),
            query,
            self.client[0] if self.client else "",
            len(path) + len(query),
            self._size_of_headers(),
            fields=self.headers,
        )
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        exchange = Exchange(self, self._gateway, territory, segments, request, keep_alive=keep_alive)
        before, self.cycle = self.cycle, exchange
        if before is None or before.response_complete:
            self._start_asgi_task(exchange, self.app)
        else:
            # Answers leave in the order of their requests.
            self.flow.pause_reading()
            self.pipeline.appendleft((exchange, self.app))

    def on_response_complete(self) -> None:
        """Goes on with what has come behind, or waits for more."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.pipeline:
            self.flow.resume_reading()
            self._start_asgi_task(*self.pipeline.pop())
        elif self._refusal is not None:
            self._end_with(self._refusal)
        else:
            self.flow.resume_reading()
            self._idle_since = self.loop.time()
            if self._idle is None:
                self._idle = self.loop.call_later(self.timeout_keep_alive, self._close_if_idle)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser, which keeps what is not complete yet, and so must be kept from growing."""
        if self._refusal is not None:
            return
        continues_head = self._in_head
        if continues_head:
            self._in_one_chunk = False
        self._chunk = data
        super().data_received(data)
        self._chunk = b""
        if self.transport.is_closing():
            return
        if continues_head and self._in_head:
            self._head_size += len(data)
            limits = self._gateway.limits
            if self._head_size > limits.target + limits.headers:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif self._arrival is None and (self.cycle is None or self.cycle.response_complete):
            # uvicorn stops its own timer at the first byte, even of a head that never ends.
            self._await_head()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 -- uvicorn's text is replaced by the dialect's
        """Refuses what does not parse."""
        self._refuse(HTTPStatus.BAD_REQUEST)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        task = self.loop.create_task(cycle.run_asgi(app))
        self.tasks.add(task)
        if isinstance(cycle, Exchange):
            # It takes itself off, which spares a turn of the loop.
            cycle.task = task
        else:
            task.add_done_callback(self.tasks.discard)

    def _size_of_headers(self) -> int:
        if self._in_one_chunk and len(self._chunk) <= self._gateway.limits.headers:
            return len(self._chunk)  # they cannot be larger, so nobody need add them up
        return sum(len(name) + len(value) for name, value in self.headers)

    def _leave_to_uvicorn(self) -> None:
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: {"transport": self.transport}}
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        super().on_headers_complete()

    def _unset_keepalive_if_required(self) -> None:
        """Leaves the timer as it is: when it fires, it looks whether anything came since."""

    def _close_if_idle(self) -> None:
        self._idle = None
        under_way = self.cycle is not None and not self.cycle.response_complete
        if under_way or self._arrival is not None or self.transport.is_closing():
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._idle = self.loop.call_later(left, self._close_if_idle)
        else:
            self.transport.close()

    def _await_head(self) -> None:
        self._arrival = self.loop.call_later(self._gateway.limits.arrival, self._head_overdue)

    def _stop_waiting(self) -> None:
        if self._arrival is not None:
            self._arrival.cancel()
            self._arrival = None

    def _head_overdue(self) -> None:
        if self._in_head and not self.transport.is_closing():
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus) -> None:
        self._stop_waiting()
        answer, request_id = self._gateway.refuse_unread(
            self._path(), self.client[0] if self.client else "", status
        )
        told = encode(answer, [*self.server_state.default_headers, *head_of(answer, request_id), CLOSE])
        if self.cycle is None or self.cycle.response_complete:
            self._end_with(told)
        else:
            # Answers leave in the order of their requests, and none is read behind this one.
            self._refusal = told
            self.flow.pause_reading()

    def _end_with(self, told: bytes) -> None:
        self.transport.write(told)
        self.transport.close()

    def _path(self) -> bytes:
        if self.url:
            return self.url.partition(b"?")[0]
        # The parser tells nothing of a target with a byte that no target may have.
        target = _TARGET.match(self._chunk)
        return target[1] if target else b""


def _read_target(target: bytes) -> tuple[bytes, bytes]:
    """Takes a target apart into its path and its query.

    Raises:
        ValueError: It has no path that could be read.
    """
    if target.startswith(b"/") and b"#" not in target and target.isascii():
        path, _, query = target.partition(b"?")
        return path, query
    url = httptools.parse_url(target)
    if url.path is None or not url.path.isascii():
        raise ValueError("no path")
    return url.path, url.query or b""
