"""AWS End User Messaging: every event of SMS, MMS and RCS.

The signatures are the simulated carrier's, by a certificate that the route has pinned; those of SNS itself
are in `test_sns_envelope` and `test_aws_subscription`.
"""

import json
from typing import Any

import pytest

from messagestatus_server.cli.simulate.carriers.aws_eum import SimulatedAwsEum
from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.state import Finality
from messagestatus_server.providers.aws_eum import AwsEum
from messagestatus_server.providers.callback import Callback, Malformed, Unverified
from tests.providers.calling import RECEIVED, arrived, callback, meant, told

TOPIC = "arn:aws:sns:eu-west-1:123456789012:dlr"
URL = "https://dlr.example.com/receipts/acme"
GOLDEN = (
    r'{"eventType":"TEXT_DELIVERED","eventVersion":"1.0","eventTimestamp":1770188095000,"isFinal":true,'
    r'"originationPhoneNumber":"+12065550100","destinationPhoneNumber":"+12065550101","isoCountryCode":"US",'
    r'"messageId":"862a8790","messageRequestTimestamp":1770188075000,"messageStatus":"DELIVERED",'
    r'"messageStatusDescription":"Message has been accepted by phone","context":{"ref":"order-7"},'
    r'"totalMessageParts":1}'
)


def enveloped(message: object, kind: str = "Notification") -> Callback:
    text = message if isinstance(message, str) else json.dumps(message)
    body = {"Type": kind, "MessageId": "22b80b92", "TopicArn": TOPIC, "Message": text}
    return callback(json.dumps(body).encode(), content_type="text/plain; charset=UTF-8")


def event(kind: str, **fields: Any) -> Callback:
    return enveloped(
        {"eventType": kind, "messageId": "862a8790", "eventTimestamp": 1_770_188_095_000} | fields
    )


def test_every_route_is_signed() -> None:
    assert AwsEum().signs({"topic_arns": TOPIC})


def test_the_golden_event_is_read() -> None:
    (item,) = told(AwsEum(), enveloped(GOLDEN), {})
    assert item is not None
    assert item == item._replace(
        provider_message_id="862a8790",
        word="DELIVERED",
        code="",
        detail="Message has been accepted by phone",
        occur_time=1_770_188_095_000_000,
        event_id="22b80b92",
        time_text="1770188095000",
        recipient="",
        reference="order-7",
        channel=Channel.SMS,
    )


@pytest.mark.parametrize(
    ("kind", "state", "finality", "channel"),
    [
        *(
            (f"{prefix}_{word}", state, finality, Channel.SMS)
            for prefix in ("TEXT", "MEDIA")
            for word, state, finality in (
                ("QUEUED", S.QUEUED, Finality.NONE),
                ("PENDING", S.SENT, Finality.NONE),
                ("SENT", S.SENT, Finality.NONE),
                ("SUCCESSFUL", S.SENT, Finality.SOFT),
                ("DELIVERED", S.DELIVERED, Finality.FINAL),
                ("INVALID", S.REJECTED, Finality.FINAL),
                ("INVALID_MESSAGE", S.REJECTED, Finality.FINAL),
                ("BLOCKED", S.REJECTED, Finality.FINAL),
                ("CARRIER_BLOCKED", S.REJECTED, Finality.FINAL),
                ("SPAM", S.REJECTED, Finality.FINAL),
                ("PROTECT_BLOCKED", S.REJECTED, Finality.FINAL),
                ("UNREACHABLE", S.UNDELIVERED, Finality.SOFT),
                ("CARRIER_UNREACHABLE", S.UNDELIVERED, Finality.SOFT),
                ("TTL_EXPIRED", S.EXPIRED, Finality.FINAL),
                ("UNKNOWN", S.UNKNOWN, Finality.SOFT),
            )
        ),
        ("MEDIA_FILE_INACCESSIBLE", S.REJECTED, Finality.FINAL, Channel.SMS),
        ("MEDIA_FILE_TYPE_UNSUPPORTED", S.REJECTED, Finality.FINAL, Channel.SMS),
        ("MEDIA_FILE_SIZE_EXCEEDED", S.REJECTED, Finality.FINAL, Channel.SMS),
        ("RCS_QUEUED", S.QUEUED, Finality.NONE, Channel.RCS),
        ("RCS_SENT", S.SENT, Finality.NONE, Channel.RCS),
        ("RCS_DELIVERED", S.DELIVERED, Finality.FINAL, Channel.RCS),
        ("RCS_READ", S.READ, Finality.FINAL, Channel.RCS),
        ("RCS_FAILED", S.FAILED, Finality.FINAL, Channel.RCS),
        ("RCS_TTL_EXPIRED", S.EXPIRED, Finality.FINAL, Channel.RCS),
        ("RCS_PROTECT_BLOCKED", S.REJECTED, Finality.FINAL, Channel.RCS),
        ("RCS_FALLEN_BACK_TO_SMS", S.UNSPECIFIED, Finality.NONE, Channel.RCS),
    ],
)
def test_every_event_is_read_and_has_a_meaning(
    kind: str, state: S, finality: Finality, channel: Channel
) -> None:
    (item,) = told(AwsEum(), event(kind), {})
    assert item is not None
    assert item.channel is channel
    meaning = meant(AwsEum(), item)
    assert meaning is not None
    assert (meaning.state, meaning.finality) == (state, finality)


