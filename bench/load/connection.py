"""What the driver asks of a connection, whatever it speaks."""

from typing import Protocol

from bench.load.exchange import Exchange


class Connection(Protocol):
    """A connection with calls under way; `faults` says what went wrong with any of them."""

    faults: list[str]

    def fileno(self) -> int:
        """Return the descriptor to wait on."""

    @property
    def is_free(self) -> bool:
        """Whether another call can be begun."""

    def begin(self, exchange: Exchange, started: int) -> None:
        """Begin a call, at a time that it is measured from (nanoseconds); it leaves with `flush`."""

    def flush(self) -> None:
        """Send what was begun."""

    def receive(self) -> list[int]:
        """Take what has come, and return when each call that ended by it was started.

        Raises:
            ConnectionError: The other side has closed.
        """

    def close(self) -> None:
        """Close the connection."""
