"""What is registered or reported in RyzeAPI's own words reads back as the same word."""

from typing import Any, NamedTuple

import pytest

from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from tests.builders import message, moment, register, report
from tests.gateway.raw_http import get
from tests.running import Operator, RunningGateway, Tenant

from .documented import CODES, INSTANCE

INBOUND = {"direction": status_pb.DIRECTION_INBOUND}
AUDIO = {"content_kind": status_pb.CONTENT_KIND_AUDIO}
GROUP = {"recipient_user_ids": ["ana", "ben"], "roll_up": message_pb.ROLL_UP_ANY}


class Line(NamedTuple):
    """One line of a tenant, and the port where its messages are asked for."""

    tenant: Tenant
    port: int


@pytest.fixture
def line(tenant: Tenant, operator: Operator, live_gateway: RunningGateway) -> Line:
    operator.instance(tenant.name, INSTANCE)
    return Line(tenant, int(live_gateway.url.rpartition(":")[2]))


def told(word: str, second: int, recipient: str = "") -> DeliveryReceipt:
    provider = status_pb.Provider(name="ryze", status=word)
    return DeliveryReceipt(
        message_id="m",
        provider=provider,
        vocabulary="ryze",
        occur_time=moment(second),
        recipient_user_id=recipient,
    )


def add(line: Line, word: str, **fields: Any) -> None:
    provider = status_pb.Provider(name="ryze", status=word)
    fields = {"channel": status_pb.CHANNEL_WHATSAPP, "vocabulary": "ryze", **fields}
    (outcome,) = register(line.tenant.client, message("m", instance=INSTANCE, provider=provider, **fields))
    assert not outcome.error.reason


def read(line: Line) -> tuple[str, int]:
    target = f"/api/chat/status/{INSTANCE}?messageId=m"
    answer = get(line.port, target.encode(), b"token: " + line.tenant.key.encode()).json
    return answer["status"], answer["status_code"]


@pytest.mark.parametrize("word", CODES)
def test_registered(word: str, line: Line) -> None:
    add(line, word, **AUDIO, **(INBOUND if word == "received" else {}))
    assert read(line) == (word, CODES[word])


@pytest.mark.parametrize("word", CODES)
def test_reported(word: str, line: Line) -> None:
    add(line, "pending", **AUDIO, **(INBOUND if word == "received" else {}))
    report(line.tenant.client, told(word, 1))
    assert read(line) == (word, CODES[word])


@pytest.mark.parametrize(
    ("rule", "fields", "words", "expected"),
    [
        ("the usual way", {}, ["sent", "delivered", "read"], "read"),
        ("out of order, and again", {}, ["read", "delivered", "read", "server_error"], "read"),
        ("a delivery after an error", {}, ["error", "delivered"], "delivered"),
        ("text is never played", {"content_kind": status_pb.CONTENT_KIND_TEXT}, ["played"], "pending"),
        ("words that say nothing of the state", {}, ["sent", "sender", "retry", "inactive"], "sent"),
        ("our own reading of a message sent changes nothing", {}, ["delivered", "read_self"], "delivered"),
        ("our own reading of a message received", INBOUND, ["received", "read_self"], "read"),
        ("our own playing of a message received", {**INBOUND, **AUDIO}, ["played_self"], "played"),
        ("nothing sent was received", {}, ["sent", "received"], "sent"),
        ("a failure of the push words", {}, ["server_error"], "error"),
    ],
)
def test_a_course_of_words(
    rule: str,
    fields: dict[str, Any],
    words: list[str],
    expected: str,
    line: Line,
) -> None:
    add(line, "pending", **fields)
    report(line.tenant.client, *(told(word, second) for second, word in enumerate(words)))
    assert read(line) == (expected, CODES[expected]), rule


@pytest.mark.parametrize(
    ("rule", "ana", "ben", "expected"),
    [
        ("the strongest state that anybody reached", "delivered", "read", "read"),
        ("one failure of two is none", "error", "delivered", "delivered"),
        ("an error is everybody's", "error", "error", "error"),
    ],
)
def test_a_group_has_one_status(rule: str, ana: str, ben: str, expected: str, line: Line) -> None:
    add(line, "pending", **GROUP)
    report(line.tenant.client, told(ana, 1, "ana"), told(ben, 2, "ben"))
    assert read(line) == (expected, CODES[expected]), rule
