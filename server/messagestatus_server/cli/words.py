"""The contract's enum values as words: `DELIVERED` for DELIVERY_STATE_DELIVERED, and back."""

from collections.abc import Mapping
from functools import cache

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor


@cache
def numbers(enum: EnumDescriptor) -> Mapping[str, int]:
    """Map every way to write a value, with the prefix and without, to its number."""
    prefix = _prefix(enum)
    spellings = {value.name: value.number for value in enum.values}
    return spellings | {name.removeprefix(prefix): number for name, number in spellings.items()}


def choices(enum: EnumDescriptor) -> list[str]:
    """List the short words for its values, but for the one that says nothing."""
    return [value.name.removeprefix(_prefix(enum)) for value in enum.values if value.number]


@cache
def _shortened(enum: EnumDescriptor) -> Mapping[int, str]:
    return {value.number: value.name.removeprefix(_prefix(enum)) for value in enum.values if value.number}


def word(enum: EnumDescriptor, number: int) -> str:
    """Return the short word for a value: empty for none, its digits if this program does not know it."""
    return _shortened(enum).get(number, str(number) if number else "")


def field_word(field: FieldDescriptor, number: int) -> str:
    """Return the short word for the value of an enum field."""
    assert field.enum_type is not None
    return word(field.enum_type, number)


def _prefix(enum: EnumDescriptor) -> str:
    """Return what all its values begin with: `DELIVERY_STATE_`, as the value 0 shows."""
    return enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
