"""Fields that the contract does not have are not taken, wherever in a request they stand."""

from typing import Any

import pytest
from google.protobuf.unknown_fields import UnknownFieldSet

from messagestatus.v1 import delivery_receipt_service_pb2 as receipt_pb
from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import PHONE, get, history, message, moment, receipt, register, report, state_of
from tests.running import Operator, Tenant


def _numbered(field: int, content: bytes | int) -> bytes:
    """Return a field as protobuf writes it: text, or a number below 128."""
    if isinstance(content, int):
        return _varint(field << 3) + bytes([content])
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*written, number])


def _strange(victim: str) -> bytes:
    """Return fields of a like that somebody would try: a tenant's name, ranks, times, under many numbers."""
    told = moment(99).SerializeToString()
    fields = [19, 20, 21, 22, 50, 100, 536_870_911]
    return b"".join(_numbered(field, content) for field in fields for content in (victim.encode(), 85, told))


def _ask(tenant: Tenant, path: str, body: bytes) -> bytes:
    call: Any = tenant.client.channel.unary_unary(f"/messagestatus.v1.{path}")
    answer: bytes = call(body, metadata=[("x-api-key", tenant.key)], timeout=20)
    return answer


def test_a_registration_with_strange_fields_is_stored_without_them(
    tenant: Tenant, operator: Operator
) -> None:
    victim = operator.tenant()
    plain = message("plain", phone=PHONE, accept_time=moment()).SerializeToString()
    strange = message("strange", phone=PHONE, accept_time=moment()).SerializeToString()
    strange += _strange(victim.name)
    body = _numbered(1, plain) + _numbered(1, strange) + _strange(victim.name)
    answer = message_pb.RegisterMessagesResponse.FromString(
        _ask(tenant, "MessageService/RegisterMessages", body)
    )
    assert [outcome.result for outcome in answer.outcomes] == [1, 1]
    one, other = get(tenant.client, "plain"), get(tenant.client, "strange")
    assert len(UnknownFieldSet(other)) == 0
    other.message_id = one.message_id
    assert one == other
    listed = victim.client.status.ListByPhone(lookup_pb.ListByPhoneRequest(phone=PHONE))
    assert not listed.message_statuses


def test_a_receipt_with_strange_fields_is_stored_without_them(tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    body = _numbered(1, receipt("m", "SENT").SerializeToString() + _strange("x")) + _strange("x")
    answer = receipt_pb.ReportReceiptsResponse.FromString(
        _ask(tenant, "DeliveryReceiptService/ReportReceipts", body)
    )
    assert (answer.outcomes[0].disposition, state_of(tenant.client, "m")) == (1, "SENT")
    (record,) = history(tenant.client, "m")
    assert record.receipt == receipt("m", "SENT", finality=1)
    assert len(UnknownFieldSet(record.receipt)) == 0
    (again,) = report(tenant.client, receipt("m", "SENT"))
    assert again.receipt_key == record.receipt_key


@pytest.mark.parametrize(
    ("path", "request_of"),
    [
        ("MessageStatusService/GetStatus", lookup_pb.GetStatusRequest(message_id="m")),
        ("MessageStatusService/BatchStatus", lookup_pb.BatchStatusRequest(message_ids=["m", "theirs"])),
        ("MessageStatusService/ListByPhone", lookup_pb.ListByPhoneRequest(phone=PHONE)),
        ("DeliveryReceiptService/ListReceipts", receipt_pb.ListReceiptsRequest(message_id="m")),
    ],
)
def test_a_look_up_with_strange_fields_is_answered_as_without(
    tenant: Tenant, operator: Operator, path: str, request_of: Any
) -> None:
    victim = operator.tenant()
    register(victim.client, message("theirs", phone=PHONE))
    register(tenant.client, message("m", phone=PHONE))
    plain = request_of.SerializeToString()
    assert _ask(tenant, path, plain + _strange(victim.name)) == _ask(tenant, path, plain)


def test_the_fields_that_only_the_server_fills_are_not_in_any_request() -> None:
    """A status is written by registrations and receipts; neither has a field for what follows from them."""
    ours = {"change_time", "revision", "suppress_time", "recipients", "state_counts", "replies", "tenant"}
    for request in (message("m"), receipt("m", "SENT")):
        assert not ours & set(request.DESCRIPTOR.fields_by_name)
