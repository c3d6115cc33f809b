"""The gateway as an ASGI application: find the dialect, let it answer, tell the log."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from time import perf_counter
from traceback import extract_tb

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from messagestatus_gateway.cors import Cors
from messagestatus_gateway.dialect import Answer, Dialect
from messagestatus_gateway.meter import Meter, Standing
from messagestatus_gateway.pages import plain_refusal
from messagestatus_gateway.refusal import GatewayRefusal, Refusal, RefusedError
from messagestatus_gateway.representation import packed, revalidated
from messagestatus_gateway.request import CLOSE, Request, announces_body, read_body, request_id_of
from messagestatus_gateway.routing import Territory, split_path, territory_of
from messagestatus_gateway.settings import Limits

_log = structlog.get_logger()

_BODILESS = {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}
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
    ) -> None:
        """Takes what answers, how much to take on, and what counts calls, by the dialects' names."""
        self._territories = [Territory(dialect) for dialect in dialects]
        self._pages = pages
        self.limits = limits
        self._meters = {dialect.name(): Meter() for dialect in dialects} | dict(meters or {})
        self._cors = cors or Cors()
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        started = perf_counter()
        request_id = request_id_of(scope["headers"])
        segments = split_path(scope["raw_path"])
        territory = territory_of(self._territories, segments)
        self._under_way += 1
        try:
            if territory is None:
                template, status = await self._show_page(scope, receive, send, request_id)
            else:
                template, answer = await self._ask_dialect(territory, segments, scope, receive, request_id)
                status = answer.status
                await send(
                    {"type": "http.response.start", "status": status, "headers": head_of(answer, request_id)}
                )
                await send({"type": "http.response.body", "body": answer.body})
        finally:
            self._under_way -= 1
        _log.info(
            "request",
            route=template,
            method=scope["method"],
            status=int(status),
            ms=round((perf_counter() - started) * 1000, 3),
            request_id=request_id,
        )

    def refuse_unread(self, raw_path: bytes, client: str, status: HTTPStatus) -> tuple[Answer, str]:
        """Says no to a request whose head never became readable.

        Args:
            raw_path: As much of the path as is known.
            client: The address it came from.
            status: What is wrong with it.

        Returns:
            The answer in the shape of the path's dialect, and the request's id.
        """
        territory = territory_of(self._territories, split_path(raw_path))
        request_id = request_id_of(())
        if territory is None:
            answer = plain_refusal(status)
        else:
            refused = territory.dialect.refuse(None, GatewayRefusal(status))
            standing = self._meter(territory).note(Request(request_id, [], client=client))
            answer = replace(refused, headers=refused.headers + standing.headers)
        _log.info("request", route=_unrouted(territory), status=int(answer.status), request_id=request_id)
        return answer, request_id

    async def _show_page(
        self, scope: Scope, receive: Receive, send: Send, request_id: str
    ) -> tuple[str, int]:
        status = 0

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                named = (b"x-request-id", request_id.encode())
                message["headers"] = [*message["headers"], named, *self._cors.headers_for(scope["headers"])]
            await send(message)

        await self._pages(scope, receive, send_named)
        route = scope.get("route")
        return (route.path if route else _unrouted(None)), status

    async def _ask_dialect(
        self, territory: Territory, segments: list[bytes], scope: Scope, receive: Receive, request_id: str
    ) -> tuple[str, Answer]:
        method, headers = scope["method"], scope["headers"]
        client = scope["client"]
        request = Request(request_id, headers, scope["query_string"], client=client[0] if client else "")
        answer = self._cors.preflight(headers, territory.methods(segments)) if method == "OPTIONS" else None
        if answer is None:
            template, answer, standing = await self._answer(territory, segments, scope, receive, request)
        else:
            template, standing = _unrouted(territory), None
        standing = standing or self._meter(territory).note(request)
        told = (*answer.headers, *standing.headers, *self._cors.headers_for(headers))
        return template, packed(revalidated(replace(answer, headers=told), method, headers), headers)

    async def _answer(
        self,
        territory: Territory,
        segments: list[bytes],
        scope: Scope,
        receive: Receive,
        request: Request,
    ) -> tuple[str, Answer, Standing | None]:
        """Gives the route's template, its answer, and how the caller stands if the call was counted."""
        template, standing, refusal = _unrouted(territory), None, None
        try:
            self._check_size(scope)
            if announces_body(request.headers):
                body = await read_body(request.headers, receive, self.limits.body, self.limits.arrival)
                request = replace(request, body=body)
            route, captured = territory.find(scope["method"], segments)
            template = route.template
            standing = await self._meter(territory).admit(request)
            if standing.refusal is None:
                answer = await route.endpoint(replace(request, captured=captured))
                return template, answer, standing
            refusal = standing.refusal
        except RefusedError as error:
            refusal = error.refusal
        except asyncio.CancelledError:
            # Only the end of the drain cancels; the client still hears why.
            refusal = GatewayRefusal(HTTPStatus.SERVICE_UNAVAILABLE)
        except Exception as error:  # noqa: BLE001 -- the dialect's client understands no other shape
            _log_unexpected(error, template, request.request_id)
            refusal = GatewayRefusal(HTTPStatus.INTERNAL_SERVER_ERROR)
        return template, _refuse(territory.dialect, request, refusal), standing

    def _meter(self, territory: Territory) -> Meter:
        return self._meters[territory.dialect.name()]

    def _check_size(self, scope: Scope) -> None:
        limits = self.limits
        if len(scope["raw_path"]) + len(scope["query_string"]) > limits.target:
            raise RefusedError(GatewayRefusal(HTTPStatus.REQUEST_URI_TOO_LONG, headers=(CLOSE,)))
        if sum(len(name) + len(value) for name, value in scope["headers"]) > limits.headers:
            raise RefusedError(GatewayRefusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, headers=(CLOSE,)))
        if self._under_way > limits.concurrency:
            raise RefusedError(GatewayRefusal(HTTPStatus.SERVICE_UNAVAILABLE, headers=(CLOSE,)))


def head_of(answer: Answer, request_id: str) -> list[tuple[bytes, bytes]]:
    """Gives the header fields of an answer."""
    head = [(b"x-request-id", request_id.encode()), *answer.headers]
    if answer.status not in _BODILESS:
        head += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer.body))]
    if not any(name == b"cache-control" for name, _ in answer.headers):
        head.append((b"cache-control", b"no-store"))
    return head


def _refuse(dialect: Dialect, request: Request, refusal: Refusal) -> Answer:
    answer = dialect.refuse(request, refusal)
    headers = answer.headers
    if isinstance(refusal, GatewayRefusal):
        headers += refusal.headers
    if answer.status in _MAY_RETRY:
        headers += ((b"retry-after", b"%d" % max(1, math.ceil(refusal.retry_delay or 0))),)
    return replace(answer, headers=headers)


def _unrouted(territory: Territory | None) -> str:
    return f"{territory.dialect.prefixes[0]}/*" if territory else "*"


def _log_unexpected(error: Exception, template: str, request_id: str) -> None:
    # Where it happened, but not its text: that may hold what logs must not.
    frames = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
    _log.error(
        "unexpected exception",
        error=type(error).__qualname__,
        frames=frames,
        route=template,
        request_id=request_id,
    )
