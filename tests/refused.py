"""A refused call, as its caller sees it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RequestInfo, RetryInfo
from google.rpc.status_pb2 import Status

D = TypeVar("D")

DETAILS = "grpc-status-details-bin"

Metadata = Sequence[tuple[str, str | bytes]]


class Refused(NamedTuple):
    """The code, the text and the trailing metadata of a call that failed."""

    code: grpc.StatusCode
    text: str
    trailers: dict[str, str | bytes]

    @property
    def details(self) -> bytes:
        """The serialised `google.rpc.Status`; empty when there is none."""
        details = self.trailers.get(DETAILS, b"")
        assert isinstance(details, bytes)
        return details

    @property
    def status(self) -> Any:
        """The `google.rpc.Status`."""
        return Status.FromString(self.details)

    def detail(self, kind: Callable[[], D]) -> D | None:
        """Return the one detail of a type, or None."""
        found = []
        for packed in self.status.details:
            detail: Any = kind()
            if packed.Unpack(detail):
                found.append(detail)
        assert len(found) <= 1
        return found[0] if found else None

    @property
    def reason(self) -> str:
        """The reason of the `ErrorInfo`."""
        info: Any = self.detail(ErrorInfo)
        return "" if info is None else str(info.reason)

    @property
    def info(self) -> dict[str, str]:
        """The metadata of the `ErrorInfo`."""
        info: Any = self.detail(ErrorInfo)
        return dict(info.metadata)

    @property
    def fields(self) -> list[str]:
        """The fields at fault."""
        bad: Any = self.detail(BadRequest)
        return [] if bad is None else [violation.field for violation in bad.field_violations]

    @property
    def request_id(self) -> str:
        """The request id of the `RequestInfo`."""
        info: Any = self.detail(RequestInfo)
        return str(info.request_id)

    @property
    def retry_delay(self) -> float | None:
        """The delay of the `RetryInfo`, in seconds, or None."""
        info: Any = self.detail(RetryInfo)
        return None if info is None else float(info.retry_delay.ToTimedelta().total_seconds())


def refused(failed: grpc.RpcError) -> Refused:
    """Return what a failed call told."""
    call: Any = failed
    trailers = dict(call.trailing_metadata() or ())
    return Refused(call.code(), call.details(), trailers)


def refusal(call: Callable[..., object], request: object, *, metadata: Metadata = ()) -> Refused:
    """Make a call that must fail, and return how it did."""
    with pytest.raises(grpc.RpcError) as failed:
        call(request, metadata=metadata, timeout=20)
    return refused(failed.value)
