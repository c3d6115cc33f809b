"""DirectoryService: people and conversations are stored, replaced, and refused one by one."""

from typing import Any

import pytest

from messagestatus.v1 import directory_pb2 as directory_pb
from messagestatus.v1 import directory_service_pb2 as putting_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from messagestatus.v1 import user_pb2 as user_pb
from tests.builders import error, message, moment, register
from tests.refused import refusal
from tests.running import Operator, Tenant


def _put(tenant: Tenant, *users: user_pb.User) -> list[tuple[str, str]]:
    request = putting_pb.PutUsersRequest(users=users)
    return [error(outcome) for outcome in tenant.client.directory.PutUsers(request).outcomes]


def _author(tenant: Tenant, user_id: str) -> user_pb.User:
    """Return a person as the FULL view of a message shows its author."""
    register(tenant.client, message(f"by {user_id}", author_user_id=user_id))
    request = lookup_pb.GetStatusRequest(message_id=f"by {user_id}", view=lookup_pb.STATUS_VIEW_FULL)
    return tenant.client.status.GetStatus(request).message_status.author


def test_a_person_is_kept_as_it_was_put(tenant: Tenant) -> None:
    anna = user_pb.User(
        user_id="anna",
        first_name="Anna",
        last_name="A",
        display_name="Anna A",
        email="anna@example.org",
        user_name="login",
        company="acme",
    )
    assert _put(tenant, anna) == [("UNSPECIFIED", "")]
    assert _author(tenant, "anna") == anna


def test_a_person_that_is_put_again_is_replaced_whole(tenant: Tenant) -> None:
    _put(tenant, user_pb.User(user_id="anna", first_name="Anna", email="a@example.org"))
    _put(tenant, user_pb.User(user_id="anna", last_name="B"))
    assert _author(tenant, "anna") == user_pb.User(user_id="anna", last_name="B")


def test_of_one_person_put_twice_in_a_request_the_last_counts(tenant: Tenant) -> None:
    _put(tenant, user_pb.User(user_id="anna", first_name="1"), user_pb.User(user_id="anna", first_name="2"))
    assert _author(tenant, "anna").first_name == "2"


def test_whether_a_person_is_external_is_not_for_the_sender_to_say(tenant: Tenant) -> None:
    _put(tenant, user_pb.User(user_id="anna", external=True))
    assert _author(tenant, "anna").external is False


def test_people_of_two_tenants_stay_apart(tenant: Tenant, operator: Operator) -> None:
    other = operator.tenant()
    _put(tenant, user_pb.User(user_id="anna", first_name="Ours"))
    assert _author(other, "anna") == user_pb.User(user_id="anna")


def test_a_person_at_fault_is_refused_alone_naming_the_field(tenant: Tenant) -> None:
    assert _put(
        tenant,
        user_pb.User(user_id="anna", first_name="Anna"),
        user_pb.User(first_name="nobody"),
        user_pb.User(user_id="x" * 257),
        user_pb.User(user_id="b", email="n\0l"),
        user_pb.User(user_id="c", company="x" * 257),
        user_pb.User(user_id="boris", first_name="Boris"),
    ) == [
        ("UNSPECIFIED", ""),
        ("FIELD_REQUIRED", "user_id"),
        ("FIELD_INVALID", "user_id"),
        ("FIELD_INVALID", "email"),
        ("FIELD_INVALID", "company"),
        ("UNSPECIFIED", ""),
    ]
    assert (_author(tenant, "anna").first_name, _author(tenant, "boris").first_name) == ("Anna", "Boris")


def test_a_conversation_at_fault_is_refused_alone_naming_the_field(tenant: Tenant) -> None:
    def room(name: str, *memberships: directory_pb.Membership) -> directory_pb.Conversation:
        return directory_pb.Conversation(conversation_id=name, memberships=memberships)

    member = directory_pb.Membership(user_id="anna")
    backwards = directory_pb.Membership(user_id="anna", join_time=moment(2), leave_time=moment(1))
    impossible = directory_pb.Membership(user_id="anna")
    impossible.join_time.nanos = -1
    request = putting_pb.PutConversationsRequest(
        conversations=[
            room("good", member),
            room(""),
            room("a", member, directory_pb.Membership()),
            room("b", backwards),
            room("c", impossible),
            room("n\0l"),
            room("moment", directory_pb.Membership(user_id="a", join_time=moment(), leave_time=moment())),
        ]
    )
    outcomes = tenant.client.directory.PutConversations(request).outcomes
    assert [error(outcome) for outcome in outcomes] == [
        ("UNSPECIFIED", ""),
        ("FIELD_REQUIRED", "conversation_id"),
        ("FIELD_REQUIRED", "memberships[1].user_id"),
        ("FIELD_INVALID", "memberships[0].leave_time"),
        ("FIELD_INVALID", "memberships[0].join_time"),
        ("FIELD_INVALID", "conversation_id"),
        ("UNSPECIFIED", ""),
    ]


@pytest.mark.parametrize(
    ("call", "field", "request_type", "item"),
    [
        ("PutUsers", "users", putting_pb.PutUsersRequest, user_pb.User(user_id="a")),
        (
            "PutConversations",
            "conversations",
            putting_pb.PutConversationsRequest,
            directory_pb.Conversation(conversation_id="a"),
        ),
    ],
)
def test_a_thousand_items_are_taken_and_one_more_is_refused(
    tenant: Tenant, call: str, field: str, request_type: Any, item: Any
) -> None:
    put = getattr(tenant.client.directory, call)
    assert len(put(request_type(**{field: [item] * 1_000})).outcomes) == 1_000
    refused = refusal(put, request_type(**{field: [item] * 1_001}))
    assert (refused.code.name, refused.reason) == ("INVALID_ARGUMENT", "BATCH_TOO_LARGE")
    assert refused.fields == [field]
