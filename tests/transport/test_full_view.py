"""The FULL view: recipients, counts per state, and the names of people."""

import pytest

from messagestatus.v1 import directory_service_pb2 as directory_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from messagestatus.v1 import user_pb2 as user_pb
from tests.builders import get, message, moment, receipt, register, report, state
from tests.running import Client, Operator, Tenant

ANNA = user_pb.User(user_id="anna", user_name="anna.login", display_name="Anna A", company="acme")
BORIS = user_pb.User(user_id="boris", user_name="boris.login", first_name="Boris", company="other")


def _full(client: Client, message_id: str) -> status_pb.MessageStatus:
    request = lookup_pb.GetStatusRequest(message_id=message_id, view=lookup_pb.STATUS_VIEW_FULL)
    return client.status.GetStatus(request).message_status


@pytest.fixture
def group(tenant: Tenant) -> Tenant:
    """Register a group message: Anna writes to Boris and to a stranger, and Boris has read it."""
    tenant.client.directory.PutUsers(directory_pb.PutUsersRequest(users=[ANNA, BORIS]))
    written = message(
        "group",
        channel=status_pb.CHANNEL_CHAT,
        author_user_id="anna",
        recipient_user_ids=["stranger", "boris", "anna"],
        accept_time=moment(),
    )
    register(tenant.client, written)
    report(
        tenant.client,
        receipt("group", "READ", 3, recipient_user_id="boris"),
        receipt("group", "REJECTED", 2, recipient_user_id="stranger", reason=8),
    )
    return tenant


def test_every_recipient_is_shown_by_user_id_with_its_own_state(group: Tenant) -> None:
    shown = [
        (recipient.user.user_id, recipient.state, recipient.reason, recipient.change_time)
        for recipient in _full(group.client, "group").recipients
    ]
    assert shown == [
        ("anna", state("QUEUED"), 0, moment()),
        ("boris", state("READ"), 0, moment(3)),
        ("stranger", state("REJECTED"), 8, moment(2)),
    ]


def test_recipients_are_counted_by_state(group: Tenant) -> None:
    report(group.client, receipt("group", "READ", 4, recipient_user_id="anna"))
    counts = [(count.state, count.count) for count in _full(group.client, "group").state_counts]
    assert counts == [(state("REJECTED"), 1), (state("READ"), 2)]


def test_a_service_sees_every_person_as_the_directory_knows_them(group: Tenant) -> None:
    status = _full(group.client, "group")
    assert status.author == ANNA
    assert [recipient.user for recipient in status.recipients] == [
        ANNA,
        BORIS,
        user_pb.User(user_id="stranger"),
    ]


def test_a_person_does_not_see_the_login_name_of_another_company(group: Tenant, operator: Operator) -> None:
    as_boris = operator.connect(operator.key(group.name, ["READ"], user_id="boris"))
    status = _full(as_boris, "group")
    hidden = user_pb.User(user_id="anna", display_name="Anna A", company="acme", external=True)
    assert status.author == hidden
    assert [recipient.user for recipient in status.recipients][:2] == [hidden, BORIS]


def test_the_basic_view_shows_neither_recipients_nor_names(group: Tenant) -> None:
    status = get(group.client, "group")
    assert (list(status.recipients), list(status.state_counts)) == ([], [])
    assert status.author == user_pb.User(user_id="anna")


def test_but_for_people_both_views_show_the_same(group: Tenant) -> None:
    full = _full(group.client, "group")
    full.author.CopyFrom(user_pb.User(user_id="anna"))
    full.ClearField("recipients")
    full.ClearField("state_counts")
    assert full == get(group.client, "group")


@pytest.mark.parametrize(
    ("rule", "expected"), [("ROLL_UP_ALL", "REJECTED"), ("ROLL_UP_ANY", "READ"), (None, "REJECTED")]
)
def test_the_state_of_a_group_message_is_rolled_up(tenant: Tenant, rule: str | None, expected: str) -> None:
    register(
        tenant.client,
        message("g", channel=status_pb.CHANNEL_CHAT, recipient_user_ids=["a", "b"], roll_up=rule),
    )
    report(
        tenant.client,
        receipt("g", "READ", recipient_user_id="a"),
        receipt("g", "REJECTED", recipient_user_id="b"),
    )
    assert get(tenant.client, "g").state == state(expected)
