"""A method of a service: what the contract calls it, which scope it needs, and what answers it."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from messagestatus_server.domain.caller import Caller, Scope

Answer = Callable[[Caller, bytes], Awaitable[bytes]]
"""Answers a call: from its caller and the bytes of its request to the bytes of its reply."""


class Method(NamedTuple):
    """A unary method. Its answer knows nothing of the engine that serves it."""

    service: str
    name: str
    scope: Scope
    answer: Answer

    @property
    def path(self) -> str:
        """The path of the method, as gRPC and log lines have it."""
        return f"/{self.service}/{self.name}"
