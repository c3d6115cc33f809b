"""A dialect: one documented REST shape, with its routes, its credential, and its way of saying no."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, NamedTuple, Self

import orjson

from messagestatus_gateway.rate_limit import NO_LIMIT, RateLimit
from messagestatus_gateway.refusal import Refusal
from messagestatus_gateway.request import Request
from messagestatus_gateway.upstream import Upstream

# An enumeration is slow to give its members; this one every look-up needs.
_OK = HTTPStatus.OK


class Answer(NamedTuple):
    """An HTTP response, with a JSON body unless its headers say otherwise.

    Attributes:
        status: The HTTP status.
        body: The body, encoded.
        headers: Header fields beyond those that every answer has.
    """

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()

    @classmethod
    def showing(cls, content: object) -> Self:
        """Makes the answer 200 that shows something."""
        return cls(_OK, orjson.dumps(content))


@dataclass(frozen=True, slots=True)
class Route:
    """One documented path.

    Attributes:
        method: Its method. Where that is GET, HEAD is answered too.
        template: The path as its document writes it: `{name}` captures one segment that is not empty,
            anything else stands for itself.
        endpoint: What answers it. It may raise `RefusedError`, and the dialect then says no.
        also: Other methods that it answers alike.
    """

    method: str
    template: str
    endpoint: Callable[[Request], Awaitable[Answer]]
    also: tuple[str, ...] = ()

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that are answered."""
        return ("GET", "HEAD") if self.method == "GET" else (self.method, *self.also)


class Dialect(ABC):
    """A dialect, made once for each gateway process.

    Attributes:
        prefixes: The paths that belong to it, each with all that lies below. Whatever goes wrong there
            is told in this dialect's shape.
        rate_limit: What its document promises each caller, where the operator says nothing else.
        largest_body: Bytes of a body that are taken even where the operator's limit is lower.
        may_be_kept: Whether clients may keep what a look-up found, and ask whether it still holds.
    """

    prefixes: ClassVar[tuple[str, ...]]
    rate_limit: ClassVar[RateLimit] = NO_LIMIT
    largest_body: ClassVar[int] = 0
    may_be_kept: ClassVar[bool] = True

    def __init__(self, upstream: Upstream) -> None:
        """Takes the upstream that answers its look-ups."""
        self._upstream = upstream

    @classmethod
    def name(cls) -> str:
        """What operators call it."""
        return cls.__name__.lower()

    @property
    @abstractmethod
    def routes(self) -> tuple[Route, ...]:
        """Its documented paths."""

    def credential(self, request: Request) -> str:  # noqa: ARG002
        """Finds the credential as it came; empty where there is none.

        Calls are counted by it where the dialect has a limit. It never raises: the body may be missing,
        and is whatever the caller sent.
        """
        return ""

    @abstractmethod
    def refuse(self, request: Request | None, refusal: Refusal) -> Answer:
        """Says no, whoever refused.

        Args:
            request: The request; None where too little of it arrived to be one.
            refusal: What is wrong.
        """
