"""Vonage SMS API: the signature vectors of its own SDK, and every status it reports."""

import hmac
import time
from urllib.parse import urlencode

import orjson
import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.registry import carrier
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.providers.callback import Callback, Malformed, Unverified
from messagestatus_server.providers.vonage_sms import VonageSms
from tests.providers.calling import LEXICON, RECEIVED, arrived, callback, meant, told

FORM = "application/x-www-form-urlencoded"
VECTOR = {"a": "1", "b": "2", "timestamp": "1461605396"}
VECTORS = {
    "md5hash": "6af838ef94998832dbfc29020b564830",
    "md5": "c15c21ced558c93a226c305f58f902f2",
    "sha1": "3e19a4e6880fdc2c1426bfd0587c98b9532f0210",
    "sha256": "a321e824b9b816be7c3f28859a31749a098713d39f613c80d455bbaffae1cd24",
    "sha512": "812a18f76680fa0fe1b8bd9ee1625466ceb1bd96242e4d050d2cfd9a7b40166c"
    "63ed26ec9702168781b6edcf1633db8ff95af9341701004eec3fcf9550572ee8",
}
VECTOR_TIME = 1_461_605_396_000_000
RECEIPT = (
    "msisdn=447700900000&to=Acme&network-code=23410&messageId=0A0000001234567B&price=0.03330000"
    "&status=delivered&scts=2602041215&err-code=0&api-key=abcd1234"
    "&message-timestamp=2026-02-04+12%3A15%3A32&client-ref=order-7"
)
OCCURRED = 1_770_207_332_000_000


def config(method: str = "sha256", **more: str) -> dict[str, str]:
    """Return the settings of a route whose secret is the vectors'."""
    return {"signature_secret": "secret", "signature_method": method} | more


def sent(fields: dict[str, str], way: str = "GET", receive_time: int = VECTOR_TIME) -> Callback:
    """Return a callback that carries fields in one of the three ways."""
    text = urlencode(fields)
    if way == "GET":
        return callback(method="GET", url=f"https://a.example/in?{text}", receive_time=receive_time)
    if way == "form":
        return callback(text.encode(), content_type=FORM, receive_time=receive_time)
    return callback(orjson.dumps(fields), receive_time=receive_time)


@pytest.mark.parametrize("way", ["GET", "form", "JSON"])
@pytest.mark.parametrize("method", VECTORS)
async def test_the_vectors_of_its_own_sdk_are_believed(method: str, way: str) -> None:
    """`tests/test_signature.py` of the official Python SDK. The Ruby SDK's agree with it on md5hash only."""
    signature = VECTORS[method]
    await VonageSms().verify(sent(VECTOR | {"sig": signature}, way), config(method))
    await VonageSms().verify(sent(VECTOR | {"sig": signature.upper()}, way), config(method))
    for wrong in (VECTOR | {"sig": signature, "b": "3"}, VECTOR | {"sig": signature[:-1] + "z"}):
        with pytest.raises(Unverified) as refused:
            await VonageSms().verify(sent(wrong, way), config(method))
        assert refused.value.status == 403


async def test_a_signature_of_another_method_is_refused() -> None:
    with pytest.raises(Unverified):
        await VonageSms().verify(sent(VECTOR | {"sig": VECTORS["md5"]}), config("sha1"))


@pytest.mark.parametrize(
    "came",
    [
        sent(VECTOR),
        callback(b"not json", receive_time=VECTOR_TIME),
        callback(b"", content_type=FORM),
        sent(VECTOR | {"sig": ""}),
    ],
    ids=["no sig", "no JSON", "nothing", "empty sig"],
)
async def test_an_unsigned_callback_is_refused(came: Callback) -> None:
    with pytest.raises(Unverified) as refused:
        await VonageSms().verify(came, config())
    assert refused.value.status == 401


async def test_parameters_in_the_url_do_not_add_to_a_signed_form() -> None:
    came = sent(VECTOR | {"sig": VECTORS["sha256"]}, "form")
    came.url += "?status=delivered&messageId=1"
    await VonageSms().verify(came, config())
    with pytest.raises(Malformed):
        told(VonageSms(), came, config())


async def test_a_time_outside_the_window_is_refused() -> None:
    signed = VECTOR | {"sig": VECTORS["sha256"]}
    late = VECTOR_TIME + 259_201_000_000
    with pytest.raises(Unverified):
        await VonageSms().verify(sent(signed, receive_time=late), config())
    five_minutes = config(replay_window="300")
    with pytest.raises(Unverified):
        await VonageSms().verify(sent(signed, receive_time=VECTOR_TIME + 301_000_000), five_minutes)
    await VonageSms().verify(sent(signed, receive_time=VECTOR_TIME + 300_000_000), five_minutes)
    await VonageSms().verify(sent(signed, receive_time=late), config(replay_window="0"))


