"""The lifecycle's words: states and their precedence, failure reasons, finality."""

from enum import IntEnum


class DeliveryState(IntEnum):
    """How far a message has come; the number is the precedence."""

    UNSPECIFIED = 0
    QUEUED = 10
    ROUTING = 15
    ACCEPTED = 20
    SENT = 30
    UNKNOWN = 35
    FAILED = 41
    UNDELIVERED = 42
    EXPIRED = 43
    REJECTED = 44
    DELETED = 45
    PARTIALLY_DELIVERED = 50
    DELIVERED = 60
    RECEIVED = 62
    READ = 70
    PLAYED = 80
    REPLIED = 85


FAILURES = frozenset(
    {
        DeliveryState.FAILED,
        DeliveryState.UNDELIVERED,
        DeliveryState.EXPIRED,
        DeliveryState.REJECTED,
        DeliveryState.DELETED,
    }
)
"""The states of a message that did not arrive."""

ARRIVALS = frozenset(state for state in DeliveryState if state >= DeliveryState.PARTIALLY_DELIVERED)
"""The states of a message that arrived, at least in part."""


class FailureReason(IntEnum):
    """Why a message failed, in words that are the same for every provider."""

    UNSPECIFIED = 0
    INVALID_RECIPIENT = 1
    INVALID_SENDER = 2
    NO_ROUTE = 3
    FILTERED = 4
    SIM_FULL = 5
    ABSENT = 6
    ABSENT_PERMANENT = 7
    BLOCKED = 8
    OPTED_OUT = 9
    CONTENT_REJECTED = 10
    RATE_LIMITED = 11
    LANDLINE = 12
    SENDER_NOT_REGISTERED = 13
    INSUFFICIENT_FUNDS = 14
    POLICY_WINDOW = 15
    UNSUPPORTED_MEDIA = 16
    HANDSET_ERROR = 17
    NETWORK_ERROR = 18
    PROVIDER_ERROR = 19
    CANCELLED = 20
    DUPLICATE = 21
    AGE_RESTRICTED = 22
    OTHER = 99


class Finality(IntEnum):
    """Whether a receipt ends the waiting for more; it never decides the state."""

    UNSPECIFIED = 0
    NONE = 1
    SOFT = 2
    FINAL = 3


def contradict(one: DeliveryState, other: DeliveryState) -> bool:
    """Tell whether one state says the message arrived and the other that it failed."""
    return (one in FAILURES and other in ARRIVALS) or (one in ARRIVALS and other in FAILURES)
