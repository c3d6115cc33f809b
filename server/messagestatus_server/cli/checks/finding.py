"""What a check found."""

from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(NamedTuple):
    """One line of `doctor`: what was looked at, how bad it is, and what was seen."""

    check: str
    verdict: Verdict
    text: str
