"""A watcher that is cut off again and again, goes on from its token, and remembers what it heard."""

import threading
from contextlib import closing
from random import Random
from typing import NamedTuple

import apsw
import grpc
from google.protobuf.duration_pb2 import Duration

from messagestatus.v1 import status_watch_service_pb2 as pb
from messagestatus.v1.status_watch_service_pb2_grpc import StatusWatchServiceStub
from tests.faults.conftest import MortalServer
from tests.running import RunningServer


class Heard(NamedTuple):
    """A change, as it was heard or as the table has it."""

    sequence: int
    kind: int
    previous_state: int
    state: int


class Follower:
    """Follows all changes of a tenant, over a new connection each time.

    Args:
        mortal: The server; it may be dead at times.
        chance: Says after how much a connection is dropped.
        lives: How often it is dropped; afterwards it is kept.
    """

    def __init__(self, mortal: MortalServer, chance: Random, lives: int = 0) -> None:
        self.heard: list[Heard] = []
        self.dropped = 0
        self.faults: set[str] = set()
        self._mortal = mortal
        self._chance = chance
        self._lives = lives
        self._token = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def up_to(self, last: int, patience: float = 60) -> list[Heard]:
        """Hear of everything up to a place, end, and return what was heard in all."""
        for _ in range(int(patience * 100)):
            if self.heard and self.heard[-1].sequence >= last and self.dropped >= self._lives:
                break
            self._stop.wait(0.01)
        self.stop()
        return self.heard

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with grpc.insecure_channel(self._mortal.running.address) as channel:
                    self._follow(channel)
            except grpc.RpcError as fault:
                self.faults.add(fault.code().name)
                self._stop.wait(0.02)

    def _follow(self, channel: grpc.Channel) -> None:
        asked = pb.WatchRequest(
            resume_token=self._token, start=pb.WATCH_START_OLDEST, heartbeat_interval=Duration(seconds=1)
        )
        key = (("x-api-key", self._mortal.key),)
        most = self._chance.choice([1, 2, 5, 20, 200]) if self.dropped < self._lives else None
        taken = 0
        for response in StatusWatchServiceStub(channel).Watch(asked, metadata=key, timeout=600):
            if self._stop.is_set():
                return
            if taken == most:
                # What arrived and was not taken in is lost with the connection, as in a crash.
                self.dropped += 1
                return
            if response.HasField("change"):
                change = response.change
                self.heard.append(Heard(change.sequence, change.kind, change.previous_state, change.state))
                taken += 1
            self._token = response.resume_token


def table(server: RunningServer) -> list[Heard]:
    """Return the table of changes of the only tenant that has any."""
    with closing(apsw.Connection(str(server.database), flags=apsw.SQLITE_OPEN_READONLY)) as reader:
        assert len(list(reader.execute("SELECT DISTINCT tenant FROM change"))) == 1
        rows = reader.execute("SELECT sequence, kind, previous_state, state FROM change ORDER BY sequence")
        return [Heard(*row) for row in rows]
