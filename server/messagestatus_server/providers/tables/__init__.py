"""Reads and checks the tables: what each provider's words and error codes mean."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from messagestatus_server.domain.failure import ADVICE, ErrorMeaning
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.domain.vocabulary import OURS, Lexicon, Meaning

_WORD_FIELDS = {"state", "finality", "reason", "precedence", "own_side"}
_ERROR_FIELDS = {"reason", "permanent", "retryable", "suppress", "advice"}


class TableInvalid(Exception):
    """A table says what cannot be; the text names the table, the row and the field."""


def lexicon() -> Lexicon:
    """Return what all words and error codes mean: our own and the dialects', and those of every table.

    Raises:
        TableInvalid: A table says what cannot be.
    """
    words = dict(OURS.words)
    errors: dict[str, Mapping[str, ErrorMeaning]] = {}
    for resource in files(__package__).iterdir():
        name, dot, kind = resource.name.rpartition(".")
        if dot and kind == "toml":
            read_words, errors[name] = read_table(name, resource.read_text("utf-8"))
            words[name] = {**words.get(name, {}), **read_words}
    return Lexicon(words, errors)


def read_table(name: str, text: str) -> tuple[dict[str, Meaning], dict[str, ErrorMeaning]]:
    """Return the words and the error codes of a table, by their upper-case text.

    Raises:
        TableInvalid: The table says what cannot be.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise TableInvalid(f"{name}: {fault}") from fault
    unknown = table.keys() - {"words", "errors"}
    if unknown:
        raise TableInvalid(f"{name}: unknown table {', '.join(sorted(unknown))}")
    words = {
        word.upper(): read_meaning(f"{name}: words.{word}", row)
        for word, row in table.get("words", {}).items()
    }
    errors = {
        code.upper(): _error(f"{name}: errors.{code}", row) for code, row in table.get("errors", {}).items()
    }
    return words, errors


def read_meaning(place: str, row: Mapping[str, Any]) -> Meaning:
    """Return what a word means by its row.

    The state may be left out for a word that says nothing of one; precedence is the state's own number
    unless the row says another.

    Raises:
        TableInvalid: The row says what cannot be; the text begins with `place`.
    """
    _check_fields(place, row, _WORD_FIELDS)
    state = _member(f"{place}.state", DeliveryState, row.get("state", "UNSPECIFIED"))
    finality = _member(f"{place}.finality", Finality, row.get("finality", "NONE"))
    reason = _member(f"{place}.reason", FailureReason, row.get("reason", "UNSPECIFIED"))
    precedence = row.get("precedence")
    if precedence is not None and not (type(precedence) is int and 0 < precedence <= _HIGHEST_PRECEDENCE):
        raise TableInvalid(f"{place}.precedence: must be a number from 1 to {_HIGHEST_PRECEDENCE}")
    return Meaning(state, finality, reason, _flag(place, row, "own_side"), precedence)


_HIGHEST_PRECEDENCE = 99


def _error(place: str, row: Mapping[str, Any]) -> ErrorMeaning:
    _check_fields(place, row, _ERROR_FIELDS)
    reason = _member(f"{place}.reason", FailureReason, row.get("reason"))
    advice = row.get("advice", ADVICE[reason])
    if not isinstance(advice, str):
        raise TableInvalid(f"{place}.advice: must be text")
    return ErrorMeaning(
        reason,
        _flag(place, row, "permanent"),
        _flag(place, row, "retryable"),
        _flag(place, row, "suppress"),
        advice,
    )


def _check_fields(place: str, row: object, known: set[str]) -> None:
    if not isinstance(row, dict):
        raise TableInvalid(f"{place}: must be a table of fields")
    unknown = row.keys() - known
    if unknown:
        raise TableInvalid(f"{place}: unknown field {', '.join(sorted(unknown))}")


def _member(place: str, kind: Any, name: object) -> Any:
    try:
        return kind[name]
    except KeyError:
        raise TableInvalid(f"{place}: must be one of {', '.join(kind.__members__)}") from None


def _flag(place: str, row: Mapping[str, Any], field: str) -> bool:
    value = row.get(field, False)
    if not isinstance(value, bool):
        raise TableInvalid(f"{place}.{field}: must be true or false")
    return value
