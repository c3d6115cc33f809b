"""Sinch Conversation API: every status and reason, and the vector of Sinch's own Python SDK.

The vector is that of the SDK's unit test of the webhooks of the Conversation API; it is a delivery report.
"""

import json
import time
from typing import Any

import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.sinch_conversation import SimulatedSinchConversation
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.state import Finality
from messagestatus_server.providers.callback import Callback, Malformed, Unverified
from messagestatus_server.providers.sinch_conversation import SinchConversation
from tests.providers.calling import LEXICON, RECEIVED, arrived, callback, meant, told

VECTOR_BODY = (
    b'{"app_id":"01EB37HMH1M6SV18BSNS3G135H","accepted_time":"2020-11-17T15:09:11.659Z",'
    b'"project_id":"c36f3d3d-1513-2edd-ae42-11995557ff61",'
    b'"message_delivery_report":{"message_id":"01EQBC1A3BEK731GY4YXEN0C2R",'
    b'"conversation_id":"01EPYATA64TMNZ1FV02JKF12JF","status":"QUEUED_ON_CHANNEL",'
    b'"contact_id":"01EXA07N79THJ20WSN6AS30TMW"}}'
)
VECTOR_TIME = 1_634_579_353_000_000
VECTOR_HEADERS = {
    "X-Sinch-Webhook-Signature": "Yc+3R1pIS78xLASybulhs8BsSo9BPB3Pr92QCUoczfk=",
    "X-Sinch-Webhook-Signature-Nonce": "01FJA8B4A7BM43YGWSG9GBV067",
    "X-Sinch-Webhook-Signature-Timestamp": "1634579353",
}
CONFIG = {"webhook_secret": "foo_secret1234"}

GOLDEN = b"""{"app_id":"01EB37HMH1M6SV18BSNS3G135H","accepted_time":"2026-02-04T06:54:53.374Z",
 "event_time":"2026-02-04T06:54:55Z","project_id":"c36f3d3d-1513-4edd-ae42-11995557ff61","correlation_id":"order-7",
 "message_metadata":"","message_delivery_report":{"message_id":"01EQBC1A3BEK731GY4YXEN0C2R",
 "conversation_id":"01EPYATA64TMNZ1FV02JKF12JF","status":"FAILED","channel_identity":{"channel":"WHATSAPP",
 "identity":"15551231234","app_id":""},"contact_id":"01EXA07N79THJ20WSN6AS30TMW","metadata":"",
 "processing_mode":"CONVERSATION","reason":{"code":"RECIPIENT_NOT_REACHABLE","description":"Not on WhatsApp",
 "sub_code":"UNSPECIFIED_SUB_CODE","channel_code":"131026"}}}"""


def report(**fields: Any) -> Callback:
    body = {"event_time": "2026-02-04T06:54:55Z", "message_delivery_report": {"message_id": "M1", **fields}}
    return callback(json.dumps(body).encode())


async def test_the_vector_of_its_own_sdk_is_believed_and_read() -> None:
    came = callback(VECTOR_BODY, headers=VECTOR_HEADERS, receive_time=VECTOR_TIME)
    await SinchConversation().verify(came, CONFIG)
    (item,) = told(SinchConversation(), came, CONFIG)
    assert item is not None
    assert (item.provider_message_id, item.word) == ("01EQBC1A3BEK731GY4YXEN0C2R", "QUEUED_ON_CHANNEL")
    assert item.time_text == "2020-11-17T15:09:11.659Z"


async def test_a_changed_byte_an_old_time_and_no_signature_are_refused() -> None:
    for body, headers, age, status in (
        (VECTOR_BODY.replace(b"QUEUED", b"QUEUEE"), VECTOR_HEADERS, 0, 403),
        (VECTOR_BODY, VECTOR_HEADERS, 86_401_000_000, 403),
        (VECTOR_BODY, {}, 0, 401),
    ):
        came = callback(body, headers=headers, receive_time=VECTOR_TIME + age)
        with pytest.raises(Unverified) as refused:
            await SinchConversation().verify(came, CONFIG)
        assert refused.value.status == status


def test_a_route_without_secrets_signs_nothing() -> None:
    assert not SinchConversation().signs({})
    assert SinchConversation().signs(CONFIG)


def test_the_golden_report_is_read() -> None:
    (item,) = told(SinchConversation(), callback(GOLDEN), CONFIG)
    assert item is not None
    assert item == item._replace(
        provider_message_id="01EQBC1A3BEK731GY4YXEN0C2R",
        word="FAILED",
        code="RECIPIENT_NOT_REACHABLE",
        detail="Not on WhatsApp / 131026",
        occur_time=1_770_188_095_000_000,
        event_id="",
        time_text="2026-02-04T06:54:55Z",
        recipient="",
        reference="order-7",
        channel=Channel.WHATSAPP,
    )


