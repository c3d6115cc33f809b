"""An AlphaSMS document as it arrives: whether it can be read, who sends it, and what each item asks.

Source: AlphaSMS, "JSON API", "Message status". What it leaves open is decided where it is written down
below; the texts of errors that it does not have are those of the provider's other protocols.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from messagestatus_gateway.request import Request

INCORRECT_FORMAT = "Incorrect document format"
UNKNOWN_COMMAND = "Unknown command"
WRONG_ID = "Wrong message ID"

_DEEPEST = 64
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Integer:
    """An integral JSON number as it is written. Clients choose ids beyond what a float can hold."""

    digits: str


class Item(NamedTuple):
    """One item of a document.

    Attributes:
        shown: What its answer tells again of it: the id as it came, where it can be told.
        message_id: The id it asks for.
        fault: Why it is refused without being asked for; empty where it is not.
    """

    shown: dict[str, Any]
    message_id: str = ""
    fault: str = ""


def read_document(request: Request) -> dict[str, Any]:
    """Reads the JSON object that a request carries.

    "Message status", "Header parameters": without its content type, a request "will be considered
    invalid even if it has valid JSON".

    Raises:
        ValueError: It carries none: another content type, bytes that are not UTF-8, a byte order mark,
            no JSON, NaN, no object, or one that is nested too deep.
    """
    content_type = request.header(b"content-type").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise ValueError("not application/json")
    try:
        document = _DECODER.decode(request.body.decode())
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(document, dict):
        raise ValueError("not an object")  # noqa: TRY004 -- for the caller it is one fault of many
    _check_depth(document)
    return document


def credential_of(document: dict[str, Any]) -> str:
    """Gives `auth`; empty where it is no text, as where there is none."""
    auth = document.get("auth")
    return auth if isinstance(auth, str) else ""


def read_item(item: object) -> Item:
    """Reads one item of `data`. "Message status", "Request parameters"."""
    if not isinstance(item, dict):
        return Item({}, fault=INCORRECT_FORMAT)
    match item.get("id"):
        case Integer(digits):
            known = Item({"id": orjson.Fragment(digits)}, digits)
        case str(text) if not _LONE_SURROGATE.search(text):
            known = Item({"id": text}, text)
        case _:
            known = Item({}, fault=WRONG_ID)
    return known if item.get("type") == "status" else known._replace(fault=UNKNOWN_COMMAND)


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


# orjson would turn integers beyond 64 bits into floats, and refuse a whole document for one id with a
# lone surrogate.
_DECODER = json.JSONDecoder(parse_int=Integer, parse_constant=_refuse_constant)


def _check_depth(document: dict[str, Any]) -> None:
    level: list[Any] = [document]
    for _ in range(_DEEPEST):
        inner = [value for each in level for value in (each.values() if isinstance(each, dict) else each)]
        level = [value for value in inner if isinstance(value, dict | list)]
    if level:
        raise ValueError("nested too deep")
