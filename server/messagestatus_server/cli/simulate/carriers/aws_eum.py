"""AWS End User Messaging, simulated: events in SNS's envelopes, signed with a key of its own."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from messagestatus_server.cli.simulate.carriers.carrier import Carrier, Event, Posting
from messagestatus_server.cli.simulate.carriers.instants import iso_millis
from messagestatus_server.domain.message import Channel

_HOST = "https://sns.eu-west-1.amazonaws.com"
_RCS_ALONE = {"READ", "FAILED", "FALLEN_BACK_TO_SMS"}
_OF_A_FILE = {"INACCESSIBLE", "TYPE_UNSUPPORTED", "SIZE_EXCEEDED"}


class SimulatedAwsEum(Carrier):
    """Sends one event a callback. A route that believes it has its certificate pinned."""

    provider = "aws_eum"
    script = ("QUEUED", "SENT", "SUCCESSFUL", "DELIVERED")

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        self._certificate = _certificate(self._key)
        self._topic = "arn:aws:sns:eu-west-1:123456789012:dlr"

    @property
    def config(self) -> dict[str, str]:
        """The topic and the certificate."""
        return {"topic_arns": self._topic, "certificate": self._certificate}

    def believe(self, config: Mapping[str, str]) -> None:
        """Send by a given topic; the key to a given certificate is not among what a route holds."""
        topics = config.get("topic_arns", "").replace(",", " ").split()
        self._topic = topics[0] if topics else self._topic

    def channel_of(self, word: str) -> Channel:
        """Return RCS for the words that only its events have."""
        return Channel.RCS if word in _RCS_ALONE else self.channel

    def new_message_id(self, number: int) -> str:
        """Return the identifier of a message."""
        return f"862a8790-60c0-4430-9b2b-{number:012x}"

    def post(self, url: str, events: Sequence[Event]) -> Posting:
        """Return the envelope of one event."""
        (event,) = events
        # The table's word for what a route may read into SUCCESSFUL is none of AWS's.
        word = event.word.partition(":")[0]
        kind = "RCS" if word in _RCS_ALONE else "MEDIA_FILE" if word in _OF_A_FILE else "TEXT"
        told = {
            "eventType": f"{kind}_{word}",
            "eventVersion": "1.0",
            "eventTimestamp": event.occur_time // 1000,
            "isFinal": word not in {"QUEUED", "PENDING", "SENT"},
            "originationPhoneNumber": "+12065550100",
            "destinationPhoneNumber": event.phone,
            "isoCountryCode": "US",
            "messageId": event.provider_message_id,
            "messageRequestTimestamp": event.occur_time // 1000 - 20_000,
            "messageStatus": word,
            "messageStatusDescription": f"Message is {word.lower()}",
            "context": {"ref": event.reference} if event.reference else {},
            "totalMessageParts": 1,
        }
        envelope = {
            "Type": "Notification",
            "MessageId": str(uuid5(NAMESPACE_URL, event.event_id)),
            "TopicArn": self._topic,
            "Message": json.dumps(told),
            "Timestamp": iso_millis(event.occur_time),
            "UnsubscribeURL": f"{_HOST}/?Action=Unsubscribe&SubscriptionArn={self._topic}:1",
        }
        return self._sealed(url, envelope, ("Message", "MessageId", "Timestamp", "TopicArn", "Type"))

    def subscribe(self, url: str, occur_time: int) -> Posting:
        """Return the request by which SNS asks a route to confirm its subscription."""
        envelope = {
            "Type": "SubscriptionConfirmation",
            "MessageId": str(uuid5(NAMESPACE_URL, self._topic)),
            "Token": "2336412f37fb687f5d51e6e2425929f52e8e353134fe72d55ef8b330217d82da",
            "TopicArn": self._topic,
            "Message": f"You have chosen to subscribe to the topic {self._topic}.",
            "SubscribeURL": f"{_HOST}/?Action=ConfirmSubscription&TopicArn={self._topic}&Token=2336412f",
            "Timestamp": iso_millis(occur_time),
        }
        fields = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
        return self._sealed(url, envelope, fields)

    def _sealed(self, url: str, envelope: Mapping[str, str], fields: Sequence[str]) -> Posting:
        signed = "".join(f"{field}\n{envelope[field]}\n" for field in fields)
        signature = self._key.sign(signed.encode(), padding.PKCS1v15(), SHA256())
        body = json.dumps(
            {
                **envelope,
                "SignatureVersion": "2",
                "Signature": base64.b64encode(signature).decode(),
                "SigningCertURL": f"{_HOST}/SimpleNotificationService-simulated.pem",
            }
        )
        headers = {
            "content-type": "text/plain; charset=UTF-8",
            "x-amz-sns-message-type": envelope["Type"],
            "x-amz-sns-message-id": envelope["MessageId"],
            "x-amz-sns-topic-arn": self._topic,
        }
        return Posting("POST", url, headers, body.encode())


def _certificate(key: rsa.RSAPrivateKey) -> str:
    """Return a certificate that is valid at whatever time events are said to occur."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .sign(key, SHA256())
    )
    return certificate.public_bytes(Encoding.PEM).decode()
