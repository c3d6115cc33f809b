"""Vonage Messages API: its web token, and every status it reports.

The vendor publishes a token of its SDK, which is no callback's: it has no hash of a body. The tokens of the
callbacks here are self-made, with PyJWT.
"""

import hashlib
import time
from typing import Any

import jwt
import orjson
import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.registry import carrier
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.providers.callback import Callback, Malformed, Unverified
from messagestatus_server.providers.vonage_messages import VonageMessages
from messagestatus_server.providers.web_tokens import claims_of
from tests.providers.calling import LEXICON, RECEIVED, arrived, callback, meant, told

CONFIG = {"signature_secret": "qwertyuiopasdfghjklzxcvbnm123456"}
SDK_TOKEN = (
    "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJPbmxpbmUgSldUIEJ1aWxkZXIiLCJpYXQiOjE2OTc2MzQ2ODAsImV4cCI6"
    "MzMyNTQ1NDA4MjgsImF1ZCI6IiIsInN1YiI6IiJ9.88vJc3I2HhuqEDixHXVhc9R30tA6U_HQHZTC29y6CGM"
)
REJECTED = b"""{"message_uuid":"aaaaaaaa-bbbb-cccc-dddd-0123456789ab","to":"447700900000",
 "from":"447700900001","timestamp":"2026-02-04T06:54:55.000Z","status":"rejected","channel":"sms","client_ref":"order-7",
 "error":{"type":"https://developer.vonage.com/api-errors/messages#1300","title":"1300","detail":"why",
 "instance":"bf0c"},"usage":{"currency":"EUR","price":"0.0333"},"destination":{"network_code":"23410"}}"""
OLD = b"""{"message_uuid":"aaaa","to":{"type":"whatsapp","number":"447700900000"},"from":{"type":"whatsapp",
 "number":"447700900001"},"timestamp":"2026-02-04 07:54:55 +0100","status":"rejected",
 "error":{"code":1180,"reason":"Absent Subscriber Temporary"}}"""
NOW = RECEIVED // 1_000_000


def signed(body: bytes = REJECTED, *, algorithm: str = "HS256", **claims: Any) -> Callback:
    """Return a callback with a web token; a claim of None is left out."""
    usual = {"iat": NOW, "jti": "1", "iss": "Vonage", "api_key": "a1b2", "payload_hash": _digest(body)}
    kept = {name: value for name, value in (usual | claims).items() if value is not None}
    token = jwt.encode(kept, CONFIG["signature_secret"] * 2, algorithm=algorithm)
    return callback(body, headers={"Authorization": f"Bearer {token}"})


SIGNED_CONFIG = {"signature_secret": CONFIG["signature_secret"] * 2}


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def test_the_token_of_its_own_sdk_is_believed() -> None:
    """`jwt/tests/test_verify_jwt.py` of the official Python SDK: the right secret, and a wrong one."""
    assert claims_of(SDK_TOKEN, CONFIG["signature_secret"], ["HS256"])["iat"] == 1697634680
    with pytest.raises(Unverified):
        claims_of(SDK_TOKEN, "asdf", ["HS256"])


async def test_a_signed_callback_is_believed() -> None:
    await VonageMessages().verify(signed(), SIGNED_CONFIG)
    await VonageMessages().verify(signed(), SIGNED_CONFIG | {"api_key": "a1b2"})


async def test_a_digest_in_upper_case_is_believed() -> None:
    await VonageMessages().verify(signed(payload_hash=_digest(REJECTED).upper()), SIGNED_CONFIG)


async def test_an_unsigned_callback_is_to_be_sent_again() -> None:
    """Vonage: after a fault of its own it comes unsigned, and signed once it was answered 5xx."""
    with pytest.raises(Unverified) as refused:
        await VonageMessages().verify(callback(REJECTED), SIGNED_CONFIG)
    assert refused.value.status == 503


@pytest.mark.parametrize(
    "claims",
    [
        {"payload_hash": "0" * 64},
        {"payload_hash": None},
        {"payload_hash": 7},
        {"iat": None},
        {"iat": str(NOW)},
        {"iat": True},
        {"iat": NOW - 301},
        {"iat": NOW + 301},
        {"api_key": "other"},
        {"api_key": None},
    ],
    ids=str,
)
async def test_a_token_with_a_wrong_claim_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(Unverified) as refused:
        await VonageMessages().verify(signed(**claims), SIGNED_CONFIG | {"api_key": "a1b2"})
    assert refused.value.status == 403


@pytest.mark.parametrize("seconds", [-300, 300])
async def test_a_token_at_the_edge_of_the_window_is_believed(seconds: int) -> None:
    await VonageMessages().verify(signed(iat=NOW + seconds), SIGNED_CONFIG)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512", "none"])
