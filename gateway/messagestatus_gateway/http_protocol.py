"""HTTP/1.1 on one connection, with bounds where uvicorn has none: size and time of a request's head."""

import asyncio
import re
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from messagestatus_gateway.app import Gateway, head_of
from messagestatus_gateway.request import CLOSE

_TARGET = re.compile(rb"[A-Z]+ ([^ ?\r\n]+)")


class BoundedHttpProtocol(HttpToolsProtocol):
    """A head that does not come, does not end or does not parse is refused in its dialect's shape."""

    _in_head = False
    _head_size = 0
    _chunk = b""
    _arrival: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins to wait for the first head."""
        super().connection_made(transport)
        self.url = b""
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begins a head."""
        super().on_message_begin()
        self._in_head = True
        self._head_size = 0

    def on_headers_complete(self) -> None:
        """Ends it."""
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Feeds the parser, which keeps what is not complete yet, and so must be kept from growing."""
        continues_head = self._in_head
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

    @property
    def _gateway(self) -> Gateway:
        application: object = self.app
        assert isinstance(application, Gateway)
        return application

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
        lines = [STATUS_LINE[answer.status]]
        for name, value in (*self.server_state.default_headers, *head_of(answer, request_id), CLOSE):
            lines += (name, b": ", value, b"\r\n")
        self.transport.write(b"".join((*lines, b"\r\n", answer.body)))
        self.transport.close()

    def _path(self) -> bytes:
        if self.url:
            return self.url.partition(b"?")[0]
        # The parser tells nothing of a target with a byte that no target may have.
        target = _TARGET.match(self._chunk)
        return target[1] if target else b""
