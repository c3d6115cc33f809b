"""What every call goes through, whichever engine serves it."""

import logging
import re
import secrets
import time
import traceback
from collections.abc import AsyncIterator, Mapping
from functools import partial
from itertools import count

import structlog

from messagestatus_server.domain.refusals import (
    ConcurrencyLimitReached,
    DeadlinePassed,
    InternalFault,
    Refusal,
)
from messagestatus_server.service.authentication import Authentication, require
from messagestatus_server.transport.eager import within
from messagestatus_server.transport.error_status import Failure, failure
from messagestatus_server.transport.method import Ended, Metadata, Method, Reply, Stream, Unary

REQUEST_ID = "x-request-id"
TENANT = "x-tenant"

DEFAULT_DEADLINE = 10.0
"""How long a call may take that came without a deadline, in seconds."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

log = structlog.get_logger()


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
        # Random where it starts, so that no two processes name calls alike.
        self._numbers = count(secrets.randbits(63))

    def unary(self, method: Method) -> Unary:
        """Return a method as engines serve it."""
        return Unary(method.path, partial(self.answer, method))

    @staticmethod
    def guarded(stream: Stream) -> Stream:
        """Return a stream through which no exception leaves but the one that ends it."""

        async def serve(requests: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
            try:
                async for body in stream.serve(requests):
                    yield body
            except Ended:
                raise
            except Exception as fault:  # noqa: BLE001 - as below
                log.error("fault", method=stream.path, **_described(fault))  # noqa: TRY400
                raise Ended(failure(InternalFault(), "")) from None

        return Stream(stream.path, serve)

    async def answer(self, method: Method, metadata: Metadata, body: bytes, remaining: float | None) -> Reply:
        """Answer one call. No exception leaves, and no text of one does.

        Args:
            method: What is called.
            metadata: What came with the call; the names are in lower case.
            body: The bytes of the request.
            remaining: The seconds until the caller's deadline; None when it has none.
        """
        started = time.perf_counter()
        told = dict(metadata)
        context = {"method": method.path, "request_id": self._request_id(told)}
        refused: Refusal | None = None
        answered = b""
        try:
            if remaining is not None and remaining <= 0:
                raise DeadlinePassed
            if self._under_way >= self._most:
                raise ConcurrencyLimitReached
            self._under_way += 1
            try:
                work = self._answered(method, told, body, context)
                answered = await within(DEFAULT_DEADLINE if remaining is None else remaining, work)
            finally:
                self._under_way -= 1
        except Refusal as refusal:
            refused = refusal
        except TimeoutError:
            refused = DeadlinePassed()
        except Exception as fault:  # noqa: BLE001 - the one place that may not let anything through
            log.error("fault", **context, **_described(fault))  # noqa: TRY400 - the text may hold secrets
            refused = InternalFault()
        failed = None if refused is None else failure(refused, context["request_id"])
        _log(failed, started, context)
        return Reply(answered, _trailers(context), failed)

    async def _answered(
        self, method: Method, told: Mapping[str, str | bytes], body: bytes, context: dict[str, str]
    ) -> bytes:
        caller = await self._authentication.caller(told)
        context["tenant"] = caller.tenant_name
        context["key_id"] = caller.key_id
        require(caller, method.scope)
        return await method.answer(caller, body)

    def _request_id(self, told: Mapping[str, str | bytes]) -> str:
        given = told.get(REQUEST_ID)
        if isinstance(given, str) and _REQUEST_ID.fullmatch(given):
            return given
        return f"{next(self._numbers) % 2**64:016x}"


def _trailers(context: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return what goes beside the reply: how the call is named in the log, and whose key it carried."""
    named = (REQUEST_ID, context["request_id"])
    return (named, (TENANT, context["tenant"])) if "tenant" in context else (named,)


def _described(fault: Exception) -> dict[str, object]:
    """Describe an exception without its text, which may hold what no log may hold."""
    places = traceback.extract_tb(fault.__traceback__)
    return {
        "exception": type(fault).__name__,
        "at": [f"{place.filename}:{place.lineno} {place.name}" for place in places],
    }


def _log(failed: Failure | None, started: float, context: Mapping[str, str]) -> None:
    """Write the access line: of a refused call for operators to see, of any other for debugging."""
    level = logging.DEBUG if failed is None else logging.INFO
    if log.is_enabled_for(level):
        code = "OK" if failed is None else failed.code.name
        milliseconds = round((time.perf_counter() - started) * 1000, 2)
        log.log(level, "call", code=code, ms=milliseconds, **context)
