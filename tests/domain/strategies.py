"""Registrations and receipts of every kind, drawn by chance; times are few, so that ties are many."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from messagestatus_server.domain.admission import admitted_receipt
from messagestatus_server.domain.message import (
    Channel,
    ContentKind,
    Direction,
    Media,
    Provider,
    Reply,
    RollUp,
)
from messagestatus_server.domain.receipt import Entry, Receipt, receipt_key
from messagestatus_server.domain.refusals import Refusal
from messagestatus_server.domain.registration import Registration, announce
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.domain.vocabulary import VOCABULARIES

from .samples import NOON

TENANT = 7
"""The tenant that owns every drawn message."""

PEOPLE = ("ann", "bob", "eve", "zoe")
"""The last of them is in no registration."""

ACME = "acme"
"""The provider whose identifiers of the message can be learnt."""

TIMES = [NOON + seconds * 1_000_000 for seconds in (1, 0, 2, 3, -1)]
"""Some before the message was accepted, and few of them."""


class _Naming(NamedTuple):
    """How a receipt names its message: by its own identifier, by a provider's, by both."""

    message_id: str
    provider: str
    provider_message_id: str


class _Word(NamedTuple):
    """A native word, or a state that is told outright, or both."""

    vocabulary: str
    word: str
    state: DeliveryState


_NAMINGS = [
    _Naming("m", "", ""),
    _Naming("m", "other", ""),
    _Naming("m", ACME, "p1"),
    _Naming("m", ACME, "p2"),
    _Naming("", ACME, "p1"),
    _Naming("", ACME, "p2"),
]
_STATES = [state for state in DeliveryState if state]
_WORDS = [
    *(_Word("", "", state) for state in _STATES),
    *(_Word("", "gibberish", state) for state in (DeliveryState.UNSPECIFIED, DeliveryState.READ)),
    *(
        _Word(vocabulary, word, DeliveryState.UNSPECIFIED)
        for vocabulary, words in VOCABULARIES.items()
        for word in words
    ),
    *(_Word("namirial", word, state) for word in ("READ", "REJECTED") for state in _STATES[::3]),
]
_REPLIES = [
    None,
    Reply(NOON, "yes"),
    Reply(NOON, "no", Media()),
    Reply(NOON + 1, "", Media("https://example.com/a", "a.png", 3)),
]
_CHANNELS = [Channel.UNSPECIFIED, Channel.SMS, Channel.WHATSAPP, Channel.VOICE]


class Choices:
    """Takes one thing of each list offered, as drawn bytes say; the first of each is the simplest."""

    def __init__(self, drawn: bytes) -> None:
        self._drawn = iter(drawn)

    def of(self, offered: Sequence[Any]) -> Any:
        return offered[next(self._drawn) % len(offered)]


def _receipt(drawn: bytes) -> Receipt:
    choices = Choices(drawn)
    naming = choices.of(_NAMINGS)
    word = choices.of(_WORDS)
    status = Provider(naming.provider, naming.provider_message_id, word.word, choices.of(["", "1", "2"]))
    return Receipt(
        message_id=naming.message_id,
        instance=choices.of([None, ""]),
        provider=status,
        state=word.state,
        reason=choices.of([FailureReason.UNSPECIFIED, FailureReason.ABSENT]),
        finality=choices.of(list(Finality)),
        occur_time=choices.of(TIMES),
        recipient=choices.of(["", *PEOPLE, ""]),
        channel=choices.of([Channel.UNSPECIFIED, Channel.UNSPECIFIED, *_CHANNELS]),
        own_side=choices.of([False, False, True]),
        reply=choices.of(_REPLIES),
        event_id=choices.of(["", *map(str, range(12))]) if naming.provider else "",
        vocabulary=word.vocabulary,
    )


def key_of(receipt: Receipt) -> bytes:
    """Return the key that the tenant's journal has a reported receipt under."""
    return receipt_key(TENANT, admitted_receipt(receipt))


def distinct(reported: list[Receipt]) -> dict[bytes, Receipt]:
    """Return the receipts by their keys, the first of each."""
    known: dict[bytes, Receipt] = {}
    for receipt in reported:
        known.setdefault(key_of(receipt), receipt)
    return known


receipts = st.binary(min_size=12, max_size=12).map(_receipt)
"""Receipts as a carrier reports them, in any vocabulary."""

sets_of_receipts = st.lists(receipts, max_size=12).map(distinct)
"""Receipts with different keys."""


def _entry(drawn: tuple[bytes, Receipt]) -> Entry:
    choices = Choices(drawn[0])
    receipt = admitted_receipt(drawn[1])
    # A route may rank one word higher or lower than its state.
    precedence = choices.of([receipt.precedence] * 12 + [5, 40, 65, 90])
    if receipt.state:
        receipt = receipt._replace(precedence=precedence)
    assert receipt.occur_time is not None
    return Entry(receipt_key(TENANT, receipt), receipt, receipt.occur_time, NOON + choices.of(range(9)))


entries = st.lists(
    st.tuples(st.binary(min_size=2, max_size=2), receipts).map(_entry),
    max_size=12,
    unique_by=lambda entry: entry.key,
)
"""Different receipts of one message, as the journal has them."""


def _registration(drawn: bytes) -> Registration:
    choices = Choices(drawn)
    people = choices.of(range(8))
    return Registration(
        message_id="m",
        direction=choices.of(list(Direction)),
        channel=choices.of(_CHANNELS),
        content_kind=choices.of([ContentKind.UNSPECIFIED, ContentKind.TEXT, ContentKind.AUDIO]),
        provider=choices.of([Provider(), Provider(ACME, "p1"), Provider("other", "o1", "SENT")]),
        state=choices.of([DeliveryState.UNSPECIFIED, DeliveryState.SENT, DeliveryState.REJECTED]),
        accept_time=NOON,
        recipients=tuple(person for place, person in enumerate(PEOPLE[:3]) if people >> place & 1),
        roll_up=choices.of(list(RollUp)),
    )


def _possible(registration: Registration) -> bool:
    try:
        announce(registration, NOON)
    except Refusal:
        return False
    return True


registrations = st.binary(min_size=7, max_size=7).map(_registration).filter(_possible)
"""Single and group messages that can be registered."""

orders = st.randoms(use_true_random=False)
"""Chance, for putting things into any order."""
