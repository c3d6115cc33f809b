"""A real server and a real receiver: each change arrives, in order, whatever happens to the server."""

import json
import random
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import grpc
import pytest

from messagestatus_server.domain.state import DeliveryState
from tests.builders import message, receipt, register, report
from tests.hooks import HERE, Hook, Hooks, create, receiving
from tests.quick_hooks import Arrived, receiving_quickly
from tests.running import Operator, RunningServer

LADDER = ["SENT", "DELIVERED", "READ"]
MESSAGES = 125


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with receiving() as hooks:
        yield hooks


class Came(NamedTuple):
    """What a receiver made of what came: each event once, by message, in the order of arrival."""

    by_message: dict[str, list[str]]
    repeated: int


def came(hooks: list[Hook], secret: str) -> Came:
    """Verify every request, and sort out what came again."""
    by_message: dict[str, list[str]] = defaultdict(list)
    seen: dict[str, bytes] = {}
    for hook in hooks:
        content = hook.verify(secret)
        assert content["id"] == hook.headers["webhook-id"]
        if content["id"] not in seen:
            seen[content["id"]] = hook.body
            by_message[content["data"]["message_id"]].append(content["data"]["state"])
    return Came(by_message, len(hooks) - len(seen))


def test_five_hundred_changes_arrive_once_each_and_in_order(tmp_path: Path, hooks: Hooks) -> None:
    server = RunningServer(tmp_path, *HERE)
    operator = Operator(server)
    tenant = operator.tenant("acme")
    secret = create(operator.client, "acme", hooks.url, rate=10_000, concurrency=50).secret
    names = [f"m{number}" for number in range(MESSAGES)]
    register(tenant.client, *(message(name, channel="CHANNEL_VIBER") for name in names))
    for place, state in enumerate(LADDER, 1):
        report(tenant.client, *(receipt(name, state, place) for name in names))
    told = came(hooks.wait(4 * MESSAGES, 60), secret)
    operator.close()
    assert server.terminate() == 0
    assert told.repeated == 0
    assert told.by_message == {name: ["QUEUED", *LADDER] for name in names}


@pytest.mark.parametrize(
    "times",
    [
        pytest.param(2, id="brief"),
        pytest.param(20, id="thorough", marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
    ],
)
def test_a_server_that_is_killed_loses_nothing(tmp_path: Path, hooks: Hooks, times: int) -> None:
    """What was acknowledged arrives, and in the order of its message, though some of it may come twice."""
    server = RunningServer(tmp_path, *HERE)
    operator = Operator(server)
    tenant = operator.tenant("acme")
    made = create(operator.client, "acme", hooks.url, rate=200, concurrency=8)
    acknowledged: list[str] = []
    client = tenant.client
    for turn in range(times):
        killing = threading.Timer(random.uniform(0.1, 0.6), server.kill)
        killing.start()
        for number in range(1_000):
            name = f"m{turn}-{number}"
            try:
                register(client, message(name, channel="CHANNEL_VIBER"))
                report(client, receipt(name, "SENT", 1))
                report(client, receipt(name, "DELIVERED", 2))
            except grpc.RpcError:
                break
            acknowledged.append(name)
        killing.join()
        operator.close()
        server = RunningServer(tmp_path, *HERE)
        operator = Operator(server)
        client = operator.connect(tenant.key)
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        told = came(list(hooks.came), made.secret)
        if all(len(told.by_message[name]) >= 3 for name in acknowledged):
            break
        time.sleep(0.5)
    operator.close()
    server.terminate()
    assert len(acknowledged) > 10
    for name in acknowledged:
        assert told.by_message[name] == ["QUEUED", "SENT", "DELIVERED"], name
    order = [DeliveryState.QUEUED, DeliveryState.SENT, DeliveryState.DELIVERED]
    for states in told.by_message.values():
        assert states == [state.name for state in order][: len(states)]


@pytest.mark.slow
@pytest.mark.parametrize(("changes", "batch_size"), [(100, 1), (500, 1), (500, 20)])
def test_a_change_arrives_within_half_a_second(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: int, batch_size: int
) -> None:
    """At so many a second, in requests of so many."""
    server = RunningServer(tmp_path, *HERE)
    operator = Operator(server)
    tenant = operator.tenant("acme")
    seconds, together = 20, 10
    number = seconds * changes
    delays: list[float] = []
    with receiving_quickly() as hooks:
        create(operator.client, "acme", hooks.url, rate=10_000, concurrency=32, batch_size=batch_size)
        started = time.monotonic()
        for place in range(number // together):
            register(tenant.client, *(message(f"m{place}-{each}") for each in range(together)))
            time.sleep(max(0.0, started + (place + 1) * together / changes - time.monotonic()))
        took = time.monotonic() - started
        deadline = time.monotonic() + 60
        while len(delays) < number and time.monotonic() < deadline:
            time.sleep(0.5)
            delays = sorted(delay for arrived in list(hooks.came) for delay in _delays(arrived))
        requests = len(hooks.came)
    operator.close()
    server.terminate()
    p50, p99 = statistics.median(delays), delays[int(len(delays) * 0.99)]
    with capsys.disabled():
        print(  # noqa: T201 - figures are what this is for
            f"\n{number / took:.0f} changes/s in {requests} requests:"
            f" p50 {p50 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms, longest {delays[-1] * 1e3:.0f} ms"
        )
    assert len(delays) == number
    assert p99 < 0.5


def _delays(arrived: Arrived) -> list[float]:
    """Return how long each event of a request took from its commit, in seconds."""
    content = json.loads(arrived.body)
    events = content["data"].get("events", [content])
    return [arrived.time - datetime.fromisoformat(event["timestamp"]).timestamp() for event in events]
