"""Telnyx: its signature, and every status it reports.

The tests of its own SDK make their keys anew, and publish no signature: those here are self-made. The key
pair of the first test is the one of RFC 8032, section 7.1, test 2.
"""

import base64
import time
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.registry import carrier
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.providers.callback import Callback, Malformed, Unverified
from messagestatus_server.providers.telnyx import Telnyx
from tests.providers.calling import LEXICON, RECEIVED, arrived, callback, meant, told

KEY = Ed25519PrivateKey.from_private_bytes(
    bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
)
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
CONFIG = {"public_key": base64.b64encode(PUBLIC).decode()}
NOW = RECEIVED // 1_000_000
OCCURRED = 1_770_188_095_148_000
FAILED = b"""{"data":{"record_type":"event","id":"4ee8c3a6-4995-4309-a3c6-38e3db9ea4be",
 "event_type":"message.finalized","occurred_at":"2026-02-04T06:54:55.148+00:00",
 "payload":{"record_type":"message","id":"403172a0","direction":"outbound","type":"SMS",
  "from":{"phone_number":"+13125550001"},
  "to":[{"phone_number":"+13125550002","status":"delivery_failed","carrier":"C","line_type":"Wireless"}],
  "cc":[],"sent_at":"2026-02-04T06:54:40.000+00:00","completed_at":"2026-02-04T06:54:55.148+00:00","parts":1,
  "tags":["order-7"],"errors":[{"code":"40006","title":"Recipient server unavailable","detail":"why"}]}},
 "meta":{"attempt":1,"delivered_to":"https://a.example/in/telnyx"}}"""


def signed(body: bytes = FAILED, second: object = NOW) -> Callback:
    """Return a signed callback."""
    signature = base64.b64encode(KEY.sign(f"{second}|".encode() + body)).decode()
    return callback(body, headers=_headers(signature, second))


def _headers(signature: str, second: object = NOW) -> dict[str, str]:
    return {"telnyx-signature-ed25519": signature, "telnyx-timestamp": str(second)}


def changed(**payload: Any) -> bytes:
    """Return the callback with other fields in its payload."""
    body = orjson.loads(FAILED)
    body["data"]["payload"] |= payload
    return orjson.dumps(body)


async def test_a_signed_callback_is_believed() -> None:
    assert KEY.public_key().public_bytes_raw() == PUBLIC
    await Telnyx().verify(signed(), CONFIG)


@pytest.mark.parametrize("missing", ["telnyx-signature-ed25519", "telnyx-timestamp"])
async def test_an_unsigned_callback_is_refused(missing: str) -> None:
    came = signed()
    came.headers = {name: value for name, value in came.headers.items() if name != missing}
    with pytest.raises(Unverified) as refused:
        await Telnyx().verify(came, CONFIG)
    assert refused.value.status == 401


@pytest.mark.parametrize("part", ["body", "signature", "time", "short", "no base64", "no ASCII", "key"])
async def test_a_changed_byte_is_refused(part: str) -> None:
    came, config = signed(), CONFIG
    signature = came.headers["telnyx-signature-ed25519"]
    if part == "body":
        came.body = came.body.replace(b"failed", b"faileD")
    elif part == "key":
        other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        config = {"public_key": base64.b64encode(other).decode()}
    elif part == "time":
        came.headers = _headers(signature, NOW + 1)
    else:
        bad = {"short": signature[:40], "no base64": "!", "no ASCII": "é"}
        flipped = ("B" if signature[0] == "A" else "A") + signature[1:]
        came.headers = _headers(bad.get(part, flipped))
    with pytest.raises(Unverified) as refused:
        await Telnyx().verify(came, config)
    assert refused.value.status == 403


@pytest.mark.parametrize("second", [NOW - 300, NOW + 300])
async def test_a_time_at_the_edge_of_the_window_is_believed(second: int) -> None:
    await Telnyx().verify(signed(second=second), CONFIG)


@pytest.mark.parametrize("second", [NOW - 301, NOW + 301, "soon", -1, f"{NOW}.0"])
async def test_a_time_outside_the_window_is_refused(second: object) -> None:
    with pytest.raises(Unverified) as refused:
        await Telnyx().verify(signed(second=second), CONFIG)
    assert refused.value.status == 403


@pytest.mark.parametrize("key", ["", "!", "AAAA"])
async def test_a_callback_to_a_route_with_a_bad_key_is_to_be_sent_again(key: str) -> None:
    with pytest.raises(Unverified) as refused:
        await Telnyx().verify(signed(), {"public_key": key})
    assert refused.value.status == 503


def test_it_is_said_to_sign_where_there_is_a_key() -> None:
    assert Telnyx().signs(CONFIG)
    assert not Telnyx().signs({})


def test_a_callback_is_read() -> None:
    (item,) = told(Telnyx(), callback(FAILED), CONFIG)
    assert item is not None
    assert (item.provider_message_id, item.word) == ("403172a0", "delivery_failed")
    assert (item.code, item.detail, item.reference) == ("40006", "why", "order-7")
    assert (item.occur_time, item.event_id) == (OCCURRED, "4ee8c3a6-4995-4309-a3c6-38e3db9ea4be")
    assert (item.recipient, item.channel) == ("", Channel.SMS)


