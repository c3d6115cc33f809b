"""AWS End User Messaging: subscriptions of a route are confirmed, and what SNS did not sign is refused.

The confirmations are the public test data of AWS's SDK for Java, signed by SNS itself.
"""

import json
from pathlib import Path

import pytest

from messagestatus_server.cli.simulate.carriers.aws_eum import SimulatedAwsEum
from messagestatus_server.providers.aws_eum import AwsEum
from messagestatus_server.providers.callback import Answer, Callback, Unverified
from messagestatus_server.providers.small_fetch import FetchFailed
from messagestatus_server.providers.times import iso_micros
from tests.providers.calling import RECEIVED, arrived, callback

VECTORS = json.loads(Path(__file__).with_name("aws_sns_vectors.json").read_text("utf-8"))
TOPIC = "arn:aws:sns:eu-west-1:123456789012:dlr"
URL = "https://dlr.example.com/receipts/acme"


class Web:
    """Serves the certificates of the vectors, and notes what else is asked."""

    def __init__(self, *, down: bool = False) -> None:
        self.asked: list[str] = []
        self.down = down

    async def fetch(self, url: str) -> bytes:
        certificate = VECTORS["certificates"].get(url.rpartition("/")[2])
        if certificate is not None:
            return str(certificate).encode()
        self.asked.append(url)
        if self.down:
            raise FetchFailed("ConnectError")
        return b"<ConfirmSubscriptionResponse/>"


def confirmation(name: str, **changed: str) -> tuple[Callback, dict[str, str], dict[str, str]]:
    envelope: dict[str, str] = VECTORS["envelopes"][name]
    came = callback(
        json.dumps(envelope | changed).encode(),
        content_type="text/plain; charset=UTF-8",
        headers={"x-amz-sns-message-type": envelope["Type"]},
        receive_time=iso_micros(envelope["Timestamp"]) or 0,
    )
    return came, {"topic_arns": envelope["TopicArn"]}, envelope


async def test_a_subscription_is_confirmed_where_sns_says() -> None:
    came, config, envelope = confirmation("subscription_v1")
    web = Web()
    assert await AwsEum(web.fetch).greet(came, config) == Answer()
    assert web.asked == [envelope["SubscribeURL"]]


async def test_the_end_of_a_subscription_is_noted_and_not_undone() -> None:
    came, config, _ = confirmation("unsubscription_v2")
    web = Web()
    assert await AwsEum(web.fetch).greet(came, config) == Answer()
    assert web.asked == []
    assert AwsEum(web.fetch).split(came, config) == []


@pytest.mark.parametrize(
    ("topic", "changed"),
    [
        ("arn:aws:sns:us-west-2:1:other", {}),
        ("", {"SubscribeURL": "https://evil.example/"}),
        ("", {"Token": "1"}),
    ],
)
async def test_a_subscription_that_sns_did_not_ask_for_is_not_confirmed(
    topic: str, changed: dict[str, str]
) -> None:
    came, config, _ = confirmation("subscription_v1", **changed)
    web = Web()
    with pytest.raises(Unverified) as refused:
        await AwsEum(web.fetch).greet(came, {"topic_arns": topic} if topic else config)
    assert (refused.value.status, web.asked) == (403, [])


async def test_a_subscription_is_confirmed_at_no_other_host_even_when_signed() -> None:
    carrier = SimulatedAwsEum()
    web = Web()
    subscription = carrier.subscribe(URL, RECEIVED)
    await AwsEum(web.fetch).greet(arrived(subscription), carrier.config)
    assert len(web.asked) == 1
    elsewhere = {**json.loads(subscription.body), "SubscribeURL": "http://169.254.169.254/latest/"}
    sealed = carrier._sealed(
        URL, elsewhere, ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    )
    with pytest.raises(Unverified, match="SubscribeURL"):
        await AwsEum(web.fetch).greet(arrived(sealed), carrier.config)
    assert len(web.asked) == 1


async def test_a_confirmation_that_fails_is_asked_for_again() -> None:
    came, config, _ = confirmation("subscription_v1")
    with pytest.raises(Unverified) as refused:
        await AwsEum(Web(down=True).fetch).greet(came, config)
    assert refused.value.status == 503


async def test_a_confirmation_is_no_notification() -> None:
    came, config, _ = confirmation("subscription_v1")
    with pytest.raises(Unverified):
        await AwsEum(Web().fetch).verify(came, config)


async def test_a_notification_is_believed_and_not_greeted() -> None:
    came, config, _ = confirmation("notification_v2")
    aws = AwsEum(Web().fetch)
    assert await aws.greet(came, config) is None
    await aws.verify(came, config)
    speaking, config, _ = confirmation("with_subject_v1", Subject="Confirmation")
    assert await aws.greet(speaking, config) is None


async def test_raw_delivery_is_refused() -> None:
    for body in (b'{"eventType":"TEXT_DELIVERED"}', b'{"a":"Confirmation"}', b'Confirmation"'):
        with pytest.raises(Unverified) as refused:
            await AwsEum(Web().fetch).verify(callback(body), {"topic_arns": TOPIC})
        assert refused.value.status == 401
