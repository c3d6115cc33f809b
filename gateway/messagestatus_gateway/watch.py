"""`GET /v1/watch`: changes as they are committed, for as long as the client listens."""

import asyncio
import socket
from http import HTTPStatus

from starlette.types import Receive, Send

from messagestatus.v1.status_watch_service_pb2 import WatchResponse
from messagestatus_gateway.caller import Caller
from messagestatus_gateway.contract_json import as_json
from messagestatus_gateway.cors import Cors
from messagestatus_gateway.refusal import GatewayRefusal, Refusal, RefusedError
from messagestatus_gateway.representation import send_answer
from messagestatus_gateway.request import Request
from messagestatus_gateway.settings import Limits
from messagestatus_gateway.upstream import Upstream
from messagestatus_gateway.upstream_watch import UpstreamWatch, WatchedUpstream, WatchEnded
from messagestatus_gateway.watch_refusal import STOPPING, body_of, refused, wrong
from messagestatus_gateway.watch_request import Asked, WrongParameter, asked_of, caller_of

PATH = "/v1/watch"

_METHODS = ("GET",)
_ALLOW = (b"allow", b"GET")

# Seconds that what was sent may stay untaken, and how many are left for it when the gateway stops.
_PATIENCE = 60.0
_FAREWELL = 2.0

# Bytes that the system keeps for a client who does not read. Left to itself it grows to megabytes for each.
_UNSENT = 128 << 10

_HEAD = [
    (b"cache-control", b"no-store, no-transform"),
    # Proxies would hold back what is to be heard at once.
    (b"x-accel-buffering", b"no"),
    (b"vary", b"Accept"),
]


class Watches:
    """All watches of this process."""

    def __init__(self, upstream: Upstream, watched: WatchedUpstream, limits: Limits, cors: Cors) -> None:
        """Takes what judges credentials, what opens watches, how many there may be, and who may read them."""
        self._upstream = upstream
        self._watched = watched
        self._limits = limits
        self._cors = cors
        self._under_way = 0
        self._running: set[_Watch] = set()
        self._stopping = False

    async def answer(
        self, request: Request, receive: Receive, send: Send, transport: asyncio.Transport
    ) -> None:
        """Answers one request, for as long as it takes.

        Args:
            request: What is asked; a body counts for nothing.
            receive: Tells when the client has left.
            send: Takes the answer, and waits while the client takes none of it.
            transport: The connection to the client.
        """
        answer = self._cors.preflight(request.headers, _METHODS) if request.method == "OPTIONS" else None
        if answer is None:
            try:
                caller, asked = await self._judged(request)
            except RefusedError as error:
                answer = refused(error.refusal)
            except WrongParameter as error:
                answer = wrong(error)
            else:
                await self._run(caller, asked, receive, _Client(request.request_id, send, transport))
                return
        await send_answer(send, answer, request.request_id)

    def stop(self) -> None:
        """Ends every watch, and takes no more."""
        self._stopping = True
        loop = asyncio.get_running_loop()
        for watch in self._running:
            watch.stop()
            loop.call_later(_FAREWELL, watch.client.abort)

    async def _judged(self, request: Request) -> tuple[Caller, Asked]:
        self._check(request)
        caller = caller_of(request)
        try:
            return caller, asked_of(request)
        except WrongParameter:
            # A wrong key is told before any fault in the request.
            await self._upstream.authenticate(caller)
            raise

    def _check(self, request: Request) -> None:
        if request.method not in _METHODS:
            raise RefusedError(GatewayRefusal(HTTPStatus.METHOD_NOT_ALLOWED, headers=(_ALLOW,)))
        if request.target_size > self._limits.target:
            raise RefusedError(GatewayRefusal(HTTPStatus.REQUEST_URI_TOO_LONG))
        if request.headers_size > self._limits.headers:
            raise RefusedError(GatewayRefusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE))
        if self._stopping:
            raise RefusedError(STOPPING)
        if self._under_way >= self._limits.watches:
            text = "Too many watches are under way"
            raise RefusedError(GatewayRefusal(HTTPStatus.SERVICE_UNAVAILABLE, text))

    async def _run(self, caller: Caller, asked: Asked, receive: Receive, client: "_Client") -> None:
        self._under_way += 1
        try:
            async with self._watched.watch(caller, asked.request) as upstream:
                watch = _Watch(upstream, client, asked, self._upstream.deadline)
                self._running.add(watch)
                leaving = asyncio.create_task(_end_with_client(receive, upstream))
                try:
                    await watch.run()
                finally:
                    self._running.discard(watch)
                    leaving.cancel()
        finally:
            self._under_way -= 1


