"""Messages of the contract as JSON: its own field names, enums without their prefix, times in RFC 3339."""

from functools import cache
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp


def as_json(message: Message) -> dict[str, Any]:
    """Writes the fields of a message that are set; the others are left out."""
    return {
        field.name: [_value(field, each) for each in value] if field.is_repeated else _value(field, value)
        for field, value in message.ListFields()
    }


@cache
def enum_numbers(enum: EnumDescriptor) -> dict[str, int]:
    """Gives the values of an enum by their names without prefix, but for the one that says nothing."""
    return {name: number for number, name in _enum_names(enum).items() if number}


def _value(field: FieldDescriptor, value: Any) -> Any:
    if isinstance(value, Timestamp):
        return value.ToJsonString()
    if isinstance(value, Message):
        return as_json(value)
    if field.enum_type is not None:
        # Of a newer upstream's value there is only the number.
        return _enum_names(field.enum_type).get(value, str(value))
    return value


@cache
def _enum_names(enum: EnumDescriptor) -> dict[int, str]:
    # The linter of the contract has every enum begin so.
    prefix = enum.values[0].name.removesuffix("UNSPECIFIED")
    return {value.number: value.name.removeprefix(prefix) for value in enum.values}