async def test_a_token_of_another_algorithm_is_refused(algorithm: str) -> None:
    came = signed(algorithm="HS256" if algorithm == "none" else algorithm)
    if algorithm == "none":
        token = jwt.encode({"iat": NOW, "payload_hash": _digest(REJECTED)}, "", algorithm="none")
        came = callback(REJECTED, headers={"Authorization": f"Bearer {token}"})
    with pytest.raises(Unverified) as refused:
        await VonageMessages().verify(came, SIGNED_CONFIG)
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "header",
    ["Basic dTpw", "Bearer", "Bearer x", "Bearer a.b.c", "Bearer " + "W" * 9000, "Bearer \udcff.a.b"],
)
async def test_a_header_that_holds_no_token_is_refused(header: str) -> None:
    with pytest.raises(Unverified) as refused:
        await VonageMessages().verify(callback(REJECTED, headers={"Authorization": header}), SIGNED_CONFIG)
    assert refused.value.status == 403


async def test_a_changed_byte_is_refused() -> None:
    came = signed()
    came.body = came.body.replace(b"rejected", b"rejecteD")
    with pytest.raises(Unverified):
        await VonageMessages().verify(came, SIGNED_CONFIG)
    came = signed()
    came.headers = {"authorization": came.headers["authorization"][:-2] + "AA"}
    with pytest.raises(Unverified):
        await VonageMessages().verify(came, SIGNED_CONFIG)


def test_a_callback_of_version_1_is_read() -> None:
    (item,) = told(VonageMessages(), callback(REJECTED), CONFIG)
    assert item is not None
    assert item.provider_message_id == "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
    assert (item.word, item.code, item.detail, item.reference) == ("rejected", "1300", "why", "order-7")
    assert (item.occur_time, item.time_text) == (1_770_188_095_000_000, "2026-02-04T06:54:55.000Z")
    assert (item.event_id, item.recipient, item.channel) == ("", "", Channel.SMS)


def test_a_callback_of_version_0_1_is_read() -> None:
    (item,) = told(VonageMessages(), callback(OLD), CONFIG)
    assert item is not None
    assert (item.code, item.detail, item.channel) == ("1180", "Absent Subscriber Temporary", Channel.WHATSAPP)
    assert item.occur_time == 1_770_188_095_000_000


@pytest.mark.parametrize(
    ("word", "code", "state"),
    [
        ("submitted", "", S.SENT),
        ("delivered", "", S.DELIVERED),
        ("read", "", S.READ),
        ("rejected", "1300", S.REJECTED),
        ("rejected", "1360", S.EXPIRED),
        ("undeliverable", "1100", S.UNDELIVERED),
    ],
)
def test_every_status_is_read_and_has_a_meaning(word: str, code: str, state: S) -> None:
    error = {"type": f"https://developer.vonage.com/api-errors/messages#{code}", "title": "Words"}
    body = orjson.dumps({"message_uuid": "m", "status": word} | ({"error": error} if code else {}))
    (item,) = told(VonageMessages(), callback(body), CONFIG)
    assert item is not None
    assert item.code == code
    meaning = meant(VonageMessages(), item)
    assert meaning is not None
    assert meaning.state is state
    assert not code or LEXICON.error("vonage_messages", code) is not None


def test_an_inbound_message_tells_nothing() -> None:
    body = b'{"message_uuid":"m","message_type":"text","text":"hi","channel":"sms"}'
    assert told(VonageMessages(), callback(body), CONFIG) == [None]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "JSON"),
        (b"[]", "object"),
        (b"{}", "status"),
        (b'{"status":"read"}', "message_uuid"),
        (b'{"status":[],"message_uuid":"m"}', "status"),
        (b'{"status":"rejected","message_uuid":"m","error":"1300"}', "error"),
        (b'{"status":"rejected","message_uuid":"m","error":{"title":{}}}', "error.title"),
        (b'{"status":"read","message_uuid":"m","timestamp":[]}', "timestamp"),
        (b'{"status":"read","message_uuid":"m","to":{"type":1.5}}', "to.type"),
    ],
)
def test_a_malformed_callback_names_its_field(body: bytes, named: str) -> None:
    with pytest.raises(Malformed) as malformed:
        told(VonageMessages(), callback(body), CONFIG)
    assert named in malformed.value.text


@pytest.mark.parametrize("word", ["submitted", "delivered", "read", "rejected", "undeliverable"])
async def test_what_the_simulated_carrier_posts_is_believed_and_the_same_twice(word: str) -> None:
    simulated = carrier("vonage_messages")
    code = "1360" if word == "rejected" else ""
    event = Event(simulated.new_message_id(1), "+447700900000", word, code, RECEIVED, 2, "order-7")
    now = time.time_ns() // 1000
    once, again = (arrived(simulated.post("https://a.example/in", [event]), now) for _ in range(2))
    for came in (once, again):
        await VonageMessages().verify(came, simulated.config)
    assert once.body == again.body
    (item,) = told(VonageMessages(), once, {})
    assert item is not None
    assert (item.provider_message_id, item.word, item.code) == (event.provider_message_id, word, code)
    assert (item.occur_time, item.reference) == (RECEIVED, "order-7")


async def test_the_simulated_carrier_signs_with_given_secrets() -> None:
    simulated = carrier("vonage_messages")
    simulated.believe(SIGNED_CONFIG)
    came = arrived(simulated.post("https://a.example/in", [Event("m", "+1", "read")]), time.time_ns() // 1000)
    await VonageMessages().verify(came, SIGNED_CONFIG)
