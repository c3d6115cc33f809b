"""The gateway as an ASGI application: find the dialect, let it answer, tell the log."""

import asyncio
import math
from collections.abc import Mapping, Sequence
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
from messagestatus_gateway.representation import packed, revalidated
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

_log = structlog.get_logger()

_BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
_JSON = (b"content-type", b"application/json")
_NOT_KEPT = (b"cache-control", b"no-store")
_MAY_RETRY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


class Gateway:
    """Answers every request: dialect paths by their dialect, all others by the pages."""

    def __init__(
        self,
        dialects: Sequence[Dialect],
        pages: ASGIApp,
        limits: Limits,
        *,
        meters: Mapping[str, Meter] | None = None,
        cors: Cors | None = None,
        access_log: AccessLog | None = None,
    ) -> None:
        """Takes what answers, how much to take on, and what counts calls, by the dialects' names."""
        self._territories = Territories(dialects)
        self._pages = pages
        self.limits = limits
        self._meters = {dialect.name(): Meter() for dialect in dialects} | dict(meters or {})
        self._cors = cors or Cors()
        self._access_log = access_log or PlainAccessLog()
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request as an ASGI application."""
        started = perf_counter()
        headers = first_of_each(scope["headers"])
        request_id = request_id_of(headers)
        segments = split_path(scope["raw_path"])
        territory = self._territories.holding(segments)
        if territory is None:
            self._under_way += 1
            try:
                template, status = await self._show_page(scope, receive, send, headers, request_id)
            finally:
                self._under_way -= 1
            self._access_log.tell(template, scope["method"], status, started, request_id)
            return
        request = Request(
            request_id,
            headers,
            scope["method"],
            scope["query_string"],
            client=scope["client"][0] if scope["client"] else "",
            target_size=len(scope["raw_path"]) + len(scope["query_string"]),
            headers_size=sum(len(name) + len(value) for name, value in scope["headers"]),
            fields=scope["headers"],
        )
        answer = await self.answer(territory, segments, request, receive)
        head = head_of(answer, request_id)
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        await send({"type": "http.response.body", "body": answer.body})

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
    ) -> tuple[str, int]:
        status = 0

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                named = (b"x-request-id", request_id.encode())
                message["headers"] = [*message["headers"], named, *self._cors.headers_for(headers)]
            await send(message)

        await self._pages(scope, receive, send_named)
        route = scope.get("route")
        return (route.path if route else _unrouted(None)), status

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


def head_of(answer: Answer, request_id: str) -> list[tuple[bytes, bytes]]:
    """Gives the header fields of an answer."""
    head = [(b"x-request-id", request_id.encode()), *answer.headers]
    named = {name for name, _ in answer.headers}
    if answer.status not in _BODILESS:
        head.append((b"content-length", b"%d" % len(answer.body)))
        if b"content-type" not in named:
            head.append(_JSON)
    if b"cache-control" not in named:
        head.append(_NOT_KEPT)
    return head


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
