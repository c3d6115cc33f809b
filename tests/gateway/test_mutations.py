"""Whatever is sent to a dialect: no fault, no hang, no foreign shape."""

import json
import random
from collections.abc import Callable, Iterator

import pytest

from tests.running import RunningGateway, RunningServer, Tenant

from .raw_http import RawAnswer, exchange

_SEEDS = {
    "symphony": b"GET /pod/v1/message/XlU3OH9eVMzq-yss7M_xyn___oxwgbtGbQ/status HTTP/1.1\r\n"
    b"sessionToken: KEY\r\n",
    "ryze": b"GET /api/chat/status/line-1?messageId=3EB08FCF27E532F1B0F5 HTTP/1.1\r\ntoken: KEY\r\n",
    "namirial": b"GET /api/messagestatus/phonenumber/+1234567890?count=1&sendDate=2026-12-31 HTTP/1.1\r\n"
    b"X-Api-Key: KEY\r\n",
    "alphasms": b"POST /api/json.php HTTP/1.1\r\nContent-Type: application/json\r\n",
}
# The beginning that says whose a path is stays whole.
_OWNED = {"symphony": b"/pod/", "ryze": b"/status/", "namirial": b"/messagestatus/", "alphasms": b".php "}
_BODY = b'{"auth":"KEY","data":[{"type":"status","id":100500}]}'
_SHAPES: dict[str, Callable[[dict[str, object]], bool]] = {
    "symphony": lambda body: body.keys() in ({"code", "message"}, {"author", "read", "delivered", "sent"}),
    "ryze": lambda body: isinstance(body.get("success"), bool),
    "namirial": lambda body: len(body) == 1 and body.keys() <= {"message", "messages"},
    "alphasms": lambda body: body.keys() in ({"success", "data"}, {"success", "error"}),
}
_MORSELS = [
    b"%00",
    b"%FF",
    b"%2F",
    b"/",
    b"?",
    b"&",
    b"=",
    b"+",
    b"%",
    b"\x00",
    b"\xff",
    b"..",
    b"{}",
    b"[",
    b'"',
    b"\r\n",
    b" ",
    b"9" * 400,
    "é".encode(),
    b"Transfer-Encoding: chunked\r\n",
    b"Expect: x\r\n",
    b"1e9",
]


def mutated(dice: random.Random, dialect: str, key: bytes) -> bytes:
    """Makes a request with a few faults behind the beginning of its path."""
    head = bytearray(_SEEDS[dialect].replace(b"KEY", key))
    body = bytearray(_BODY.replace(b"KEY", key) if dialect == "alphasms" else b"")
    owned = head.index(_OWNED[dialect]) + len(_OWNED[dialect])
    for _ in range(dice.randint(1, 4)):
        target, first = (body, 0) if body and dice.random() < 0.5 else (head, owned)
        place = dice.randint(first, len(target))
        target[place : place + dice.choice([0, 0, 1, 3])] = dice.choice(_MORSELS)
    rest = b"\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
    return bytes(head.removesuffix(b"\r\n")) + rest + bytes(body)


def fault_of(dialect: str, answer: RawAnswer) -> str:
    """Tells what is wrong with an answer; nothing is empty."""
    if answer.status >= 500:
        return f"status {answer.status}"
    if "x-request-id" not in answer.headers:
        return "no request id"
    # A fault that ends the head early leaves a second request behind, which is answered too.
    body = json.loads(answer.body[: int(answer.headers["content-length"])])
    return "" if isinstance(body, dict) and _SHAPES[dialect](body) else f"shape {answer.body!r}"


@pytest.fixture(scope="module")
def hasty(server: RunningServer) -> Iterator[RunningGateway]:
    """A gateway that does not wait long for a body that is shorter than it should be."""
    running = RunningGateway(server.address, "--rate-limit", "ryze=none", "--arrival", "0.2")
    yield running
    running.terminate()


def attack(gateway: RunningGateway, tenant: Tenant, count: int) -> None:
    port = int(gateway.url.rpartition(":")[2])
    dice = random.Random(4711)
    for number in range(count):
        dialect = list(_SEEDS)[number % len(_SEEDS)]
        request = mutated(dice, dialect, tenant.key.encode())
        fault = fault_of(dialect, exchange(port, request))
        assert not fault, (fault, request)


def test_a_thousand_mutations(hasty: RunningGateway, tenant: Tenant) -> None:
    attack(hasty, tenant, 1_000)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_fifty_thousand_mutations(hasty: RunningGateway, tenant: Tenant) -> None:
    attack(hasty, tenant, 50_000)
