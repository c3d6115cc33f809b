"""Bird: its signature, and every status it reports.

Bird publishes code, and no signature of a whole request: the signatures here are self-made, step by step as
in its document "Verifying a webhook subscription".
"""

import base64
import hashlib
import hmac
import time

import orjson
import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.registry import carrier
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.providers.bird import Bird
from messagestatus_server.providers.callback import Callback, Malformed, Unverified
from tests.providers.calling import RECEIVED, arrived, callback, meant, told

KEY = "secureSigningKey"
CONFIG = {"signing_key": KEY}
URL = "https://domain.example/webhook/bird?tenant=1"
NOW = RECEIVED // 1_000_000
OCCURRED = 1_770_188_095_000_000
FAILED = b"""{"service":"channels","event":"sms.outbound","payload":{"id":"m1","channelId":"c1","sender":{},
 "reference":"order-7","parts":[{"platformReference":"p1"}],"status":"delivery_failed","reason":"no route",
 "direction":"outgoing","lastStatusAt":"2026-02-04T06:54:55Z","createdAt":"2026-02-04T06:54:35Z",
 "updatedAt":"2026-02-04T06:54:55Z","details":""}}"""


def signed(body: bytes = FAILED, second: object = NOW) -> Callback:
    """Return a signed callback."""
    content = f"{second}\n{URL}\n".encode() + hashlib.sha256(body).digest()
    signature = base64.b64encode(hmac.digest(KEY.encode(), content, "sha256")).decode()
    return callback(body, url=URL, headers=_headers(signature, second))


def _headers(signature: str, second: object) -> dict[str, str]:
    return {"messagebird-signature": signature, "messagebird-request-timestamp": str(second)}


async def test_a_signed_callback_is_believed() -> None:
    await Bird().verify(signed(), CONFIG)


@pytest.mark.parametrize("missing", ["messagebird-signature", "messagebird-request-timestamp"])
async def test_an_unsigned_callback_is_refused(missing: str) -> None:
    came = signed()
    came.headers = {name: value for name, value in came.headers.items() if name != missing}
    with pytest.raises(Unverified) as refused:
        await Bird().verify(came, CONFIG)
    assert refused.value.status == 401


@pytest.mark.parametrize("part", ["body", "url", "signature", "time", "no base64", "no ASCII"])
async def test_a_changed_byte_is_refused(part: str) -> None:
    came = signed()
    signature = came.headers["messagebird-signature"]
    if part == "body":
        came.body = came.body.replace(b"order-7", b"order-6")
    elif part == "url":
        came.url = came.url.replace("=1", "=2")
    elif part == "signature":
        came.headers = _headers(("B" if signature[0] == "A" else "A") + signature[1:], NOW)
    elif part == "time":
        came.headers = _headers(signature, NOW + 1)
    else:
        came.headers = _headers("!" if part == "no base64" else "é" * 8, NOW)
    with pytest.raises(Unverified) as refused:
        await Bird().verify(came, CONFIG)
    assert refused.value.status == 403


@pytest.mark.parametrize(
    ("second", "window", "believed"),
    [
        (NOW - 300, "300", True),
        (NOW + 300, "300", True),
        (NOW - 301, "300", False),
        (NOW + 301, "300", False),
        (NOW - 301, "3600", True),
        (NOW - 10**6, "0", True),
        ("soon", "300", False),
        ("-1", "300", False),
        ("9" * 40, "300", False),
    ],
)
async def test_the_signed_time_must_lie_in_the_window(second: object, window: str, believed: bool) -> None:
    config = CONFIG | {"replay_window": window}
    if believed:
        await Bird().verify(signed(second=second), config)
        return
    with pytest.raises(Unverified):
        await Bird().verify(signed(second=second), config)


@pytest.mark.parametrize("shape", ["payload", "message", "itself"])
def test_a_callback_is_read_whatever_stands_around_the_message(shape: str) -> None:
    body = orjson.loads(FAILED)
    message = body.pop("payload")
    body |= message if shape == "itself" else {shape: message}
    config = CONFIG | ({} if shape == "payload" else {"envelope": "message"})
    (item,) = told(Bird(), callback(orjson.dumps(body)), config)
    assert item is not None
    assert (item.provider_message_id, item.word, item.detail) == ("m1", "delivery_failed", "no route")
    assert (item.occur_time, item.time_text) == (OCCURRED, "2026-02-04T06:54:55Z")
    assert (item.reference, item.channel, item.event_id) == ("order-7", Channel.SMS, "")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("accepted", S.ACCEPTED),
        ("processing", S.QUEUED),
        ("sent", S.SENT),
        ("delivered", S.DELIVERED),
        ("sending_failed", S.FAILED),
        ("delivery_failed", S.UNDELIVERED),
        ("skipped", S.UNSPECIFIED),
        ("deleted", S.UNSPECIFIED),
    ],
)
def test_every_status_is_read_and_has_a_meaning(word: str, state: S) -> None:
    body = orjson.dumps({"event": "whatsapp.outbound", "payload": {"id": "m1", "status": word}})
    (item,) = told(Bird(), callback(body), CONFIG)
    assert item is not None
    assert item.channel is Channel.WHATSAPP
    meaning = meant(Bird(), item)
    assert meaning is not None
    assert meaning.state is state


@pytest.mark.parametrize(
    "body",
    [
        b'{"event":"sms.inbound","payload":{"id":"m1","status":"delivered"}}',
        b'{"payload":{"id":"m1","status":"delivered","direction":"incoming"}}',
    ],
)
def test_an_inbound_message_tells_nothing(body: bytes) -> None:
    assert told(Bird(), callback(body), CONFIG) == [None]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "JSON"),
        (b"[]", "object"),
        (b"{}", "payload.id"),
        (b'{"payload":7}', "payload"),
        (b'{"payload":{"id":"m1"}}', "payload.status"),
        (b'{"payload":{"id":"m1","status":[]}}', "payload.status"),
        (b'{"payload":{"id":{},"status":"sent"}}', "payload.id"),
        (b'{"payload":{"id":"m1","status":"sent","lastStatusAt":[]}}', "payload.lastStatusAt"),
        (b'{"event":[],"payload":{"id":"m1","status":"sent"}}', "event"),
    ],
)
def test_a_malformed_callback_names_its_field(body: bytes, named: str) -> None:
    with pytest.raises(Malformed) as malformed:
        told(Bird(), callback(body), CONFIG)
    assert named in malformed.value.text


@pytest.mark.parametrize("envelope", ["payload", "message"])
async def test_what_the_simulated_carrier_posts_is_believed_and_the_same_twice(envelope: str) -> None:
    simulated = carrier("bird")
    simulated.believe({"signing_key": KEY, "envelope": envelope})
    event = Event(simulated.new_message_id(1), "+31612345678", "delivered", "", OCCURRED, 2, "order-7")
    now = time.time_ns() // 1000
    once, again = (arrived(simulated.post(URL, [event]), now) for _ in range(2))
    for came in (once, again):
        await Bird().verify(came, simulated.config)
    assert once.body == again.body
    (item,) = told(Bird(), once, simulated.config)
    assert item is not None
    assert (item.provider_message_id, item.word) == (event.provider_message_id, "delivered")
    assert (item.occur_time, item.reference) == (OCCURRED, "order-7")
