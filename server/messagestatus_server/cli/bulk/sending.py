"""Sends batches over `grpc.aio`, several at once, and settles them in their order."""

import asyncio
import random
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any, Self

import grpc
import grpc.aio

from messagestatus import CallError
from messagestatus.v1.delivery_receipt_pb2 import ReceiptDisposition
from messagestatus.v1.delivery_receipt_service_pb2_grpc import DeliveryReceiptServiceStub
from messagestatus.v1.message_service_pb2 import RegistrationResult
from messagestatus.v1.message_service_pb2_grpc import MessageServiceStub
from messagestatus_server.cli.bulk.batches import Batch
from messagestatus_server.cli.bulk.records import Record
from messagestatus_server.cli.bulk.rejects import Reject
from messagestatus_server.cli.call_failed import CallFailed
from messagestatus_server.cli.connection import tls_credentials
from messagestatus_server.cli.outcomes import refusal
from messagestatus_server.cli.settings import Settings
from messagestatus_server.cli.words import word

# Whether they took effect is not known, or they did not: every call may be repeated.
_PASSING = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
_ATTEMPTS = 8  # in about half a minute
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 8.0


class Sender:
    """Sends batches with the caller's key. Close it by `async with`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metadata = (("x-api-key", settings.credential()),)
        secrets = tls_credentials(settings)
        self._channel = (
            grpc.aio.secure_channel(settings.server, secrets)
            if secrets
            else grpc.aio.insecure_channel(settings.server)
        )
        self._messages = MessageServiceStub(self._channel)
        self._receipts = DeliveryReceiptServiceStub(self._channel)

    async def settled(
        self, batches: Iterable[Batch], in_flight: int
    ) -> AsyncGenerator[tuple[Batch, Counter[str]]]:
        """Yield each batch in order when the server has acknowledged it, with what became of its items.

        Raises CallFailed when a batch is refused, or still fails after the last attempt.
        """
        under_way: deque[tuple[Batch, asyncio.Task[Counter[str]]]] = deque()
        try:
            for batch in batches:
                under_way.append((batch, asyncio.create_task(self._send(batch))))
                await asyncio.sleep(0)  # lets the call begin while the next batch is read
                if len(under_way) == in_flight:
                    yield under_way[0][0], await under_way[0][1]
                    under_way.popleft()
            while under_way:
                yield under_way[0][0], await under_way[0][1]
                under_way.popleft()
        finally:
            for _, task in under_way:
                task.cancel()
            await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)

    async def _send(self, batch: Batch) -> Counter[str]:
        """Send the messages of a batch, then its receipts; leave what was refused among its rejects."""
        counts: Counter[str] = Counter()
        if batch.message_records:
            answer = await self._call(self._messages.RegisterMessages, batch.messages)
            counts.update(word(RegistrationResult.DESCRIPTOR, outcome.result) for outcome in answer.outcomes)
            _reject_refused(batch, batch.message_records, answer.outcomes)
        if batch.receipt_records:
            answer = await self._call(self._receipts.ReportReceipts, batch.receipts)
            counts.update(
                word(ReceiptDisposition.DESCRIPTOR, outcome.disposition) for outcome in answer.outcomes
            )
            _reject_refused(batch, batch.receipt_records, answer.outcomes)
        return counts

    async def _call(self, call: Callable[..., Any], request: Any) -> Any:
        """Make one call, again and again while the trouble may pass. Raises CallFailed."""
        attempt = 0
        while True:
            try:
                return await call(request, metadata=self._metadata, timeout=self._settings.timeout)
            except grpc.aio.AioRpcError as error:
                attempt += 1
                if error.code() not in _PASSING or attempt == _ATTEMPTS:
                    raise CallFailed(CallError.of(error, self._settings.server)) from error
            longest = min(_FIRST_PAUSE * 2**attempt, _LONGEST_PAUSE)
            await asyncio.sleep(random.uniform(longest / 2, longest))  # noqa: S311 - spreads retries, no secret

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._channel.close()


def _reject_refused(batch: Batch, records: list[Record], outcomes: Iterable[Any]) -> None:
    """Put every item that the server refused among the rejects of its batch."""
    for record, outcome in zip(records, outcomes, strict=True):
        if outcome.HasField("error"):
            batch.rejects.append(Reject.of(record, outcome.error.field, refusal(outcome.error)))
