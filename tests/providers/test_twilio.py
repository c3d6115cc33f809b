"""Twilio: its own signature vectors, and every status it reports."""

import base64
import hashlib
import hmac
from urllib.parse import urlencode

import orjson
import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.registry import carrier
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.providers.callback import Callback, Malformed, Unverified
from messagestatus_server.providers.twilio import Twilio
from tests.providers.calling import arrived, callback, meant, told

FORM = "application/x-www-form-urlencoded"
CONFIG = {"auth_token": "12345"}
VECTOR_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
VECTOR_BODY = (
    b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
)
VECTOR_SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.parametrize(
    "url", [VECTOR_URL, VECTOR_URL.replace(".com", ".com:443")], ids=["without a port", "with its port"]
)
async def test_the_vector_of_its_own_sdk_is_believed(url: str) -> None:
    """Twilio, "Webhooks security", the example: the port may or may not be part of what was signed."""
    came = callback(VECTOR_BODY, url=url, content_type=FORM, headers={"X-Twilio-Signature": VECTOR_SIGNATURE})
    await Twilio().verify(came, CONFIG)


async def test_a_changed_byte_is_refused() -> None:
    came = callback(
        VECTOR_BODY.replace(b"1234&", b"1235&"),
        url=VECTOR_URL,
        content_type=FORM,
        headers={"X-Twilio-Signature": VECTOR_SIGNATURE},
    )
    with pytest.raises(Unverified) as refused:
        await Twilio().verify(came, CONFIG)
    assert refused.value.status == 403


async def test_an_unsigned_callback_is_refused() -> None:
    with pytest.raises(Unverified) as refused:
        await Twilio().verify(callback(VECTOR_BODY, url=VECTOR_URL, content_type=FORM), CONFIG)
    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("accepted", S.ACCEPTED),
        ("scheduled", S.QUEUED),
        ("queued", S.QUEUED),
        ("sending", S.SENT),
        ("sent", S.SENT),
        ("delivered", S.DELIVERED),
        ("partially_delivered", S.PARTIALLY_DELIVERED),
        ("read", S.READ),
        ("undelivered", S.UNDELIVERED),
        ("failed", S.FAILED),
        ("canceled", S.FAILED),
    ],
)
def test_every_status_is_read_and_has_a_meaning(word: str, state: S) -> None:
    body = f"MessageSid=SM0123&SmsSid=SM0123&MessageStatus={word}&SmsStatus={word}&To=%2B15005550010"
    (item,) = told(Twilio(), callback(body.encode(), content_type=FORM), CONFIG)
    assert item is not None
    assert item.provider_message_id == "SM0123"
    meaning = meant(Twilio(), item)
    assert meaning is not None
    assert meaning.state is state


def test_an_error_and_the_channel_are_told() -> None:
    body = b"MessageSid=SM1&MessageStatus=undelivered&ErrorCode=63024&To=whatsapp%3A%2B15005550010"
    (item,) = told(Twilio(), callback(body, content_type=FORM), CONFIG)
    assert item is not None
    assert (item.code, item.channel) == ("63024", Channel.WHATSAPP)


def test_an_inbound_message_tells_nothing() -> None:
    assert told(Twilio(), callback(b"MessageSid=SM1&SmsStatus=received", content_type=FORM), CONFIG) == [None]


@pytest.mark.parametrize("body", [b"MessageStatus=sent", b"MessageSid=SM1", b""])
def test_a_callback_without_sid_or_status_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        told(Twilio(), callback(body, content_type=FORM), CONFIG)


JSON_VECTOR_BODY = b'{"property": "value", "boolean": true}'
JSON_VECTOR_URL = f"{VECTOR_URL}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
JSON_VECTOR_SIGNATURE = "a9nBmqA0ju/hNViExpshrM61xv4="
EVENT_STREAM = b"""[
 {"specversion":"1.0","type":"com.twilio.messaging.message.undelivered","source":"/2010-04-01/Accounts/AC01",
  "id":"EZ01","dataschema":"https://events-schemas.twilio.com/Messaging.MessageStatus/7",
  "datacontenttype":"application/json","time":"2026-02-04T06:54:56.001Z",
  "data":{"messageSid":"SM01","messageStatus":"UNDELIVERED","errorCode":30003,"to":"+15005550010",
   "from":"+15005550006","numberOfSegments":1,"rawDlrDoneDate":"2602040654",
   "timestamp":"2026-02-04T06:54:55.000Z"}},
 {"specversion":"1.0","type":"com.twilio.messaging.message.read","id":"EZ02",
  "data":{"messageSid":"SM02","messageStatus":"READ","errorCode":0,"to":"whatsapp:+15005550011"}},
 {"specversion":"1.0","type":"com.twilio.messaging.inbound-message.received","id":"EZ03",
  "data":{"messageSid":"SM03"}},
 {"specversion":"1.0","type":"com.twilio.eventstreams.test-event","id":"EZ04","data":{"test_id":"cae2"}}
]"""