def test_a_route_may_read_successful_as_delivered() -> None:
    (item,) = told(AwsEum(), event("TEXT_SUCCESSFUL"), {"successful_means": "delivered"})
    assert item is not None
    meaning = meant(AwsEum(), item)
    assert meaning is not None
    assert (meaning.state, meaning.finality) == (S.DELIVERED, Finality.SOFT)
    (plain,) = told(AwsEum(), event("TEXT_SUCCESSFUL"), {"successful_means": "sent"})
    assert plain is not None
    assert plain.word == "SUCCESSFUL"


def test_an_event_by_way_of_eventbridge_is_read() -> None:
    (item,) = told(AwsEum(), enveloped({"source": "aws.sms-voice", "detail": json.loads(GOLDEN)}), {})
    assert item is not None
    assert (item.provider_message_id, item.word) == ("862a8790", "DELIVERED")


def test_the_reference_stands_where_the_route_says() -> None:
    (item,) = told(AwsEum(), event("TEXT_SENT", context={"id": "order-8"}), {"reference_key": "id"})
    assert item is not None
    assert item.reference == "order-8"


def test_an_inbound_message_tells_nothing() -> None:
    assert told(AwsEum(), enveloped({"inboundMessageId": "1", "messageBody": "Hi"}), {}) == [None]


@pytest.mark.parametrize("kind", ["VOICE_ANSWERED", "TEXT_PONDERED", "TEXT_"])
def test_an_unknown_event_is_told_verbatim(kind: str) -> None:
    (item,) = told(AwsEum(), event(kind), {})
    assert item is not None
    assert item.word == ("PONDERED" if kind == "TEXT_PONDERED" else kind)
    assert meant(AwsEum(), item) is None


@pytest.mark.parametrize(
    "came",
    [
        callback(b""),
        callback(b'{"Type":"Notification"}'),
        enveloped("Hello world"),
        enveloped([]),
        enveloped({}),
        enveloped({"detail": "x", "eventType": "TEXT_SENT"}),
        event("TEXT_SENT", messageId=None),
        event("TEXT_SENT", eventTimestamp=[]),
        event("TEXT_SENT", context="ref"),
        event("TEXT_SENT", context={"ref": {}}),
        event("TEXT_SENT", eventType=1.5),
    ],
)
def test_what_cannot_be_read_is_malformed(came: Callback) -> None:
    with pytest.raises(Malformed):
        told(AwsEum(), came, {})


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("DELIVERED", "DELIVERED"),
        ("READ", "READ"),
        ("SIZE_EXCEEDED",) * 2,
        ("SUCCESSFUL:DELIVERED", "SUCCESSFUL"),
    ],
)
async def test_what_the_simulated_carrier_posts_is_believed_and_read_back(word: str, read: str) -> None:
    carrier = SimulatedAwsEum()
    step = Event(carrier.new_message_id(7), "+12065550101", word, "", RECEIVED - 5_000_000, 2, "order-7")
    came = arrived(carrier.post(URL, [step]))
    aws = AwsEum()
    assert await aws.greet(came, carrier.config) is None
    await aws.verify(came, carrier.config)
    (item,) = told(aws, came, carrier.config)
    assert item is not None
    assert (item.provider_message_id, item.word, item.occur_time) == (
        step.provider_message_id,
        read,
        step.occur_time,
    )
    assert (item.reference, item.time_text) == ("order-7", str(step.occur_time // 1000))
    assert carrier.post(URL, [step]) == carrier.post(URL, [step])
    with pytest.raises(Unverified):
        await aws.verify(came, SimulatedAwsEum().config)
    carrier.believe({"topic_arns": f"{TOPIC}2,{TOPIC}"})
    assert carrier.config["topic_arns"] == f"{TOPIC}2"
    await aws.verify(arrived(carrier.post(URL, [step])), carrier.config)
