"""A call that did not end well: why, in words for programs and in words for people."""

from collections.abc import Mapping
from typing import Any, Self

import grpc

from messagestatus.details import details_in

_DETAILS = "grpc-status-details-bin"
_DOMAIN = "messagestatus"


class CallError(Exception):
    """A call that the server refused, or did not answer.

    After a write, any error means that it is not known what took effect: send the same again.

    Attributes:
        code: The status of the call.
        reason: Why it was refused, as `ErrorReason` has it without its prefix, such as `MESSAGE_NOT_FOUND`.
            Empty where not the service refused it, but the way to it failed.
        field: The field at fault, as a path inside the request. Empty where none is.
        metadata: What else belongs to the reason, such as `message_id`.
        retry_after: In how many seconds to come back, where the server tells; else None.
        request_id: What the server's log calls the call. Empty where it was not told.
        text: What is wrong, for people.
        address: The server that was called.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        text: str,
        *,
        reason: str = "",
        field: str = "",
        metadata: Mapping[str, str] | None = None,
        retry_after: float | None = None,
        request_id: str = "",
        address: str = "",
    ) -> None:
        self.code = code
        self.text = text
        self.reason = reason
        self.field = field
        self.metadata = dict(metadata or {})
        self.retry_after = retry_after
        self.request_id = request_id
        self.address = address
        super().__init__(code, text, reason)

    def __str__(self) -> str:
        if not self.reason:
            return f"{self.address}: {self.code.name}: {self.text}".removeprefix(": ")
        about = [f"{name}={value}" for name, value in sorted(self.metadata.items()) if name != "field"]
        said = f"{self.field}: {self.text}" if self.field else self.text
        return f"{said} ({', '.join([self.reason, *about])})"

    @classmethod
    def of(cls, call: Any, address: str) -> Self:
        """Read a failure from `call`: the `grpc.RpcError` of the sync or the async API."""
        text, reason, field, request_id = call.details() or "", "", "", ""
        metadata: dict[str, str] = {}
        retry_after = None
        for name, detail in details_in(_packed(call)):
            if name == "ErrorInfo" and detail.domain == _DOMAIN:
                reason, metadata = detail.reason, {pair.key: pair.value for pair in detail.metadata}
            elif name == "BadRequest" and detail.field_violations:
                fault = detail.field_violations[0]
                field, text = fault.field, fault.description
            elif name == "RetryInfo":
                retry_after = detail.retry_delay.seconds + detail.retry_delay.nanos / 1e9
            elif name == "RequestInfo":
                request_id = detail.request_id
        return cls(
            call.code(),
            text,
            reason=reason,
            field=field or metadata.get("field", ""),
            metadata=metadata,
            retry_after=retry_after,
            request_id=request_id,
            address=address,
        )


def _packed(call: Any) -> bytes:
    """Return the details as they came; empty where there are none."""
    for name, value in call.trailing_metadata() or ():
        if name == _DETAILS and isinstance(value, bytes):
            return value
    return b""