def test_each_recipient_is_an_item_of_its_own() -> None:
    to = [{"phone_number": "+13125550002", "status": "delivered"}, {"phone_number": "13125550003"}, "x", None]
    to[1]["status"] = "delivery_failed"  # type: ignore[index]
    cc = [{"phone_number": "+13125550004", "status": "delivery_unconfirmed"}]
    came = callback(changed(to=to, cc=cc))
    delivered, failed, text, nothing, copy = Telnyx().split(came, CONFIG)
    items = [Telnyx().read(item, came, CONFIG) for item in (delivered, failed, copy)]
    read = [(item.recipient, item.word, item.code) for item in items if item]
    assert read == [
        ("+13125550002", "delivered", ""),
        ("+13125550003", "delivery_failed", "40006"),
        ("+13125550004", "delivery_unconfirmed", "40006"),
    ]
    assert len({(item.event_id, item.recipient) for item in items if item}) == 3
    for item in (text, nothing):
        with pytest.raises(Malformed):
            Telnyx().read(item, came, CONFIG)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("scheduled", S.QUEUED),
        ("queued", S.QUEUED),
        ("sending", S.SENT),
        ("sent", S.SENT),
        ("delivered", S.DELIVERED),
        ("expired", S.EXPIRED),
        ("sending_failed", S.FAILED),
        ("delivery_failed", S.UNDELIVERED),
        ("delivery_unconfirmed", S.UNKNOWN),
        ("cancelled", S.FAILED),
        ("read", S.READ),
    ],
)
def test_every_status_is_read_and_has_a_meaning(word: str, state: S) -> None:
    (item,) = told(
        Telnyx(), callback(changed(to=[{"status": word}], errors=None, tags=None, type="RCS")), CONFIG
    )
    assert item is not None
    assert (item.channel, item.code, item.reference) == (Channel.RCS, "", "")
    meaning = meant(Telnyx(), item)
    assert meaning is not None
    assert meaning.state is state


def test_every_error_code_has_a_meaning() -> None:
    codes = (40001, 40002, 40003, 40004, 40005, 40006, 40008, 40009, 40011)
    assert all(LEXICON.error("telnyx", str(code)) for code in codes)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":{"event_type":"message.received","payload":{"direction":"inbound","to":[{"status":"x"}]}}}',
        b'{"data":{"event_type":"call.initiated","payload":{"to":"+13129457420"}}}',
        b'{"data":{"event_type":"message.link_click","payload":{"to":[{"phone_number":"+1"}]}}}',
        b'{"data":{"event_type":"message.new","payload":{"direction":"inbound"}}}',
    ],
)
def test_what_is_no_status_tells_nothing(body: bytes) -> None:
    assert told(Telnyx(), callback(body), CONFIG) == [None]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "JSON"),
        (b"[]", "object"),
        (b"{}", "data.event_type"),
        (b'{"data":7}', "data"),
        (b'{"data":{"event_type":[]}}', "data.event_type"),
        (b'{"data":{"event_type":"message.sent","payload":[]}}', "data.payload"),
        (changed(to=[]), "data.payload.to"),
        (changed(to={"status": "sent"}), "data.payload.to"),
        (changed(to=["x"]), "data.payload.to"),
        (changed(to=[{}]), "data.payload.to.status"),
        (changed(to=[{"status": []}]), "data.payload.to.status"),
        (changed(to=[{"status": "sent"}] * 2), "data.payload.to.phone_number"),
        (changed(id=None), "data.payload.id"),
        (changed(tags="order-7"), "data.payload.tags"),
        (changed(errors="40006"), "data.payload.errors"),
        (changed(errors=[{"code": []}]), "data.payload.errors.code"),
        (changed(type=[]), "data.payload.type"),
    ],
)
def test_a_malformed_callback_names_its_field(body: bytes, named: str) -> None:
    with pytest.raises(Malformed) as malformed:
        told(Telnyx(), callback(body), CONFIG)
    assert named in malformed.value.text


@pytest.mark.parametrize(("word", "code"), [("sent", ""), ("delivery_failed", "40006"), ("read", "")])
async def test_what_the_simulated_carrier_posts_is_believed_and_the_same_twice(word: str, code: str) -> None:
    simulated = carrier("telnyx")
    event = Event(simulated.new_message_id(1), "+13125550002", word, code, OCCURRED, 2, "order-7")
    now = time.time_ns() // 1000
    once, again = (arrived(simulated.post("https://a.example/in", [event]), now) for _ in range(2))
    for came in (once, again):
        await Telnyx().verify(came, simulated.config)
    assert once.body == again.body
    (item,) = told(Telnyx(), once, {})
    assert item is not None
    assert (item.provider_message_id, item.word, item.code) == (event.provider_message_id, word, code)
    assert (item.occur_time, item.reference) == (OCCURRED, "order-7")
