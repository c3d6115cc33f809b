"""The one table from refusals to gRPC statuses, and the details that go with them."""

from typing import NamedTuple, TypeAlias

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message as Proto
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RequestInfo, RetryInfo
from google.rpc.status_pb2 import Status

from messagestatus.v1 import error_reason_pb2 as reason_pb
from messagestatus_server.domain import endpoint_refusals, refusals
from messagestatus_server.domain.refusals import FieldRefusal, Refusal

DOMAIN = "messagestatus"
"""The domain of every `ErrorInfo`."""

DETAILS_KEY = "grpc-status-details-bin"
PUSHBACK_KEY = "grpc-retry-pushback-ms"

_Reason: TypeAlias = "reason_pb.ErrorReason.ValueType"
_Code = grpc.StatusCode

STATUSES: dict[type[Refusal], tuple[grpc.StatusCode, _Reason]] = {
    refusals.CredentialInvalid: (_Code.UNAUTHENTICATED, reason_pb.ERROR_REASON_CREDENTIAL_INVALID),
    refusals.ScopeMissing: (_Code.PERMISSION_DENIED, reason_pb.ERROR_REASON_SCOPE_MISSING),
    refusals.InstanceDenied: (_Code.PERMISSION_DENIED, reason_pb.ERROR_REASON_INSTANCE_DENIED),
    refusals.ConversationDenied: (_Code.PERMISSION_DENIED, reason_pb.ERROR_REASON_CONVERSATION_DENIED),
    refusals.TenantDenied: (_Code.PERMISSION_DENIED, reason_pb.ERROR_REASON_TENANT_DENIED),
    refusals.MessageNotFound: (_Code.NOT_FOUND, reason_pb.ERROR_REASON_MESSAGE_NOT_FOUND),
    refusals.InstanceNotFound: (_Code.NOT_FOUND, reason_pb.ERROR_REASON_INSTANCE_NOT_FOUND),
    refusals.TenantNotFound: (_Code.NOT_FOUND, reason_pb.ERROR_REASON_TENANT_NOT_FOUND),
    refusals.KeyNotFound: (_Code.NOT_FOUND, reason_pb.ERROR_REASON_KEY_NOT_FOUND),
    refusals.RouteNotFound: (_Code.NOT_FOUND, reason_pb.ERROR_REASON_ROUTE_NOT_FOUND),
    refusals.ReceiptNotFound: (_Code.NOT_FOUND, reason_pb.ERROR_REASON_RECEIPT_NOT_FOUND),
    refusals.QuarantinedNotFound: (_Code.NOT_FOUND, reason_pb.ERROR_REASON_QUARANTINED_NOT_FOUND),
    refusals.ErrorCodeNotFound: (_Code.NOT_FOUND, reason_pb.ERROR_REASON_ERROR_CODE_NOT_FOUND),
    endpoint_refusals.EndpointNotFound: (_Code.NOT_FOUND, reason_pb.ERROR_REASON_ENDPOINT_NOT_FOUND),
    refusals.RequestMalformed: (_Code.INVALID_ARGUMENT, reason_pb.ERROR_REASON_REQUEST_MALFORMED),
    refusals.FieldInvalid: (_Code.INVALID_ARGUMENT, reason_pb.ERROR_REASON_FIELD_INVALID),
    refusals.FieldRequired: (_Code.INVALID_ARGUMENT, reason_pb.ERROR_REASON_FIELD_REQUIRED),
    refusals.BatchTooLarge: (_Code.INVALID_ARGUMENT, reason_pb.ERROR_REASON_BATCH_TOO_LARGE),
    refusals.PageTokenInvalid: (_Code.INVALID_ARGUMENT, reason_pb.ERROR_REASON_PAGE_TOKEN_INVALID),
    refusals.InstanceAmbiguous: (_Code.INVALID_ARGUMENT, reason_pb.ERROR_REASON_INSTANCE_AMBIGUOUS),
    refusals.MessageAlreadyExists: (_Code.ALREADY_EXISTS, reason_pb.ERROR_REASON_MESSAGE_ALREADY_EXISTS),
    refusals.ReceiptAlreadyExists: (_Code.ALREADY_EXISTS, reason_pb.ERROR_REASON_RECEIPT_ALREADY_EXISTS),
    refusals.TenantAlreadyExists: (_Code.ALREADY_EXISTS, reason_pb.ERROR_REASON_TENANT_ALREADY_EXISTS),
    refusals.InstanceAlreadyExists: (_Code.ALREADY_EXISTS, reason_pb.ERROR_REASON_INSTANCE_ALREADY_EXISTS),
    refusals.KeyAlreadyExists: (_Code.ALREADY_EXISTS, reason_pb.ERROR_REASON_KEY_ALREADY_EXISTS),
    refusals.RouteAlreadyExists: (_Code.ALREADY_EXISTS, reason_pb.ERROR_REASON_ROUTE_ALREADY_EXISTS),
    refusals.KeyLimitReached: (_Code.RESOURCE_EXHAUSTED, reason_pb.ERROR_REASON_KEY_LIMIT_REACHED),
    endpoint_refusals.EndpointLimitReached: (
        _Code.RESOURCE_EXHAUSTED,
        reason_pb.ERROR_REASON_ENDPOINT_LIMIT_REACHED,
    ),
    refusals.ConcurrencyLimitReached: (
        _Code.RESOURCE_EXHAUSTED,
        reason_pb.ERROR_REASON_CONCURRENCY_LIMIT_REACHED,
    ),
    refusals.DiskFull: (_Code.RESOURCE_EXHAUSTED, reason_pb.ERROR_REASON_DISK_FULL),
    refusals.StoreUnavailable: (_Code.UNAVAILABLE, reason_pb.ERROR_REASON_STORE_UNAVAILABLE),
    refusals.StoreCorrupt: (_Code.DATA_LOSS, reason_pb.ERROR_REASON_STORE_CORRUPT),
    refusals.ResumeTokenExpired: (_Code.OUT_OF_RANGE, reason_pb.ERROR_REASON_RESUME_TOKEN_EXPIRED),
    refusals.WatcherTooSlow: (_Code.RESOURCE_EXHAUSTED, reason_pb.ERROR_REASON_WATCHER_TOO_SLOW),
    refusals.ServerStopping: (_Code.UNAVAILABLE, reason_pb.ERROR_REASON_SERVER_STOPPING),
    refusals.DeadlinePassed: (_Code.DEADLINE_EXCEEDED, reason_pb.ERROR_REASON_DEADLINE_EXCEEDED),
    refusals.InternalFault: (_Code.INTERNAL, reason_pb.ERROR_REASON_INTERNAL),
}


