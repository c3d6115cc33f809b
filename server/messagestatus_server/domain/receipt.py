"""A delivery receipt: one claim of a carrier, and the key that tells it from others."""

import hashlib
from enum import IntEnum
from typing import NamedTuple

from messagestatus_server.domain.message import Channel, Provider, Reply, Standing
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality


class Disposition(IntEnum):
    """What became of a receipt."""

    UNSPECIFIED = 0
    APPLIED = 1
    FILLED = 2
    STALE = 3
    DUPLICATE = 4
    CONFLICT = 5
    REFUSED = 6
    QUARANTINED = 7
    PARKED = 8
    NOTED = 9


class Receipt(NamedTuple):
    """A claim as a carrier reported it.

    It names its message by `message_id`, or by the provider's name and identifier; `instance` is None
    when it names none. `occur_time` is in microseconds, UTC, and None when the carrier told no time.
    `precedence` is the state's number unless the mapping of the native status says otherwise. `source` is
    the route that it came in by, or `TIMER`; empty when it was reported by a caller.
    """

    message_id: str = ""
    instance: str | None = None
    provider: Provider = Provider()
    state: DeliveryState = DeliveryState.UNSPECIFIED
    precedence: int = 0
    reason: FailureReason = FailureReason.UNSPECIFIED
    finality: Finality = Finality.UNSPECIFIED
    occur_time: int | None = None
    recipient: str = ""
    channel: Channel = Channel.UNSPECIFIED
    own_side: bool = False
    reply: Reply | None = None
    event_id: str = ""
    vocabulary: str = ""
    source: str = ""


TIMER = "timer"
"""The source of a receipt that nobody reported: the time in which one was due has passed."""


class Entry(NamedTuple):
    """A receipt in the journal.

    `occur_time` is the carrier's time, or the time of arrival where it told none; both times are in
    microseconds, UTC.
    """

    key: bytes
    receipt: Receipt
    occur_time: int
    receive_time: int

    def standing(self, channel: Channel, provider: Provider) -> Standing:
        """Return where this receipt alone would put its message.

        What the receipt leaves out is filled from the message's registered channel and provider.
        """
        receipt = self.receipt
        provider = _filled(receipt.provider, provider)
        return Standing(
            receipt.state,
            receipt.precedence,
            self.occur_time,
            self.key,
            receipt.reason,
            receipt.channel or channel,
            provider,
        )


class Repetition(NamedTuple):
    """How often a receipt came again, and when it did last (microseconds, UTC)."""

    times: int
    last_time: int


def _filled(said: Provider, known: Provider) -> Provider:
    """Return what a receipt says of the provider, its names filled from those that are known."""
    name, message_id, status, code, detail = said
    if name and message_id:
        return said
    name, message_id = name or known.name, message_id or known.message_id
    filled = (name, message_id, status, code, detail)
    # Equal values that are one value are compared, and kept, at less cost.
    return known if filled == known else Provider(*filled)


def is_repetition(told: Receipt, known: Receipt, *, whatever_it_means: bool) -> bool:
    """Tell whether a receipt says what is known already, by whichever route it came.

    A carrier tells words, and what they mean may have been decided anew since it told them first: of its
    receipts the words count, whatever they mean.
    """
    told = told._replace(source=known.source)
    if whatever_it_means:
        told = told._replace(
            state=known.state,
            precedence=known.precedence,
            reason=known.reason,
            finality=known.finality,
            own_side=known.own_side,
        )
    return told == known


def receipt_key(tenant: int, receipt: Receipt) -> bytes:
    """Return the 16 bytes that tell a receipt from every other one of all tenants.

    They come from the provider's event id where there is one; else from what the receipt says, without
    the time of its arrival, so that a carrier's retry has the key of the first try.
    """
    provider = receipt.provider
    parts = (
        ("event", provider.name, receipt.event_id)
        if receipt.event_id
        else (
            "claim",
            receipt.instance or "",
            receipt.message_id,
            provider.name,
            provider.message_id,
            receipt.recipient,
            provider.status or receipt.state.name,
            provider.code,
            "" if receipt.occur_time is None else str(receipt.occur_time),
        )
    )
    # NUL cannot be in any part, so that no two receipts share a text.
    return hashlib.sha256("\0".join((str(tenant), *parts)).encode()).digest()[:16]
