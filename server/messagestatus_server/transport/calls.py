"""What every call goes through, whichever engine serves it."""

import asyncio
import re
import secrets
import time
import traceback
from collections.abc import Sequence
from typing import NamedTuple

import structlog

from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.refusals import (
    ConcurrencyLimitReached,
    DeadlinePassed,
    InternalFault,
    Refusal,
)
from messagestatus_server.service.authentication import Authentication, require
from messagestatus_server.transport.error_status import Failure, failure
from messagestatus_server.transport.method import Method

Metadata = Sequence[tuple[str, str | bytes]]

REQUEST_ID = "x-request-id"
TENANT = "x-tenant"

DEFAULT_DEADLINE = 10.0
"""How long a call may take that came without a deadline, in seconds."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

log = structlog.get_logger()


class Reply(NamedTuple):
    """How a call ends: with the bytes of a reply, or with a failure."""

    request_id: str
    body: bytes
    failure: Failure | None = None
    tenant: str = ""

    @property
    def trailers(self) -> tuple[tuple[str, str], ...]:
        """What goes beside the reply: how the call is named in the log, and whose key it carried."""
        named = ((REQUEST_ID, self.request_id),)
        return (*named, (TENANT, self.tenant)) if self.tenant else named


class Calls:
    """Answers calls: identifies, authenticates, limits, times and logs them, and maps refusals.

    Args:
        authentication: Knows the callers.
        most: How many calls may be under way at once.
    """

    def __init__(self, authentication: Authentication, most: int) -> None:
        self._authentication = authentication
        self._most = most
        self._under_way = 0

    async def answer(self, method: Method, metadata: Metadata, body: bytes, remaining: float | None) -> Reply:
        """Answer one call. No exception leaves, and no text of one does.

        Args:
            method: What is called.
            metadata: What came with the call; the names are in lower case.
            body: The bytes of the request.
            remaining: The seconds until the caller's deadline; None when it has none.
        """
        started = time.perf_counter()
        request_id = _request_id(metadata)
        context = {"method": method.path, "request_id": request_id}
        try:
            answered = await self._answered(method, metadata, body, remaining, context)
            reply = Reply(request_id, answered)
        except Refusal as refusal:
            reply = Reply(request_id, b"", failure(refusal, request_id))
        except TimeoutError:
            reply = Reply(request_id, b"", failure(DeadlinePassed(), request_id))
        except Exception as fault:  # noqa: BLE001 - the one place that may not let anything through
            log.error("fault", **context, **_described(fault))  # noqa: TRY400 - the text may hold secrets
            reply = Reply(request_id, b"", failure(InternalFault(), request_id))
        _log(reply, started, context)
        return reply._replace(tenant=context.get("tenant", ""))

    async def _answered(
        self,
        method: Method,
        metadata: Metadata,
        body: bytes,
        remaining: float | None,
        context: dict[str, str],
    ) -> bytes:
        if remaining is not None and remaining <= 0:
            raise DeadlinePassed
        if self._under_way >= self._most:
            raise ConcurrencyLimitReached
        self._under_way += 1
        try:
            async with asyncio.timeout(DEFAULT_DEADLINE if remaining is None else remaining):
                caller = await self._authentication.caller(metadata)
                context |= _named(caller)
                require(caller, method.scope)
                return await method.answer(caller, body)
        finally:
            self._under_way -= 1


def _request_id(metadata: Metadata) -> str:
    for name, value in metadata:
        if name == REQUEST_ID and isinstance(value, str) and _REQUEST_ID.fullmatch(value):
            return value
    return secrets.token_hex(8)


def _named(caller: Caller) -> dict[str, str]:
    return {"tenant": caller.tenant_name, "key_id": caller.key_id}


def _described(fault: Exception) -> dict[str, object]:
    """Describe an exception without its text, which may hold what no log may hold."""
    places = traceback.extract_tb(fault.__traceback__)
    return {
        "exception": type(fault).__name__,
        "at": [f"{place.filename}:{place.lineno} {place.name}" for place in places],
    }


def _log(reply: Reply, started: float, context: dict[str, str]) -> None:
    """Write the access line: of a refused call for operators to see, of any other for debugging."""
    code = "OK" if reply.failure is None else reply.failure.code.name
    write = log.debug if reply.failure is None else log.info
    write("call", code=code, ms=round((time.perf_counter() - started) * 1000, 2), **context)
