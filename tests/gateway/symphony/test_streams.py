"""Who is told what of a message in a stream: entitlement, external users, suppression, and pods apart.

Symphony, "Message Status", the notes and the known exceptions; on a real server.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from messagestatus.v1.directory_pb2 import Conversation, Membership
from messagestatus.v1.directory_service_pb2 import PutConversationsRequest, PutUsersRequest
from messagestatus.v1.message_service_pb2 import MessageSuppression, SuppressMessagesRequest
from messagestatus.v1.message_status_pb2 import CHANNEL_CHAT, Provider
from messagestatus.v1.user_pb2 import User
from tests.builders import message, moment, receipt, register, report
from tests.running import Client, Operator, RunningGateway, Tenant

from .asking import ask, status_path, user_ids
from .documented import FORBIDDEN, RECORDED, make_true

AUTHOR = "100"
SENT_AT = 100.0

Span = tuple[float | None, float | None]


def put_stream(client: Client, *memberships: Membership, view_history: bool = False) -> None:
    stream = Conversation(conversation_id="stream", view_history=view_history, memberships=memberships)
    client.directory.PutConversations(PutConversationsRequest(conversations=[stream]))


def membership(user_id: str, span: Span = (None, None)) -> Membership:
    joined, left = (None if time is None else moment(time) for time in span)
    return Membership(user_id=user_id, join_time=joined, leave_time=left)


def send(client: Client, *user_ids: str, **fields: Any) -> None:
    """Sends a message, `m`, to users of the stream."""
    written = {"conversation_id": "stream", "channel": CHANNEL_CHAT, "author_user_id": AUTHOR} | fields
    register(client, message("m", recipient_user_ids=user_ids, accept_time=moment(SENT_AT), **written))


def suppress(client: Client, seconds: float) -> None:
    suppression = MessageSuppression(message_id="m", suppress_time=moment(seconds))
    client.messages.SuppressMessages(SuppressMessagesRequest(suppressions=[suppression]))


def arrays(tenant: Tenant, gateway: RunningGateway) -> dict[str, list[str]]:
    """Tells who stands in which array for a service, which sees all."""
    return user_ids(ask(gateway.url, status_path("m"), tenant.key))


@pytest.mark.parametrize("view_history", [False, True])
@pytest.mark.parametrize(
    ("rule", "spans", "expected"),
    [
        ("a member is told", [(None, None)], (200, 200)),
        ("a member who joined later is told", [(SENT_AT + 1, None)], (200, 200)),
        ("a former member is told where history is shown", [(0, SENT_AT + 1)], (403, 200)),
        ("joining and sending at once: on the stream", [(SENT_AT, SENT_AT + 1)], (403, 200)),
        ("leaving and sending at once: off the stream", [(0, SENT_AT)], (403, 403)),
        ("a former member from before is not told", [(0, SENT_AT - 1)], (403, 403)),
        ("a former member from after is not told", [(SENT_AT + 1, SENT_AT + 2)], (403, 403)),
        ("a former member who came back is told", [(0, 1), (SENT_AT + 1, None)], (200, 200)),
        ("a stranger is not told", [], (403, 403)),
    ],
)
def test_entitlement(  # noqa: PLR0917 -- the columns of a table
    rule: str,
    spans: Sequence[Span],
    expected: tuple[int, int],
    view_history: bool,
    tenant: Tenant,
    operator: Operator,
    live_gateway: RunningGateway,
) -> None:
    put_stream(tenant.client, *(membership("7", span) for span in spans), view_history=view_history)
    send(tenant.client, "7", "8")
    session = operator.key(tenant.name, ["READ"], user_id="7")
    answer = ask(live_gateway.url, status_path("m"), session)
    assert answer.status == expected[view_history], rule
    assert answer.status == 200 or answer.json == FORBIDDEN


def test_a_service_is_told_without_being_a_member(tenant: Tenant, live_gateway: RunningGateway) -> None:
    put_stream(tenant.client)
    send(tenant.client, "7")
    assert arrays(tenant, live_gateway) == {"read": [], "delivered": [], "sent": ["7"]}


def test_who_left_the_stream_stays_in_the_answer(tenant: Tenant, live_gateway: RunningGateway) -> None:
    put_stream(tenant.client, membership("7"), membership("8", (0, SENT_AT + 1)))
    send(tenant.client, "7", "8")
    assert arrays(tenant, live_gateway)["sent"] == ["7", "8"]


def test_only_colleagues_are_shown_with_their_login_names(
    tenant: Tenant, operator: Operator, live_gateway: RunningGateway
) -> None:
    """The response "excludes `userName` for external users", and nothing else of theirs."""
    people = [
        User(user_id="7", user_name="anna", company="acme", email="anna@acme.com", first_name="Anna"),
        User(user_id="8", user_name="boris", company="other", email="boris@other.com", last_name="Bor"),
        User(user_id=AUTHOR, user_name="carl", company="acme"),
    ]
    tenant.client.directory.PutUsers(PutUsersRequest(users=people))
    put_stream(tenant.client, membership("7"), membership("8"))
    send(tenant.client, "7", "8", "9")

    def login_names(session: str) -> dict[str, str | None]:
        answer = ask(live_gateway.url, status_path("m"), session).json
        users = [answer["author"], *answer["sent"]]
        kept = {"userId", "firstName", "lastName", "displayName", "email", "timestamp"}
        assert all(set(user) - {"userName"} == kept for user in users)
        return {user["userId"]: user.get("userName", "absent") for user in users}

    as_anna = operator.key(tenant.name, ["READ"], client="a", user_id="7")
    as_boris = operator.key(tenant.name, ["READ"], client="b", user_id="8")
    assert login_names(as_anna) == {"7": "anna", "8": "absent", "9": "absent", AUTHOR: "carl"}
    assert login_names(as_boris) == {"7": "absent", "8": "boris", "9": "absent", AUTHOR: "absent"}
    assert login_names(tenant.key) == {"7": "anna", "8": "boris", "9": None, AUTHOR: "carl"}


def test_a_suppressed_message_keeps_who_had_it_and_hides_who_had_not(
    tenant: Tenant, live_gateway: RunningGateway
) -> None:
    send(tenant.client, "1", "2", "3")
    report(
        tenant.client,
        receipt("m", "READ", 110, recipient_user_id="1"),
        receipt("m", "DELIVERED", 110, recipient_user_id="2"),
    )
    assert arrays(tenant, live_gateway) == {"read": ["1"], "delivered": ["2"], "sent": ["3"]}
    suppress(tenant.client, 120)
    assert arrays(tenant, live_gateway) == {"read": ["1"], "delivered": ["2"], "sent": []}


@pytest.mark.parametrize("reported_first", [True, False])
@pytest.mark.parametrize(
    ("rule", "time", "expected"),
    [
        ("before the suppression it counts, however late it comes", 119.999, ["1"]),
        ("at the suppression it does not", 120, []),
        ("nor after it", 121, []),
    ],
)
def test_receipts_around_a_suppression(  # noqa: PLR0917 -- the columns of a table
    rule: str,
    time: float,
    expected: list[str],
    reported_first: bool,
    tenant: Tenant,
    live_gateway: RunningGateway,
) -> None:
    send(tenant.client, "1")
    read = receipt("m", "READ", time, recipient_user_id="1")
    if reported_first:
        report(tenant.client, read)
    suppress(tenant.client, 120)
    if not reported_first:
        report(tenant.client, read)
    assert arrays(tenant, live_gateway) == {"read": expected, "delivered": [], "sent": []}, rule


def test_receipts_move_each_user_by_themselves_in_whatever_order(
    tenant: Tenant, live_gateway: RunningGateway
) -> None:
    send(tenant.client, "1", "2")
    report(
        tenant.client,
        receipt("m", "READ", 130, recipient_user_id="1"),
        receipt("m", "DELIVERED", 120, recipient_user_id="1"),
        receipt("m", "SENT", 140, recipient_user_id="2"),
        receipt("m", "DELIVERED", 110, recipient_user_id="3"),
    )
    answer = ask(live_gateway.url, status_path("m"), tenant.key)
    assert user_ids(answer) == {"read": ["1"], "delivered": ["3"], "sent": ["2"]}
    times = [user["timestamp"] for array in ("read", "delivered", "sent") for user in answer.json[array]]
    assert times == [str(moment(seconds).ToMilliseconds()) for seconds in (130, 110, 140)]


@pytest.mark.parametrize("addressed", [{"recipient_user_ids": ["7"]}, {"phone": "+1234567890"}])
@pytest.mark.parametrize("reported", [True, False])
@pytest.mark.parametrize("word", ["sent", "delivered", "read", "READ"])
def test_a_word_of_symphony_reads_back_as_the_same_word(
    word: str, reported: bool, addressed: dict[str, Any], tenant: Tenant, live_gateway: RunningGateway
) -> None:
    words: dict[str, Any] = {"vocabulary": "symphony", "provider": Provider(name="symphony", status=word)}
    register(tenant.client, message("m", channel=CHANNEL_CHAT, **addressed, **({} if reported else words)))
    if reported:
        report(tenant.client, DeliveryReceipt(message_id="m", occur_time=moment(SENT_AT), **words))
    shown = ask(live_gateway.url, status_path("m"), tenant.key).json
    assert [array for array in ("read", "delivered", "sent") if shown[array]] == [word.lower()]


def test_one_identifier_in_two_pods_never_crosses(operator: Operator, live_gateway: RunningGateway) -> None:
    """A pod is a tenant; a session of another pod finds nothing."""
    first, second, third = (operator.tenant() for _ in range(3))
    make_true(first.client, "m", RECORDED)
    send(second.client, "7")
    assert ask(live_gateway.url, status_path("m"), first.key).json == RECORDED
    assert arrays(second, live_gateway) == {"read": [], "delivered": [], "sent": ["7"]}
    answer = ask(live_gateway.url, status_path("m"), third.key)
    assert (answer.status, answer.json["code"]) == (404, 404)
    as_reader_of_the_first = operator.key(third.name, ["READ"], user_id="12987981103693")
    assert ask(live_gateway.url, status_path("m"), as_reader_of_the_first).status == 404
