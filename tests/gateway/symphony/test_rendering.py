"""What the Symphony dialect shows of a message. Pod API, `MessageStatus` and `MessageStatusUser`."""

from itertools import product
from typing import Any

import orjson
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1.delivery_state_pb2 import DeliveryState, FailureReason
from messagestatus.v1.message_status_pb2 import Channel, MessageStatus, Recipient
from messagestatus.v1.user_pb2 import User
from messagestatus_gateway.dialects.symphony import shown

ANNA = User(
    user_id="7",
    first_name="Anna",
    last_name="Adam",
    display_name="Anna Adam",
    email="anna@acme.com",
    user_name="aadam",
    company="acme",
)

ARRAYS = {
    "DELIVERY_STATE_UNSPECIFIED": "sent",
    "DELIVERY_STATE_QUEUED": "sent",
    "DELIVERY_STATE_ROUTING": "sent",
    "DELIVERY_STATE_ACCEPTED": "sent",
    "DELIVERY_STATE_SENT": "sent",
    "DELIVERY_STATE_UNKNOWN": "sent",
    "DELIVERY_STATE_FAILED": "sent",
    "DELIVERY_STATE_UNDELIVERED": "sent",
    "DELIVERY_STATE_EXPIRED": "sent",
    "DELIVERY_STATE_REJECTED": "sent",
    "DELIVERY_STATE_DELETED": "sent",
    "DELIVERY_STATE_PARTIALLY_DELIVERED": "delivered",
    "DELIVERY_STATE_DELIVERED": "delivered",
    "DELIVERY_STATE_RECEIVED": "delivered",
    "DELIVERY_STATE_READ": "read",
    "DELIVERY_STATE_PLAYED": "read",
    "DELIVERY_STATE_REPLIED": "read",
}


def moment(milliseconds: int, nanos: int = 0) -> Timestamp:
    seconds, rest = divmod(milliseconds, 1000)
    return Timestamp(seconds=seconds, nanos=rest * 1_000_000 + nanos)


def recipient(user: User, state: str = "DELIVERY_STATE_SENT", time: int = 1, **fields: Any) -> Recipient:
    usual: dict[str, Any] = {"state": DeliveryState.Value(state), "change_time": moment(time)}
    return Recipient(user=user, **usual | fields)


def places(status: MessageStatus) -> dict[str, list[str | None]]:
    """Tells who stands in which array, in order."""
    answer = shown(status)
    return {array: [user["userId"] for user in answer[array]] for array in ("read", "delivered", "sent")}


def only(array: str, *user_ids: str | None) -> dict[str, list[str | None]]:
    """Gives the arrays when all but one are empty."""
    return {"read": [], "delivered": [], "sent": []} | {array: list(user_ids)}


@pytest.mark.parametrize("state", DeliveryState.keys())
def test_a_recipient_stands_in_exactly_one_array_whatever_the_reason(state: str) -> None:
    for reason in FailureReason.values():
        status = MessageStatus(recipients=[recipient(ANNA, state, reason=reason)])
        assert places(status) == only(ARRAYS[state], "7"), reason


@pytest.mark.parametrize("state", DeliveryState.keys())
def test_the_recipient_of_a_message_to_a_phone_is_shown_by_the_number(state: str) -> None:
    """Such a message has no users to tell of; yet its state must be told."""
    status = MessageStatus(
        author=ANNA, phone="+1234567890", state=DeliveryState.Value(state), change_time=moment(5)
    )
    stranger = {
        "userId": None,
        "firstName": None,
        "lastName": None,
        "displayName": "+1234567890",
        "email": None,
        "timestamp": "5",
    }
    assert shown(status)[ARRAYS[state]] == [stranger]
    assert places(status) == only(ARRAYS[state], None)


def test_recipients_count_before_a_phone() -> None:
    assert places(MessageStatus(phone="+1234567890", recipients=[recipient(ANNA)])) == only("sent", "7")


def test_every_state_reason_and_channel_of_a_message_renders_as_json() -> None:
    for state, reason, channel in product(DeliveryState.values(), FailureReason.values(), Channel.values()):
        assert orjson.dumps(shown(MessageStatus(state=state, reason=reason, channel=channel, phone="+1")))


def test_a_message_of_nobody_to_nobody_has_all_its_keys() -> None:
    assert shown(MessageStatus()) == {"author": None, "read": [], "delivered": [], "sent": []}


@pytest.mark.parametrize(("number", "array"), [(99, "read"), (61, "delivered"), (46, "sent")])
def test_a_state_of_a_newer_contract_stands_where_its_precedence_puts_it(number: int, array: str) -> None:
    newer = Recipient.FromString(bytes((0x10, number)))
    newer.user.CopyFrom(ANNA)
    assert places(MessageStatus(recipients=[newer])) == only(array, "7")


