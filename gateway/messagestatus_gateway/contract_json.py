"""Messages of the contract as JSON: its own field names, enums without their prefix, times in RFC 3339."""

from collections.abc import Callable
from functools import cache
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus_gateway.timestamps import to_nanosecond


def as_json(message: Message) -> dict[str, Any]:
    """Writes the fields of a message that are set; the others are left out."""
    written = {}
    for field, value in message.ListFields():
        name, write = _writing(field)
        written[name] = value if write is None else write(value)
    return written


@cache
def enum_numbers(enum: EnumDescriptor) -> dict[str, int]:
    """Gives the values of an enum by their names without prefix, but for the one that says nothing."""
    return {name: number for number, name in _enum_names(enum).items() if number}


# To ask a field what it is takes longer than to write it.
@cache
def _writing(field: FieldDescriptor) -> tuple[str, Callable[[Any], Any] | None]:
    """Gives a field's name, and what writes its value; nothing where that may stay as it is."""
    write = _writing_one(field)
    if not field.is_repeated:
        return field.name, write
    if write is None:
        return field.name, list
    each = write
    return field.name, lambda values: [each(value) for value in values]


def _writing_one(field: FieldDescriptor) -> Callable[[Any], Any] | None:
    if field.message_type is not None:
        return to_nanosecond if field.message_type is Timestamp.DESCRIPTOR else as_json
    if field.enum_type is not None:
        names = _enum_names(field.enum_type)
        # Of a newer upstream's value there is only the number.
        return lambda number: names.get(number) or str(number)
    return None


@cache
def _enum_names(enum: EnumDescriptor) -> dict[int, str]:
    # The linter of the contract has every enum begin so.
    prefix = enum.values[0].name.removesuffix("UNSPECIFIED")
    return {value.number: value.name.removeprefix(prefix) for value in enum.values}
