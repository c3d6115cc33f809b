"""What the engine uses of grpcio's core, which ships no types."""

from importlib import import_module
from typing import Any, Protocol

cygrpc: Any = import_module("grpc._cython.cygrpc")
"""The core. It is a private API: `fitness` says on which versions it is known to be as we use it."""

NO_FLAGS = 0
"""What operations take as flags here."""

FOREVER = 1e11
"""Seconds since 1970 that no deadline has; the core says more where there is none."""


class Queue(Protocol):
    """A completion queue: out of it come events, by which one learns that what was begun has ended."""

    def poll(self, deadline: float | None = None) -> Any:
        """Return the next event; one of the type `queue_timeout` when there is none until the deadline."""


class Call(Protocol):
    """A call, as the core has it. It may be used from any thread."""

    def start_server_batch(self, operations: Any, tag: Any) -> int:
        """Begin operations, whose event will carry the tag; unless it returns zero, they were not begun."""

    def cancel(self) -> int:
        """End the call at once."""
