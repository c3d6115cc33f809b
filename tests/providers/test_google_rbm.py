"""RCS for Business: the set-up, and the events of users and of the platform.

Google publishes no vector of the signature; those here are self-made. The set-up is its document's example.
"""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.google_rbm import SimulatedGoogleRbm
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.state import Finality
from messagestatus_server.providers.callback import Answer, Callback, Malformed, Unverified
from messagestatus_server.providers.google_rbm import GoogleRbm
from tests.providers.calling import RECEIVED, arrived, callback, meant, told

CONFIG = {"client_token": "SJENCPGJESMGUFPY"}
USER_EVENT = (
    b'{"senderPhoneNumber":"+12065550101","eventType":"DELIVERED","eventId":"E1","messageId":"M1",'
    b'"sendTime":"2026-02-04T06:54:55.123456789Z","agentId":"acme@rbm.goog"}'
)
SERVER_EVENT = (
    b'{"phoneNumber":"+12065550101","messageId":"M1","agentId":"acme@rbm.goog",'
    b'"eventType":"TTL_EXPIRATION_REVOKED","eventId":"E2","sendTime":"2026-02-04T06:54:55Z"}'
)


def enveloped(data: bytes, signature: str | None = None) -> Callback:
    message = {
        "attributes": {},
        "data": base64.b64encode(data).decode(),
        "messageId": "7",
        "publishTime": "P",
    }
    said = base64.b64encode(hmac.digest(b"SJENCPGJESMGUFPY", data, hashlib.sha512)).decode()
    return callback(
        json.dumps({"message": message, "subscription": "projects/rbm/subscriptions/acme"}).encode(),
        headers={"X-Goog-Signature": said if signature is None else signature},
    )


def event(**fields: Any) -> Callback:
    return enveloped(json.dumps({"messageId": "M1", "eventId": "E1"} | fields).encode())


async def test_the_set_up_is_answered_with_the_raw_secret() -> None:
    asked = callback(b'{\n  "clientToken":"SJENCPGJESMGUFPY",\n  "secret":"1234567890"\n}')
    assert await GoogleRbm().greet(asked, CONFIG) == Answer(200, b"1234567890")


async def test_a_set_up_with_another_token_is_refused() -> None:
    asked = callback(b'{"clientToken":"SJENCPGJESMGUFPZ","secret":"1234567890"}')
    with pytest.raises(Unverified) as refused:
        await GoogleRbm().greet(asked, CONFIG)
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"clientToken":',
        b'{"clientToken":"SJENCPGJESMGUFPY"}',
        b'{"clientToken":"SJENCPGJESMGUFPY","secret":""}',
        b'{"clientToken":["SJENCPGJESMGUFPY"],"secret":"1"}',
        b'{"clientToken":"SJENCPGJESMGUFPY","secret":"1","message":{}}',
    ],
)
async def test_what_is_no_set_up_is_not_greeted_and_not_verified(body: bytes) -> None:
    assert await GoogleRbm().greet(callback(body), CONFIG) is None
    with pytest.raises(Unverified) as missing:
        await GoogleRbm().verify(callback(body), CONFIG)
    assert missing.value.status == 401


async def test_an_event_is_not_greeted() -> None:
    assert await GoogleRbm().greet(enveloped(USER_EVENT), CONFIG) is None


async def test_the_signature_is_of_the_decoded_event() -> None:
    await GoogleRbm().verify(enveloped(USER_EVENT), CONFIG)
    good = enveloped(USER_EVENT).headers["x-goog-signature"]
    for came in (
        enveloped(USER_EVENT.replace(b"M1", b"M3"), good),
        enveloped(USER_EVENT, "A" + good[1:] if good[0] != "A" else "B" + good[1:]),
        callback(b"{}", headers={"X-Goog-Signature": good}),
        callback(b'{"message":{"data":"%%%"}}', headers={"X-Goog-Signature": good}),
        callback(b'{"message":{"data":"\xc3\xa4"}}', headers={"X-Goog-Signature": good}),
        callback(b"no JSON", headers={"X-Goog-Signature": good}),
    ):
        with pytest.raises(Unverified) as wrong:
            await GoogleRbm().verify(came, CONFIG)
        assert wrong.value.status == 403
    with pytest.raises(Unverified) as missing:
        await GoogleRbm().verify(enveloped(USER_EVENT, ""), CONFIG)
    assert missing.value.status == 401


