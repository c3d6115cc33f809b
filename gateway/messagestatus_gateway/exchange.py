"""One request to a dialect and its answer: uvicorn's cycle without the scope and the messages of ASGI."""

import asyncio
from typing import TYPE_CHECKING, Any, cast

from starlette.types import Receive
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from messagestatus_gateway.app import Gateway, log_unexpected
from messagestatus_gateway.dialect import Answer
from messagestatus_gateway.representation import head_of
from messagestatus_gateway.request import CLOSE, Request, announces_body
from messagestatus_gateway.routing import Territory

if TYPE_CHECKING:
    from messagestatus_gateway.http_protocol import BoundedHttpProtocol


# Nobody waits for the body of a request that has none.
_NOTHING_COMES = asyncio.Event()


class Exchange(RequestResponseCycle):
    """Does for a dialect what uvicorn's cycle does for an application, in one step and one write."""

    task: "asyncio.Task[None]"

    def __init__(
        self,
        connection: "BoundedHttpProtocol",
        gateway: Gateway,
        territory: Territory,
        segments: list[bytes],
        request: Request,
        *,
        keep_alive: bool,
    ) -> None:
        """Takes what was asked, and the connection that it came by.

        Uvicorn's own is not called: it asks for a scope.
        """
        self._connection = connection
        self._gateway = gateway
        self._territory = territory
        self._segments = segments
        self._request = request
        self.transport = connection.transport
        self.flow = connection.flow
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = request.headers.get(b"expect", b"").lower() == b"100-continue"
        self.message_event = asyncio.Event() if announces_body(request.headers) else _NOTHING_COMES
        self.body = bytearray()
        self.more_body = True
        self.disconnected = False
        self.response_complete = False

    async def run_asgi(self, app: Any) -> None:  # noqa: ARG002 -- it is the gateway
        """Answers."""
        request = self._request
        if not self.more_body:
            # Most have come as a whole by now, and need not be waited for.
            request.body, request.is_complete = bytes(self.body), True
        try:
            receive = cast(Receive, self.receive)  # the same, but for the types of messages
            answer = await self._gateway.answer(self._territory, self._segments, request, receive)
            if self.flow.write_paused and not self.disconnected:
                await self.flow.drain()
            self._write(answer)
        except asyncio.CancelledError:
            self.transport.close()
        except Exception as error:  # noqa: BLE001 -- the client must not wait for an answer
            log_unexpected(error, self._territory.unrouted, self._request.request_id)
            self.transport.close()
        finally:
            self._connection.tasks.discard(self.task)

    def _write(self, answer: Answer) -> None:
        transport = self.transport
        self.response_complete = True
        self.message_event.set()
        if self.disconnected or transport.is_closing():
            return
        fields = [*self._connection.server_state.default_headers, *head_of(answer, self._request.request_id)]
        if CLOSE in answer.headers:
            self.keep_alive = False
        elif not self.keep_alive:
            fields.append(CLOSE)
        transport.write(encode(answer, fields, with_body=self._request.method != "HEAD"))
        if not self.keep_alive:
            transport.close()
        self._connection.on_response_complete()


def encode(answer: Answer, fields: list[tuple[bytes, bytes]], *, with_body: bool = True) -> bytes:
    """Gives the bytes of an answer as they travel."""
    parts = [STATUS_LINE[answer.status]]
    for name, value in fields:
        parts += (name, b": ", value, b"\r\n")
    parts.append(b"\r\n")
    if with_body:
        parts.append(answer.body)
    return b"".join(parts)
