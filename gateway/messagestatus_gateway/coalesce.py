"""Coalescing: while one batch of a caller is under way, the next look-ups gather behind it.

There is no timer, so a lone look-up waits for nobody; under load a batch carries what arrived
while the one before it ran.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import grpc
import structlog

from messagestatus.v1.message_status_pb2 import MessageStatus
from messagestatus_gateway.caller import Caller
from messagestatus_gateway.refusal import Refusal, RefusedError, UpstreamRefusal

Outcome = MessageStatus | Refusal
AskBatch = Callable[[Caller, str | None, Sequence[str]], Awaitable[Sequence[Outcome]]]
_Line = tuple[str, str | None]
_Waiters = dict[str, "_Waiting"]

BATCH_LIMIT = 256

_FAULT = UpstreamRefusal(grpc.StatusCode.INTERNAL)

_log = structlog.get_logger()


@dataclass(slots=True)
class _Waiting:
    """All who wait for one message, and the first of them, in whose name it is asked for."""

    caller: Caller
    outcomes: list[asyncio.Future[Outcome]] = field(default_factory=list)


class Coalescer:
    """Gathers look-ups of one credential and one instance into batches, one under way at a time.

    A look-up never joins a batch that has left already: its answer could be older than the
    look-up itself, and a caller could miss what it has just written.
    """

    def __init__(self, ask: AskBatch, deadline: float) -> None:
        """Takes the call that answers a batch, and the seconds that a look-up may wait."""
        self._ask = ask
        self._deadline = deadline
        self._gathering: dict[_Line, _Waiters] = {}
        self._senders: set[asyncio.Task[None]] = set()

    async def look_up(self, caller: Caller, message_id: str, instance: str | None) -> MessageStatus:
        """Gets one status by way of a batch.

        Raises:
            RefusedError: The upstream refused this message or its batch, or the deadline passed.
        """
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        waiting = self._waiters_of(caller, instance).setdefault(message_id, _Waiting(caller))
        waiting.outcomes.append(outcome)
        try:
            async with asyncio.timeout(self._deadline):
                answer = await outcome
        except TimeoutError:
            raise RefusedError(UpstreamRefusal(grpc.StatusCode.DEADLINE_EXCEEDED)) from None
        if isinstance(answer, MessageStatus):
            return answer
        raise RefusedError(answer)

    def _waiters_of(self, caller: Caller, instance: str | None) -> _Waiters:
        line = caller.credential, instance
        waiters = self._gathering.get(line)
        if waiters is None:
            waiters = self._gathering[line] = {}
            # The task begins in the next turn of the loop: what arrives in this one goes with it.
            sender = asyncio.create_task(self._send_batches(line, waiters))
            self._senders.add(sender)
            sender.add_done_callback(self._senders.discard)
        return waiters

    async def _send_batches(self, line: _Line, waiters: _Waiters) -> None:
        _, instance = line
        try:
            while batch := _take_batch(waiters):
                _answer(batch, await self._outcomes(batch, instance))
        finally:
            # Nothing of an idle caller is kept.
            del self._gathering[line]

    async def _outcomes(self, batch: _Waiters, instance: str | None) -> Sequence[Outcome]:
        # The request id of the oldest look-up is the one that the upstream's log knows the batch by.
        caller = next(iter(batch.values())).caller
        ids = list(batch)
        try:
            outcomes = await self._ask(caller, instance, ids)
        except RefusedError as error:
            return [error.refusal] * len(ids)
        except Exception as error:  # noqa: BLE001 -- the line must go on for those who gather behind
            _log.error("batch failed", error=type(error).__qualname__, request_id=caller.request_id)
            return [_FAULT] * len(ids)
        return outcomes if len(outcomes) == len(ids) else [_FAULT] * len(ids)


def _take_batch(waiters: _Waiters) -> _Waiters:
    """Takes the oldest look-ups that somebody still waits for, up to the limit."""
    batch: _Waiters = {}
    for message_id in list(waiters):
        if len(batch) == BATCH_LIMIT:
            break
        waiting = waiters.pop(message_id)
        if not all(outcome.done() for outcome in waiting.outcomes):
            batch[message_id] = waiting
    return batch


def _answer(batch: _Waiters, outcomes: Sequence[Outcome]) -> None:
    for waiting, outcome in zip(batch.values(), outcomes, strict=True):
        for one in waiting.outcomes:
            # Whoever has gone, or run out of time, is done already.
            if not one.done():
                one.set_result(outcome)