@pytest.mark.parametrize("state", DeliveryState.keys())
def test_a_suppressed_message_is_sent_to_nobody(state: str) -> None:
    """Symphony, "Message Status", Note."""
    status = MessageStatus(recipients=[recipient(ANNA, state)], suppress_time=moment(9))
    array = ARRAYS[state]
    assert places(status) == (only("sent") if array == "sent" else only(array, "7"))


@pytest.mark.parametrize(
    ("rule", "user", "expected"),
    [
        ("a person whom the directory knows", ANNA, {}),
        ("no first name is null", {"first_name": ""}, {"firstName": None}),
        ("no last name is null", {"last_name": ""}, {"lastName": None}),
        ("no mail address is null", {"email": ""}, {"email": None}),
        ("no name to show is null", {"display_name": ""}, {"displayName": None}),
        ("no login name of a colleague is null", {"user_name": ""}, {"userName": None}),
        ("an external user keeps all else", {"external": True, "user_name": ""}, {"userName": ...}),
        ("an external login name is never told", {"external": True}, {"userName": ...}),
        (
            "a number beyond 2^53 keeps its digits",
            {"user_id": "9007199254740993"},
            {"userId": "9007199254740993"},
        ),
        ("an identifier need not be a number", {"user_id": "anna"}, {"userId": "anna"}),
    ],
)
def test_user(rule: str, user: User | dict[str, Any], expected: dict[str, Any]) -> None:
    person = User()
    person.CopyFrom(ANNA)
    for name, value in user.items() if isinstance(user, dict) else ():
        setattr(person, name, value)
    known: dict[str, Any] = {
        "userId": "7",
        "firstName": "Anna",
        "lastName": "Adam",
        "displayName": "Anna Adam",
        "email": "anna@acme.com",
        "userName": "aadam",
        "timestamp": "1531968487845",
    }
    entry = {key: value for key, value in (known | expected).items() if value is not ...}
    status = MessageStatus(recipients=[recipient(person, time=1531968487845)])
    assert orjson.dumps(shown(status)["sent"]) == orjson.dumps([entry]), rule


@pytest.mark.parametrize(
    ("rule", "time", "expected"),
    [
        ("milliseconds", moment(1531968487845), "1531968487845"),
        ("what is finer is cut", moment(1531968487845, 999_999), "1531968487845"),
        ("zeros at the end stay", moment(1487352923000), "1487352923000"),
        ("the epoch", moment(0), "0"),
        ("before 1970 is cut downwards", moment(-1, 500_000), "-1"),
    ],
)
def test_time(rule: str, time: Timestamp, expected: str) -> None:
    status = MessageStatus(author=ANNA, message_time=time, recipients=[recipient(ANNA, change_time=time)])
    answer = shown(status)
    assert [answer["author"]["timestamp"], answer["sent"][0]["timestamp"]] == [expected] * 2, rule


def test_the_author_has_the_time_of_the_message_and_stands_among_the_recipients_too() -> None:
    status = MessageStatus(
        author=ANNA,
        accept_time=moment(1),
        message_time=moment(2),
        change_time=moment(3),
        recipients=[recipient(ANNA, "DELIVERY_STATE_DELIVERED", 4)],
    )
    answer = shown(status)
    assert answer["author"] == answer["delivered"][0] | {"timestamp": "2"}


@pytest.mark.parametrize(
    ("rule", "told", "expected"),
    [
        ("the earlier comes first", [("1", 20), ("2", 10)], ["2", "1"]),
        ("of one time, the smaller number", [("10", 5), ("9", 5)], ["9", "10"]),
        ("numbers by value, not by digits", [("0010", 5), ("9", 5)], ["9", "0010"]),
        ("what is no number comes last", [("b", 5), ("10", 5), ("a", 5)], ["10", "a", "b"]),
        ("a digit beyond ASCII makes no number", [("²", 5), ("3", 5)], ["3", "²"]),
        ("time counts before all", [("a", 1), ("1", 2)], ["a", "1"]),
    ],
)
def test_order(rule: str, told: list[tuple[str, int]], expected: list[str]) -> None:
    recipients = [recipient(User(user_id=user_id), time=time) for user_id, time in told]
    assert places(MessageStatus(recipients=recipients)) == only("sent", *expected), rule


def test_users_of_one_millisecond_are_of_one_time() -> None:
    recipients = [
        recipient(User(user_id="2"), change_time=moment(5, 1)),
        recipient(User(user_id="1"), change_time=moment(5, 2)),
    ]
    assert places(MessageStatus(recipients=recipients)) == only("sent", "1", "2")
