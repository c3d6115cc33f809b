"""What a load generator is told to do, and what it tells when it has done it."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum


class Ask(StrEnum):
    """What is asked for."""

    ECHO = "echo"
    GET = "get"
    BATCH = "batch"
    LIST = "list"
    REPORT = "report"
    HTTP_GET = "http-get"
    CALLBACK = "callback"

    @property
    def takes_receipts(self) -> bool:
        """Whether each call brings receipts, of which none may be brought twice."""
        return self in {Ask.REPORT, Ask.CALLBACK}

    @property
    def over_http(self) -> bool:
        """Whether it is asked over HTTP/1.1."""
        return self in {Ask.HTTP_GET, Ask.CALLBACK}


@dataclass(frozen=True, slots=True)
class Plan:
    """One run of a load generator.

    Args:
        ask: What is asked for.
        address: Whom, as host and port.
        rows: How many messages there are to ask for.
        concurrency: How many calls are under way at once; at a fixed rate, how many may be.
        seconds: How long is measured.
        warm: How long is asked before, without being measured.
        size: Identifiers or receipts a call.
        rate: Calls a second, at even intervals; 0 for as many as are answered.
        first: The number of the first receipt to report: the same one is never reported twice.
        core: The processor to run on; None for any.
        seed: What the choice of messages starts from.
    """

    ask: Ask
    address: str
    rows: int
    concurrency: int
    seconds: float
    warm: float = 0.4
    size: int = 1
    rate: float = 0.0
    first: int = 0
    core: int | None = None
    seed: int = 0

    def to_json(self) -> str:
        """Return the plan as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Return the plan of a line."""
        told = json.loads(text)
        return cls(**{**told, "ask": Ask(told["ask"])})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run: calls that were answered while it was measured, and everything that went wrong.

    Latencies are in milliseconds. `taken` counts the calls that were begun, measured or not.
    """

    calls: int
    seconds: float
    p50: float
    p99: float
    taken: int
    failed: int
    fault: str = ""

    def to_json(self) -> str:
        """Return the outcome as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Outcome":
        """Return the outcome of a line."""
        return cls(**json.loads(text))
