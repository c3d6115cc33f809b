"""Turns plain values, from JSON or CSV, into the fields of a protobuf message by a table of converters.

The table is read off the contract's descriptor once; after that a message costs a few microseconds,
a tenth of what `json_format` takes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from messagestatus_server.cli.words import choices, numbers

_INTEGER_BITS = {FieldDescriptor.TYPE_INT32: 31, FieldDescriptor.TYPE_INT64: 63}
_FLAGS = {True: True, False: False, "true": True, "false": False}

_Converter = Callable[[Any], Any]


class FieldFault(ValueError):
    """A value that its field cannot have."""

    def __init__(self, field: str, reason: str) -> None:
        """Name the field by its dotted path, and say what is wrong with its value."""
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason

    def within(self, parent: str) -> "FieldFault":
        """Return the same fault, seen from the message that `parent` is a field of."""
        return FieldFault(f"{parent}.{self.field}" if self.field else parent, self.reason)


class Shape:
    """The converters of one message type, by field name."""

    def __init__(self, message_type: type[Message]) -> None:
        self._converters = {field.name: _converter(field) for field in message_type.DESCRIPTOR.fields}

    def fields(self, source: Any) -> dict[str, Any]:
        """Convert an object to arguments of the message's constructor. Raises FieldFault.

        A null is as good as a field left out.
        """
        if not isinstance(source, dict):
            raise FieldFault("", "must be an object")
        converted = {}
        for name, value in source.items():
            if value is None:
                continue
            converter = self._converters.get(name)
            if converter is None:
                raise FieldFault(name, "there is no such field")
            try:
                converted[name] = converter(value)
            except FieldFault as fault:
                raise fault.within(name) from None
        return converted


def nested(values: Iterable[tuple[Sequence[str], Any]]) -> dict[str, Any]:
    """Make `{"reference": {"key": "K"}}` of `[(("reference", "key"), "K")]`.

    No path may lead to the inside of another's value.
    """
    tree: dict[str, Any] = {}
    for path, value in values:
        branch = tree
        for parent in path[:-1]:
            branch = branch.setdefault(parent, {})
        branch[path[-1]] = value
    return tree


def _converter(field: Any) -> _Converter:
    """Choose the converter for one field; `field` is a descriptor, which has two types to mypy."""
    one = _single(field)
    return _many(one) if field.is_repeated else one


def _single(field: Any) -> _Converter:
    """Choose the converter for one value of a field."""
    if field.message_type is not None:
        is_time = field.message_type.full_name == "google.protobuf.Timestamp"
        return _time if is_time else Shape(GetMessageClass(field.message_type)).fields
    if field.enum_type is not None:
        return _word(numbers(field.enum_type), ", ".join(choices(field.enum_type)))
    if field.type in _INTEGER_BITS:
        return _integer(_INTEGER_BITS[field.type])
    return _flag if field.type == FieldDescriptor.TYPE_BOOL else _text


def _many(one: _Converter) -> _Converter:
    """Convert a list, or a text separated by semicolons as a CSV cell has it."""

    def convert(value: Any) -> list[Any]:
        items = value.split(";") if isinstance(value, str) else value
        if not isinstance(items, list | tuple):
            raise FieldFault("", "must be a list")
        return [one(item) for item in items]

    return convert


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise FieldFault("", "must be a text")


def _flag(value: Any) -> bool:
    try:
        return _FLAGS[value]
    except (KeyError, TypeError):
        raise FieldFault("", "must be true or false") from None


def _integer(bits: int) -> _Converter:
    def convert(value: Any) -> int:
        if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
            value = int(value[:20])
        if type(value) is not int:
            raise FieldFault("", "must be a whole number")
        if not -(1 << bits) <= value < 1 << bits:
            raise FieldFault("", f"does not fit into {bits + 1} bits")
        return value

    return convert


def _word(values: Mapping[str, int], listed: str) -> _Converter:
    def convert(value: Any) -> int:
        try:
            return values[value]
        except (KeyError, TypeError):
            raise FieldFault("", f"must be one of {listed}") from None

    return convert


def _time(value: Any) -> dict[str, int]:
    """Convert an RFC 3339 time, to the microsecond: the service keeps no more."""
    if not isinstance(value, str):
        raise FieldFault("", "must be a time such as 2026-02-04T06:54:35Z")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise FieldFault("", "must be a time such as 2026-02-04T06:54:35Z") from None
    if moment.tzinfo is None:
        raise FieldFault("", "must name its zone, as by the Z of 2026-02-04T06:54:35Z")
    nanos = moment.microsecond * 1000
    return {"seconds": int((moment.replace(microsecond=0) if nanos else moment).timestamp()), "nanos": nanos}
