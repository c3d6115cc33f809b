"""What every streaming call goes through, whichever engine serves it."""

import asyncio
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
    CredentialInvalid,
    DeadlinePassed,
    InternalFault,
    Refusal,
    RequestMalformed,
    StoreRefusal,
)
from messagestatus_server.logs import described
from messagestatus_server.service.authentication import Authentication, require
from messagestatus_server.transport.calls import DEFAULT_DEADLINE, REQUEST_ID, TENANT
from messagestatus_server.transport.error_status import Failure, Trailers, failure
from messagestatus_server.transport.method import Ended, Metadata, Stream, StreamMethod

ASKED_AGAIN_EVERY = 2.0
"""How long a key is believed while its streams go on, in seconds."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

log = structlog.get_logger()


class _Call:
    """A stream under way, with what became known of it."""

    __slots__ = ("caller", "method", "refused", "started", "told", "waiting")

    def __init__(self, method: StreamMethod, told: dict[str, Any]) -> None:
        self.method = method
        self.told = told
        self.started = time.perf_counter()
        self.caller: Caller | None = None
        self.refused: Refusal | None = None
        self.waiting: asyncio.Task[Any] | None = None

    def refuse(self, refusal: Refusal) -> None:
        """End the stream: at once if it waits for something to send, else when what it sends has left."""
        self.refused = refusal
        if self.waiting is not None:
            self.waiting.cancel()

    async def next(self, replies: AsyncGenerator[bytes, None]) -> bytes | None:
        """Return what is to be sent next, None where nothing is.

        Raises:
            Refusal: The stream was refused meanwhile.
        """
        if self.refused is not None:
            raise self.refused
        self.waiting = asyncio.current_task()
        try:
            return await anext(replies, None)
        except asyncio.CancelledError:
            self._unless_refused()
            raise
        finally:
            self.waiting = None

    def _unless_refused(self) -> None:
        """Turn the cancellation that a refusal makes into the refusal."""
        if self.refused is not None and self.waiting is not None:
            self.waiting.uncancel()
            raise self.refused from None

    @property
    def context(self) -> dict[str, str]:
        """What its log lines hold."""
        caller = self.caller
        named = {"method": self.method.path}
        return named if caller is None else named | {"tenant": caller.tenant_name, "key_id": caller.key_id}

    @property
    def trailers(self) -> Trailers:
        """What goes beside its end."""
        return () if self.caller is None else ((TENANT, self.caller.tenant_name),)


class Streams:
    """Answers streaming calls: identifies, authenticates, limits and logs them, and maps refusals.

    Keys are asked for again while their streams go on, also where nothing is sent: one may have been revoked.
    It lives in one event loop.

    Args:
        authentication: Knows the callers.
        most: How many streams may be under way at once.
    """

    def __init__(self, authentication: Authentication, most: int) -> None:
        self._authentication = authentication
        self._most = most
        self._under_way = 0
        self._by_key: dict[tuple[int, str], set[_Call]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._asking: asyncio.Task[None] | None = None

    def stream(self, method: StreamMethod) -> Stream:
        """Return a method as engines serve it."""

        async def serve(metadata: Metadata, requests: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
            call = _Call(method, dict(metadata))
            try:
                async with aclosing(self._answered(call, requests)) as replies:
                    async for reply in replies:
                        yield reply
            except Refusal as refusal:
                refused = refusal
            except Exception as fault:  # noqa: BLE001 - the one place that may not let anything through
                log.error("fault", **call.context, **described(fault))  # noqa: TRY400 - it may hold secrets
                refused = InternalFault()
            else:
                return
            raise Ended(_logged(call, refused))

        return Stream(method.path, serve)

    async def _answered(self, call: _Call, requests: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        caller = call.caller = await self._authentication.caller(call.told)
        require(caller, call.method.scope)
        if self._under_way >= self._most:
            raise ConcurrencyLimitReached
        self._under_way += 1
        key = caller.tenant, caller.key_id
        self._by_key.setdefault(key, set()).add(call)
        self._ask_again_later()
        try:
            body = await _first(requests)
            async with aclosing(call.method.answer(caller, body)) as replies:
                while (reply := await call.next(replies)) is not None:
                    yield reply
        finally:
            self._under_way -= 1
            self._by_key[key].discard(call)
            if not self._by_key[key]:
                del self._by_key[key]

    def _ask_again_later(self) -> None:
        # A timer, and no task that sleeps: at the end of the loop it would still be there.
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(ASKED_AGAIN_EVERY, self._ask_again)

    def _ask_again(self) -> None:
        self._timer = None
        if self._by_key:
            self._asking = asyncio.get_running_loop().create_task(self._ask_for_each_key())
            self._ask_again_later()

    async def _ask_for_each_key(self) -> None:
        for calls in list(self._by_key.values()):
            # All of them came with one key.
            call = next(iter(calls), None)
            if call is None:
                continue
            try:
                await self._authentication.caller(call.told)
            except CredentialInvalid:
                for each in list(calls):
                    each.refuse(CredentialInvalid())
            except StoreRefusal:
                return  # it is asked again


async def _first(requests: AsyncIterator[bytes]) -> bytes:
    try:
        async with asyncio.timeout(DEFAULT_DEADLINE):
            body = await anext(requests, None)
    except TimeoutError:
        raise DeadlinePassed from None
    if body is None:
        raise RequestMalformed
    return body


def _logged(call: _Call, refused: Refusal) -> Failure:
    """Write the access line of a refused stream, and return how it ends."""
    given = call.told.get(REQUEST_ID)
    known = isinstance(given, str) and _REQUEST_ID.fullmatch(given)
    request_id = str(given) if known else secrets.token_hex(8)
    failed = failure(refused, request_id)
    milliseconds = round((time.perf_counter() - call.started) * 1000, 2)
    log.info("call", code=failed.code.name, ms=milliseconds, request_id=request_id, **call.context)
    return failed._replace(trailers=(*call.trailers, (REQUEST_ID, request_id), *failed.trailers))
