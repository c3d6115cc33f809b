"""Phone numbers: the same pattern wherever one is written or asked for."""

import pytest

from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import error, message, register, result
from tests.refused import refusal
from tests.running import Tenant

GOOD = ["+1234567890", "+1234567", "+123456789012345", "+390612345678", "+9999999"]

BAD = {
    "no plus sign": "1234567890",
    "six digits": "+123456",
    "sixteen digits": "+1234567890123456",
    "leading zero": "+0123456789",
    "two zeros for the plus sign": "00123456789",
    "space inside": "+1 234567890",
    "space after": "+1234567890 ",
    "line feed after": "+1234567890\n",
    "letters": "+1234567abc",
    "two plus signs": "++1234567890",
    "dashes": "+1-234-567-890",
    "digits of another script": "+١٢٣٤٥٦٧٨٩٠",
    "full-width digits": "+" + "\uff11" * 10,
    "plus sign alone": "+",
    "NUL": "+1234567890\0",
}


@pytest.mark.parametrize("phone", GOOD)
def test_a_plus_sign_and_seven_to_fifteen_digits_are_a_number(tenant: Tenant, phone: str) -> None:
    (outcome,) = register(tenant.client, message("m", phone=phone))
    assert result(outcome) == "CREATED"
    page = tenant.client.status.ListByPhone(lookup_pb.ListByPhoneRequest(phone=phone))
    assert [found.phone for found in page.message_statuses] == [phone]


@pytest.mark.parametrize("phone", BAD.values(), ids=BAD)
def test_anything_else_is_refused_wherever_it_is_said(tenant: Tenant, phone: str) -> None:
    (outcome,) = register(tenant.client, message("m", phone=phone))
    assert error(outcome) == ("FIELD_INVALID", "phone")
    refused = refusal(tenant.client.status.ListByPhone, lookup_pb.ListByPhoneRequest(phone=phone))
    assert (refused.code.name, refused.reason) == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refused.fields == ["phone"]
    assert not phone.strip("+") or phone not in refused.text
