"""The gateway as an ASGI application: find the dialect, let it answer, tell the log."""

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from time import perf_counter
from traceback import extract_tb

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from messagestatus_gateway.access_log import AccessLog, PlainAccessLog
from messagestatus_gateway.cors import Cors
from messagestatus_gateway.dialect import Answer, Dialect
from messagestatus_gateway.meter import Meter, Standing
from messagestatus_gateway.pages import plain_refusal
from messagestatus_gateway.refusal import GatewayRefusal, Refusal, RefusedError
from messagestatus_gateway.representation import packed, revalidated, send_answer
from messagestatus_gateway.request import (
    CLOSE,
    Headers,
    Request,
    announces_body,
    check_body,
    first_of_each,
    read_body,
    request_id_of,
)
from messagestatus_gateway.routing import Territories, Territory, split_path
from messagestatus_gateway.settings import Limits
from messagestatus_gateway.watch import PATH as WATCH_PATH
from messagestatus_gateway.watch import Watches

_log = structlog.get_logger()

CONNECTION = "messagestatus.connection"
"""The extension of the scope that holds the `transport` a request came by."""

# What logs of HTTP servers call it when nobody waits for the answer any more; it is never sent.
_CLIENT_LEFT = 499
_MAY_RETRY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


class Gateway:
    """Answers every request: dialect paths by their dialect, watches, and all others by the pages."""

    def __init__(
        self,
        dialects: Sequence[Dialect],
        pages: ASGIApp,
        limits: Limits,
        *,
        meters: Mapping[str, Meter] | None = None,
        cors: Cors | None = None,
        watches: Watches | None = None,
        access_log: AccessLog | None = None,
    ) -> None:
        """Takes what answers, how much to take on, and what counts calls, by the dialects' names."""
        self._territories = Territories(dialects)
        self._pages = pages
        self.limits = limits
        self._meters = {dialect.name(): Meter() for dialect in dialects} | dict(meters or {})
        self._cors = cors or Cors()
        self._watches = watches
        self._access_log = access_log or PlainAccessLog()
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request as an ASGI application."""
        headers = first_of_each(scope["headers"])
        request_id = request_id_of(headers)
        segments = split_path(scope["raw_path"])
        territory = self._territories.holding(segments)
        if territory is None and self._watches is not None and scope["raw_path"] == WATCH_PATH.encode():
            request = _request_of(scope, headers, request_id)
            await self._watch(self._watches, request, scope, receive, send)
        elif territory is None:
            await self._show_page(scope, receive, send, headers, request_id)
        else:
            request = _request_of(scope, headers, request_id)
            answer = await self.answer(territory, segments, request, receive)
            await send_answer(send, answer, request_id)

    def holding(self, segments: list[bytes]) -> Territory | None:
        """Finds the dialect that a path belongs to."""
        return self._territories.holding(segments)

    async def answer(
        self, territory: Territory, segments: list[bytes], request: Request, receive: Receive
    ) -> Answer:
        """Answers one request to a dialect."""
        started = perf_counter()
        self._under_way += 1
        try:
            method, headers, meter = request.method, request.headers, self._meters[territory.name]
            granted = None
            if method == "OPTIONS":
                granted = self._cors.preflight(headers, territory.methods(segments))
            if granted is None:
                template, answer, standing = await self._answer(territory, segments, request, meter, receive)
            else:
                template, answer, standing = territory.unrouted, granted, None
            standing = standing or meter.note(request)
            told = (*answer.headers, *standing.headers, *self._cors.headers_for(headers))
            answer = Answer(answer.status, answer.body, told)
            if territory.dialect.may_be_kept:
                answer = revalidated(answer, method, headers)
            answer = packed(answer, headers)
        finally:
            self._under_way -= 1
        self._access_log.tell(template, method, int(answer.status), started, request.request_id)
        return answer

    def refuse_unread(self, raw_path: bytes, client: str, status: HTTPStatus) -> tuple[Answer, str]:
        """Says no to a request whose head never became readable.

        Args:
            raw_path: As much of the path as is known.
            client: The address it came from.
            status: What is wrong with it.

        Returns:
            The answer in the shape of the path's dialect, and the request's id.
        """
        territory = self._territories.holding(split_path(raw_path))
        request_id = request_id_of({})
        if territory is None:
            answer = plain_refusal(status)
        else:
            refused = territory.dialect.refuse(None, GatewayRefusal(status))
            standing = self._meters[territory.name].note(Request(request_id, {}, client=client))
            answer = refused._replace(headers=refused.headers + standing.headers)
        _log.info("request", route=_unrouted(territory), status=int(answer.status), request_id=request_id)
        return answer, request_id

    async def _show_page(
        self, scope: Scope, receive: Receive, send: Send, headers: Headers, request_id: str
    ) -> None:
        started = perf_counter()
        told = ((b"x-request-id", request_id.encode()), *self._cors.headers_for(headers))
        sending = _Sending(send, told)
        self._under_way += 1
        try:
            await self._pages(scope, receive, sending)
        finally:
            self._under_way -= 1
        route = scope.get("route")
        template = route.path if route else _unrouted(None)
        self._access_log.tell(template, scope["method"], sending.status, started, request_id)

    async def _watch(
        self, watches: Watches, request: Request, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Counts no request as under way: a watch lasts for days, and there is a limit of its own."""
        started = perf_counter()
        sending = _Sending(send, self._cors.headers_for(request.headers))
        transport = scope["extensions"][CONNECTION]["transport"]
        try:
            await watches.answer(request, receive, sending, transport)
        except Exception as error:  # noqa: BLE001 -- what it may say must not reach logs or clients
            log_unexpected(error, WATCH_PATH, request.request_id)
            transport.abort()
        finally:
            status = sending.status or _CLIENT_LEFT
            self._access_log.tell(WATCH_PATH, request.method, status, started, request.request_id)

    async def _answer(
        self, territory: Territory, segments: list[bytes], request: Request, meter: Meter, receive: Receive
    ) -> tuple[str, Answer, Standing | None]:
        """Gives the route's template, its answer, and how the caller stands if the call was counted."""
        template, standing, refusal = territory.unrouted, None, None
        try:
            self._check_size(request)
            largest = max(self.limits.body, territory.dialect.largest_body)
            if request.is_complete:
                check_body(request.body, largest)
            elif announces_body(request.headers):
                request.body = await read_body(request.headers, receive, largest, self.limits.arrival)
            route, request.captured = territory.find(request.method, segments)
            template = route.template
            standing = await meter.admit(request)
            if standing.refusal is None:
                return template, await route.endpoint(request), standing
            refusal = standing.refusal
        except RefusedError as error:
            refusal = error.refusal
        except asyncio.CancelledError:
            # Only the end of the drain cancels; the client still hears why.
            refusal = GatewayRefusal(HTTPStatus.SERVICE_UNAVAILABLE)
        except Exception as error:  # noqa: BLE001 -- the dialect's client understands no other shape
            log_unexpected(error, template, request.request_id)
            refusal = GatewayRefusal(HTTPStatus.INTERNAL_SERVER_ERROR)
        return template, _refuse(territory.dialect, request, refusal), standing

    def _check_size(self, request: Request) -> None:
        limits = self.limits
        if request.target_size > limits.target:
            raise RefusedError(GatewayRefusal(HTTPStatus.REQUEST_URI_TOO_LONG, headers=(CLOSE,)))
        if request.headers_size > limits.headers:
            raise RefusedError(GatewayRefusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, headers=(CLOSE,)))
        if self._under_way > limits.concurrency:
            raise RefusedError(GatewayRefusal(HTTPStatus.SERVICE_UNAVAILABLE, headers=(CLOSE,)))


