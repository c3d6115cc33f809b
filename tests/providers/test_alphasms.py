"""AlphaSMS: every shape in which its hook may come, and every status of its reference."""

import hashlib

import orjson
import pytest

from messagestatus_server.cli.simulate.carriers.alphasms import SimulatedAlphaSms
from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.state import FailureReason as R
from messagestatus_server.providers.alphasms import AlphaSms
from messagestatus_server.providers.callback import Malformed, Unverified
from tests.providers.calling import LEXICON, RECEIVED, arrived, callback, meant, told

URL = "https://dlr.example.com/receipts/alphasms"
FORM = "application/x-www-form-urlencoded"
CONFIG = {"api_key": "0123456789abcdef"}
BODY = b'{"id":100500,"status":"DELIVERED"}'


def signed(body: bytes, key: str = CONFIG["api_key"]) -> dict[str, str]:
    """A self-made vector: no public one is known."""
    return {"X-Signature": hashlib.sha256(body + key.encode()).hexdigest()}


@pytest.mark.parametrize(
    ("word", "state", "reason"),
    [
        ("ACCEPTED", S.ACCEPTED, R.UNSPECIFIED),
        ("DELETED", S.DELETED, R.UNSPECIFIED),
        ("DELIVERED", S.DELIVERED, R.UNSPECIFIED),
        ("EXPIRED", S.EXPIRED, R.UNSPECIFIED),
        ("FILTERED", S.REJECTED, R.FILTERED),
        ("INVALID DESTINATION ADDRESS", S.REJECTED, R.INVALID_RECIPIENT),
        ("INVALID SOURCE ADDRESS", S.REJECTED, R.INVALID_SENDER),
        ("NO ROUTE", S.REJECTED, R.NO_ROUTE),
        ("PARTIALLY DELIVERED", S.PARTIALLY_DELIVERED, R.UNSPECIFIED),
        ("QUEUED", S.QUEUED, R.UNSPECIFIED),
        ("READ", S.READ, R.UNSPECIFIED),
        ("REJECTED", S.REJECTED, R.UNSPECIFIED),
        ("REPLIED", S.REPLIED, R.UNSPECIFIED),
        ("ROUTING", S.ROUTING, R.UNSPECIFIED),
        ("SIM FULL", S.UNDELIVERED, R.SIM_FULL),
        ("UNDELIVERABLE", S.UNDELIVERED, R.UNSPECIFIED),
        ("UNKNOWN", S.UNKNOWN, R.UNSPECIFIED),
        ("delivered", S.DELIVERED, R.UNSPECIFIED),
    ],
)
def test_every_status_is_read_and_has_a_meaning(word: str, state: S, reason: R) -> None:
    (item,) = told(AlphaSms(), callback(orjson.dumps({"id": 100500, "status": word})), {})
    assert item is not None
    assert (item.provider_message_id, item.word) == ("100500", word)
    meaning = meant(AlphaSms(), item)
    assert meaning is not None
    assert (meaning.state, meaning.reason) == (state, reason)


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":7,"status":"READ"}',
        b'{"id":"7","status":"READ"}',
        b'{"msg_id":7,"status":"READ"}',
        b'{"message_id":"7","status":"READ"}',
        b'{"id":null,"msg_id":7,"status":"READ"}',
        b'[{"id":7,"status":"READ"}]',
        b'{"data":[{"id":7,"status":"READ"}]}',
        b'{"data":{"id":7,"status":"READ"}}',
        b'{"success":true,"data":[{"success":true,"data":{"id":7,"type":"viber","status":"READ"}}]}',
        b' \n{"id":7,"status":"READ","added":{"x":[1]}}',
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "", FORM])
def test_json_is_read_in_every_shape(body: bytes, content_type: str) -> None:
    (item,) = told(AlphaSms(), callback(body, content_type=content_type), {})
    assert item is not None
    assert (item.provider_message_id, item.word) == ("7", "READ")


@pytest.mark.parametrize(
    "came",
    [
        callback(b"id=7&status=SIM+FULL", content_type=FORM),
        callback(b"msg_id=7&status=SIM%20FULL", content_type=FORM),
        callback(url=f"{URL}?message_id=7&status=SIM+FULL", method="GET", content_type=""),
        callback(b"status=SIM+FULL", url=f"{URL}?id=7", content_type=FORM),
    ],
)
def test_forms_and_queries_are_read(came: object) -> None:
    (item,) = told(AlphaSms(), came, {})  # type: ignore[arg-type]
    assert item is not None
    assert (item.provider_message_id, item.word) == ("7", "SIM FULL")


