"""The error dictionary of the scripted service."""

from messagestatus.v1.delivery_state_pb2 import FailureReason
from messagestatus.v1.error_dictionary_pb2 import ErrorDescription

ERRORS = {
    (description.provider, description.code): description
    for description in (
        ErrorDescription(
            provider="twilio",
            code="30003",
            reason=FailureReason.FAILURE_REASON_ABSENT,
            retryable=True,
            advice="Try again later.",
        ),
        ErrorDescription(
            provider="twilio",
            code="21610",
            reason=FailureReason.FAILURE_REASON_OPTED_OUT,
            permanent=True,
            suppress_recipient=True,
            advice="Stop sending.",
        ),
        ErrorDescription(
            provider="plivo", code="900", reason=FailureReason.FAILURE_REASON_INSUFFICIENT_FUNDS
        ),
    )
}
"""The whole error dictionary."""