class _Sending:
    """Sends an answer with some header fields more, and notes its status; 0 until there is one."""

    def __init__(self, send: Send, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._headers = headers
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            message["headers"] = [*message["headers"], *self._headers]
        await self._send(message)


def _request_of(scope: Scope, headers: Headers, request_id: str) -> Request:
    return Request(
        request_id,
        headers,
        scope["method"],
        scope["query_string"],
        client=scope["client"][0] if scope["client"] else "",
        target_size=len(scope["raw_path"]) + len(scope["query_string"]),
        headers_size=sum(len(name) + len(value) for name, value in scope["headers"]),
        fields=scope["headers"],
    )


def _refuse(dialect: Dialect, request: Request, refusal: Refusal) -> Answer:
    answer = dialect.refuse(request, refusal)
    headers = answer.headers
    if isinstance(refusal, GatewayRefusal):
        headers += refusal.headers
    if answer.status in _MAY_RETRY:
        headers += ((b"retry-after", b"%d" % max(1, math.ceil(refusal.retry_delay or 0))),)
    return Answer(answer.status, answer.body, headers)


def _unrouted(territory: Territory | None) -> str:
    return territory.unrouted if territory else "*"


def log_unexpected(error: Exception, template: str, request_id: str) -> None:
    """Tells the log of a fault of the gateway's own."""
    # Where it happened, but not its text: that may hold what logs must not.
    frames = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
    _log.error(
        "unexpected exception",
        error=type(error).__qualname__,
        frames=frames,
        route=template,
        request_id=request_id,
    )
