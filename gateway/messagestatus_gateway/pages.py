"""What is served beside the dialects: the probes, and a plain 404 for paths of nobody."""

from http import HTTPStatus

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from messagestatus_gateway.dialect import Answer
from messagestatus_gateway.upstream import Upstream


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
        routes=[Route("/healthz", healthz), Route("/readyz", readyz)],
        exception_handlers={HTTPException: _refuse},
    )
    application.router.redirect_slashes = False
    return application


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse(
        {"message": HTTPStatus(error.status_code).phrase}, error.status_code, headers=error.headers
    )
