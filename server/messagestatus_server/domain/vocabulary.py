"""Vocabularies: what the native words of a provider mean, as data; and those of the four dialects."""

from collections.abc import Mapping
from typing import NamedTuple

from messagestatus_server.domain.failure import ErrorMeaning
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.state import FailureReason as R
from messagestatus_server.domain.state import Finality as F


class Meaning(NamedTuple):
    """What one native word means.

    `precedence` is None where it is the state's own number. A word of the state UNSPECIFIED is known to
    say nothing of the state. `own_side` marks the acts of the message's own side.
    """

    state: S
    finality: F
    reason: R = R.UNSPECIFIED
    own_side: bool = False
    precedence: int | None = None


NOTHING = Meaning(S.UNSPECIFIED, F.NONE)
"""A word that is known, and says nothing of the state."""

CANONICAL: Mapping[str, Meaning] = {
    state.name: Meaning(state, F.NONE if state < S.UNKNOWN else F.SOFT) for state in S if state
}
"""Our own names of the states."""

# Message Status: the three arrays of an answer.
SYMPHONY: Mapping[str, Meaning] = {
    "SENT": Meaning(S.SENT, F.NONE),
    "DELIVERED": Meaning(S.DELIVERED, F.NONE),
    "READ": Meaning(S.READ, F.FINAL),
}

# "Message delivery status", status map; and the words of the event `message.status`.
RYZE: Mapping[str, Meaning] = {
    "PENDING": Meaning(S.QUEUED, F.NONE),
    "SENT": Meaning(S.SENT, F.NONE),
    "DELIVERED": Meaning(S.DELIVERED, F.NONE),
    "RECEIVED": Meaning(S.RECEIVED, F.NONE),
    "READ": Meaning(S.READ, F.NONE),
    "PLAYED": Meaning(S.PLAYED, F.FINAL),
    "ERROR": Meaning(S.FAILED, F.FINAL),
    "READ_SELF": Meaning(S.READ, F.NONE, own_side=True),
    "PLAYED_SELF": Meaning(S.PLAYED, F.FINAL, own_side=True),
    "SERVER_ERROR": Meaning(S.FAILED, F.SOFT),
    "SENDER": NOTHING,
    "RETRY": NOTHING,
    "INACTIVE": NOTHING,
}

# Message status API 1.0.0, `message.status`.
NAMIRIAL: Mapping[str, Meaning] = {
    "PROVIDER_ACCEPTANCE": Meaning(S.ACCEPTED, F.NONE),
    "SENT": Meaning(S.SENT, F.NONE),
    "DELIVERED": Meaning(S.DELIVERED, F.SOFT),
    "REJECTED": Meaning(S.REJECTED, F.FINAL),
    "UNDELIVERED": Meaning(S.UNDELIVERED, F.FINAL),
    "READ": Meaning(S.READ, F.FINAL),
}

# JSON API, "Message statuses reference".
ALPHASMS: Mapping[str, Meaning] = {
    "ACCEPTED": Meaning(S.ACCEPTED, F.NONE),
    "DELETED": Meaning(S.DELETED, F.FINAL),
    "DELIVERED": Meaning(S.DELIVERED, F.SOFT),
    "EXPIRED": Meaning(S.EXPIRED, F.FINAL),
    "FILTERED": Meaning(S.REJECTED, F.SOFT, R.FILTERED),
    "INVALID DESTINATION ADDRESS": Meaning(S.REJECTED, F.FINAL, R.INVALID_RECIPIENT),
    "INVALID SOURCE ADDRESS": Meaning(S.REJECTED, F.FINAL, R.INVALID_SENDER),
    "NO ROUTE": Meaning(S.REJECTED, F.FINAL, R.NO_ROUTE),
    "PARTIALLY DELIVERED": Meaning(S.PARTIALLY_DELIVERED, F.SOFT),
    "QUEUED": Meaning(S.QUEUED, F.NONE),
    "READ": Meaning(S.READ, F.SOFT),
    "REJECTED": Meaning(S.REJECTED, F.FINAL),
    "REPLIED": Meaning(S.REPLIED, F.FINAL),
    "ROUTING": Meaning(S.ROUTING, F.NONE),
    "SIM FULL": Meaning(S.UNDELIVERED, F.SOFT, R.SIM_FULL),
    "UNDELIVERABLE": Meaning(S.UNDELIVERED, F.SOFT),
    "UNKNOWN": Meaning(S.UNKNOWN, F.SOFT),
}

VOCABULARIES: Mapping[str, Mapping[str, Meaning]] = {
    "": CANONICAL,
    "symphony": SYMPHONY,
    "ryze": RYZE,
    "namirial": NAMIRIAL,
    "alphasms": ALPHASMS,
}
"""Every vocabulary by its name; the empty name is our own."""


class Lexicon(NamedTuple):
    """What the words and the error codes of every vocabulary mean, each by its upper-case text.

    The key `FAILED:131026` is the word with that code, and `PENDING/*` every word of that group.
    """

    words: Mapping[str, Mapping[str, Meaning]]
    errors: Mapping[str, Mapping[str, ErrorMeaning]]

    def meaning(self, vocabulary: str, word: str, code: str = "") -> Meaning | None:
        """Return what a native word means, whatever its case, or None when it has no mapping.

        Raises:
            KeyError: There is no such vocabulary.
        """
        words, word = self.words[vocabulary], word.upper()
        if code:
            meant = words.get(f"{word}:{code.upper()}")
            if meant is not None:
                return meant
        meant = words.get(word)
        if meant is None and "/" in word:
            return words.get(f"{word.partition('/')[0]}/*")
        return meant

    def error(self, vocabulary: str, code: str) -> ErrorMeaning | None:
        """Return what an error code of a provider means, or None when it has no entry."""
        codes = self.errors.get(vocabulary)
        return None if codes is None else codes.get(code.upper())

    def overridden(self, vocabulary: str, words: Mapping[str, Meaning]) -> "Lexicon":
        """Return the lexicon with some words of one vocabulary replaced, or added."""
        return self._replace(words={**self.words, vocabulary: {**self.words[vocabulary], **words}})


OURS = Lexicon(VOCABULARIES, {})
"""The words of the dialects and our own."""