def test_several_messages_are_several_items() -> None:
    body = b'{"data":[{"id":7,"status":"READ","type":"viber"},{"id":8,"status":"DELIVERED","type":"sms"}]}'
    first, second = told(AlphaSms(), callback(body), {})
    assert first is not None
    assert second is not None
    assert (first.provider_message_id, first.channel) == ("7", Channel.VIBER)
    assert (second.provider_message_id, second.channel) == ("8", Channel.SMS)


def test_a_large_number_keeps_every_digit() -> None:
    (item,) = told(AlphaSms(), callback(b'{"id":9223372036854775807,"status":"READ"}'), {})
    assert item is not None
    assert item.provider_message_id == "9223372036854775807"


def test_the_route_names_the_fields() -> None:
    config = {"id_fields": "msg_id, id", "status_field": "state"}
    (item,) = told(AlphaSms(), callback(b'{"id":1,"msg_id":2,"state":"READ","status":"no"}'), config)
    assert item is not None
    assert (item.provider_message_id, item.word) == ("2", "READ")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"[]",
        b"7",
        b"[7]",
        b"{}",
        b'{"data":[]}',
        b'{"data":["x"]}',
        b'{"id":7}',
        b'{"status":"READ"}',
        b'{"id":[7],"status":"READ"}',
        b'{"id":true,"status":"READ"}',
        b'{"id":7,"status":{}}',
    ],
)
def test_what_names_no_message_or_status_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        told(AlphaSms(), callback(body), {})


@pytest.mark.parametrize("body", [b"", b"id=7", b"status=READ", b"\xff\x00=\xfe"])
def test_a_form_without_message_or_status_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        told(AlphaSms(), callback(body, content_type=FORM), {})


async def test_without_a_key_everything_passes() -> None:
    await AlphaSms().verify(callback(BODY), {})
    assert not AlphaSms().signs({})
    assert AlphaSms().signs(CONFIG)


async def test_a_signature_over_body_and_key_is_believed() -> None:
    await AlphaSms().verify(callback(BODY, headers=signed(BODY)), CONFIG)
    upper = {"X-Signature": signed(BODY)["X-Signature"].upper()}
    await AlphaSms().verify(callback(BODY, headers=upper), CONFIG)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (BODY, {}, 401),
        (BODY.replace(b"100500", b"100501"), signed(BODY), 403),
        (BODY, signed(BODY, "another key"), 403),
        (BODY, {"X-Signature": "é"}, 403),
        (b"", signed(b""), 401),
    ],
)
async def test_anything_else_is_refused(body: bytes, headers: dict[str, str], status: int) -> None:
    """A signature of no body would be the same for every query."""
    with pytest.raises(Unverified) as refused:
        await AlphaSms().verify(callback(body, url=f"{URL}?id=7&status=READ", headers=headers), CONFIG)
    assert refused.value.status == status


async def test_what_the_simulated_carrier_posts_is_read_back() -> None:
    carrier = SimulatedAlphaSms()
    words = [*carrier.script, *LEXICON.words["alphasms"]]
    events = [
        Event(carrier.new_message_id(number), "+15005550010", word, "", RECEIVED)
        for number, word in enumerate(words)
    ]
    for batch in ([events[0]], events):
        posting = carrier.post(URL, batch)
        assert carrier.post(URL, batch) == posting
        came = arrived(posting)
        await AlphaSms().verify(came, carrier.config)
        assert [(item.provider_message_id, item.word) for item in told(AlphaSms(), came, {}) if item] == [
            (event.provider_message_id, event.word) for event in batch
        ]


async def test_the_simulated_carrier_is_not_believed_with_another_key() -> None:
    carrier, other = SimulatedAlphaSms(), SimulatedAlphaSms()
    events = [Event("1", "+15005550010", "READ", "", RECEIVED)]
    with pytest.raises(Unverified):
        await AlphaSms().verify(arrived(carrier.post(URL, events)), other.config)
    other.believe({})
    await AlphaSms().verify(arrived(other.post(URL, events)), {})
