"""The answers that Symphony's documents show, and what must be known for them to come back.

Sources: the Symphony Pod API, `GET /v1/message/{mid}/status`, responses; and the answer that Symphony's
Java client was recorded with (symphony-bdk-java, `message/get_message_status.json`). Where the Pod API's
example contradicts its own schema - numbers for text, `firsName`, an order - the schema stands here.
"""

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from messagestatus.v1.directory_service_pb2 import PutUsersRequest
from messagestatus.v1.message_status_pb2 import CHANNEL_CHAT, Provider
from messagestatus.v1.user_pb2 import User
from tests.builders import message, register, report
from tests.running import Client

Entry = dict[str, Any]


def _person(user_id: str, first_name: str, last_name: str, user_name: str, timestamp: str) -> Entry:
    return {
        "userId": user_id,
        "firstName": first_name,
        "lastName": last_name,
        "displayName": f"{first_name} {last_name}",
        "email": f"{first_name}.{last_name}@music.org".lower(),
        "userName": user_name,
        "timestamp": timestamp,
    }


def _bot(timestamp: str) -> Entry:
    return {
        "userId": "12987981103694",
        "firstName": None,
        "lastName": None,
        "displayName": "bot-name",
        "email": "fakemail@symphony.com",
        "userName": "bot-name",
        "timestamp": timestamp,
    }


EXAMPLE: dict[str, Any] = {
    "author": _person("7078106103901", "Gustav", "Mahler", "gmahler", "1531968487845"),
    "read": [
        _person("7078106103902", "Hildegard", "Bingen", "hbingen", "1487352923000"),
        _person("7078106103901", "Gustav", "Mahler", "gmahler", "1489769156271"),
    ],
    "delivered": [_person("7078106103903", "Franz", "Liszt", "fliszt", "1484674523000")],
    "sent": [_person("7078106103904", "Benjamin", "Britten", "gmahler", "1484156123000")],
}
"""Pod API, response 200, example."""

RECORDED: dict[str, Any] = {
    "author": _bot("1599481767320"),
    "read": [
        {
            "userId": "12987981103693",
            "firstName": "John",
            "lastName": "Doe",
            "displayName": "John Doe",
            "email": "john.doe@symphony.com",
            "userName": "john.doe",
            "timestamp": "1599481783315",
        }
    ],
    "delivered": [_bot("1599571745580")],
    "sent": [],
}
"""The recorded answer: a bot has no names, and the author is a recipient too."""

UNAUTHORIZED = {"code": 401, "message": "Invalid session"}
"""Pod API, response 401, example."""

FORBIDDEN = {"code": 403, "message": "The user lacks the required entitlement to perform this operation"}
"""Pod API, response 403, example."""


def make_true(client: Client, message_id: str, answer: dict[str, Any]) -> None:
    """Registers the message and reports the receipts, in Symphony's words, that an answer tells of."""
    author = answer["author"]
    told = [(word, entry) for word in ("read", "delivered", "sent") for entry in answer[word]]
    people = [author, *(entry for _, entry in told)]
    client.directory.PutUsers(
        PutUsersRequest(users={entry["userId"]: _user(entry) for entry in people}.values())
    )
    register(
        client,
        message(
            message_id,
            channel=CHANNEL_CHAT,
            author_user_id=author["userId"],
            recipient_user_ids=[entry["userId"] for _, entry in told],
            message_time=_time(author),
        ),
    )
    report(client, *(_receipt(message_id, word, entry) for word, entry in told))


def _user(entry: Entry) -> User:
    return User(
        user_id=entry["userId"],
        first_name=entry["firstName"],
        last_name=entry["lastName"],
        display_name=entry["displayName"],
        email=entry["email"],
        user_name=entry["userName"],
    )


def _receipt(message_id: str, word: str, entry: Entry) -> DeliveryReceipt:
    return DeliveryReceipt(
        message_id=message_id,
        vocabulary="symphony",
        provider=Provider(status=word),
        recipient_user_id=entry["userId"],
        occur_time=_time(entry),
    )


def _time(entry: Entry) -> Timestamp:
    time = Timestamp()
    time.FromMilliseconds(int(entry["timestamp"]))
    return time
