"""Coalescing: while one batch of a caller is under way, the next look-ups gather behind it.

There is no timer to gather by, so a lone look-up waits for nobody; under load a batch carries what
arrived while the one before it ran.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import grpc
import structlog

from messagestatus.v1.message_status_pb2 import MessageStatus
from messagestatus_gateway.caller import Caller
from messagestatus_gateway.refusal import Refusal, RefusedError, UpstreamRefusal

Outcome = MessageStatus | Refusal
AskBatch = Callable[[Caller, str | None, Sequence[str]], Awaitable[Sequence[Outcome]]]
_Answer = dict[str, Outcome] | Refusal
_LineName = tuple[str, str | None]

BATCH_LIMIT = 256

_FAULT = UpstreamRefusal(grpc.StatusCode.INTERNAL)
_OVERDUE = UpstreamRefusal(grpc.StatusCode.DEADLINE_EXCEEDED)
# The loop's clock counts milliseconds, so a timer may come that much before its time.
_TICK = 0.001

_log = structlog.get_logger()


class _Waiting:
    """One request that waits for the outcomes of its messages, or for a refusal of all of them."""

    __slots__ = ("answer", "caller", "expiry", "ids")

    def __init__(
        self, caller: Caller, ids: Sequence[str], expiry: float, answer: "asyncio.Future[_Answer]"
    ) -> None:
        self.caller = caller
        self.ids = ids
        self.expiry = expiry
        self.answer = answer


class _Line:
    """Who waits with one credential for one instance, the oldest first."""

    __slots__ = ("gathering", "timer", "travelling")

    def __init__(self) -> None:
        self.gathering: deque[_Waiting] = deque()
        self.travelling: list[_Waiting] = []
        self.timer: asyncio.TimerHandle | None = None


class Coalescer:
    """Gathers look-ups of one credential and one instance into batches, one under way at a time.

    A look-up never joins a batch that has left already: its answer could be older than the
    look-up itself, and a caller could miss what it has just written.
    """

    def __init__(self, ask: AskBatch, deadline: float) -> None:
        """Takes the call that answers a batch, and the seconds that a look-up may wait.

        The call itself ends within these seconds.
        """
        self._ask = ask
        self._deadline = deadline
        self._gathering: dict[_LineName, _Line] = {}
        self._senders: set[asyncio.Task[None]] = set()

    async def look_up(self, caller: Caller, message_id: str, instance: str | None) -> MessageStatus:
        """Gets one status by way of a batch.

        Raises:
            RefusedError: The upstream refused this message or its batch, or the deadline passed.
        """
        answer = await self._travel(caller, (message_id,), instance)
        outcome = answer[message_id] if isinstance(answer, dict) else answer
        if isinstance(outcome, MessageStatus):
            return outcome
        raise RefusedError(outcome)

    async def look_up_all(
        self, caller: Caller, message_ids: Sequence[str], instance: str | None
    ) -> list[Outcome]:
        """Gets the outcomes of 1 to `BATCH_LIMIT` messages, in order, by way of one batch.

        Raises:
            RefusedError: The upstream refused the batch, or the deadline passed.
        """
        answer = await self._travel(caller, message_ids, instance)
        if not isinstance(answer, dict):
            raise RefusedError(answer)
        return [answer[message_id] for message_id in message_ids]

    def _travel(self, caller: Caller, ids: Sequence[str], instance: str | None) -> Awaitable[_Answer]:
        name = caller.credential, instance
        line = self._gathering.get(name)
        return self._lead(name, caller, ids) if line is None else self._join(line, caller, ids)

    async def _lead(self, name: _LineName, caller: Caller, ids: Sequence[str]) -> _Answer:
        """Goes at once where nobody is under way: alone, without a task or a timer of its own."""
        line = self._gathering[name] = _Line()
        try:
            return await self._answer(caller, ids, name[1])
        finally:
            if line.gathering:
                sender = asyncio.get_running_loop().create_task(self._send_batches(name, line))
                self._senders.add(sender)
                sender.add_done_callback(self._senders.discard)
            else:
                # Nothing of an idle caller is kept.
                del self._gathering[name]

    def _join(self, line: _Line, caller: Caller, ids: Sequence[str]) -> "asyncio.Future[_Answer]":
        loop = asyncio.get_running_loop()
        if line.timer is None:
            # One for all: each waits equally long, so the oldest of them is always the next to give up.
            line.timer = loop.call_later(self._deadline, self._give_up, line, loop)
        waiting = _Waiting(caller, ids, loop.time() + self._deadline, loop.create_future())
        line.gathering.append(waiting)
        return waiting.answer

    def _give_up(self, line: _Line, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        expiry = now + self._deadline
        for waiting in (*line.travelling, *line.gathering):
            if waiting.answer.done():
                continue
            if waiting.expiry > now + _TICK:
                expiry = waiting.expiry
                break
            waiting.answer.set_result(_OVERDUE)
        line.timer = loop.call_at(expiry, self._give_up, line, loop)

    async def _send_batches(self, name: _LineName, line: _Line) -> None:
        _, instance = name
        try:
            while ids := _board(line):
                answer = await self._answer(line.travelling[0].caller, list(ids), instance)
                for waiting in line.travelling:
                    # Whoever has gone, or run out of time, is done already.
                    if not waiting.answer.done():
                        waiting.answer.set_result(answer)
        finally:
            del self._gathering[name]
            if line.timer is not None:
                line.timer.cancel()

    async def _answer(self, caller: Caller, ids: Sequence[str], instance: str | None) -> _Answer:
        # The request id of the oldest look-up is the one that the upstream's log knows the batch by.
        try:
            outcomes = await self._ask(caller, instance, ids)
        except RefusedError as error:
            return error.refusal
        except Exception as error:  # noqa: BLE001 -- the line must go on for those who gather behind
            _log.error("batch failed", error=type(error).__qualname__, request_id=caller.request_id)
            return _FAULT
        return dict(zip(ids, outcomes, strict=True)) if len(outcomes) == len(ids) else _FAULT


def _board(line: _Line) -> dict[str, None]:
    """Lets the oldest look-ups that somebody still waits for leave together, up to the limit."""
    ids: dict[str, None] = {}
    line.travelling = []
    while line.gathering:
        waiting = line.gathering[0]
        if not waiting.answer.done():
            if ids and len(ids) + len(waiting.ids) > BATCH_LIMIT:
                break
            ids.update(dict.fromkeys(waiting.ids))
            line.travelling.append(waiting)
        line.gathering.popleft()
    return ids
