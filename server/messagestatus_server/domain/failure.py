"""Failures explained: what a provider's error code means, and what to do about each reason."""

from collections.abc import Mapping
from typing import NamedTuple

from messagestatus_server.domain.state import FailureReason as R


class ErrorMeaning(NamedTuple):
    """What an error code of a provider means.

    `permanent` tells that the same message to the same recipient will fail again, `retryable` that sending
    it again makes sense, and `suppress` that nothing more should be sent to the recipient.
    """

    reason: R
    permanent: bool
    retryable: bool
    suppress: bool
    advice: str


ADVICE: Mapping[R, str] = {
    R.UNSPECIFIED: "",
    R.INVALID_RECIPIENT: "Correct or remove the recipient's number; no try will reach it.",
    R.INVALID_SENDER: "Send from a sender that the provider lets you use for this country.",
    R.NO_ROUTE: "Ask the provider for a route to this network, or send by another provider.",
    R.FILTERED: "Review content, links and volume: the carrier took it for unwanted.",
    R.SIM_FULL: "Try again later; the device has no room.",
    R.ABSENT: "Try again later; the device was off or out of coverage.",
    R.ABSENT_PERMANENT: "Remove the number: it is no longer in service.",
    R.BLOCKED: "Stop sending to this recipient until the block is lifted.",
    R.OPTED_OUT: "Stop sending: the recipient opted out. Only their own opt-in lifts it.",
    R.CONTENT_REJECTED: "Correct the content; it will be rejected again as it is.",
    R.RATE_LIMITED: "Send more slowly, and try again.",
    R.LANDLINE: "Send to a mobile number, or use another channel.",
    R.SENDER_NOT_REGISTERED: "Register the sender or the campaign with the carriers first.",
    R.INSUFFICIENT_FUNDS: "Top up the account with the provider, and send again.",
    R.POLICY_WINDOW: "Send an approved template, or wait for the recipient to write.",
    R.UNSUPPORTED_MEDIA: "Send media of a type and size that the channel takes.",
    R.HANDSET_ERROR: "Try again once, or send another kind of message: the device refused it.",
    R.NETWORK_ERROR: "Try again later: the network had a fault.",
    R.PROVIDER_ERROR: "Try again later, and tell the provider if it persists.",
    R.CANCELLED: "Nothing: it was cancelled on request.",
    R.DUPLICATE: "Nothing: the same message was sent before.",
    R.AGE_RESTRICTED: "Send only to recipients whose age the carrier has verified.",
    R.OTHER: "Look at the provider's own code and text.",
}
"""What to do about a failure, where its code says nothing more exact."""
