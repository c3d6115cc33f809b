"""BatchStatus: many identifiers, one outcome for each, in their order."""

from messagestatus.v1 import error_reason_pb2 as reason_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import get, message, moment, register
from tests.refused import refusal
from tests.running import Client, Tenant


def _outcomes(client: Client, *message_ids: str, instance: str | None = None) -> list[str]:
    """Return the identifier of each message found, or the name of the reason why there is none."""
    request = lookup_pb.BatchStatusRequest(message_ids=message_ids, instance=instance)
    return [
        outcome.message_status.message_id
        if outcome.HasField("message_status")
        else reason_pb.ErrorReason.Name(outcome.error_reason).removeprefix("ERROR_REASON_")
        for outcome in client.status.BatchStatus(request).outcomes
    ]


def test_outcomes_stand_in_the_order_of_the_request(tenant: Tenant) -> None:
    register(tenant.client, *(message(name) for name in "abc"))
    assert _outcomes(tenant.client, "c", "a", "b") == ["c", "a", "b"]


def test_an_identifier_that_is_repeated_is_answered_each_time(tenant: Tenant) -> None:
    register(tenant.client, message("a"))
    assert _outcomes(tenant.client, "a", "z", "a", "z") == [
        "a",
        "MESSAGE_NOT_FOUND",
        "a",
        "MESSAGE_NOT_FOUND",
    ]


def test_an_identifier_at_fault_does_not_touch_its_neighbours(tenant: Tenant) -> None:
    register(tenant.client, message("a"))
    assert _outcomes(tenant.client, "", "a", "n\0l", "x" * 257, "a") == [
        "FIELD_REQUIRED",
        "a",
        "FIELD_INVALID",
        "FIELD_INVALID",
        "a",
    ]


def test_an_outcome_is_what_a_single_look_up_answers(tenant: Tenant) -> None:
    register(tenant.client, message("a", phone="+1234567890", segments=2))
    outcome = tenant.client.status.BatchStatus(lookup_pb.BatchStatusRequest(message_ids=["a"])).outcomes[0]
    assert outcome.message_status == get(tenant.client, "a")


def test_a_message_longer_than_one_length_byte_is_framed_right(tenant: Tenant) -> None:
    """The bytes of a batch are put together by hand: lengths of 127, 128 and 16,384 are its corners."""
    lengths = set()
    for padding in range(256):
        name = f"{padding:03}"
        # The time of registration takes one byte more or less, and could leave a length out.
        register(tenant.client, message(name, conversation_id="c" * padding, accept_time=moment()))
        status = get(tenant.client, name)
        lengths.add(lookup_pb.GetStatusResponse(message_status=status).ByteSize())
        assert _outcomes(tenant.client, name, name) == [name, name]
    assert {127, 128} <= lengths


def test_an_empty_batch_has_no_outcomes(tenant: Tenant) -> None:
    assert _outcomes(tenant.client) == []


def test_a_thousand_identifiers_are_taken(tenant: Tenant) -> None:
    names = [f"m{number}" for number in range(1_000)]
    register(tenant.client, *map(message, names))
    assert _outcomes(tenant.client, *names) == names


def test_one_more_than_a_thousand_is_refused_naming_the_field(tenant: Tenant) -> None:
    request = lookup_pb.BatchStatusRequest(message_ids=["m"] * 1_001)
    refused = refusal(tenant.client.status.BatchStatus, request)
    assert (refused.code.name, refused.reason) == ("INVALID_ARGUMENT", "BATCH_TOO_LARGE")
    assert refused.fields == ["message_ids"]
    assert refused.info == {"field": "message_ids", "limit": "1000", "count": "1001"}
