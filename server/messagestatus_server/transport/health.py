"""Health: the standard service, whose watches end with the server rather than hold it open."""

import asyncio
from collections.abc import Awaitable
from typing import Any, cast

import grpc
from grpc_health.v1 import health, health_pb2

_LAST_WORDS = 0.1
"""How long a watcher may take to hear that the server stops, in seconds."""


class Health(health.aio.HealthServicer):  # type: ignore[misc]  # it ships no types
    """Answers health checks and watches."""

    def __init__(self, services: list[str]) -> None:
        super().__init__()
        self._services = ["", *services]
        self._ended = asyncio.Event()

    async def set_serving(self, *, serving: bool) -> None:
        """Tell, of the whole server and of each service, whether calls are welcome."""
        status = health_pb2.HealthCheckResponse
        for service in self._services:
            await self.set(service, status.SERVING if serving else status.NOT_SERVING)

    async def end(self) -> None:
        """Say for good that calls are not welcome, and end every watch."""
        await self.enter_graceful_shutdown()
        self._ended.set()

    async def Watch(self, request: Any, context: "grpc.aio.ServicerContext[Any, Any]") -> None:  # noqa: N802 - gRPC's name
        """Tell every change of a service's health, until the server ends."""
        watching = asyncio.ensure_future(cast("Awaitable[None]", super().Watch(request, context)))
        ending = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait({watching, ending}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({watching}, timeout=_LAST_WORDS)
        finally:
            watching.cancel()
            ending.cancel()
        await context.abort(grpc.StatusCode.UNAVAILABLE, "the server is shutting down")
