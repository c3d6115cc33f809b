"""What is served beside the dialects: probes, the reference, and a plain 404 for paths of nobody."""

from http import HTTPStatus
from importlib.resources import files

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from messagestatus_gateway.dialect import Answer
from messagestatus_gateway.upstream import Upstream

_REFERENCE = files("messagestatus_gateway.reference")

# The page needs nothing from elsewhere, and so nothing from elsewhere may come in.
_GUARDS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


def plain_refusal(status: HTTPStatus) -> Answer:
    """Says no on a path that belongs to no dialect."""
    return Answer(status, orjson.dumps({"message": status.phrase}))


def pages(upstream: Upstream) -> Starlette:
    """Makes the application for all paths that belong to no dialect."""

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        if await upstream.is_serving():
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "upstream not serving"}, HTTPStatus.SERVICE_UNAVAILABLE)

    application = Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            _file("/openapi.json", "openapi.json", "application/json"),
            _file("/docs", "docs.html", "text/html"),
            _file("/docs/docs.css", "docs.css", "text/css"),
            _file("/docs/docs.js", "docs.js", "text/javascript"),
        ],
        middleware=[Middleware(GZipMiddleware, minimum_size=1400)],
        exception_handlers={HTTPException: _refuse},
    )
    application.router.redirect_slashes = False
    return application


def _file(path: str, name: str, media_type: str) -> Route:
    content = (_REFERENCE / name).read_bytes()

    async def show(_request: Request) -> Response:
        return Response(content, headers=_GUARDS, media_type=media_type)

    return Route(path, show)


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse(
        {"message": HTTPStatus(error.status_code).phrase}, error.status_code, headers=error.headers
    )
