"""Explaining: why what became of a receipt did, in words for people, and what to do about a failure."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from messagestatus_server.domain.failure import ADVICE
from messagestatus_server.domain.guards import Guard
from messagestatus_server.domain.message import Message, RollUp, Standing
from messagestatus_server.domain.receipt import TIMER, Disposition, Entry, Receipt, Repetition
from messagestatus_server.domain.state import FAILURES, DeliveryState, FailureReason
from messagestatus_server.domain.vocabulary import Lexicon

GUARDED: Mapping[Guard, str] = {
    Guard.CHANNEL_HAS_NO_READS: "the channel {channel} has no reads",
    Guard.CONTENT_NOT_PLAYABLE: "only audio and video can be played, and this is {content}",
    Guard.CHANNEL_HAS_NO_REPLIES: "the channel {channel} has no replies",
    Guard.NOT_INBOUND: "only inbound messages are received, or read by their own side",
    Guard.AFTER_SUPPRESSION: "it tells of a time after the message was suppressed",
}
"""What each guard says of a receipt that it refuses."""

_EXPLAINED = FAILURES | {DeliveryState.UNKNOWN}
"""The states that advice is for."""


class Weighed(NamedTuple):
    """A receipt as it was weighed.

    `before` and `after` are where its message, or its recipient, stood when it arrived; `decided` is where
    they stand by everything that is known.
    """

    disposition: Disposition
    guard: Guard
    before: Standing
    after: Standing
    decided: Standing


def explained(message: Message, entry: Entry, weighed: Weighed) -> str:
    """Tell why a receipt of a message was weighed as it was."""
    receipt = entry.receipt
    why = _BECAUSE[weighed.disposition](message, entry, weighed)
    if receipt.state and receipt.precedence != receipt.state:
        why = f"{why}; it is ranked {receipt.precedence} instead of {receipt.state.value}"
    if receipt.reply is not None and receipt.state and not weighed.guard:
        why = f"{why}; it brought a reply"
    return f"no receipt came in time: {why}" if receipt.source == TIMER else why


def explained_repetition(repetition: Repetition) -> str:
    """Tell that a receipt came again."""
    if repetition.times == 1:
        return "the same receipt came once more"
    return f"the same receipt came {repetition.times} more times; this was the last"


def advised(receipt: Receipt, lexicon: Lexicon) -> str:
    """Return what to do about the failure that a receipt tells of; nothing where it tells of none.

    The provider's code says it most exactly, unless the receipt names another reason than the code's.
    """
    if receipt.state not in _EXPLAINED:
        return ""
    code = receipt.provider.code
    error = lexicon.error(receipt.vocabulary, code) if code else None
    if error is not None and receipt.reason in {error.reason, FailureReason.UNSPECIFIED}:
        return error.advice
    return ADVICE[receipt.reason]


def advised_on(standing: Standing, entries: Iterable[Entry], lexicon: Lexicon) -> str:
    """Return what to do about the failure where a message stands, from the receipt that decides."""
    if standing.state not in _EXPLAINED:
        return ""
    deciding = next((entry.receipt for entry in entries if entry.key == standing.key), None)
    return ADVICE[standing.reason] if deciding is None else advised(deciding, lexicon)


def _refused(message: Message, entry: Entry, weighed: Weighed) -> str:
    return GUARDED[weighed.guard].format(
        channel=(entry.receipt.channel or message.channel).name, content=message.content_kind.name
    )


def _noted(_: Message, entry: Entry, __: Weighed) -> str:
    return f"`{entry.receipt.provider.status}` says nothing of the state"


def _quarantined(_: Message, entry: Entry, __: Weighed) -> str:
    receipt = entry.receipt
    vocabulary = f"the vocabulary `{receipt.vocabulary}`" if receipt.vocabulary else "our own words"
    return f"`{receipt.provider.status}` has no mapping in {vocabulary}"


def _contradicted(message: Message, entry: Entry, weighed: Weighed) -> str:
    of_one = message.roll_up is not RollUp.SINGLE and entry.receipt.recipient
    return f"final, yet the {'recipient' if of_one else 'message'} is {_ranked(weighed.decided)}"


def _applied(_: Message, __: Entry, weighed: Weighed) -> str:
    before, after = weighed.before, weighed.after
    if before.state is not after.state:
        return f"{_ranked(before)} to {after.state.name}"
    if before.change_time > after.change_time:
        return f"{after.state.name} already, but at an earlier time"
    return f"{after.state.name} already, yet this receipt decides now"


def _filled(_: Message, __: Entry, weighed: Weighed) -> str:
    return f"an earlier step that arrived after {weighed.before.state.name}"


def _stale(_: Message, entry: Entry, weighed: Weighed) -> str:
    receipt, before = entry.receipt, weighed.before
    if before.precedence > receipt.precedence:
        return f"{_ranked(before)} is stronger"
    if before.state is not receipt.state:
        return f"{_ranked(before)} ranks as high, and was told of an earlier time"
    return f"{before.state.name} already"


_BECAUSE: Mapping[Disposition, Callable[[Message, Entry, Weighed], str]] = {
    Disposition.APPLIED: _applied,
    Disposition.FILLED: _filled,
    Disposition.STALE: _stale,
    Disposition.CONFLICT: _contradicted,
    Disposition.REFUSED: _refused,
    Disposition.QUARANTINED: _quarantined,
    Disposition.NOTED: _noted,
}


def _ranked(standing: Standing) -> str:
    """Name a state, with its rank where a mapping gives it another than its own."""
    state, precedence = standing.state, standing.precedence
    return (
        state.name if precedence == state else f"{state.name} (ranked {precedence} instead of {state.value})"
    )
