"""A call that the server refused, or never answered: one line for people, and the exit code."""

from collections.abc import Iterator
from typing import Any

import click
import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from messagestatus_server.cli.exit_code import ExitCode

EXIT_CODES = {
    grpc.StatusCode.OK: ExitCode.OK,
    grpc.StatusCode.CANCELLED: ExitCode.UNAVAILABLE,
    grpc.StatusCode.UNKNOWN: ExitCode.FAULT,
    grpc.StatusCode.INVALID_ARGUMENT: ExitCode.USAGE,
    grpc.StatusCode.DEADLINE_EXCEEDED: ExitCode.DEADLINE,
    grpc.StatusCode.NOT_FOUND: ExitCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS: ExitCode.CONFLICT,
    grpc.StatusCode.PERMISSION_DENIED: ExitCode.DENIED,
    grpc.StatusCode.RESOURCE_EXHAUSTED: ExitCode.EXHAUSTED,
    grpc.StatusCode.FAILED_PRECONDITION: ExitCode.USAGE,
    grpc.StatusCode.ABORTED: ExitCode.CONFLICT,
    grpc.StatusCode.OUT_OF_RANGE: ExitCode.USAGE,
    grpc.StatusCode.UNIMPLEMENTED: ExitCode.FAULT,
    grpc.StatusCode.INTERNAL: ExitCode.FAULT,
    grpc.StatusCode.UNAVAILABLE: ExitCode.UNAVAILABLE,
    grpc.StatusCode.DATA_LOSS: ExitCode.FAULT,
    grpc.StatusCode.UNAUTHENTICATED: ExitCode.DENIED,
}


class CallFailed(click.ClickException):
    """A call that did not end with OK."""

    def __init__(self, call: Any, server: str) -> None:
        """Read the failure from `call`, the `grpc.RpcError` of the sync or the async API."""
        self.status: grpc.StatusCode = call.code()
        self.exit_code = EXIT_CODES[self.status]  # type: ignore[misc]  # click reads it off the instance
        super().__init__(_sentence(call, server))


def _sentence(call: Any, server: str) -> str:
    """Say what is wrong, naming the field or the thing at fault, and the reason in the contract's word."""
    faults: list[str] = []
    reason = ""
    about: dict[str, str] = {}
    for detail in _details(call):
        if isinstance(detail, error_details_pb2.BadRequest):
            faults = [f"{fault.field}: {fault.description}" for fault in detail.field_violations]
        elif isinstance(detail, error_details_pb2.ErrorInfo):
            reason = detail.reason
            about = {name: value for name, value in sorted(detail.metadata.items()) if name != "field"}
    if not reason:
        return f"{server}: {call.code().name}: {call.details()}"
    said = "; ".join(faults) or call.details()
    return f"{said} ({', '.join([reason, *(f'{name}={value}' for name, value in about.items())])})"


def _details(call: Any) -> Iterator[Any]:
    """Unpack the typed details of a refusal; none where the transport failed."""
    status = rpc_status.from_call(call)
    for packed in status.details if status else ():
        for detail_type in (error_details_pb2.BadRequest, error_details_pb2.ErrorInfo):
            if packed.Is(detail_type.DESCRIPTOR):
                detail = detail_type()
                packed.Unpack(detail)
                yield detail
