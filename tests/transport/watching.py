"""Watches over gRPC, read one response at a time."""

from typing import Any, NamedTuple

import grpc
from google.protobuf.duration_pb2 import Duration

from messagestatus.v1 import status_change_pb2 as change_pb
from messagestatus.v1 import status_watch_service_pb2 as pb
from messagestatus_server.domain.state import DeliveryState
from tests.refused import Refused, refused
from tests.running import Client

NOW, SNAPSHOT, OLDEST = pb.WATCH_START_UNSPECIFIED, pb.WATCH_START_SNAPSHOT, pb.WATCH_START_OLDEST

SHORTEST = 1
LONGEST = 300
"""Heartbeats, in seconds."""


class Told(NamedTuple):
    """What a change tells, in short."""

    kind: str
    message_id: str
    state: str


def told(change: change_pb.StatusChange) -> Told:
    """Return a change in short."""
    kind = change_pb.ChangeKind.Name(change.kind).removeprefix("CHANGE_KIND_")
    return Told(kind, change.message_id, DeliveryState(change.state).name)


def registered(*message_ids: str) -> list[Told]:
    """Return what is told of new messages."""
    return [Told("REGISTERED", message_id, "QUEUED") for message_id in message_ids]


class Stream:
    """A watch: `token` is the one to go on from."""

    def __init__(
        self, client: Client, wanted: dict[str, Any] | None = None, timeout: float = 60, **fields: Any
    ) -> None:
        request = pb.WatchRequest(filter=pb.WatchFilter(**wanted or {}), **fields)
        self.token = request.resume_token
        self.stream: Any = client.watching.Watch(request, timeout=timeout)

    def next(self) -> pb.WatchResponse:
        """Return the next response, whatever it is."""
        response: pb.WatchResponse = next(self.stream)
        assert bool(response.resume_token) == (response.WhichOneof("event") != "snapshot")
        self.token = response.resume_token or self.token
        return response

    def begin(self) -> "Stream":
        """Take the first response, which is a token and nothing else: from now on changes are sent."""
        assert self.next().WhichOneof("event") is None
        return self

    def change(self) -> change_pb.StatusChange:
        """Return the next change; what heartbeats come before are passed over."""
        while True:
            response = self.next()
            if response.HasField("change"):
                return response.change
            assert response.WhichOneof("event") is None

    def changes(self, number: int) -> list[Told]:
        """Return so many changes in short."""
        return [told(self.change()) for _ in range(number)]

    def until(self, message_id: str) -> list[Told]:
        """Return the changes up to the first of a message, and cancel."""
        changes = [told(self.change())]
        while changes[-1].message_id != message_id:
            changes.append(told(self.change()))
        self.cancel()
        return changes

    def snapshot(self) -> list[str]:
        """Return the names of the messages in a snapshot, which must be complete."""
        found = []
        while (response := self.next()).HasField("snapshot"):
            found.append(response.snapshot.message_id)
        assert response.snapshot_end.messages == len(found)
        assert response.HasField("snapshot_end")
        return found

    def end(self, heard: list[str] | None = None) -> Refused:
        """Take everything until the watch ends, note which messages changed, and return how it ended."""
        try:
            while True:
                response = self.next()
                if heard is not None and response.HasField("change"):
                    heard.append(response.change.message_id)
        except grpc.RpcError as failed:
            return refused(failed)

    def cancel(self) -> None:
        """Leave."""
        self.stream.cancel()


def seconds(number: float) -> Duration:
    """Return a duration."""
    duration = Duration()
    duration.FromNanoseconds(round(number * 1e9))
    return duration
