"""The script: what happens to each message, in the provider's own words."""

import tomllib
from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple

import click

from messagestatus_server.cli.simulate.carriers.carrier import Carrier
from messagestatus_server.domain.state import FAILURES, DeliveryState
from messagestatus_server.domain.vocabulary import Lexicon, Meaning
from messagestatus_server.providers import tables

_EXPLAINED = FAILURES | {DeliveryState.UNKNOWN}


class Step(NamedTuple):
    """One step of a message: the native word and error code, and what they mean."""

    word: str
    code: str
    meaning: Meaning


def steps(carrier: Carrier, script: Sequence[str], error_code: str, lexicon: Lexicon) -> tuple[Step, ...]:
    """Return the steps of a script; those that tell of a failure have the error code.

    Raises:
        click.BadParameter: A word is neither one of the provider nor a state that it has a word for.
    """
    spelled = _spelled(carrier.provider, lexicon)
    found = []
    for text in script or carrier.script:
        word = _native(carrier, text, spelled, lexicon)
        meaning = lexicon.meaning(carrier.provider, word)
        assert meaning is not None
        code = ""
        if error_code and meaning.state in _EXPLAINED:
            code = error_code
            meaning = lexicon.meaning(carrier.provider, word, code) or meaning
        found.append(Step(word, code, meaning))
    return tuple(found)


def _native(carrier: Carrier, text: str, spelled: dict[str, str], lexicon: Lexicon) -> str:
    """Return a word of the script as the provider writes it."""
    if text.upper() in spelled:
        return spelled[text.upper()]
    if lexicon.meaning(carrier.provider, text) is not None:
        return text
    state = DeliveryState.__members__.get(text.upper())
    if not state:
        raise _wrong(f"{carrier.provider} has no word {text!r}; it has {', '.join(spelled.values())}")
    usual = [word for word in (*carrier.script, *spelled.values()) if _claims(carrier, word, state, lexicon)]
    if not usual:
        raise _wrong(f"{carrier.provider} has no word for the state {state.name}")
    return usual[0]


def _claims(carrier: Carrier, word: str, state: DeliveryState, lexicon: Lexicon) -> bool:
    meaning = lexicon.meaning(carrier.provider, word)
    return meaning is not None and meaning.state is state and not meaning.own_side


def _spelled(provider: str, lexicon: Lexicon) -> dict[str, str]:
    """Return the provider's words as it writes them, by their upper-case text.

    Neither words that need an error code nor those that stand for a group are among them.
    """
    written = {word.upper(): word for word in _written(provider)}
    known = lexicon.words[provider]
    return {word: written.get(word, word) for word in known if ":" not in word and not word.endswith("/*")}


def _written(provider: str) -> Sequence[str]:
    """Return the words of the provider's table in its own case; none where it has no table."""
    table = files(tables).joinpath(f"{provider}.toml")
    return tuple(tomllib.loads(table.read_text("utf-8")).get("words", {})) if table.is_file() else ()


def _wrong(text: str) -> click.BadParameter:
    return click.BadParameter(text, param_hint="--script")
