"""The table from refusals to statuses: whole, one to one, and just as the contract describes it."""

import inspect
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from google.rpc.error_details_pb2 import BadRequest, RetryInfo

from messagestatus.v1 import error_reason_pb2 as reason_pb
from messagestatus_server.domain.refusals import FieldRefusal, Refusal
from messagestatus_server.transport.error_status import STATUSES, failure, item_error
from tests.refused import Refused

SAMPLES: dict[type, Any] = {str: "text", int: 7, bytes: b"\x07"}
"""An argument of each type that a refusal is made of."""


def _raised(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Return every refusal that is raised itself: those which are not split further."""
    special = kind.__subclasses__()
    if not special:
        yield kind
    for each in special:
        yield from _raised(each)


def _sample(kind: type[Refusal]) -> Refusal:
    signature = inspect.signature(kind)
    return kind(
        *(
            SAMPLES[parameter.annotation]
            for parameter in signature.parameters.values()
            if parameter.kind is not parameter.VAR_KEYWORD
        )
    )


def _told(kind: type[Refusal]) -> Refused:
    failed = failure(_sample(kind), "request-1")
    return Refused(failed.code, failed.text, dict(failed.trailers))


RAISED = sorted(_raised(), key=lambda kind: kind.__name__)

each_refusal = pytest.mark.parametrize("kind", RAISED, ids=lambda kind: kind.__name__)


def test_every_refusal_has_a_status() -> None:
    assert set(RAISED) == set(STATUSES)


def test_every_reason_is_used_exactly_once() -> None:
    used = [reason for _, reason in STATUSES.values()]
    assert sorted(used) == sorted(set(reason_pb.ErrorReason.values()) - {reason_pb.ERROR_REASON_UNSPECIFIED})


@each_refusal
def test_a_refusal_carries_its_reason_its_metadata_and_the_request(kind: type[Refusal]) -> None:
    told = _told(kind)
    reason = reason_pb.ErrorReason.Name(STATUSES[kind][1])
    assert f"ERROR_REASON_{told.reason}" == reason
    assert told.info == _sample(kind).metadata
    assert told.request_id == "request-1"
    assert (told.status.code, told.status.message) == (told.code.value[0], told.text)


@each_refusal
def test_a_field_at_fault_is_named_and_nothing_else_is(kind: type[Refusal]) -> None:
    sample, told = _sample(kind), _told(kind)
    assert told.fields == ([sample.field] if isinstance(sample, FieldRefusal) else [])
    assert item_error(sample).field == (sample.field if isinstance(sample, FieldRefusal) else "")
    assert item_error(sample).reason == STATUSES[kind][1]


@each_refusal
def test_a_retry_is_told_twice_alike_or_not_at_all(kind: type[Refusal]) -> None:
    told = _told(kind)
    pushback = told.trailers.get("grpc-retry-pushback-ms")
    if kind.retry_after is None:
        assert (pushback, told.retry_delay) == (None, None)
    else:
        assert isinstance(pushback, str)
        assert int(pushback) / 1000 == told.retry_delay == kind.retry_after


def _comments() -> dict[str, str]:
    """Return the comment of each reason of the contract."""
    contract = files("messagestatus.v1").joinpath("error_reason.proto").read_text()
    values = re.findall(r"((?:^ *//.*\n)+) *ERROR_REASON_(\w+) = [1-9]", contract, re.MULTILINE)
    return {name: " ".join(re.sub(r"^ *// ?", "", text, flags=re.MULTILINE).split()) for text, name in values}


@each_refusal
def test_what_the_contract_says_of_a_reason_is_true(kind: type[Refusal]) -> None:
    told = _told(kind)
    comment = _comments()[told.reason]
    assert re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b(?=[.,;])", comment) == [told.code.name]
    _, _, metadata = comment.partition("Metadata:")
    assert set(re.findall(r"`(\w+)`", metadata)) == set(told.info)
    if "BadRequest" in comment:
        assert told.detail(BadRequest) is not None
    if "RetryInfo" in comment:
        assert told.detail(RetryInfo) is not None
