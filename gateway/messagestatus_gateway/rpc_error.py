"""Reads what comes beside a reply: whose call it was, and of a failed one the status and its details."""

from collections.abc import Iterable

from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2
from grpc.aio import AioRpcError
from grpc_status import rpc_status

from messagestatus.v1.error_reason_pb2 import ErrorReason
from messagestatus_gateway.refusal import UpstreamRefusal

_DOMAIN = "messagestatus"
_TENANT = "x-tenant"


def refusal_of(error: AioRpcError) -> UpstreamRefusal:
    """Translates a failed call. Details that cannot be read are as good as none."""
    try:
        status = rpc_status.from_call(error)
    except (ValueError, DecodeError):
        status = None
    reason: ErrorReason.ValueType = ErrorReason.ERROR_REASON_UNSPECIFIED
    metadata: dict[str, str] = {}
    retry_delay = None
    explanation = ""
    for detail in status.details if status else ():
        error_info = error_details_pb2.ErrorInfo()
        retry_info = error_details_pb2.RetryInfo()
        bad_request = error_details_pb2.BadRequest()
        if detail.Unpack(error_info) and error_info.domain == _DOMAIN:
            reason = _reason_named(error_info.reason)
            metadata = dict(error_info.metadata)
        elif detail.Unpack(retry_info):
            retry_delay = retry_info.retry_delay.ToTimedelta().total_seconds()
        elif detail.Unpack(bad_request) and bad_request.field_violations:
            explanation = bad_request.field_violations[0].description
    tenant = tenant_in(error.trailing_metadata())
    return UpstreamRefusal(error.code(), reason, metadata, retry_delay, tenant, explanation)


def tenant_in(trailers: Iterable[tuple[str, str | bytes]] | None) -> str:
    """Finds the tenant whose call it was; empty where the upstream does not tell."""
    for name, value in trailers or ():
        if name == _TENANT and isinstance(value, str):
            return value
    return ""


def _reason_named(name: str) -> ErrorReason.ValueType:
    try:
        return ErrorReason.Value(f"ERROR_REASON_{name}")
    except ValueError:
        # A newer upstream may have reasons that this gateway does not know; the code still speaks.
        return ErrorReason.ERROR_REASON_UNSPECIFIED