class _Client:
    """Who listens."""

    __slots__ = ("_request_id", "_send", "_transport")

    def __init__(self, request_id: str, send: Send, transport: asyncio.Transport) -> None:
        self._request_id = request_id
        self._send = send
        self._transport = transport

    async def begin(self, content_type: bytes) -> None:
        connection = self._transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNSENT)
        head = [(b"x-request-id", self._request_id.encode()), (b"content-type", content_type), *_HEAD]
        await self._send({"type": "http.response.start", "status": HTTPStatus.OK, "headers": head})

    async def write(self, content: bytes, *, more: bool = True) -> None:
        """Waits until there is room for it, and drops a client who makes none."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._send({"type": "http.response.body", "body": content, "more_body": more})
        except TimeoutError:
            self.abort()
            raise WatchEnded from None

    def abort(self) -> None:
        """Drops the connection, and what was not taken from it."""
        self._transport.abort()

    async def refuse(self, refusal: Refusal) -> None:
        await send_answer(self._send, refused(refusal), self._request_id)


class _Watch:
    """One watch: reads an event, writes it, and only then reads the next."""

    __slots__ = ("_asked", "_deadline", "_stopping", "_token", "_upstream", "client")

    def __init__(self, upstream: UpstreamWatch, client: _Client, asked: Asked, deadline: float) -> None:
        self._upstream = upstream
        self.client = client
        self._asked = asked
        self._deadline = deadline
        self._token = asked.request.resume_token
        self._stopping = False

    async def run(self) -> None:
        try:
            reply = await self._read(self._deadline)
        except RefusedError as error:
            await self.client.refuse(error.refusal)
            return
        except WatchEnded:
            return
        written = self._asked.written
        try:
            await self.client.begin(written.content_type)
            await self.client.write(written.opening + self._event(reply))
            # Two heartbeats may be late, or one be lost; beyond, the upstream is gone.
            patience = 2 * self._asked.heartbeat + self._deadline
            await self._go_on(patience)
        except WatchEnded:
            return  # nobody listens any more

    def stop(self) -> None:
        """Ends it, with a word to the client."""
        self._stopping = True
        self._upstream.end()

    async def _go_on(self, patience: float) -> None:
        try:
            while True:
                await self.client.write(self._event(await self._read(patience)))
        except RefusedError as error:
            told = body_of(error.refusal) | {"resume_token": self._token}
        await self.client.write(self._asked.written.event("error", "", told), more=False)

    async def _read(self, patience: float) -> WatchResponse:
        try:
            return await self._upstream.read(patience)
        except WatchEnded:
            if self._stopping:
                raise RefusedError(STOPPING) from None
            raise

    def _event(self, reply: WatchResponse) -> bytes:
        written = self._asked.written
        if reply.HasField("snapshot"):
            # Without its token: who resumed within a snapshot would never see the rest of it.
            return written.event("snapshot", "", as_json(reply.snapshot))
        self._token = reply.resume_token
        if reply.HasField("change"):
            return written.event("change", self._token, as_json(reply.change))
        if reply.HasField("snapshot_end"):
            return written.event("snapshot-end", self._token, {"messages": reply.snapshot_end.messages})
        return written.heartbeat(self._token)


async def _end_with_client(receive: Receive, upstream: UpstreamWatch) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    upstream.end()
