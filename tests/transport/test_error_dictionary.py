"""ErrorDictionaryService: every code of every table is described, and listed, for those who may read."""

import grpc
import pytest

from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import error_dictionary_pb2 as dictionary_pb
from messagestatus.v1.error_dictionary_service_pb2 import DescribeErrorRequest, ListErrorsRequest
from messagestatus_server.providers.tables import lexicon
from tests.refused import refusal
from tests.running import Operator, Tenant

ERRORS = lexicon().errors


def _described(tenant: Tenant, provider: str, code: str) -> dictionary_pb.ErrorDescription:
    request = DescribeErrorRequest(provider=provider, code=code)
    return tenant.client.errors.DescribeError(request).error_description


def _listed(tenant: Tenant, provider: str = "") -> list[dictionary_pb.ErrorDescription]:
    return list(tenant.client.errors.ListErrors(ListErrorsRequest(provider=provider)).error_descriptions)


def test_a_code_is_described_as_its_table_says(tenant: Tenant) -> None:
    assert _described(tenant, "twilio", "21610") == dictionary_pb.ErrorDescription(
        provider="twilio",
        code="21610",
        reason=state_pb.FAILURE_REASON_OPTED_OUT,
        permanent=True,
        retryable=False,
        suppress_recipient=True,
        advice="Stop sending: the recipient opted out. Only their own opt-in lifts it.",
    )


def test_upper_and_lower_case_are_alike(tenant: Tenant) -> None:
    assert _described(tenant, "Jasmin", "esme_rthrottled") == _described(tenant, "jasmin", "ESME_RTHROTTLED")


def test_every_code_of_every_table_is_listed_and_described(tenant: Tenant) -> None:
    listed = _listed(tenant)
    assert [(each.provider, each.code) for each in listed] == [
        (provider, code) for provider in sorted(ERRORS) for code in ERRORS[provider]
    ]
    assert all(each.reason or each.advice == "" for each in listed)
    for each in listed[:: max(1, len(listed) // 20)]:
        assert _described(tenant, each.provider, each.code) == each


@pytest.mark.parametrize("provider", sorted(provider for provider, codes in ERRORS.items() if codes))
def test_a_provider_s_codes_are_listed_alone(tenant: Tenant, provider: str) -> None:
    assert [each.code for each in _listed(tenant, provider)] == list(ERRORS[provider])


@pytest.mark.parametrize(
    ("provider", "code"), [("twilio", "99999"), ("nobody", "30003"), ("twilio", "30003 "), ("", "30003")]
)
def test_a_code_that_is_not_known_is_not_found(tenant: Tenant, provider: str, code: str) -> None:
    told = refusal(tenant.client.errors.DescribeError, DescribeErrorRequest(provider=provider, code=code))
    if not provider:
        assert (told.reason, told.fields) == ("FIELD_REQUIRED", ["provider"])
        return
    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "ERROR_CODE_NOT_FOUND")
    assert told.info == {"provider": provider, "code": code}


@pytest.mark.parametrize("provider", ["nobody", "ryze"])
def test_a_provider_without_codes_is_not_found(tenant: Tenant, provider: str) -> None:
    told = refusal(tenant.client.errors.ListErrors, ListErrorsRequest(provider=provider))
    assert (told.code, told.reason) == (grpc.StatusCode.NOT_FOUND, "ERROR_CODE_NOT_FOUND")
    assert told.info == {"provider": provider, "code": ""}


@pytest.mark.parametrize(
    ("provider", "code", "field", "reason"),
    [
        ("twilio", "", "code", "FIELD_REQUIRED"),
        ("x" * 257, "1", "provider", "FIELD_INVALID"),
        ("twilio", "x" * 257, "code", "FIELD_INVALID"),
        ("twilio", "n\0l", "code", "FIELD_INVALID"),
    ],
)
def test_a_field_at_fault_is_named(tenant: Tenant, provider: str, code: str, field: str, reason: str) -> None:
    told = refusal(tenant.client.errors.DescribeError, DescribeErrorRequest(provider=provider, code=code))
    assert (told.reason, told.fields) == (reason, [field])


def test_a_key_that_may_not_read_is_refused(tenant: Tenant, operator: Operator) -> None:
    sender = operator.connect(operator.key(tenant.name, ["INGEST"]))
    for call, request in (
        (sender.errors.DescribeError, DescribeErrorRequest(provider="twilio", code="30003")),
        (sender.errors.ListErrors, ListErrorsRequest()),
    ):
        assert refusal(call, request).reason == "SCOPE_MISSING"
