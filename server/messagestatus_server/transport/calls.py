"""What every call goes through, whichever engine serves it."""

import logging
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial
from itertools import count

import structlog

from messagestatus_server.domain.caller import NOBODY, Caller, Scope
from messagestatus_server.domain.refusals import (
    ConcurrencyLimitReached,
    DeadlinePassed,
    InternalFault,
    Refusal,
)
from messagestatus_server.logs import described
from messagestatus_server.service.authentication import Authentication, require
from messagestatus_server.transport.eager import within
from messagestatus_server.transport.error_status import Failure, Trailers, failure
from messagestatus_server.transport.method import AtOnce, Ended, Metadata, Method, Reply, Stream, Unary

REQUEST_ID = "x-request-id"
TENANT = "x-tenant"

DEFAULT_DEADLINE = 10.0
"""How long a call may take that came without a deadline, in seconds."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

# Random where it starts, so that no two processes name calls alike.
_numbers = count(secrets.randbits(63))

log = structlog.get_logger()


class _Call:
    """A call that is being answered, with what became known of it."""

    __slots__ = ("_request_id", "caller", "method", "started", "told")

    def __init__(self, method: Method, told: dict[str, str | bytes]) -> None:
        self.method = method
        self.told = told
        self.started = time.perf_counter()
        self.caller: Caller | None = None
        self._request_id = ""

    @property
    def request_id(self) -> str:
        """What the call is named in the log: as its caller says, else as we do, once somebody asks."""
        if not self._request_id:
            self._request_id = self._given_id or _new_request_id()
        return self._request_id

    @property
    def context(self) -> dict[str, str]:
        """What every log line of the call holds."""
        named = {"method": self.method.path, "request_id": self.request_id}
        caller = self.caller
        return named if caller is None else named | {"tenant": caller.tenant_name, "key_id": caller.key_id}

    @property
    def trailers(self) -> Trailers:
        """What goes beside the reply: whose key it was, and how the call is named if anybody asked.

        A name of ours beside every reply would cost more than the reply itself.
        """
        told: Trailers = () if self.caller is None else ((TENANT, self.caller.tenant_name),)
        name = self._request_id or self._given_id
        return (*told, (REQUEST_ID, name)) if name else told

    @property
    def _given_id(self) -> str:
        given = self.told.get(REQUEST_ID)
        return given if isinstance(given, str) and _REQUEST_ID.fullmatch(given) else ""


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
        # Settled when the process starts; to ask each time would cost more than most else.
        self._logs_each: bool = log.is_enabled_for(logging.DEBUG)

    def unary(self, method: Method) -> Unary:
        """Return a method as engines serve it."""
        scope, answer = method.scope, method.at_once
        at_once = None if answer is None or scope is None else partial(self._at_once, scope, answer)
        return Unary(method.path, partial(self.answer, method), at_once)

    @staticmethod
    def guarded(stream: Stream) -> Stream:
        """Return a stream through which no exception leaves but the one that ends it."""

        async def serve(metadata: Metadata, requests: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
            try:
                # mypy takes an async iterator for what it is at least; handlers are generators.
                async with aclosing(stream.serve(metadata, requests)) as replies:  # type: ignore[type-var]
                    async for body in replies:
                        yield body
            except Ended:
                raise
            except Exception as fault:  # noqa: BLE001 - as below
                log.error("fault", method=stream.path, **described(fault))  # noqa: TRY400
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
        call = _Call(method, dict(metadata))
        refused: Refusal | None = None
        answered = b""
        try:
            self._admit(remaining)
            self._under_way += 1
            try:
                answering = self._answered(call, body)
                answered = await within(DEFAULT_DEADLINE if remaining is None else remaining, answering)
            finally:
                self._under_way -= 1
        except Refusal as refusal:
            refused = refusal
        except TimeoutError:
            refused = DeadlinePassed()
        except Exception as fault:  # noqa: BLE001 - the one place that may not let anything through
            log.error("fault", **call.context, **described(fault))  # noqa: TRY400 - the text may hold secrets
            refused = InternalFault()
        failed = None if refused is None else failure(refused, call.request_id)
        if failed is not None or self._logs_each:
            _log(call, failed)
        return Reply(answered, call.trailers, failed)

    def _at_once(self, scope: Scope, answer: AtOnce, metadata: Metadata, body: bytes) -> Reply | None:
        """Answer a call of which nothing is to be told: a known caller, the usual case, no log line."""
        told = dict(metadata)
        caller = self._authentication.known(told)
        if caller is None or scope not in caller.scopes or REQUEST_ID in told or self._logs_each:
            return None
        try:
            answered = answer(caller, body)
        except Exception:  # noqa: BLE001 - it is met again, and told, on the way of all calls
            return None
        return None if answered is None else Reply(answered, ((TENANT, caller.tenant_name),))

    def _admit(self, remaining: float | None) -> None:
        if remaining is not None and remaining <= 0:
            raise DeadlinePassed
        if self._under_way >= self._most:
            raise ConcurrencyLimitReached

    async def _answered(self, call: _Call, body: bytes) -> bytes:
        scope = call.method.scope
        if scope is None:
            return await call.method.answer(NOBODY, body)
        caller = call.caller = await self._authentication.caller(call.told)
        require(caller, scope)
        return await call.method.answer(caller, body)


def _new_request_id() -> str:
    return f"{next(_numbers):016x}"


def _log(call: _Call, failed: Failure | None) -> None:
    """Write the access line: of a refused call for operators to see, of any other for debugging."""
    code = "OK" if failed is None else failed.code.name
    milliseconds = round((time.perf_counter() - call.started) * 1000, 2)
    level = logging.DEBUG if failed is None else logging.INFO
    log.log(level, "call", code=code, ms=milliseconds, **call.context)
