"""The history of a message: what became of each receipt, given all that is known now."""

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from messagestatus_server.domain.explaining import Weighed, advised, explained, explained_repetition
from messagestatus_server.domain.fold import Folding
from messagestatus_server.domain.guards import Guard, guard
from messagestatus_server.domain.message import Message, RollUp, Standing
from messagestatus_server.domain.receipt import Disposition, Entry, Repetition
from messagestatus_server.domain.state import DeliveryState, Finality, contradict
from messagestatus_server.domain.vocabulary import OURS, Lexicon

Repetitions = Mapping[bytes, Repetition]
"""How often receipts came again, by key; those that did not are left out."""

NEVER: Repetitions = MappingProxyType({})
"""No receipt came again."""


class Record(NamedTuple):
    """A receipt with what became of it, and why.

    The states are where its message, or its recipient, stood before and after it arrived. A record of the
    disposition DUPLICATE stands for the repetitions of the receipt before it, and its entry has the time of
    the last one.
    """

    entry: Entry
    disposition: Disposition
    guard: Guard
    explanation: str
    previous_state: DeliveryState = DeliveryState.UNSPECIFIED
    new_state: DeliveryState = DeliveryState.UNSPECIFIED
    advice: str = ""
    repetition: Repetition | None = None


def history(
    message: Message, entries: Iterable[Entry], repetitions: Repetitions = NEVER, lexicon: Lexicon = OURS
) -> list[Record]:
    """Explain every receipt of a message, in the order of the times they tell of.

    Each is weighed against the other receipts that count for the same recipient. Entries of one time
    of arrival are given in the order they arrived in.

    Args:
        message: The message, as the entries make it.
        entries: Every receipt that is known of it.
        repetitions: How often they came again.
        lexicon: What the error codes in them mean.
    """
    arrived = sorted(entries, key=lambda entry: entry.receive_time)  # one call's stay in its order
    told = sorted(arrived, key=_place)
    in_time = _advancing(message, told)
    replay = _Replay(message, arrived, repetitions)
    records = []
    for entry in told:
        weighed = _weighed(message, entry, replay.steps[entry.key], in_time)
        again = repetitions.get(entry.key)
        records.append(
            Record(
                entry,
                weighed.disposition,
                weighed.guard,
                explained(message, entry, weighed),
                weighed.before.state,
                weighed.after.state,
                advised(entry.receipt, lexicon),
                again,
            )
        )
        if again is not None:
            records.append(_repeated(entry, again, replay.found[entry.key]))
    return records


def parked(entry: Entry) -> Record:
    """Explain a receipt whose message is not registered yet."""
    return Record(entry, Disposition.PARKED, Guard.UNSPECIFIED, "waits for its message to be registered")


def waiting(
    entries: Iterable[Entry], repetitions: Repetitions = NEVER, lexicon: Lexicon = OURS
) -> list[Record]:
    """Explain receipts whose message is not registered yet, in the order of the times they tell of."""
    records = []
    for entry in sorted(entries, key=_place):
        again = repetitions.get(entry.key)
        records.append(parked(entry)._replace(advice=advised(entry.receipt, lexicon), repetition=again))
        if again is not None:
            records.append(_repeated(entry, again, DeliveryState.UNSPECIFIED))
    return records


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


class _Step(NamedTuple):
    """Where the message, or the recipient that a receipt speaks of, stood before the receipt and after it."""

    before: Standing
    after: Standing


class _Replay:
    """Receipts in the order they arrived in, each with what it changed.

    `found` is where those that came again found their message, or their recipient, the last time.
    """

    def __init__(self, message: Message, arrived: Collection[Entry], repetitions: Repetitions) -> None:
        self.steps: dict[bytes, _Step] = {}
        self.found: dict[bytes, DeliveryState] = {}
        folding = Folding(message)
        came = [(entry.receive_time, entry, False) for entry in arrived]
        again = [
            (repetitions[entry.key].last_time, entry, True) for entry in arrived if entry.key in repetitions
        ]
        for _, entry, repeated in sorted([*came, *again], key=lambda arrival: arrival[0]):
            before = folding.standing(entry.receipt)
            if repeated:
                self.found[entry.key] = before.state
            else:
                folding.take(entry)
                self.steps[entry.key] = _Step(before, folding.standing(entry.receipt))


def _advancing(message: Message, entries: Iterable[Entry]) -> set[bytes]:
    """Return the keys of the receipts that advance their recipient in this order."""
    folding = Folding(message)
    advancing = set()
    for entry in entries:
        folding.take(entry)
        if folding.standing(entry.receipt).key == entry.key:
            advancing.add(entry.key)
    return advancing


def _weighed(message: Message, entry: Entry, step: _Step, in_time: Collection[bytes]) -> Weighed:
    receipt = entry.receipt
    stated = receipt.state is not DeliveryState.UNSPECIFIED
    refused = guard(message, receipt, entry.occur_time) if stated else Guard.UNSPECIFIED
    decided = _deciding(message, entry)
    if not stated:
        disposition = undecided(entry)
    elif refused is not Guard.UNSPECIFIED:
        disposition = Disposition.REFUSED
    elif receipt.finality is Finality.FINAL and contradict(receipt.state, decided.state):
        disposition = Disposition.CONFLICT
    elif step.after.key == entry.key:
        disposition = Disposition.APPLIED
    elif entry.key in in_time:
        disposition = Disposition.FILLED
    else:
        disposition = Disposition.STALE
    return Weighed(disposition, refused, step.before, step.after, decided)


def _repeated(entry: Entry, again: Repetition, found: DeliveryState) -> Record:
    return Record(
        entry._replace(receive_time=again.last_time),
        Disposition.DUPLICATE,
        Guard.UNSPECIFIED,
        explained_repetition(again),
        found,
        found,
    )


def _deciding(message: Message, entry: Entry) -> Standing:
    if message.roll_up is RollUp.SINGLE:
        return message.standing
    return message.recipients.get(entry.receipt.recipient, message.general)


def _place(entry: Entry) -> tuple[int, bytes]:
    return entry.occur_time, entry.key
