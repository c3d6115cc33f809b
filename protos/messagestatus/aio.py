"""The same client for asyncio: what waits there, is awaited here."""

import weakref
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc
import grpc.aio

from messagestatus import asking
from messagestatus.aio_watching import Line, Watch
from messagestatus.asking import Found
from messagestatus.call_error import CallError
from messagestatus.channels import Options, trusted, usual_options, watch_options
from messagestatus.resuming import OnGap, OnNotice, Progress, Start
from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from messagestatus.v1.delivery_receipt_service_pb2 import (
    ListReceiptsResponse,
    ReceiptOutcome,
    ReportReceiptsRequest,
)
from messagestatus.v1.delivery_receipt_service_pb2_grpc import DeliveryReceiptServiceStub
from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.message_service_pb2 import (
    MessageRegistration,
    RegisterMessagesRequest,
    RegistrationOutcome,
)
from messagestatus.v1.message_service_pb2_grpc import MessageServiceStub
from messagestatus.v1.message_status_pb2 import Channel, MessageStatus
from messagestatus.v1.message_status_service_pb2 import BatchStatusRequest
from messagestatus.v1.message_status_service_pb2_grpc import MessageStatusServiceStub

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")


class Client:
    """Calls one server with one key, inside one event loop; see `messagestatus.client.Client`.

    Its methods, their arguments and their errors are those of its namesake. Use it by `async with`.
    """

    def __init__(
        self,
        address: str,
        key: str,
        *,
        tls: bool = False,
        credentials: grpc.ChannelCredentials | None = None,
        timeout: float = 10.0,
        options: Options = (),
    ) -> None:
        self.address = address
        self._key = key
        self._timeout = timeout
        secrets = trusted(credentials, tls=tls)

        def opened(options: Options) -> grpc.aio.Channel:
            if secrets is None:
                return grpc.aio.insecure_channel(address, options)
            return grpc.aio.secure_channel(address, secrets, options)

        self.channel = opened(usual_options(options))
        """The channel of all calls but watches, for the stubs of services that have no method here."""
        self._line = Line(lambda: opened(watch_options(options)), address)
        self._watches: weakref.WeakSet[Watch] = weakref.WeakSet()
        self._statuses = MessageStatusServiceStub(self.channel)
        self._messages = MessageServiceStub(self.channel)
        self._receipts = DeliveryReceiptServiceStub(self.channel)

    async def ask(
        self,
        call: "grpc.aio.UnaryUnaryMultiCallable[_Request, _Response]",
        request: _Request,
        *,
        request_id: str | None = None,
    ) -> _Response:
        """Make one call of any service of the contract."""
        try:
            reply = await call(
                request, timeout=self._timeout, metadata=asking.metadata(self._key, request_id)
            )
        except grpc.aio.AioRpcError as error:
            raise CallError.of(error, self.address) from error
        if reply is None:
            # So gRPC answers, when what came is no message of the contract.
            raise CallError(grpc.StatusCode.INTERNAL, "the reply cannot be read", address=self.address)
        return reply

    async def get(
        self,
        message_id: str,
        *,
        instance: str | None = None,
        full: bool = False,
        request_id: str | None = None,
    ) -> MessageStatus:
        """Return where one message stands."""
        request = asking.get_request(message_id, instance, full=full)
        return (await self.ask(self._statuses.GetStatus, request, request_id=request_id)).message_status

    async def batch(
        self, message_ids: Iterable[str], *, instance: str | None = None, request_id: str | None = None
    ) -> AsyncIterator[Found]:
        """Yield where each of any number of messages stands, in their order, 1,000 a call."""
        for batch in asking.batches(asking.several(message_ids)):
            request = BatchStatusRequest(message_ids=batch, instance=instance)
            reply = await self.ask(self._statuses.BatchStatus, request, request_id=request_id)
            for found in asking.found(batch, reply):
                yield found

    def list_by_phone(
        self,
        phone: str,
        *,
        before: datetime | None = None,
        states: Iterable[DeliveryState.ValueType] = (),
        channels: Iterable[Channel.ValueType] = (),
        instance: str | None = None,
        request_id: str | None = None,
    ) -> AsyncIterator[MessageStatus]:
        """Yield the messages to a number, the newest first, page after page; `before` is exclusive."""
        request = asking.phone_request(phone, before, states, channels, instance)
        return self._pages(self._statuses.ListByPhone, request, request_id)

    def list_by_reference(
        self,
        key: str,
        *,
        service: str = "",
        action: str = "",
        before: datetime | None = None,
        states: Iterable[DeliveryState.ValueType] = (),
        channels: Iterable[Channel.ValueType] = (),
        instance: str | None = None,
        request_id: str | None = None,
    ) -> AsyncIterator[MessageStatus]:
        """Yield the messages with a reference key, the newest first, page after page."""
        request = asking.reference_request(key, service, action, before, states, channels, instance)
        return self._pages(self._statuses.ListByReference, request, request_id)

    async def history(
        self,
        message_id: str,
        *,
        instance: str | None = None,
        as_of: datetime | None = None,
        request_id: str | None = None,
    ) -> ListReceiptsResponse:
        """Return every receipt of a message, explained; with `as_of`, what was known at that time."""
        request = asking.history_request(message_id, instance, as_of)
        return await self.ask(self._receipts.ListReceipts, request, request_id=request_id)

    async def register(
        self, messages: Iterable[MessageRegistration], *, request_id: str | None = None
    ) -> list[RegistrationOutcome]:
        """Announce any number of messages, 1,000 a call; return what became of each, in their order."""
        outcomes: list[RegistrationOutcome] = []
        for batch in asking.batches(messages):
            request = RegisterMessagesRequest(messages=batch)
            reply = await self.ask(self._messages.RegisterMessages, request, request_id=request_id)
            outcomes += reply.outcomes
        return outcomes

    async def report(
        self, receipts: Iterable[DeliveryReceipt], *, request_id: str | None = None
    ) -> list[ReceiptOutcome]:
        """Report any number of receipts, 1,000 a call; return what became of each, in their order."""
        outcomes: list[ReceiptOutcome] = []
        for batch in asking.batches(receipts):
            request = ReportReceiptsRequest(receipts=batch)
            reply = await self.ask(self._receipts.ReportReceipts, request, request_id=request_id)
            outcomes += reply.outcomes
        return outcomes

    def watch(
        self,
        message_ids: Iterable[str] = (),
        *,
        phone: str = "",
        reference: str = "",
        instance: str | None = None,
        states: Iterable[DeliveryState.ValueType] = (),
        channels: Iterable[Channel.ValueType] = (),
        start: Start = "now",
        token: str = "",
        on_gap: OnGap = "raise",
        heartbeat: float = 15.0,
        on_notice: OnNotice | None = None,
        request_id: str | None = None,
    ) -> Watch:
        """Watch the changes for which every filter holds that is given."""
        wanted = asking.watch_filter(message_ids, phone, reference, instance, states, channels)
        request = asking.watch_request(wanted, token, start, on_gap, heartbeat)
        progress = Progress(request, on_gap, on_notice)
        watch = Watch(self._line, self.address, asking.metadata(self._key, request_id), progress)
        self._watches.add(watch)
        return watch

    async def close(self) -> None:
        """End every watch, and close the connection."""
        for watch in list(self._watches):
            watch.close()
        await self._line.close()
        await self.channel.close()

    async def _pages(
        self, call: "grpc.aio.UnaryUnaryMultiCallable[Any, Any]", request: Any, request_id: str | None
    ) -> AsyncIterator[MessageStatus]:
        while True:
            page = await self.ask(call, request, request_id=request_id)
            for status in page.message_statuses:
                yield status
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
