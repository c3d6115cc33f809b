"""The outcome of a receipt, put together from parts, has the bytes that protobuf itself would write."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from messagestatus.v1 import delivery_receipt_service_pb2 as pb
from messagestatus_server.domain.guards import Guard
from messagestatus_server.domain.receipt import Disposition
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.reporting import Reported
from messagestatus_server.transport.receipt_methods import _reported


@given(st.binary(min_size=16, max_size=16))
def test_an_outcome_has_the_bytes_of_protobuf(key: bytes) -> None:
    for disposition, state, guard in product(Disposition, DeliveryState, Guard):
        outcome = pb.ReceiptOutcome()
        outcome.disposition = disposition.value  # type: ignore[assignment]
        outcome.state = state.value  # type: ignore[assignment]
        outcome.guard = guard.value  # type: ignore[assignment]
        outcome.receipt_key = key.hex()
        reply = pb.ReportReceiptsResponse(outcomes=[outcome]).SerializeToString(deterministic=True)
        assert _reported(Reported(disposition, key, state, guard)) == reply
