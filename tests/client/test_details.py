"""The error details of google.rpc are read as its own code writes them."""

import grpc
import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from messagestatus import CallError
from messagestatus.details import details_in

_WHOLE = (
    error_details_pb2.ErrorInfo(
        reason="WATCHER_TOO_SLOW", domain="messagestatus", metadata={"resume_token": "t", "field": "f"}
    ),
    error_details_pb2.BadRequest(
        field_violations=[error_details_pb2.BadRequest.FieldViolation(field="a.b", description="is wrong")]
    ),
    error_details_pb2.RetryInfo(retry_delay=Duration(seconds=2, nanos=500_000_000)),
    error_details_pb2.RequestInfo(request_id="r"),
    error_details_pb2.Help(),
)


def _status(*details: Message) -> bytes:
    packed = []
    for detail in details:
        packed.append(Packed())
        packed[-1].Pack(detail)
    return bytes(status_pb2.Status(code=8, message="too slow", details=packed).SerializeToString())


class _Ended:
    """A call that has ended with these details."""

    def __init__(self, details: bytes) -> None:
        self._details = details

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.RESOURCE_EXHAUSTED

    def details(self) -> str:
        return "too slow"

    def trailing_metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        return ("x-other", "1"), ("grpc-status-details-bin", self._details)


def test_every_detail_of_a_refusal_is_told() -> None:
    error = CallError.of(_Ended(_status(*_WHOLE)), "here:1")
    assert error.reason == "WATCHER_TOO_SLOW"
    assert (error.field, error.text) == ("a.b", "is wrong")
    assert error.metadata == {"resume_token": "t", "field": "f"}
    assert (error.retry_after, error.request_id, error.address) == (2.5, "r", "here:1")
    assert str(error) == "a.b: is wrong (WATCHER_TOO_SLOW, resume_token=t)"


def test_details_of_kinds_that_nobody_knows_are_passed_over() -> None:
    assert [name for name, _ in details_in(_status(*_WHOLE))] == [
        "ErrorInfo",
        "BadRequest",
        "RetryInfo",
        "RequestInfo",
    ]


def test_reasons_of_somebody_else_are_not_ours() -> None:
    other = error_details_pb2.ErrorInfo(reason="RATE_LIMIT_EXCEEDED", domain="a.proxy")
    error = CallError.of(_Ended(_status(other)), "here:1")
    assert error.reason == ""
    assert str(error) == "here:1: RESOURCE_EXHAUSTED: too slow"


@pytest.mark.parametrize("broken", [b"", b"\xff", b"\x1a\x05abc", _status(*_WHOLE)[:-3]])
def test_details_that_cannot_be_read_are_as_good_as_none(broken: bytes) -> None:
    assert CallError.of(_Ended(broken), "here:1").code is grpc.StatusCode.RESOURCE_EXHAUSTED