def signed(body: bytes, url: str, method: str = "POST") -> Callback:
    """Return a callback that is signed by its URL alone, as JSON and GET are (self-made)."""
    if method == "POST":
        url = f"{url}?bodySHA256={hashlib.sha256(body).hexdigest()}"
    digest = hmac.digest(CONFIG["auth_token"].encode(), url.encode(), hashlib.sha1)
    headers = {"X-Twilio-Signature": base64.b64encode(digest).decode()}
    return callback(body, url=url, method=method, headers=headers)


async def test_the_json_vector_of_its_own_sdk_is_believed() -> None:
    """`tests/unit/test_request_validator.py` of the official Python SDK."""
    headers = {"X-Twilio-Signature": JSON_VECTOR_SIGNATURE}
    await Twilio().verify(callback(JSON_VECTOR_BODY, url=JSON_VECTOR_URL, headers=headers), CONFIG)
    other = callback(JSON_VECTOR_BODY.replace(b"true", b"trua"), url=JSON_VECTOR_URL, headers=headers)
    with pytest.raises(Unverified):
        await Twilio().verify(other, CONFIG)


async def test_the_vector_with_a_repeated_parameter_is_believed() -> None:
    """`tests/unit/test_request_validator.py` of the official Python SDK."""
    came = callback(
        b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234",
        url=VECTOR_URL,
        content_type=FORM,
        headers={"X-Twilio-Signature": "IK+Dwps556ElfBT0I3Rgjkr1wJU="},
    )
    await Twilio().verify(came, CONFIG)


async def test_a_get_callback_is_verified_and_read() -> None:
    query = urlencode({"MessageSid": "SM7", "MessageStatus": "delivered", "To": "+15005550010"})
    came = signed(b"", f"https://dlr.example.com/in?{query}", "GET")
    await Twilio().verify(came, CONFIG)
    (item,) = told(Twilio(), came, CONFIG)
    assert item is not None
    assert (item.provider_message_id, item.word) == ("SM7", "delivered")
    came.url = came.url.replace("delivered", "undelivered")
    with pytest.raises(Unverified):
        await Twilio().verify(came, CONFIG)


async def test_a_json_callback_is_verified_and_read() -> None:
    came = signed(
        b'{"MessageSid":"SM8","MessageStatus":"failed","ErrorCode":30008,"Tags":{}}', "https://a.example/"
    )
    await Twilio().verify(came, CONFIG)
    (item,) = told(Twilio(), came, CONFIG)
    assert item is not None
    assert (item.provider_message_id, item.word, item.code) == ("SM8", "failed", "30008")


async def test_a_batch_of_event_streams_is_verified_and_read() -> None:
    """Twilio, "Event Streams: outbound message": words in upper case, an identifier for each event."""
    came = signed(EVENT_STREAM, "https://a.example/in")
    await Twilio().verify(came, CONFIG)
    first, second, inbound, test_event = told(Twilio(), came, CONFIG)
    assert first is not None
    assert second is not None
    assert (inbound, test_event) == (None, None)
    assert (first.provider_message_id, first.event_id, first.code) == ("SM01", "EZ01", "30003")
    assert first.occur_time == 1_770_188_095_000_000
    assert (second.code, second.channel, second.occur_time) == ("", Channel.WHATSAPP, None)
    meanings = [meant(Twilio(), item) for item in (first, second)]
    assert [meaning and meaning.state for meaning in meanings] == [S.UNDELIVERED, S.READ]


def test_a_single_event_is_read_as_a_batch_of_one() -> None:
    body = orjson.dumps(orjson.loads(EVENT_STREAM)[0])
    (item,) = told(Twilio(), callback(body), CONFIG)
    assert item is not None
    assert item.event_id == "EZ01"


@pytest.mark.parametrize("body", [b"", b"{", b"7", b'"SM1"', b"{}"])
def test_a_json_body_of_another_shape_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        told(Twilio(), callback(body), CONFIG)


def test_a_bad_event_does_not_touch_its_neighbours() -> None:
    event = b'{"specversion":"1.0","type":"com.twilio.messaging.message.sent","data":%s}'
    bad = [
        b"7",
        b'{"specversion":1}',
        event % b"[]",
        event % b'{"messageSid":{}}',
        event % b'{"messageSid":"SM1"}',
    ]
    body = b"[" + b",".join([*bad, event % b'{"messageSid":"SM1","messageStatus":"SENT"}']) + b"]"
    came = callback(body)
    *broken, good = Twilio().split(came, CONFIG)
    assert Twilio().read(broken.pop(1), came, CONFIG) is None
    for item in broken:
        with pytest.raises(Malformed):
            Twilio().read(item, came, CONFIG)
    assert Twilio().read(good, came, CONFIG) is not None


async def test_what_the_simulated_carrier_posts_is_believed_and_the_same_twice() -> None:
    simulated = carrier("twilio")
    event = Event(simulated.new_message_id(1), "+15005550010", "undelivered", "30003", step=3)
    once, again = (arrived(simulated.post("https://a.example/in?key=1", [event])) for _ in range(2))
    for came in (once, again):
        await Twilio().verify(came, simulated.config)
    assert told(Twilio(), once, {}) == told(Twilio(), again, {})
    (item,) = told(Twilio(), once, {})
    assert item is not None
    assert (item.provider_message_id, item.word, item.code) == (
        event.provider_message_id,
        "undelivered",
        "30003",
    )