@pytest.mark.parametrize(
    ("data", "word", "event_id", "occur_time"),
    [
        (USER_EVENT, "DELIVERED", "E1", 1_770_188_095_123_456),
        (SERVER_EVENT, "TTL_EXPIRATION_REVOKED", "E2", 1_770_188_095_000_000),
    ],
    ids=["of a user", "of the platform"],
)
def test_the_golden_events_are_read(data: bytes, word: str, event_id: str, occur_time: int) -> None:
    (item,) = told(GoogleRbm(), enveloped(data), CONFIG)
    assert item is not None
    assert item == item._replace(
        provider_message_id="M1",
        word=word,
        code="",
        occur_time=occur_time,
        event_id=event_id,
        recipient="",
        channel=Channel.RCS,
    )


@pytest.mark.parametrize(
    ("word", "state", "finality"),
    [
        ("DELIVERED", S.DELIVERED, Finality.NONE),
        ("READ", S.READ, Finality.FINAL),
        ("TTL_EXPIRATION_REVOKED", S.EXPIRED, Finality.FINAL),
        ("TTL_EXPIRATION_REVOKE_FAILED", S.UNSPECIFIED, Finality.NONE),
    ],
)
def test_every_status_is_read_and_has_a_meaning(word: str, state: S, finality: Finality) -> None:
    (item,) = told(GoogleRbm(), event(eventType=word), CONFIG)
    assert item is not None
    assert item.time_text == "P"
    meaning = meant(GoogleRbm(), item)
    assert meaning is not None
    assert (meaning.state, meaning.finality) == (state, finality)


@pytest.mark.parametrize(
    "came",
    [
        event(eventType="IS_TYPING"),
        event(eventType="UNSUBSCRIBE", messageId=None),
        event(eventType="SUBSCRIBE", messageId=None),
        event(eventType="SOMETHING_NEW", messageId=None),
        event(text="Hello", senderPhoneNumber="+12065550101"),
    ],
)
def test_what_is_of_no_message_tells_nothing(came: Callback) -> None:
    assert told(GoogleRbm(), came, CONFIG) == [None]


def test_an_unknown_event_of_a_message_is_told_verbatim() -> None:
    (item,) = told(GoogleRbm(), event(eventType="PONDERED"), CONFIG)
    assert item is not None
    assert meant(GoogleRbm(), item) is None


@pytest.mark.parametrize(
    "came",
    [
        callback(b""),
        callback(b"[]"),
        callback(b"{}"),
        callback(b'{"message":"data"}'),
        callback(b'{"message":{"data":"%%%"}}'),
        callback(b'{"message":{"data":{}}}'),
        enveloped(b"no JSON"),
        enveloped(b"[]"),
        event(eventType=["READ"]),
        event(eventType="READ", messageId=None),
        event(eventType="READ", messageId=1.5),
        event(eventType="READ", sendTime={}),
    ],
)
def test_what_cannot_be_read_is_malformed(came: Callback) -> None:
    with pytest.raises(Malformed):
        told(GoogleRbm(), came, CONFIG)


@pytest.mark.parametrize(
    "word", ["DELIVERED", "READ", "TTL_EXPIRATION_REVOKED", "TTL_EXPIRATION_REVOKE_FAILED"]
)
async def test_what_the_simulated_carrier_posts_is_believed_and_read_back(word: str) -> None:
    carrier = SimulatedGoogleRbm()
    step = Event(carrier.new_message_id(7), "+12065550101", word, "", RECEIVED - 5_000_000, 2)
    url = "https://dlr.example.com/receipts/acme"
    came = arrived(carrier.post(url, [step]))
    assert await GoogleRbm().greet(came, carrier.config) is None
    await GoogleRbm().verify(came, carrier.config)
    (item,) = told(GoogleRbm(), came, carrier.config)
    assert item is not None
    assert (item.provider_message_id, item.word, item.event_id) == (
        step.provider_message_id,
        word,
        step.event_id,
    )
    assert (item.occur_time, item.channel) == (step.occur_time, carrier.channel)
    assert carrier.post(url, [step]) == carrier.post(url, [step])
    with pytest.raises(Unverified):
        await GoogleRbm().verify(came, CONFIG)
    carrier.believe(CONFIG)
    await GoogleRbm().verify(arrived(carrier.post(url, [step])), CONFIG)
