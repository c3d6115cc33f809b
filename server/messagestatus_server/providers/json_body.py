"""JSON bodies of callbacks: read tolerantly, and what is wrong with them named by its field."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from messagestatus_server.providers.callback import Malformed


def json_value(body: bytes) -> Any:
    """Return what a body says.

    Raises:
        Malformed: It is not JSON.
    """
    try:
        return orjson.loads(body)
    except ValueError:
        raise Malformed("the body is not JSON") from None


def json_object(body: bytes) -> dict[str, Any]:
    """Return the object that a body is.

    Raises:
        Malformed: It is none.
    """
    value = json_value(body)
    if not isinstance(value, dict):
        raise Malformed("the body is not a JSON object")
    return value


def text_in(place: Mapping[str, Any], field: str, name: str = "") -> str:
    """Return the text of a field, whose full name is `name`; a whole number stands for its digits.

    It is empty where the field is missing or null.

    Raises:
        Malformed: The field is something else.
    """
    value = place.get(field)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise Malformed(f"{name or field} is neither text nor a number")


def required_text(place: Mapping[str, Any], field: str, name: str = "") -> str:
    """Return the text of a field that must be there.

    Raises:
        Malformed: The field is missing, empty, or no text.
    """
    text = text_in(place, field, name)
    if not text:
        raise Malformed(f"{name or field} is missing")
    return text


def object_in(place: Mapping[str, Any], field: str, name: str = "") -> Mapping[str, Any]:
    """Return the object of a field, an empty one where the field is missing or null.

    Raises:
        Malformed: The field is something else.
    """
    value = place.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"{name or field} is not an object")
    return value


def list_in(place: Mapping[str, Any], field: str, name: str = "") -> Sequence[Any]:
    """Return the list of a field, an empty one where the field is missing or null.

    Raises:
        Malformed: The field is something else.
    """
    value = place.get(field)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Malformed(f"{name or field} is not a list")
    return value
