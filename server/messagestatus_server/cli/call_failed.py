"""A call that the server refused, or never answered: one line for people, and the exit code."""

import click
import grpc

from messagestatus import CallError
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

    def __init__(self, error: CallError) -> None:
        self.status = error.code
        self.exit_code = EXIT_CODES[error.code]  # type: ignore[misc]  # click reads it off the instance
        super().__init__(str(error))
