"""How a watch goes on after whatever ends it: decides, and does nothing; both clients share it."""

import logging
import random
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

import grpc

from messagestatus.call_error import CallError
from messagestatus.v1.message_status_pb2 import MessageStatus
from messagestatus.v1.status_change_pb2 import StatusChange
from messagestatus.v1.status_watch_service_pb2 import WatchRequest, WatchResponse, WatchStart

Start: TypeAlias = Literal["now", "snapshot", "oldest"]
OnGap: TypeAlias = Literal["raise", "snapshot", "oldest"]

STARTS: dict[str, WatchStart.ValueType] = {
    "now": WatchStart.WATCH_START_UNSPECIFIED,
    "snapshot": WatchStart.WATCH_START_SNAPSHOT,
    "oldest": WatchStart.WATCH_START_OLDEST,
}

SILENT_INTERVALS = 2.5
"""After how many intervals without a heartbeat a connection is taken for dead."""

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 10.0

# Asking again could not help. Everything else may pass, be it the server's fault or the network's.
_FINAL = {
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.DATA_LOSS,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,
}
_GAP = "RESUME_TOKEN_EXPIRED"

log = logging.getLogger("messagestatus")


class Interrupted(NamedTuple):
    """Tells that a watch was interrupted, and is about to ask again.

    Attributes:
        error: What ended the stream.
        pause: In how many seconds it asks again.
        failures: How often in a row there was no answer, this time included.
        answered: Whether the server has ever answered this watch.
    """

    error: CallError
    pause: float
    failures: int
    answered: bool


class Resumed(NamedTuple):
    """Tells that the server has answered after an interruption."""


class SnapshotComplete(NamedTuple):
    """Tells that all messages of a snapshot were yielded: so many. From here on there are changes."""

    messages: int


Notice: TypeAlias = Interrupted | Resumed | SnapshotComplete
OnNotice: TypeAlias = Callable[[Notice], None]


class Progress:
    """Where a watch stands, and how it goes on.

    Args:
        request: What to ask for at first.
        on_gap: How to begin anew when the history after the token is gone; or that this is an error.
        on_notice: Told of what happens to the watch itself. What it raises reaches who waits for a change.
            Without it, interruptions are warnings in the log.
    """

    def __init__(self, request: WatchRequest, on_gap: OnGap, on_notice: OnNotice | None) -> None:
        self.token = request.resume_token
        self.answered = False
        self._request = request
        self._on_gap = on_gap
        self._on_notice = on_notice
        self._failures = 0

    @property
    def silence(self) -> float:
        """After how many seconds without a word the connection is taken for dead."""
        interval = self._request.heartbeat_interval
        return (interval.seconds + interval.nanos / 1e9) * SILENT_INTERVALS

    def request(self) -> WatchRequest:
        """Return what to ask for next: to go on where this watch stands."""
        self._request.resume_token = self.token
        return self._request

    def take(self, response: WatchResponse) -> StatusChange | None:
        """Take in what came; return the change in it, or None where it only carries the token on."""
        self.answered = True
        if self._failures:
            self._failures = 0
            self._tell(Resumed())
        event = response.WhichOneof("event")
        if event == "snapshot":
            # Its token leads past messages that are still to come: a snapshot cut short begins anew.
            return _standing(response.snapshot)
        self.token = response.resume_token
        if event == "snapshot_end":
            self._tell(SnapshotComplete(response.snapshot_end.messages))
        return response.change if event == "change" else None

    def pause_after(self, error: CallError) -> float:
        """Return in how many seconds to ask again after what ended the stream.

        Raises:
            CallError: Asking again is no use.
        """
        if error.reason == _GAP and self._on_gap != "raise" and self.token:
            self.token = ""
            self._request.start = STARTS[self._on_gap]
        elif error.code in _FINAL:
            raise error
        # Many watchers lose a server at the same moment; they must not come back at the same moment.
        most = min(_FIRST_PAUSE * 2 ** min(self._failures, 16), _LONGEST_PAUSE)
        pause = (error.retry_after or 0.0) + random.uniform(most / 4, most)  # noqa: S311 - it spreads load
        self._failures += 1
        self._tell(Interrupted(error, pause, self._failures, self.answered))
        return pause

    def _tell(self, notice: Notice) -> None:
        if self._on_notice is not None:
            self._on_notice(notice)
        elif isinstance(notice, Interrupted):
            # Somebody should know why nothing comes.
            log.warning("watch interrupted, asking again in %.2f s: %s", notice.pause, notice.error)


def silent(address: str, seconds: float) -> CallError:
    """Return the error of a connection on which not even a heartbeat came."""
    return CallError(
        grpc.StatusCode.UNAVAILABLE, f"nothing was heard for {seconds:g} seconds", address=address
    )


def ended(address: str) -> CallError:
    """Return the error of a stream that the server ended without a reason."""
    return CallError(grpc.StatusCode.UNAVAILABLE, "the server ended the stream", address=address)


def client_closed(address: str) -> CallError:
    """Return the error of a watch whose client is closed."""
    return CallError(grpc.StatusCode.FAILED_PRECONDITION, "the client is closed", address=address)


def _standing(status: MessageStatus) -> StatusChange:
    """Return a message of a snapshot as a change of no kind, so that a caller reads all in one way."""
    return StatusChange(
        message_status=status,
        message_id=status.message_id,
        instance=status.instance,
        state=status.state,
        reason=status.reason,
        change_time=status.change_time if status.HasField("change_time") else None,
    )