@pytest.mark.parametrize(
    ("word", "state", "finality"),
    [
        ("QUEUED_ON_CHANNEL", S.SENT, Finality.NONE),
        ("DELIVERED", S.DELIVERED, Finality.SOFT),
        ("READ", S.READ, Finality.FINAL),
        ("FAILED", S.FAILED, Finality.FINAL),
        ("SWITCHING_CHANNEL", S.UNSPECIFIED, Finality.NONE),
    ],
)
def test_every_status_is_read_and_has_a_meaning(word: str, state: S, finality: Finality) -> None:
    (item,) = told(SinchConversation(), report(status=word), CONFIG)
    assert item is not None
    meaning = meant(SinchConversation(), item)
    assert meaning is not None
    assert (meaning.state, meaning.finality) == (state, finality)


@pytest.mark.parametrize("code", ["UNKNOWN", "RECIPIENT_NOT_OPTED_IN", "OUTSIDE_ALLOWED_SENDING_WINDOW"])
def test_a_reason_has_a_meaning(code: str) -> None:
    assert LEXICON.error("sinch_conversation", code) is not None


@pytest.mark.parametrize(
    ("channel", "meant_channel"),
    [
        ("SMS", Channel.SMS),
        ("rcs", Channel.RCS),
        ("VIBERBM", Channel.VIBER),
        ("MESSENGER", Channel.CHAT),
        ("PIGEON", Channel.UNSPECIFIED),
    ],
)
def test_the_channel_is_told(channel: str, meant_channel: Channel) -> None:
    (item,) = told(SinchConversation(), report(status="READ", channel_identity={"channel": channel}), CONFIG)
    assert item is not None
    assert item.channel is meant_channel


def test_metadata_stands_in_for_the_correlation() -> None:
    (item,) = told(SinchConversation(), report(status="READ", metadata="order-8"), CONFIG)
    assert item is not None
    assert item.reference == "order-8"


def test_callbacks_of_other_kinds_tell_nothing() -> None:
    assert told(SinchConversation(), callback(b'{"app_id":"A","message":{"id":"M1"}}'), CONFIG) == [None]


def test_an_unknown_status_is_told_verbatim() -> None:
    (item,) = told(SinchConversation(), report(status="PONDERING"), CONFIG)
    assert item is not None
    assert meant(SinchConversation(), item) is None


@pytest.mark.parametrize(
    "came",
    [
        callback(b""),
        callback(b"[]"),
        callback(b'{"message_delivery_report":[]}'),
        callback(b'{"message_delivery_report":null}'),
        report(),
        report(status=1.5),
        report(status="READ", message_id=None),
        report(status="READ", reason="because"),
        report(status="READ", channel_identity=["SMS"]),
        report(status="READ", metadata={}),
    ],
)
def test_what_cannot_be_read_is_malformed(came: Callback) -> None:
    with pytest.raises(Malformed):
        told(SinchConversation(), came, CONFIG)


@pytest.mark.parametrize(
    ("word", "code"), [("DELIVERED", ""), ("FAILED", "RATE_LIMITED"), ("SWITCHING_CHANNEL", "")]
)
async def test_what_the_simulated_carrier_posts_is_believed_and_read_back(word: str, code: str) -> None:
    carrier = SimulatedSinchConversation()
    event = Event(carrier.new_message_id(7), "+15551231234", word, code, RECEIVED - 5_000_000, 2, "order-7")
    url = "https://dlr.example.com/receipts/acme"
    now = time.time_ns() // 1000
    came = arrived(carrier.post(url, [event]), now)
    await SinchConversation().verify(came, carrier.config)
    (item,) = told(SinchConversation(), came, carrier.config)
    assert item is not None
    assert item[:3] == (event.provider_message_id, word, code)
    assert (item.occur_time, item.reference, item.channel) == (event.occur_time, "order-7", carrier.channel)
    assert carrier.post(url, [event]).body == carrier.post(url, [event]).body
    carrier.believe({"basic_password": "p"})
    await SinchConversation().verify(arrived(carrier.post(url, [event]), now), carrier.config)
    with pytest.raises(Unverified):
        await SinchConversation().verify(came, SimulatedSinchConversation().config)
    carrier.believe(CONFIG)
    await SinchConversation().verify(arrived(carrier.post(url, [event]), now), CONFIG)
