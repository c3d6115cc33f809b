"""An exchange: the bytes of a request, and how a right answer to it is known."""

from typing import NamedTuple


class Exchange(NamedTuple):
    """A request, and what its answer must contain: each needle, and a mark so many times, exactly."""

    request: bytes
    needles: tuple[bytes, ...]
    mark: bytes = b""
    times: int = 0

    def fault(self, answer: bytes) -> str:
        """Say what is wrong with an answer; nothing when it is right."""
        for needle in self.needles:
            if needle not in answer:
                return f"{needle!r} is missing in an answer of {len(answer)} bytes: {answer[:200]!r}"
        if self.mark and answer.count(self.mark) != self.times:
            return f"{answer.count(self.mark)} of {self.times} in an answer of {len(answer)} bytes"
        return ""
