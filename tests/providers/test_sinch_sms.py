"""Sinch SMS: every status and code, reports of one recipient, full and mere summaries.

The vector of the signature is that of the unit tests of Sinch's own SDKs (.NET, Java: the webhooks of the
Conversation API, which sign alike); the other signatures are self-made.
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.sinch_sms import SimulatedSinchSms
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.state import FailureReason as R
from messagestatus_server.domain.state import Finality
from messagestatus_server.providers.callback import Callback, Malformed, Unverified
from messagestatus_server.providers.sinch_sms import SinchSms
from tests.providers.calling import LEXICON, RECEIVED, arrived, callback, meant, told

GOLDEN = b"""{"type":"recipient_delivery_report_sms","batch_id":"01FC66621XXXXX119Z8PMV1QPQ",
 "recipient":"15551231234","code":401,"status":"Dispatched","at":"2026-02-04T06:54:36.123Z","operator_status_at":"2026-02-04T06:54:00Z",
 "client_reference":"order-7"}"""
AT = 1_770_188_076_123_000
URL = "https://dlr.example.com/receipts/acme"

VECTOR_BODY = (
    b'{"app_id":"","accepted_time":"2021-10-18T17:49:13.813615Z","project_id":"e2df3a34-a71b-4448-9db5-'
    b'a8d2baad28e4","contact_create_notification":{"contact":{"id":"01FJA8B466Y0R2GNXD78MD9SM1",'
    b'"channel_identities":[{"channel":"SMS","identity":"48123456789","app_id":""}],"display_name":'
    b'"New Test Contact","email":"new.contact@email.com","external_id":"","metadata":"","language":"EN_US"}},'
    b'"message_metadata":""}'
)
VECTOR_TIME = 1_634_579_353_000_000
VECTOR_HEADERS = {
    "X-Sinch-Webhook-Signature": "6bpJoRmFoXVjfJIVglMoJzYXxnoxRujzR4k2GOXewOE=",
    "X-Sinch-Webhook-Signature-Nonce": "01FJA8B4A7BM43YGWSG9GBV067",
    "X-Sinch-Webhook-Signature-Timestamp": "1634579353",
    "X-Sinch-Webhook-Signature-Algorithm": "HmacSHA256",
}
VECTOR_CONFIG = {"webhook_secret": "foo_secret1234"}


def report(**fields: Any) -> Callback:
    return callback(
        json.dumps({"type": "recipient_delivery_report_sms", "batch_id": "B1", **fields}).encode()
    )


def summary(*statuses: object, count: object = 3) -> Callback:
    body = {
        "type": "delivery_report_sms",
        "batch_id": "B1",
        "total_message_count": count,
        "statuses": statuses,
    }
    return callback(json.dumps(body).encode())


async def test_the_vector_of_its_own_sdk_is_believed() -> None:
    came = callback(VECTOR_BODY, headers=VECTOR_HEADERS, receive_time=VECTOR_TIME)
    await SinchSms().verify(came, VECTOR_CONFIG)


@pytest.mark.parametrize("header", list(VECTOR_HEADERS)[:3])
async def test_what_is_changed_or_missing_is_refused(header: str) -> None:
    for changed, status in (({header: "1634579354"}, 403), ({header: ""}, 401)):
        came = callback(VECTOR_BODY, headers=VECTOR_HEADERS | changed, receive_time=VECTOR_TIME)
        with pytest.raises(Unverified) as refused:
            await SinchSms().verify(came, VECTOR_CONFIG)
        assert refused.value.status == status
    flipped = callback(VECTOR_BODY[:-1] + b"|", headers=VECTOR_HEADERS, receive_time=VECTOR_TIME)
    with pytest.raises(Unverified):
        await SinchSms().verify(flipped, VECTOR_CONFIG)


async def test_another_algorithm_is_refused() -> None:
    headers = VECTOR_HEADERS | {"X-Sinch-Webhook-Signature-Algorithm": "HmacSHA1"}
    came = callback(VECTOR_BODY, headers=headers, receive_time=VECTOR_TIME)
    with pytest.raises(Unverified):
        await SinchSms().verify(came, VECTOR_CONFIG)


@pytest.mark.parametrize(("seconds", "believed"), [(86_400, True), (86_401, False), (-86_401, False)])
async def test_a_signature_holds_for_a_day(seconds: int, *, believed: bool) -> None:
    came = callback(VECTOR_BODY, headers=VECTOR_HEADERS, receive_time=VECTOR_TIME + seconds * 1_000_000)
    if believed:
        await SinchSms().verify(came, VECTOR_CONFIG)
    else:
        with pytest.raises(Unverified):
            await SinchSms().verify(came, VECTOR_CONFIG)


async def test_a_timestamp_that_is_no_number_is_refused() -> None:
    signature = hmac.digest(b"foo_secret1234", b"{}.n.soon", hashlib.sha256)
    headers = {
        "X-Sinch-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Sinch-Webhook-Signature-Nonce": "n",
        "X-Sinch-Webhook-Signature-Timestamp": "soon",
    }
    with pytest.raises(Unverified):
        await SinchSms().verify(callback(b"{}", headers=headers), VECTOR_CONFIG)


async def test_basic_is_checked_and_a_route_without_secrets_signs_nothing() -> None:
    basic = {"basic_username": "sinch", "basic_password": "hush"}
    shown = {"Authorization": f"Basic {base64.b64encode(b'sinch:hush').decode()}"}
    await SinchSms().verify(callback(GOLDEN, headers=shown), basic)
    with pytest.raises(Unverified):
        await SinchSms().verify(callback(GOLDEN), basic)
    await SinchSms().verify(callback(GOLDEN), {})
    assert not SinchSms().signs({})
    assert SinchSms().signs(basic)
    assert SinchSms().signs(VECTOR_CONFIG)


def test_the_golden_report_is_read() -> None:
    (item,) = told(SinchSms(), callback(GOLDEN), {})
    assert item is not None
    assert item == item._replace(
        provider_message_id="01FC66621XXXXX119Z8PMV1QPQ",
        word="Dispatched",
        code="",
        occur_time=AT,
        event_id="",
        time_text="2026-02-04T06:54:36.123Z",
        recipient="+15551231234",
        reference="order-7",
        channel=Channel.SMS,
    )


@pytest.mark.parametrize("upper", [False, True], ids=["as on the wire", "as in the SDK"])
@pytest.mark.parametrize(
    ("word", "code", "state", "finality"),
    [
        ("Queued", 400, S.QUEUED, Finality.NONE),
        ("Dispatched", 401, S.SENT, Finality.NONE),
        ("Delivered", 0, S.DELIVERED, Finality.SOFT),
        ("Expired", 406, S.EXPIRED, Finality.FINAL),
        ("Failed", 404, S.UNDELIVERED, Finality.SOFT),
        ("Deleted", 404, S.UNDELIVERED, Finality.FINAL),
        ("Rejected", 402, S.REJECTED, Finality.FINAL),
        ("Cancelled", 407, S.FAILED, Finality.FINAL),
        ("Unknown", 403, S.UNKNOWN, Finality.SOFT),
        ("Aborted", 403, S.FAILED, Finality.FINAL),
        ("Aborted", 414, S.FAILED, Finality.FINAL),
        ("Aborted", 406, S.EXPIRED, Finality.FINAL),
        *(("Aborted", code, S.REJECTED, Finality.FINAL) for code in (402, 405, 408, 410, 411, 412, 413)),
    ],
)
def test_every_status_is_read_and_has_a_meaning(
    word: str, code: int, state: S, finality: Finality, *, upper: bool
) -> None:
    said = word.upper() if upper else word
    (item,) = told(SinchSms(), report(recipient="15551231234", code=code, status=said), {})
    assert item is not None
    assert item.word == said
    meaning = meant(SinchSms(), item)
    assert meaning is not None
    assert (meaning.state, meaning.finality) == (state, finality)


def test_a_cancelled_message_says_why_it_failed() -> None:
    meaning = LEXICON.meaning("sinch_sms", "Cancelled")
    assert meaning is not None
    assert meaning.reason is R.CANCELLED


@pytest.mark.parametrize("code", [402, 403, 404, 405, 406, 407, 408, *range(410, 419)])
def test_every_error_code_has_a_meaning(code: int) -> None:
    assert LEXICON.error("sinch_sms", str(code)) is not None


@pytest.mark.parametrize("kind", ["delivery_report_sms", "delivery_report_mms"])
def test_a_full_report_tells_of_each_recipient(kind: str) -> None:
    body = {
        "type": kind,
        "batch_id": "B1",
        "total_message_count": 3,
        "client_reference": "order-7",
        "statuses": [
            {"code": 0, "status": "Delivered", "count": 2, "recipients": ["15551231234", "15551256344"]},
            {"code": 404, "status": "Failed", "count": 1, "recipients": ["+15557654321"]},
        ],
    }
    items = told(SinchSms(), callback(json.dumps(body).encode()), {})
    assert [(i.recipient, i.word, i.code, i.reference) for i in items if i is not None] == [
        ("+15551231234", "Delivered", "", "order-7"),
        ("+15551256344", "Delivered", "", "order-7"),
        ("+15557654321", "Failed", "404", "order-7"),
    ]


def test_a_mere_summary_tells_nothing_of_a_recipient() -> None:
    came = summary(
        {"code": 0, "status": "Delivered", "count": 2}, {"code": 404, "status": "Failed", "count": 1}
    )
    assert told(SinchSms(), came, {}) == [None, None]


def test_a_summary_of_one_message_tells_of_it() -> None:
    (item,) = told(SinchSms(), summary({"code": 0, "status": "Delivered", "count": 1}, count=1), {})
    assert item is not None
    assert (item.provider_message_id, item.word, item.recipient) == ("B1", "Delivered", "")


def test_the_time_of_the_operator_stands_in() -> None:
    came = report(recipient="15551231234", status="Delivered", operator_status_at="2026-02-04T06:54:00Z")
    (item,) = told(SinchSms(), came, {})
    assert item is not None
    assert (item.occur_time, item.time_text) == (1_770_188_040_000_000, "2026-02-04T06:54:00Z")


@pytest.mark.parametrize("kind", ["mo_text", "mo_binary", "mo_media"])
def test_an_inbound_message_tells_nothing(kind: str) -> None:
    assert told(SinchSms(), callback(json.dumps({"type": kind, "id": "1"}).encode()), {}) == []


def test_an_unknown_status_is_told_verbatim() -> None:
    (item,) = told(SinchSms(), report(recipient="15551231234", status="Pondering"), {})
    assert item is not None
    assert item.word == "Pondering"
    assert meant(SinchSms(), item) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"type":1.5}', b'{"type":"delivery_report_sms","batch_id":"B","statuses":{}}'],
)
def test_a_body_that_is_no_report_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        SinchSms().split(callback(body), {})


@pytest.mark.parametrize(
    "came",
    [
        report(status="Delivered"),
        report(recipient=[], status="Delivered"),
        report(recipient="15551231234"),
        report(recipient="15551231234", status="Failed", code={}),
        report(recipient="15551231234", status="Failed", at=1.5),
        report(recipient="15551231234", status="Failed", batch_id=None),
        summary("Delivered"),
        summary({"code": 0, "count": 1, "recipients": ["15551231234"]}),
        summary({"status": "Delivered", "recipients": [{}]}),
    ],
)
def test_a_report_that_cannot_be_read_is_malformed(came: Callback) -> None:
    with pytest.raises(Malformed):
        told(SinchSms(), came, {})


def test_a_bad_status_does_not_touch_its_neighbour() -> None:
    came = summary(7, {"status": "Delivered", "recipients": ["15551231234"]})
    bad, fine = SinchSms().split(came, {})
    with pytest.raises(Malformed):
        SinchSms().read(bad, came, {})
    assert SinchSms().read(fine, came, {}) is not None


@pytest.mark.parametrize("given", [{}, {"basic_username": "u", "basic_password": "p"}])
@pytest.mark.parametrize(
    ("word", "code"), [("Queued", ""), ("Delivered", ""), ("aborted", "406"), ("Failed", "")]
)
async def test_what_the_simulated_carrier_posts_is_believed_and_read_back(
    word: str, code: str, given: dict[str, str]
) -> None:
    carrier = SimulatedSinchSms()
    carrier.believe(given)
    event = Event(carrier.new_message_id(7), "+15551231234", word, code, RECEIVED - 5_000_000, 2, "order-7")
    now = time.time_ns() // 1000
    came = arrived(carrier.post(URL, [event]), now)
    await SinchSms().verify(came, carrier.config)
    (item,) = told(SinchSms(), came, carrier.config)
    assert item is not None
    read = (item.provider_message_id, item.recipient, item.word, item.code, item.occur_time, item.reference)
    assert read == (event.provider_message_id, event.phone, word, code, event.occur_time, "order-7")
    again = arrived(carrier.post(URL, [event]))
    assert (again.body, told(SinchSms(), again, carrier.config)) == (came.body, [item])
