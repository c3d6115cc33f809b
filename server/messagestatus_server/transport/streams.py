"""What every streaming call goes through, whichever engine serves it."""

import re
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import structlog

from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.refusals import (
    ConcurrencyLimitReached,
    InternalFault,
    Refusal,
    RequestMalformed,
)
from messagestatus_server.logs import described
from messagestatus_server.service.authentication import Authentication, require
from messagestatus_server.transport.calls import REQUEST_ID
from messagestatus_server.transport.error_status import failure
from messagestatus_server.transport.method import Ended, Metadata, Stream, StreamMethod

ASKED_AGAIN_EVERY = 5.0
"""How long a key is believed while its stream goes on, in seconds."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

log = structlog.get_logger()


class Streams:
    """Answers streaming calls: identifies, authenticates, limits and logs them, and maps refusals.

    Args:
        authentication: Knows the callers.
        most: How many streams may be under way at once.
    """

    def __init__(self, authentication: Authentication, most: int) -> None:
        self._authentication = authentication
        self._most = most
        self._under_way = 0

    def stream(self, method: StreamMethod) -> Stream:
        """Return a method as engines serve it."""

        async def serve(metadata: Metadata, requests: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
            told = dict(metadata)
            try:
                async with aclosing(self._answered(method, told, requests)) as replies:
                    async for reply in replies:
                        yield reply
            except Refusal as refusal:
                refused = refusal
            except Exception as fault:  # noqa: BLE001 - the one place that may not let anything through
                log.error("fault", method=method.path, **described(fault))  # noqa: TRY400 - it may hold secrets
                refused = InternalFault()
            else:
                return
            request_id = _request_id(told)
            log.info("stream", method=method.path, reason=type(refused).__name__, request_id=request_id)
            raise Ended(failure(refused, request_id))

        return Stream(method.path, serve)

    async def _answered(
        self, method: StreamMethod, told: dict[str, Any], requests: AsyncIterator[bytes]
    ) -> AsyncGenerator[bytes, None]:
        caller = await self._caller(method, told)
        body = await anext(requests, None)
        if body is None:
            raise RequestMalformed
        if self._under_way >= self._most:
            raise ConcurrencyLimitReached
        self._under_way += 1
        try:
            asked = time.monotonic()
            async with aclosing(method.answer(caller, body)) as replies:
                async for reply in replies:
                    now = time.monotonic()
                    if now - asked >= ASKED_AGAIN_EVERY:
                        # The key may have been revoked since.
                        await self._caller(method, told)
                        asked = now
                    yield reply
        finally:
            self._under_way -= 1

    async def _caller(self, method: StreamMethod, told: dict[str, Any]) -> Caller:
        caller = await self._authentication.caller(told)
        require(caller, method.scope)
        return caller


def _request_id(told: dict[str, Any]) -> str:
    given = told.get(REQUEST_ID)
    return given if isinstance(given, str) and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