async def test_a_signed_callback_without_a_time_is_refused() -> None:
    signature = hmac.digest(b"secret", b"&a=x_c_3", "sha256").hex()
    came = sent({"a": "x&c=3", "sig": signature})
    await VonageSms().verify(came, config(replay_window="0"))
    with pytest.raises(Unverified):
        await VonageSms().verify(came, config())


async def test_a_route_without_a_secret_verifies_nothing() -> None:
    await VonageSms().verify(sent({}), {})
    assert not VonageSms().signs({})
    assert VonageSms().signs(config())


@pytest.mark.parametrize("way", ["GET", "form", "JSON"])
def test_a_receipt_is_read(way: str) -> None:
    fields = dict(callback(RECEIPT.encode()).form)
    (item,) = told(VonageSms(), sent(fields, way), {})
    assert item is not None
    assert (item.provider_message_id, item.word, item.code) == ("0A0000001234567B", "delivered", "0")
    assert (item.occur_time, item.time_text) == (OCCURRED, "2026-02-04 12:15:32")
    assert (item.reference, item.channel, item.recipient) == ("order-7", Channel.SMS, "")


def test_a_time_of_an_unknown_zone_is_told_as_text_only() -> None:
    came = callback(method="GET", url=f"https://a.example/in?{RECEIPT}")
    (item,) = told(VonageSms(), came, {"time_zone": "unknown"})
    assert item is not None
    assert (item.occur_time, item.time_text) == (None, "2026-02-04 12:15:32")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("accepted", S.ACCEPTED),
        ("buffered", S.SENT),
        ("delivered", S.DELIVERED),
        ("expired", S.EXPIRED),
        ("failed", S.UNDELIVERED),
        ("undelivered", S.UNDELIVERED),
        ("rejected", S.REJECTED),
        ("unknown", S.UNKNOWN),
    ],
)
def test_every_status_is_read_and_has_a_meaning(word: str, state: S) -> None:
    came = sent({"messageId": "1", "status": word, "scts": "2602041215"})
    (item,) = told(VonageSms(), came, {})
    assert item is not None
    assert (item.occur_time, item.time_text) == (None, "2602041215")
    meaning = meant(VonageSms(), item)
    assert meaning is not None
    assert meaning.state is state


def test_every_error_code_has_a_meaning() -> None:
    assert all(LEXICON.error("vonage_sms", str(code)) for code in range(15))


@pytest.mark.parametrize("fields", [{"text": "hi", "messageId": "1"}, {"type": "binary", "data": "00"}])
def test_an_inbound_message_tells_nothing(fields: dict[str, str]) -> None:
    assert told(VonageSms(), sent(fields), {}) == [None]


@pytest.mark.parametrize("fields", [{}, {"status": "sent"}, {"messageId": "1"}])
@pytest.mark.parametrize("way", ["GET", "form", "JSON"])
def test_a_receipt_without_id_or_status_is_malformed(fields: dict[str, str], way: str) -> None:
    with pytest.raises(Malformed):
        told(VonageSms(), sent(fields, way), {})


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"messageId":[],"status":"sent"}'])
def test_a_json_body_of_another_shape_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        told(VonageSms(), callback(body), {})


@pytest.mark.parametrize("method", VECTORS)
async def test_what_the_simulated_carrier_posts_is_believed_and_the_same_twice(method: str) -> None:
    simulated = carrier("vonage_sms")
    simulated.believe({"signature_method": method})
    event = Event(simulated.new_message_id(1), "+447700900000", "failed", "2", OCCURRED, 3, "a&b=c")
    now = time.time_ns() // 1000
    once, again = (arrived(simulated.post("https://a.example/in?key=1", [event]), now) for _ in range(2))
    for came in (once, again):
        await VonageSms().verify(came, simulated.config)
    assert told(VonageSms(), once, {}) == told(VonageSms(), again, {})
    (item,) = told(VonageSms(), once, {})
    assert item is not None
    assert (item.provider_message_id, item.word, item.code) == (event.provider_message_id, "failed", "2")
    assert (item.occur_time, item.reference) == (OCCURRED, "a&b=c")
    once.url = once.url.replace("status=failed", "status=expired")
    with pytest.raises(Unverified):
        await VonageSms().verify(Callback("GET", once.url, {}, b"", RECEIVED), simulated.config)
