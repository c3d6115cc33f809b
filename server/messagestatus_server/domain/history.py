"""The history of a message: what became of each receipt, given all that is known now."""

from collections.abc import Iterable
from typing import NamedTuple

from messagestatus_server.domain.fold import stronger
from messagestatus_server.domain.guards import Guard, guard
from messagestatus_server.domain.message import Message, RollUp, Standing
from messagestatus_server.domain.receipt import Disposition, Entry
from messagestatus_server.domain.state import DeliveryState, Finality, contradict


class Record(NamedTuple):
    """A receipt with what became of it, and why."""

    entry: Entry
    disposition: Disposition
    guard: Guard
    explanation: str


def history(message: Message, entries: Iterable[Entry]) -> list[Record]:
    """Explain every receipt of a message, in the order of the times they tell of.

    Each is weighed against the other receipts that count for the same recipient. Entries of one time
    of arrival are given in the order they arrived in.
    """
    arrived = sorted(entries, key=lambda entry: entry.receive_time)  # one call's stay in its order
    told = sorted(arrived, key=lambda entry: (entry.occur_time, entry.key))
    on_arrival = _advancing(message, arrived)
    in_time = _advancing(message, told)
    return [_record(message, entry, on_arrival.get(entry.key), in_time.get(entry.key)) for entry in told]


def parked(entry: Entry) -> Record:
    """Explain a receipt whose message is not registered yet."""
    return Record(entry, Disposition.PARKED, Guard.UNSPECIFIED, "waits for its message to be registered")


def on_arrival(before: Message, after: Message, entry: Entry) -> tuple[Disposition, Guard]:
    """Tell what becomes of a receipt as it arrives, from the message without and with it."""
    receipt = entry.receipt
    if receipt.state is DeliveryState.UNSPECIFIED:
        return undecided(entry), Guard.UNSPECIFIED
    decided = _deciding(after, entry)
    if decided != _deciding(before, entry):
        return Disposition.APPLIED, Guard.UNSPECIFIED  # as no refused one ever does
    refused = guard(before, receipt, entry.occur_time)
    if refused is not Guard.UNSPECIFIED:
        return Disposition.REFUSED, refused
    if receipt.finality is Finality.FINAL and contradict(receipt.state, decided.state):
        return Disposition.CONFLICT, Guard.UNSPECIFIED
    if receipt.precedence < decided.precedence and entry.occur_time <= decided.change_time:
        return Disposition.FILLED, Guard.UNSPECIFIED
    return Disposition.STALE, Guard.UNSPECIFIED


def undecided(entry: Entry) -> Disposition:
    """Return what becomes of a receipt without a state.

    A word that is known to say nothing carries a finality; a word without a mapping carries none.
    """
    known = entry.receipt.finality is not Finality.UNSPECIFIED
    return Disposition.NOTED if known else Disposition.QUARANTINED


def _advancing(message: Message, entries: Iterable[Entry]) -> dict[bytes, DeliveryState]:
    """Return the receipts that advance their recipient in this order, each with the state before it."""
    strongest: dict[str, Standing] = {}
    advancing = {}
    for entry in entries:
        receipt = entry.receipt
        if receipt.state is DeliveryState.UNSPECIFIED or guard(message, receipt, entry.occur_time):
            continue
        claimed = entry.standing(message.channel, message.origin.provider)
        everybody = strongest.get("", message.origin)
        before = stronger(strongest.get(_scope(message, entry), everybody), everybody)
        if claimed.rank < before.rank:
            advancing[entry.key] = before.state
            strongest[_scope(message, entry)] = claimed
    return advancing


def _record(
    message: Message, entry: Entry, on_arrival: DeliveryState | None, in_time: DeliveryState | None
) -> Record:
    receipt = entry.receipt
    stated = receipt.state is not DeliveryState.UNSPECIFIED
    refused = guard(message, receipt, entry.occur_time) if stated else Guard.UNSPECIFIED
    decided = _deciding(message, entry)
    if not stated:
        disposition, why = undecided(entry), f"`{receipt.provider.status}` says nothing of the state"
        if disposition is Disposition.QUARANTINED:
            why = f"`{receipt.provider.status}` has no mapping in the vocabulary `{receipt.vocabulary}`"
    elif refused is not Guard.UNSPECIFIED:
        disposition, why = Disposition.REFUSED, refused.name
    elif receipt.finality is Finality.FINAL and contradict(receipt.state, decided.state):
        disposition, why = Disposition.CONFLICT, f"final, yet the message is {decided.state.name}"
    elif on_arrival is not None:
        disposition, why = Disposition.APPLIED, f"{on_arrival.name} to {receipt.state.name}"
    elif in_time is not None:
        disposition, why = Disposition.FILLED, f"an earlier step that arrived after {decided.state.name}"
    else:
        disposition, why = Disposition.STALE, f"{decided.state.name} is stronger, or was told before"
    return Record(entry, disposition, refused, why)


def _scope(message: Message, entry: Entry) -> str:
    return "" if message.roll_up is RollUp.SINGLE else entry.receipt.recipient


def _deciding(message: Message, entry: Entry) -> Standing:
    if message.roll_up is RollUp.SINGLE:
        return message.standing
    return message.recipients.get(entry.receipt.recipient, message.general)
