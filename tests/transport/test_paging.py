"""Pages: how large they are, that they lose and double nothing, and whose a page token is."""

import base64
from typing import Any

import pytest

from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import PHONE, message, moment, register, state
from tests.refused import refusal
from tests.running import Client, Operator, Tenant
from tests.transport.paging import pages


def _fill(client: Client, count: int, **fields: Any) -> None:
    register(client, *(message(f"m{number:03}", phone=PHONE, **fields) for number in range(count)))


def _token(client: Client, **fields: Any) -> str:
    request = lookup_pb.ListByPhoneRequest(**{"phone": PHONE, "page_size": 1, **fields})
    return client.status.ListByPhone(request).next_page_token


@pytest.mark.parametrize(
    ("asked", "given"), [(0, 50), (1, 1), (50, 50), (100, 100), (101, 100), (10**9, 100), (2**31 - 1, 100)]
)
def test_a_page_holds_fifty_when_nothing_is_asked_and_never_more_than_a_hundred(
    tenant: Tenant, asked: int, given: int
) -> None:
    _fill(tenant.client, 120)
    page = tenant.client.status.ListByPhone(lookup_pb.ListByPhoneRequest(phone=PHONE, page_size=asked))
    assert len(page.message_statuses) == given
    assert page.next_page_token


def test_a_negative_page_size_is_refused_naming_it(tenant: Tenant) -> None:
    refused = refusal(
        tenant.client.status.ListByPhone, lookup_pb.ListByPhoneRequest(phone=PHONE, page_size=-1)
    )
    assert (refused.code.name, refused.reason) == ("INVALID_ARGUMENT", "FIELD_INVALID")
    assert refused.fields == ["page_size"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_pages_lose_and_double_nothing_where_times_and_identifiers_are_equal(
    tenant: Tenant, operator: Operator, size: int
) -> None:
    """Every message is there in three instances, and groups of four were accepted at one time."""
    names = ["", "blue", "red"]
    operator.instance(tenant.name, "red")
    operator.instance(tenant.name, "blue")
    register(
        tenant.client,
        *(
            message(f"m{number}", instance=instance, phone=PHONE, accept_time=moment(number // 4))
            for number in range(8)
            for instance in names
        ),
    )
    request = lookup_pb.ListByPhoneRequest(phone=PHONE, page_size=size)
    read = pages(tenant.client.status.ListByPhone, request)
    expected = [(f"m{number}", name) for number in range(7, -1, -1) for name in reversed(names)]
    assert [found for page in read for found in page] == expected
    assert [len(page) for page in read[:-1]] == [size] * (len(read) - 1)
    assert read[-1]


def test_a_list_that_just_fits_has_no_next_page(tenant: Tenant) -> None:
    _fill(tenant.client, 3)
    assert _token(tenant.client, page_size=3) == ""
    assert _token(tenant.client, page_size=2) != ""


def test_messages_that_arrive_while_paging_do_not_double_what_was_read(tenant: Tenant) -> None:
    _fill(tenant.client, 4, accept_time=moment())
    token = _token(tenant.client, page_size=2)
    register(tenant.client, message("newer", phone=PHONE, accept_time=moment(1)))
    request = lookup_pb.ListByPhoneRequest(phone=PHONE, page_token=token)
    page = tenant.client.status.ListByPhone(request)
    assert [found.message_id for found in page.message_statuses] == ["m001", "m000"]


def test_the_page_size_may_change_from_page_to_page(tenant: Tenant) -> None:
    _fill(tenant.client, 6)
    request = lookup_pb.ListByPhoneRequest(phone=PHONE, page_size=3, page_token=_token(tenant.client))
    page = tenant.client.status.ListByPhone(request)
    assert [found.message_id for found in page.message_statuses] == ["m004", "m003", "m002"]


@pytest.mark.parametrize(
    "change",
    [
        {"phone": "+1234567891"},
        {"before_time": moment(9)},
        {"states": [state("QUEUED")]},
        {"channels": [status_pb.CHANNEL_SMS]},
        {"instance": ""},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_token_is_of_no_use_for_another_query(tenant: Tenant, change: dict[str, Any]) -> None:
    _fill(tenant.client, 2)
    request = lookup_pb.ListByPhoneRequest(**{"phone": PHONE, "page_token": _token(tenant.client), **change})
    refused = refusal(tenant.client.status.ListByPhone, request)
    assert (refused.code.name, refused.reason) == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")
    assert refused.fields == ["page_token"]


def test_a_token_of_one_list_is_of_no_use_for_the_other(tenant: Tenant) -> None:
    """Even where the phone number of one is the reference key of the other."""
    _fill(tenant.client, 2, reference={"key": PHONE})
    request = lookup_pb.ListByReferenceRequest(key=PHONE, page_token=_token(tenant.client))
    assert refusal(tenant.client.status.ListByReference, request).reason == "PAGE_TOKEN_INVALID"


def test_a_token_is_of_no_use_to_another_tenant(tenant: Tenant, operator: Operator) -> None:
    other = operator.tenant()
    for each in (tenant, other):
        _fill(each.client, 2)
    request = lookup_pb.ListByPhoneRequest(phone=PHONE, page_token=_token(tenant.client))
    assert refusal(other.client.status.ListByPhone, request).reason == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize(
    "place",
    [
        b"",
        b"{}",
        b"null",
        b"\xff\xfe",
        b"[]",
        b"[1]",
        b"[1,2,3]",
        b"[" * 2_000,
        b'["1","a",""]',
        b'[1.5,"a",""]',
        b'[1,"a","",1]',
        b'[9223372036854775808,"a",""]',
    ],
)
def test_a_token_that_was_tampered_with_is_refused(tenant: Tenant, place: bytes) -> None:
    """Its first bytes are kept: those alone say which query it belongs to."""
    _fill(tenant.client, 2)
    real = base64.urlsafe_b64decode(_token(tenant.client))
    token = base64.urlsafe_b64encode(real[:9] + place).decode()
    request = lookup_pb.ListByPhoneRequest(phone=PHONE, page_token=token)
    assert refusal(tenant.client.status.ListByPhone, request).reason == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize("token", ["x", "====", "ж", "AAAA\n", "AAAAAAAAAAAA", "A" * 100_000])
def test_text_that_never_was_a_token_is_refused(tenant: Tenant, token: str) -> None:
    request = lookup_pb.ListByPhoneRequest(phone=PHONE, page_token=token)
    assert refusal(tenant.client.status.ListByPhone, request).reason == "PAGE_TOKEN_INVALID"
