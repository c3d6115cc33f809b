"""Why a request is refused: by the upstream, or by the gateway before it asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Self

import grpc

from messagestatus.v1.error_reason_pb2 import ErrorReason

_OF_REASON = {
    ErrorReason.ERROR_REASON_CREDENTIAL_INVALID: grpc.StatusCode.UNAUTHENTICATED,
    ErrorReason.ERROR_REASON_SCOPE_MISSING: grpc.StatusCode.PERMISSION_DENIED,
    ErrorReason.ERROR_REASON_INSTANCE_DENIED: grpc.StatusCode.PERMISSION_DENIED,
    ErrorReason.ERROR_REASON_CONVERSATION_DENIED: grpc.StatusCode.PERMISSION_DENIED,
    ErrorReason.ERROR_REASON_MESSAGE_NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorReason.ERROR_REASON_INSTANCE_NOT_FOUND: grpc.StatusCode.NOT_FOUND,
    ErrorReason.ERROR_REASON_FIELD_INVALID: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_FIELD_REQUIRED: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_INSTANCE_AMBIGUOUS: grpc.StatusCode.INVALID_ARGUMENT,
    ErrorReason.ERROR_REASON_CONCURRENCY_LIMIT_REACHED: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ErrorReason.ERROR_REASON_STORE_UNAVAILABLE: grpc.StatusCode.UNAVAILABLE,
    ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED: grpc.StatusCode.DEADLINE_EXCEEDED,
}

_IN_HTTP = {
    grpc.StatusCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    grpc.StatusCode.PERMISSION_DENIED: HTTPStatus.FORBIDDEN,
    grpc.StatusCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    grpc.StatusCode.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST,
    grpc.StatusCode.OUT_OF_RANGE: HTTPStatus.GONE,
    grpc.StatusCode.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS,
    # Either way the upstream is not there just now, and the same request may succeed later.
    grpc.StatusCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED: HTTPStatus.SERVICE_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class UpstreamRefusal:
    """What the upstream answered in place of a status.

    Attributes:
        code: The gRPC status.
        reason: The contract's reason; unspecified where none came with the status.
        metadata: What the contract says of the reason, such as the field at fault.
        retry_delay: Seconds after which another try makes sense, where the upstream said so.
        tenant: Whose credential it was, where the upstream said so.
        explanation: What is wrong with the field at fault, where the upstream said so; it follows its name.
    """

    code: grpc.StatusCode
    reason: ErrorReason.ValueType = ErrorReason.ERROR_REASON_UNSPECIFIED
    metadata: Mapping[str, str] = field(default_factory=dict)
    retry_delay: float | None = None
    tenant: str = ""
    explanation: str = ""

    @classmethod
    def of_reason(cls, reason: ErrorReason.ValueType) -> Self:
        """Gives the refusal of one item of a batch, which comes as a bare reason.

        A reason that no look-up of one message has counts as a fault of the upstream.
        """
        return cls(_OF_REASON.get(reason, grpc.StatusCode.INTERNAL), reason)

    @property
    def status(self) -> HTTPStatus:
        """What it is in HTTP, where a dialect's document says nothing else."""
        return _IN_HTTP.get(self.code, HTTPStatus.INTERNAL_SERVER_ERROR)


@dataclass(frozen=True, slots=True)
class GatewayRefusal:
    """What the gateway refuses without asking the upstream.

    Attributes:
        status: What it is in HTTP.
        text: An explanation for the caller; empty where the status says all.
        headers: Header fields that go with it in every dialect, such as `allow`.
        retry_delay: Seconds after which another try makes sense, where that is known.
    """

    status: HTTPStatus
    text: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    retry_delay: float | None = None


Refusal = UpstreamRefusal | GatewayRefusal


class RefusedError(Exception):
    """Carries a refusal up to the dialect that renders it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal
