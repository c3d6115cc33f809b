"""The key of a receipt: a carrier's retry has the key of the first try, and nothing else has it."""

import pytest

from messagestatus_server.domain.message import Channel, Provider
from messagestatus_server.domain.receipt import Entry, Receipt, receipt_key
from messagestatus_server.domain.state import DeliveryState, FailureReason

from .samples import NOON

CLAIM = Receipt(
    message_id="m",
    instance="line",
    provider=Provider("acme", "p1", "READ", "0", "ok"),
    state=DeliveryState.READ,
    occur_time=NOON,
    recipient="ann",
)
EVENT = CLAIM._replace(event_id="e1")


def test_a_key_has_sixteen_bytes() -> None:
    assert len(receipt_key(1, CLAIM)) == len(receipt_key(1, EVENT)) == 16


@pytest.mark.parametrize(
    "other",
    [
        CLAIM._replace(message_id="n"),
        CLAIM._replace(instance="other"),
        CLAIM._replace(recipient="bob"),
        CLAIM._replace(occur_time=NOON + 1),
        CLAIM._replace(occur_time=None),
        CLAIM._replace(provider=CLAIM.provider._replace(name="beta")),
        CLAIM._replace(provider=CLAIM.provider._replace(message_id="p2")),
        CLAIM._replace(provider=CLAIM.provider._replace(status="PLAYED")),
        CLAIM._replace(provider=CLAIM.provider._replace(code="1")),
        EVENT,
    ],
)
def test_what_tells_claims_apart_is_in_the_key(other: Receipt) -> None:
    assert receipt_key(1, other) != receipt_key(1, CLAIM)


@pytest.mark.parametrize(
    "other",
    [
        CLAIM._replace(provider=CLAIM.provider._replace(detail="very ok")),
        CLAIM._replace(reason=FailureReason.OTHER),
        CLAIM._replace(channel=Channel.CHAT),
        CLAIM._replace(precedence=99),
    ],
)
def test_what_does_not_is_left_out(other: Receipt) -> None:
    """So that it is seen as the same key with another content."""
    assert receipt_key(1, other) == receipt_key(1, CLAIM)


def test_a_retry_has_the_key_of_the_first_try_whenever_it_arrives() -> None:
    """Even where the carrier tells no time, and the time of arrival takes its place in the journal."""
    timeless = CLAIM._replace(occur_time=None)
    first, again = (Entry(receipt_key(1, timeless), timeless, now, now) for now in (NOON, NOON + 5))
    assert first.key == again.key


def test_an_event_id_is_the_key_within_its_provider() -> None:
    assert receipt_key(1, EVENT) == receipt_key(1, EVENT._replace(occur_time=NOON + 9, recipient="bob"))
    assert receipt_key(1, EVENT) != receipt_key(1, EVENT._replace(event_id="e2"))
    assert receipt_key(1, EVENT) != receipt_key(1, EVENT._replace(provider=Provider("beta")))


@pytest.mark.parametrize("receipt", [CLAIM, EVENT])
def test_no_two_tenants_share_a_key(receipt: Receipt) -> None:
    assert receipt_key(1, receipt) != receipt_key(2, receipt)
    assert receipt_key(1, receipt) != receipt_key(11, receipt)


def test_the_borders_between_the_parts_are_in_the_key() -> None:
    """Two messages never share a key because the end of one name looks like the start of another."""
    keys = {
        receipt_key(1, Receipt(message_id=name, provider=Provider(*provider), recipient=recipient))
        for name, provider, recipient in [
            ("ab", ("", ""), ""),
            ("a", ("b", ""), ""),
            ("a", ("", "b"), ""),
            ("a", ("", ""), "b"),
            ("", ("ab", ""), ""),
            ("", ("a", "b"), ""),
            ("", ("", "ab"), ""),
        ]
    }
    assert len(keys) == 7


def test_a_claim_never_has_the_key_of_an_event() -> None:
    event = Receipt(message_id="m", provider=Provider("acme"), event_id="e1")
    claim = Receipt(message_id="acme", instance="event", provider=Provider("e1"))
    assert receipt_key(1, event) != receipt_key(1, claim)


def test_the_state_stands_in_for_a_native_status_that_is_missing() -> None:
    read, sent = (Receipt(message_id="m", state=state) for state in (DeliveryState.READ, DeliveryState.SENT))
    assert receipt_key(1, read) != receipt_key(1, sent)
