"""The client: a few lines to ask where messages stand, announce them, report on them, and watch them."""

import weakref
from collections.abc import Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc

from messagestatus import asking
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
from messagestatus.watching import Line, Watch

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")


class Client:
    """Calls one server with one key. Any number of threads may share it; close it, or use it by `with`.

    Every call raises CallError when it is refused, or not answered in time. Look-ups are repeated by
    themselves when the server cannot be reached for a moment; writes are not, but may be repeated.

    Args:
        address: Where the server answers, such as `127.0.0.1:50051`.
        key: The API key.
        tls: Whether to call over TLS, and trust the usual authorities.
        credentials: What to trust instead, and the client's own certificate; implies TLS.
        timeout: How long one call may take, in seconds. Some methods make many calls. A watch has no limit.
        options: More options of gRPC channels.
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

        def opened(options: Options) -> grpc.Channel:
            if secrets is None:
                return grpc.insecure_channel(address, options)
            return grpc.secure_channel(address, secrets, options)

        self.channel = opened(usual_options(options))
        """The channel of all calls but watches, for the stubs of services that have no method here."""
        self._line = Line(lambda: opened(watch_options(options)), address)
        self._watches: weakref.WeakSet[Watch] = weakref.WeakSet()
        self._statuses = MessageStatusServiceStub(self.channel)
        self._messages = MessageServiceStub(self.channel)
        self._receipts = DeliveryReceiptServiceStub(self.channel)

    def ask(
        self,
        call: "grpc.UnaryUnaryMultiCallable[_Request, _Response]",
        request: _Request,
        *,
        request_id: str | None = None,
    ) -> _Response:
        """Make one call of any service of the contract.

        Args:
            call: The method of a stub on `channel`, such as `AccessServiceStub(client.channel).ListKeys`.
            request: What to ask.
            request_id: What the logs shall call the call: 64 letters, digits, dots, dashes and underscores
                at most.
        """
        try:
            return call(request, timeout=self._timeout, metadata=asking.metadata(self._key, request_id))
        except grpc.RpcError as error:
            raise CallError.of(error, self.address) from error

    def get(
        self,
        message_id: str,
        *,
        instance: str | None = None,
        full: bool = False,
        request_id: str | None = None,
    ) -> MessageStatus:
        """Return where one message stands; `full` adds every recipient and the names of people."""
        request = asking.get_request(message_id, instance, full=full)
        return self.ask(self._statuses.GetStatus, request, request_id=request_id).message_status

    def batch(
        self, message_ids: Iterable[str], *, instance: str | None = None, request_id: str | None = None
    ) -> Iterator[Found]:
        """Yield where each of any number of messages stands, in their order, 1,000 a call."""
        for batch in asking.batches(asking.several(message_ids)):
            request = BatchStatusRequest(message_ids=batch, instance=instance)
            yield from asking.found(
                batch, self.ask(self._statuses.BatchStatus, request, request_id=request_id)
            )

    def list_by_phone(
        self,
        phone: str,
        *,
        before: datetime | None = None,
        states: Iterable[DeliveryState.ValueType] = (),
        channels: Iterable[Channel.ValueType] = (),
        instance: str | None = None,
        request_id: str | None = None,
    ) -> Iterator[MessageStatus]:
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
    ) -> Iterator[MessageStatus]:
        """Yield the messages with a reference key, the newest first, page after page."""
        request = asking.reference_request(key, service, action, before, states, channels, instance)
        return self._pages(self._statuses.ListByReference, request, request_id)

    def history(
        self,
        message_id: str,
        *,
        instance: str | None = None,
        as_of: datetime | None = None,
        request_id: str | None = None,
    ) -> ListReceiptsResponse:
        """Return every receipt of a message, explained; with `as_of`, what was known at that time."""
        request = asking.history_request(message_id, instance, as_of)
        return self.ask(self._receipts.ListReceipts, request, request_id=request_id)

    def register(
        self, messages: Iterable[MessageRegistration], *, request_id: str | None = None
    ) -> list[RegistrationOutcome]:
        """Announce any number of messages, 1,000 a call; return what became of each, in their order."""
        outcomes: list[RegistrationOutcome] = []
        for batch in asking.batches(messages):
            request = RegisterMessagesRequest(messages=batch)
            outcomes += self.ask(self._messages.RegisterMessages, request, request_id=request_id).outcomes
        return outcomes

    def report(
        self, receipts: Iterable[DeliveryReceipt], *, request_id: str | None = None
    ) -> list[ReceiptOutcome]:
        """Report any number of receipts, 1,000 a call; return what became of each, in their order."""
        outcomes: list[ReceiptOutcome] = []
        for batch in asking.batches(receipts):
            request = ReportReceiptsRequest(receipts=batch)
            outcomes += self.ask(self._receipts.ReportReceipts, request, request_id=request_id).outcomes
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
        """Watch the changes for which every filter holds that is given; see `Watch`.

        Args:
            message_ids: Changes of these messages, 1,000 at most.
            phone: Changes of messages to this number.
            reference: Changes of messages with this reference key.
            instance: Changes of messages of this instance.
            states: Changes to these states.
            channels: Changes of messages on these channels.
            start: Where to begin without a token: with the next change, with the messages as they stand, or
                with the oldest change that is kept.
            token: Go on after it: the `token` of an earlier watch.
            on_gap: What to do when the history after a token is gone: raise CallError with the reason
                `RESUME_TOKEN_EXPIRED`, or begin anew as by `start`.
            heartbeat: How often the server tells that nothing happened, in seconds, 1 to 300. After 2.5 times
                that without a word, the connection is taken for dead.
            on_notice: Told of what happens to the watch itself: that it was interrupted, that it goes on,
                that a snapshot is complete. What it raises reaches whoever waits for a change.
            request_id: What the logs shall call the watch.

        Raises:
            ValueError: A snapshot is asked for without message_ids, phone or reference.
        """
        wanted = asking.watch_filter(message_ids, phone, reference, instance, states, channels)
        request = asking.watch_request(wanted, token, start, on_gap, heartbeat)
        progress = Progress(request, on_gap, on_notice)
        watch = Watch(self._line, self.address, asking.metadata(self._key, request_id), progress)
        self._watches.add(watch)
        return watch

    def close(self) -> None:
        """End every watch, and close the connection."""
        for watch in list(self._watches):
            watch.close()
        self._line.close()
        self.channel.close()

    def _pages(
        self, call: "grpc.UnaryUnaryMultiCallable[Any, Any]", request: Any, request_id: str | None
    ) -> Iterator[MessageStatus]:
        while True:
            page = self.ask(call, request, request_id=request_id)
            yield from page.message_statuses
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
