"""A key that acts as a person is held to the conversations the person takes part in."""

import time

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1 import delivery_receipt_service_pb2 as reporting_pb
from messagestatus.v1 import directory_pb2 as directory_pb
from messagestatus.v1 import directory_service_pb2 as putting_pb
from messagestatus.v1 import error_reason_pb2 as reason_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import PHONE, get, message, moment, receipt, register, report
from tests.refused import refusal
from tests.running import Client, Operator, Tenant

SENT = 100
"""When the message of every test was sent, in seconds."""

Span = tuple[float | None, float | None]


@pytest.fixture
def anna(tenant: Tenant, operator: Operator) -> Client:
    """Connect with a key that acts as Anna."""
    return operator.connect(operator.key(tenant.name, user_id="anna"))


def _room(tenant: Tenant, *spans: Span, view_history: bool = False, user_id: str = "anna") -> None:
    """Put a conversation in which one person spent some times, and send a message to it."""
    memberships = [
        directory_pb.Membership(
            user_id=user_id,
            join_time=None if joined is None else moment(joined),
            leave_time=None if left is None else moment(left),
        )
        for joined, left in spans
    ]
    conversation = directory_pb.Conversation(
        conversation_id="room", view_history=view_history, memberships=memberships
    )
    (outcome,) = tenant.client.directory.PutConversations(
        putting_pb.PutConversationsRequest(conversations=[conversation])
    ).outcomes
    assert not outcome.HasField("error")
    register(
        tenant.client,
        message("m", conversation_id="room", message_time=moment(SENT), phone=PHONE, author_user_id="boris"),
    )


def _sees(client: Client) -> bool:
    """Tell whether the person sees the message, after checking that every way of asking agrees."""
    listed = client.status.ListByPhone(lookup_pb.ListByPhoneRequest(phone=PHONE)).message_statuses
    batch = client.status.BatchStatus(lookup_pb.BatchStatusRequest(message_ids=["m"])).outcomes[0]
    if batch.HasField("message_status"):
        assert batch.message_status == get(client, "m") == listed[0]
        return True
    assert (batch.error_reason, list(listed)) == (reason_pb.ERROR_REASON_CONVERSATION_DENIED, [])
    for view in (lookup_pb.STATUS_VIEW_BASIC, lookup_pb.STATUS_VIEW_FULL):
        refused = refusal(client.status.GetStatus, lookup_pb.GetStatusRequest(message_id="m", view=view))
        assert (refused.code.name, refused.reason) == ("PERMISSION_DENIED", "CONVERSATION_DENIED")
        assert refused.info == {"message_id": "m"}
    request = reporting_pb.ListReceiptsRequest(message_id="m")
    assert refusal(client.receipts.ListReceipts, request).reason == "CONVERSATION_DENIED"
    return False


@pytest.mark.parametrize("view_history", [False, True])
@pytest.mark.parametrize(
    ("spans", "always", "with_history"),
    [
        pytest.param([(None, None)], True, True, id="always a member"),
        pytest.param([(SENT + 50, None)], True, True, id="joined after it was sent"),
        pytest.param([(0, SENT + 50)], False, True, id="left after it was sent"),
        pytest.param([(SENT, SENT + 1)], False, True, id="joined the moment it was sent"),
        pytest.param([(0, SENT)], False, False, id="left the moment it was sent"),
        pytest.param([(0, 10), (SENT + 10, SENT + 20)], False, False, id="away when it was sent"),
        pytest.param([(0, 10), (SENT + 10, None)], True, True, id="came back"),
        pytest.param([], False, False, id="never a member"),
    ],
)
def test_a_member_sees_it_and_with_history_who_was_one_when_it_was_sent(  # noqa: PLR0917 - the columns of a table
    tenant: Tenant, anna: Client, spans: list[Span], always: bool, with_history: bool, view_history: bool
) -> None:
    _room(tenant, *spans, view_history=view_history)
    assert _sees(anna) is (with_history if view_history else always)


def test_the_membership_of_another_person_opens_nothing(tenant: Tenant, anna: Client) -> None:
    _room(tenant, (None, None), user_id="boris")
    assert not _sees(anna)


def test_a_membership_that_starts_in_the_future_opens_nothing_yet(tenant: Tenant, anna: Client) -> None:
    tomorrow = Timestamp(seconds=int(time.time()) + 86_400)
    _room(tenant, (tomorrow.seconds - moment().seconds, None))
    assert not _sees(anna)


def test_a_service_sees_every_conversation(tenant: Tenant) -> None:
    _room(tenant)
    assert _sees(tenant.client)


def test_an_unknown_conversation_is_open_to_nobody(tenant: Tenant, anna: Client) -> None:
    register(tenant.client, message("m", conversation_id="unheard-of", phone=PHONE, author_user_id="anna"))
    assert not _sees(anna)


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ({"author_user_id": "anna"}, True),
        ({"author_user_id": "boris", "recipient_user_ids": ["anna"]}, True),
        ({"author_user_id": "boris", "recipient_user_ids": ["carl"]}, False),
        ({}, False),
    ],
)
def test_outside_conversations_a_person_sees_what_it_has_part_in(
    tenant: Tenant, anna: Client, fields: dict[str, object], seen: bool
) -> None:
    register(tenant.client, message("m", phone=PHONE, **fields))
    assert _sees(anna) is seen


def test_a_page_leaves_out_what_may_not_be_seen_and_still_leads_on(tenant: Tenant, anna: Client) -> None:
    register(
        tenant.client,
        *(
            message(
                f"m{number}",
                phone=PHONE,
                accept_time=moment(number),
                author_user_id="anna" if number % 3 == 0 else "boris",
            )
            for number in range(9)
        ),
    )
    seen: list[str] = []
    sizes: list[int] = []
    token = ""
    while token or not sizes:
        request = lookup_pb.ListByPhoneRequest(phone=PHONE, page_size=2, page_token=token)
        page = anna.status.ListByPhone(request)
        seen += [found.message_id for found in page.message_statuses]
        sizes.append(len(page.message_statuses))
        token = page.next_page_token
    assert seen == ["m6", "m3", "m0"]
    assert len(sizes) == 5


def test_parked_receipts_are_not_shown_to_a_person(tenant: Tenant, anna: Client) -> None:
    report(tenant.client, receipt("early", "SENT"))
    request = reporting_pb.ListReceiptsRequest(message_id="early")
    assert refusal(anna.receipts.ListReceipts, request).reason == "MESSAGE_NOT_FOUND"


def test_putting_a_conversation_again_replaces_its_members(tenant: Tenant, anna: Client) -> None:
    _room(tenant, (None, None))
    assert _sees(anna)
    _room(tenant, (None, None), user_id="boris")
    assert not _sees(anna)
