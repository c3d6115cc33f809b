"""Whoever comes again with the last token misses no change and hears none twice."""

import threading
import time
from itertools import pairwise
from pathlib import Path

import grpc
import httpx2

from tests.builders import message, register
from tests.running import Operator, RunningGateway, RunningServer, Tenant

from .conftest import Start
from .event_stream import EventStreamReader, watching

CHANGES = 200


class Follower(threading.Thread):
    """Somebody who watches, and comes again with the last token whenever the stream breaks."""

    def __init__(self, gateways: list[RunningGateway], key: str) -> None:
        super().__init__(daemon=True)
        self._gateways = gateways
        self._key = key
        self._last = ""
        self.sequences: list[int] = []
        self.ids: list[str] = []
        self.endings: list[str] = []

    def run(self) -> None:
        while len(self.ids) < CHANGES:
            headers = {"X-Api-Key": self._key} | ({"Last-Event-ID": self._last} if self._last else {})
            url = f"{self._gateways[-1].url}/v1/watch?start=oldest"
            try:
                with httpx2.stream("GET", url, headers=headers, timeout=10) as response:
                    self._follow(response)
            except httpx2.TransportError as error:
                self.endings.append(type(error).__name__)
            time.sleep(0.05)

    def await_heard(self, number: int) -> None:
        deadline = time.monotonic() + 20
        while len(self.ids) < number and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.ids) >= number, self.endings

    def _follow(self, response: httpx2.Response) -> None:
        if response.status_code != 200:
            return
        reader = EventStreamReader()
        for piece in response.iter_raw():
            for event in reader.feed(piece):
                if event.name == "error":
                    self.endings.append(event.body["reason"])
                    continue
                self.sequences.append(event.body["sequence"])
                self.ids.append(event.body["message_id"])
            self._last = reader.last_event_id or self._last
            if len(self.ids) >= CHANGES:
                return


def test_no_change_is_missed_and_none_is_heard_twice_when_gateway_and_server_die(
    start: Start, tmp_path: Path
) -> None:
    server = RunningServer(tmp_path)
    operator = Operator(server)
    tenant = operator.tenant()
    gateways = [start(server.address)]
    follower = Follower(gateways, tenant.key)
    follower.start()
    try:
        for number in range(CHANGES):
            if number in {60, 130, 170}:
                follower.await_heard(number - 5)  # and perhaps not the rest
            if number == 60:
                gateways[-1].kill()
                gateways.append(start(server.address))
            elif number == 130:
                server.kill()
                server = RunningServer(tmp_path, listen=server.address)
            elif number == 170:
                gateways[-1].terminate()
                gateways.append(start(server.address))
            register_again(tenant, f"m{number:03}")
            time.sleep(0.005)
        follower.join(20)
    finally:
        gateways[-1].terminate()
        operator.close()
        server.terminate()
    assert follower.ids == [f"m{number:03}" for number in range(CHANGES)]
    assert all(before < after for before, after in pairwise(follower.sequences))
    assert len(follower.endings) >= 3
    assert {"UNAVAILABLE", "SERVER_STOPPING"} <= set(follower.endings)


def register_again(tenant: Tenant, message_id: str) -> None:
    """Register a message, as often as it takes: the same registration again changes nothing."""
    while True:
        try:
            register(tenant.client, message(message_id))
        except grpc.RpcError:
            time.sleep(0.05)
        else:
            return


def test_a_client_that_falls_behind_is_told_where_to_go_on(
    start: Start, server: RunningServer, tenant: Tenant
) -> None:
    gateway = start(server.address)
    many = 6_000
    with watching(gateway.url, tenant.key, narrow=True) as watch:
        watch.until_opened()
        for first in range(0, many, 500):
            register(tenant.client, *(message(f"m{number:04}") for number in range(first, first + 500)))
        *events, end = watch
    seen = [event.body["message_id"] for event in events]
    assert (end.name, end.body["reason"]) == ("error", "WATCHER_TOO_SLOW")
    assert end.body["resume_token"] == watch.reader.last_event_id
    with watching(gateway.url, tenant.key, last_event_id=watch.reader.last_event_id) as again:
        while len(seen) < many:
            seen.append(next(again).body["message_id"])
    gateway.terminate()
    assert seen == [f"m{number:04}" for number in range(many)]
