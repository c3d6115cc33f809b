"""The error dictionary: what the error codes of providers mean, for those who ask."""

from collections.abc import Iterator
from typing import NamedTuple

from messagestatus_server.domain.failure import ErrorMeaning
from messagestatus_server.domain.identifier import identifier, optional_text
from messagestatus_server.domain.refusals import ErrorCodeNotFound
from messagestatus_server.domain.vocabulary import Lexicon


class Described(NamedTuple):
    """An error code of a provider, with what it means."""

    provider: str
    code: str
    meaning: ErrorMeaning


class ErrorDictionary:
    """Explains error codes. It is the same for every caller."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def describe(self, provider: str, code: str) -> Described:
        """Return what a code of a provider means.

        Raises:
            FieldRequired, FieldInvalid: The provider, or the code, is empty or too long.
            ErrorCodeNotFound: The dictionary does not have it.
        """
        name = identifier("provider", provider).lower()
        meaning = self._lexicon.error(name, identifier("code", code))
        if meaning is None:
            raise ErrorCodeNotFound(provider, code)
        return Described(name, code.upper(), meaning)

    def every(self, provider: str = "") -> list[Described]:
        """Return the codes of a provider; of all of them in the order of their names, when it is empty.

        Raises:
            FieldInvalid: The provider is too long.
            ErrorCodeNotFound: The dictionary has none of the provider.
        """
        name = optional_text("provider", provider).lower()
        listed = list(self._listed(name))
        if name and not listed:
            raise ErrorCodeNotFound(provider, "")
        return listed

    def _listed(self, provider: str) -> Iterator[Described]:
        for name in [provider] if provider else sorted(self._lexicon.errors):
            for code, meaning in self._lexicon.errors.get(name, {}).items():
                yield Described(name, code, meaning)
