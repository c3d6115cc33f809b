"""Health: the standard service, whose watches end with the server rather than hold it open."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2

from messagestatus_server.transport.error_status import Failure
from messagestatus_server.transport.method import Ended, Handler, Metadata, Reply, Stream, Unary

SERVICE: str = health.SERVICE_NAME

_Status = health_pb2.HealthCheckResponse

_UNREADABLE = Failure(grpc.StatusCode.INVALID_ARGUMENT, "the request does not parse")
_UNKNOWN = Failure(grpc.StatusCode.NOT_FOUND, "there is no such service")
_STOPPING = Failure(grpc.StatusCode.UNAVAILABLE, "the server is shutting down")


class Health:
    """Answers anybody's checks and watches, of the whole server (the empty name) and of each service.

    It lives in one event loop.
    """

    def __init__(self, services: Iterable[str]) -> None:
        self._services = {"", SERVICE, *services}
        self._status = _Status.NOT_SERVING
        self._ended = False
        self._changed = asyncio.Event()

    @property
    def handlers(self) -> list[Handler]:
        """What engines serve of it."""
        return [
            Unary(f"/{SERVICE}/Check", self._check),
            Unary(f"/{SERVICE}/List", self._list),
            Stream(f"/{SERVICE}/Watch", self._watch),
        ]

    def set_serving(self, *, serving: bool) -> None:
        """Tell whether calls are welcome; after the end they never are again."""
        if not self._ended:
            self._set(_Status.SERVING if serving else _Status.NOT_SERVING)

    def end(self) -> None:
        """Say for good that calls are not welcome, and end every watch."""
        self._ended = True
        self._set(_Status.NOT_SERVING)

    async def _check(self, metadata: Metadata, body: bytes, remaining: float | None) -> Reply:
        del metadata, remaining
        try:
            service = health_pb2.HealthCheckRequest.FromString(body).service
        except DecodeError:
            return Reply(b"", failure=_UNREADABLE)
        if service not in self._services:
            return Reply(b"", failure=_UNKNOWN)
        return Reply(_encoded(self._status))

    async def _list(self, metadata: Metadata, body: bytes, remaining: float | None) -> Reply:
        del metadata, body, remaining
        statuses = {service: _Status(status=self._status) for service in self._services}
        return Reply(health_pb2.HealthListResponse(statuses=statuses).SerializeToString())

    async def _watch(self, metadata: Metadata, requests: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Tell the health of a service, and every change, until the server ends."""
        del metadata
        try:
            service = health_pb2.HealthCheckRequest.FromString(await anext(requests)).service
        except (DecodeError, StopAsyncIteration):
            raise Ended(_UNREADABLE) from None
        told: int | None = None
        while True:
            changed, ended = self._changed, self._ended
            status = self._status if service in self._services else _Status.SERVICE_UNKNOWN
            if status != told:
                told = status
                yield _encoded(status)
            if ended:
                raise Ended(_STOPPING)
            await changed.wait()

    def _set(self, status: int) -> None:
        self._status = status
        # Each change has an event of its own, so that whoever is slow still learns of the newest.
        self._changed.set()
        self._changed = asyncio.Event()


def _encoded(status: int) -> bytes:
    encoded: bytes = _Status(status=status).SerializeToString()
    return encoded