Trailers: TypeAlias = tuple[tuple[str, str | bytes], ...]
"""Trailing metadata."""


class Failure(NamedTuple):
    """How a call ends that is refused: a code, a text, and trailing metadata with the details."""

    code: grpc.StatusCode
    text: str
    trailers: Trailers = ()


def error_reason(refusal: Refusal) -> _Reason:
    """Return the reason of the contract for a refusal."""
    return STATUSES[type(refusal)][1]


def failure(refusal: Refusal, request_id: str) -> Failure:
    """Return how a refused call ends."""
    code, reason = STATUSES[type(refusal)]
    name = reason_pb.ErrorReason.Name(reason).removeprefix("ERROR_REASON_")
    info = ErrorInfo(reason=name, domain=DOMAIN, metadata=refusal.metadata)
    details: list[Proto] = [info, RequestInfo(request_id=request_id)]
    if isinstance(refusal, FieldRefusal):
        violation = BadRequest.FieldViolation(field=refusal.field, description=refusal.description)
        details.append(BadRequest(field_violations=[violation]))
    trailers: list[tuple[str, str | bytes]] = []
    if refusal.retry_after is not None:
        delay = Duration()
        delay.FromMilliseconds(int(refusal.retry_after * 1000))
        details.append(RetryInfo(retry_delay=delay))
        trailers.append((PUSHBACK_KEY, str(int(refusal.retry_after * 1000))))
    status = Status(code=code.value[0], message=refusal.text, details=map(_packed, details))
    trailers.append((DETAILS_KEY, status.SerializeToString()))
    return Failure(code, refusal.text, tuple(trailers))


def item_error(refusal: Refusal) -> reason_pb.ItemError:
    """Return the error of a refused item of a batch."""
    field = refusal.field if isinstance(refusal, FieldRefusal) else ""
    text = refusal.description if isinstance(refusal, FieldRefusal) else refusal.text
    return reason_pb.ItemError(reason=error_reason(refusal), field=field, description=text)


def _packed(detail: Proto) -> Any:
    packed = Any()
    packed.Pack(detail)
    return packed
