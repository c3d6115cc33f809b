"""What is used of grpcio's core: a private API, so it is asked for here alone, and only of known versions."""

from importlib.metadata import version
from typing import Any, Protocol

KNOWN_VERSIONS = ("1.85",)
"""The minor versions of grpcio on which the whole suite has passed with this engine."""

_NEEDED = (
    "BatchOperationEvent",
    "CompletionQueue",
    "CompletionType",
    "ReceiveCloseOnServerOperation",
    "ReceiveMessageOperation",
    "SendInitialMetadataOperation",
    "SendMessageOperation",
    "SendStatusFromServerOperation",
    "Server",
)


class Queue(Protocol):
    """A completion queue: events come out of it by which what was begun has ended."""

    def poll(self, deadline: float | None = None) -> Any:
        """Return the next event; one of type `queue_timeout` when there is none until the deadline."""

    def shutdown(self) -> None:
        """Have the queue end, once everything that was begun has."""


class Call(Protocol):
    """A call, as the core has it. It may be used from any thread."""

    def start_server_batch(self, operations: Any, tag: Any) -> int:
        """Begin operations; their event carries the tag. Zero means that they were begun."""

    def cancel(self) -> int:
        """End the call at once."""


def unfit() -> str:
    """Tell why the engine cannot run on the grpcio that is installed; nothing where it can."""
    installed = version("grpcio")
    if installed.rpartition(".")[0] not in KNOWN_VERSIONS:
        return f"it is not known to run on grpcio {installed}"
    try:
        from grpc._cython import cygrpc  # noqa: PLC0415 - of other versions it may not be there
    except ImportError:
        return f"grpcio {installed} does not show its core"
    missing = [name for name in _NEEDED if not hasattr(cygrpc, name)]
    return f"the core of grpcio {installed} has no {', '.join(missing)}" if missing else ""
