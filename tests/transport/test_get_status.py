"""GetStatus: one message, named by its identifier."""

import pytest

from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from messagestatus.v1 import user_pb2 as user_pb
from tests.builders import PHONE, get, message, moment, receipt, register, report, state, state_of
from tests.refused import refusal
from tests.running import Tenant


def test_a_registered_message_is_queued(tenant: Tenant) -> None:
    register(tenant.client, message("one", phone=PHONE))
    found = get(tenant.client, "one")
    assert (found.message_id, found.phone, found.instance, found.revision) == ("one", PHONE, "", 1)
    assert found.state == state("QUEUED")


def test_everything_that_was_registered_is_shown(tenant: Tenant) -> None:
    reference = status_pb.Reference(service="DIGITALSIGN", action="AUTH", key="order-7")
    provider = status_pb.Provider(
        name="PROVIDER1", message_id="p-1", status="SENT", code="0", detail="on its way"
    )
    register(
        tenant.client,
        message(
            "whole",
            conversation_id="room",
            direction=status_pb.DIRECTION_OUTBOUND,
            channel=status_pb.CHANNEL_RCS,
            content_kind=status_pb.CONTENT_KIND_IMAGE,
            phone=PHONE,
            reference=reference,
            provider=provider,
            vocabulary="namirial",
            accept_time=moment(1.000001),
            message_time=moment(2),
            segments=3,
            author_user_id="anna",
        ),
    )
    assert get(tenant.client, "whole") == status_pb.MessageStatus(
        message_id="whole",
        conversation_id="room",
        direction=status_pb.DIRECTION_OUTBOUND,
        channel=status_pb.CHANNEL_RCS,
        content_kind=status_pb.CONTENT_KIND_IMAGE,
        phone=PHONE,
        reference=reference,
        provider=provider,
        state=state("SENT"),
        accept_time=moment(1.000001),
        change_time=moment(1.000001),
        message_time=moment(2),
        segments=3,
        author=user_pb.User(user_id="anna"),
        revision=1,
    )


def test_the_deciding_receipt_gives_state_reason_channel_provider_and_time(tenant: Tenant) -> None:
    register(tenant.client, message("one", channel=status_pb.CHANNEL_RCS, accept_time=moment()))
    words = status_pb.Provider(
        name="PROVIDER1", message_id="p", status="NDN", code="17", detail="Number Blocked"
    )
    failed = receipt("one", "UNDELIVERED", 5, provider=words, reason=8, channel=status_pb.CHANNEL_SMS)
    report(tenant.client, failed, receipt("one", "SENT", 9))
    found = get(tenant.client, "one")
    assert (found.state, found.reason, found.channel) == (state("UNDELIVERED"), 8, status_pb.CHANNEL_SMS)
    assert (found.provider, found.change_time) == (words, moment(5))
    assert (found.accept_time, found.revision) == (moment(), 3)


def test_replies_are_shown_the_oldest_first(tenant: Tenant) -> None:
    register(tenant.client, message("one", channel=status_pb.CHANNEL_WHATSAPP))
    media = status_pb.Media(url="https://example.org/a.png", file_name="a.png", file_size=7)
    later = status_pb.Reply(reply_time=moment(9), text="yes", media=media)
    earlier = status_pb.Reply(reply_time=moment(8), text="no")
    report(
        tenant.client,
        receipt("one", "REPLIED", 9, reply=later),
        receipt("one", "REPLIED", 8, reply=earlier),
    )
    assert list(get(tenant.client, "one").replies) == [earlier, later]


def test_an_unknown_message_is_not_found(tenant: Tenant) -> None:
    refused = refusal(tenant.client.status.GetStatus, lookup_pb.GetStatusRequest(message_id="none"))
    assert refused.code.name == "NOT_FOUND"
    assert (refused.reason, refused.info) == ("MESSAGE_NOT_FOUND", {"message_id": "none"})


@pytest.mark.parametrize(
    ("message_id", "reason"),
    [("", "FIELD_REQUIRED"), ("x" * 257, "FIELD_INVALID"), ("nul\0", "FIELD_INVALID")],
)
def test_an_identifier_that_cannot_be_is_named_as_the_fault(
    tenant: Tenant, message_id: str, reason: str
) -> None:
    refused = refusal(tenant.client.status.GetStatus, lookup_pb.GetStatusRequest(message_id=message_id))
    assert refused.code.name == "INVALID_ARGUMENT"
    assert (refused.reason, refused.fields) == (reason, ["message_id"])


@pytest.mark.parametrize("message_id", ["x" * 256, "ж" * 256, "5511@s.whatsapp.net:3EB0/x=", " ", "\u202e🙂"])
def test_any_other_text_may_be_an_identifier(tenant: Tenant, message_id: str) -> None:
    """The limit counts characters, and not their bytes."""
    register(tenant.client, message(message_id))
    assert get(tenant.client, message_id).message_id == message_id


def test_an_unknown_view_is_refused(tenant: Tenant) -> None:
    register(tenant.client, message("one"))
    request = lookup_pb.GetStatusRequest.FromString(b"\x0a\x03one\x18\x63")
    refused = refusal(tenant.client.status.GetStatus, request)
    assert (refused.code.name, refused.fields) == ("INVALID_ARGUMENT", ["view"])


def test_a_report_that_was_answered_is_seen_by_the_next_look_up(tenant: Tenant) -> None:
    register(tenant.client, message("one"))
    for name in ("ACCEPTED", "SENT", "DELIVERED"):
        report(tenant.client, receipt("one", name))
        assert state_of(tenant.client, "one") == name
