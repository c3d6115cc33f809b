"""ListByPhone and ListByReference: which messages they show, and in which order."""

from typing import Any

import pytest

from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import PHONE, get, message, moment, receipt, register, report, state
from tests.refused import refusal
from tests.running import Operator, Tenant
from tests.transport.paging import listed

OTHER_PHONE = "+1234567891"


def _by_phone(tenant: Tenant, **fields: Any) -> list[str]:
    request = lookup_pb.ListByPhoneRequest(**{"phone": PHONE, **fields})
    return listed(tenant.client.status.ListByPhone, request)


def _by_reference(tenant: Tenant, **fields: Any) -> list[str]:
    request = lookup_pb.ListByReferenceRequest(**{"key": "order", **fields})
    return listed(tenant.client.status.ListByReference, request)


def test_the_newest_is_first_and_of_equals_the_greater_identifier(tenant: Tenant) -> None:
    register(
        tenant.client,
        message("b", phone=PHONE, accept_time=moment(1)),
        message("d", phone=PHONE, accept_time=moment(0.000001)),
        message("c", phone=PHONE, accept_time=moment(1)),
        message("e", phone=PHONE, accept_time=moment(0)),
        message("a", phone=PHONE, accept_time=moment(2)),
    )
    assert _by_phone(tenant) == ["a", "c", "b", "d", "e"]


def test_only_messages_to_that_very_number_are_listed(tenant: Tenant) -> None:
    register(
        tenant.client,
        message("yes", phone=PHONE),
        message("no", phone=OTHER_PHONE),
        message("longer", phone=f"{PHONE}0"),
        message("none"),
    )
    assert _by_phone(tenant) == ["yes"]
    assert _by_phone(tenant, phone="+19999999999") == []


def test_only_messages_with_that_very_reference_key_are_listed(tenant: Tenant) -> None:
    register(
        tenant.client,
        message("yes", reference={"key": "order"}),
        message("case", reference={"key": "Order"}),
        message("more", reference={"key": "orders"}),
        message("elsewhere", reference={"service": "order", "action": "order"}),
    )
    assert _by_reference(tenant) == ["yes"]


def test_a_listed_message_is_what_a_single_look_up_answers(tenant: Tenant) -> None:
    register(tenant.client, message("m", phone=PHONE, segments=4, reference={"key": "order"}))
    phone = tenant.client.status.ListByPhone(lookup_pb.ListByPhoneRequest(phone=PHONE))
    reference = tenant.client.status.ListByReference(lookup_pb.ListByReferenceRequest(key="order"))
    assert [*phone.message_statuses, *reference.message_statuses] == [get(tenant.client, "m")] * 2


def test_before_time_is_exclusive_to_the_microsecond(tenant: Tenant) -> None:
    register(
        tenant.client,
        message("at", phone=PHONE, accept_time=moment(5.000002)),
        message("before", phone=PHONE, accept_time=moment(5.000001)),
    )
    assert _by_phone(tenant, before_time=moment(5.000003)) == ["at", "before"]
    assert _by_phone(tenant, before_time=moment(5.000002)) == ["before"]
    assert _by_phone(tenant, before_time=moment(5.000001)) == []


@pytest.fixture
def varied(tenant: Tenant, operator: Operator) -> Tenant:
    """Register messages that differ in everything a list can be narrowed by."""
    operator.instance(tenant.name, "red")
    register(
        tenant.client,
        *(
            message(
                name,
                phone=PHONE,
                instance=instance,
                channel=channel,
                reference={"key": "order", "service": service, "action": action},
                accept_time=moment(-ord(name)),
            )
            for name, instance, channel, service, action in (
                ("a", "", status_pb.CHANNEL_SMS, "SIGN", "AUTH"),
                ("b", "red", status_pb.CHANNEL_RCS, "SIGN", "SEND"),
                ("c", "red", status_pb.CHANNEL_SMS, "MAIL", "AUTH"),
                ("d", "", status_pb.CHANNEL_UNSPECIFIED, "", ""),
            )
        ),
    )
    report(tenant.client, receipt("b", "DELIVERED"), receipt("c", "REJECTED"))
    return tenant


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, "abcd"),
        ({"states": [state("DELIVERED")]}, "b"),
        ({"states": [state("DELIVERED"), state("QUEUED"), state("READ")]}, "abd"),
        ({"channels": [status_pb.CHANNEL_SMS]}, "ac"),
        ({"channels": [status_pb.CHANNEL_UNSPECIFIED, status_pb.CHANNEL_RCS]}, "bd"),
        ({"instance": "red"}, "bc"),
        ({"instance": ""}, "ad"),
        ({"instance": "unknown"}, ""),
        ({"instance": "red", "channels": [status_pb.CHANNEL_SMS], "states": [state("REJECTED")]}, "c"),
        ({"instance": "red", "channels": [status_pb.CHANNEL_SMS], "states": [state("READ")]}, ""),
    ],
)
def test_filters_narrow_both_lists_alike(varied: Tenant, filters: dict[str, Any], expected: str) -> None:
    assert "".join(_by_phone(varied, **filters)) == expected
    assert "".join(_by_reference(varied, **filters)) == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"service": "SIGN"}, "ab"),
        ({"action": "AUTH"}, "ac"),
        ({"service": "SIGN", "action": "AUTH"}, "a"),
        ({"service": "SIGN", "action": "nothing"}, ""),
    ],
)
def test_references_are_narrowed_by_service_and_action(
    varied: Tenant, filters: dict[str, Any], expected: str
) -> None:
    assert "".join(_by_reference(varied, **filters)) == expected


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"phone": ""}, "phone"),
        ({"phone": "1234567890"}, "phone"),
        ({"page_size": -1}, "page_size"),
        ({"page_size": -(2**31)}, "page_size"),
        ({"states": [1]}, "states"),
        ({"channels": [99]}, "channels"),
        ({"instance": "n\0l"}, "instance"),
        ({"before_time": {"seconds": 0, "nanos": -1}}, "before_time"),
        ({"before_time": {"seconds": 253_402_300_800}}, "before_time"),
        ({"page_token": "x"}, "page_token"),
    ],
)
def test_a_fault_of_a_list_by_phone_names_its_field(
    tenant: Tenant, fields: dict[str, Any], field: str
) -> None:
    request = lookup_pb.ListByPhoneRequest(**{"phone": PHONE, **fields})
    refused = refusal(tenant.client.status.ListByPhone, request)
    assert (refused.code.name, refused.fields) == ("INVALID_ARGUMENT", [field])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"key": ""}, "key"),
        ({"key": "x" * 257}, "key"),
        ({"service": "x" * 257}, "service"),
        ({"action": "n\0l"}, "action"),
        ({"page_size": -1}, "page_size"),
    ],
)
def test_a_fault_of_a_list_by_reference_names_its_field(
    tenant: Tenant, fields: dict[str, Any], field: str
) -> None:
    request = lookup_pb.ListByReferenceRequest(**{"key": "order", **fields})
    refused = refusal(tenant.client.status.ListByReference, request)
    assert (refused.code.name, refused.fields) == ("INVALID_ARGUMENT", [field])
