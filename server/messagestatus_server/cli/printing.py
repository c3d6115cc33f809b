"""What commands print: messages of the contract for people, or as JSON for machines."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click
import orjson
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus_server.cli.words import field_word

_UNPRINTABLE = re.compile(r"[^\S ]|[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(message: Message) -> dict[str, Any]:
    """Return a message as the standard JSON form of protobuf has it, with the contract's field names."""
    return MessageToDict(message, preserving_proto_field_name=True)


def print_json(value: Any) -> None:
    """Print one JSON document on one line."""
    click.echo(orjson.dumps(value))


def print_record(message: Message) -> None:
    """Print every field that is set on a line of its own, by its dotted name."""
    lines = list(_lines(message, ""))
    width = max((len(name) for name, _ in lines), default=0)
    for name, text in lines:
        click.echo(f"{name:{width}}  {text}")


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows in columns as wide as their widest cell."""
    cells = [headings, *([shown(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(headings))]
    for row in cells:
        click.echo("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def print_filled(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows as a table, without the columns that say nothing in any of them."""
    filled = [column for column in range(len(headings)) if any(row[column] for row in rows)]
    print_table([headings[column] for column in filled], [[row[column] for column in filled] for row in rows])


def shown(text: str) -> str:
    """Return text from outside with nothing in it that moves a cursor or turns the writing round."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def time_text(holder: Message, field: str) -> str:
    """Return a time of a message in RFC 3339; empty when it is unset."""
    moment = getattr(holder, field)
    assert isinstance(moment, Timestamp)
    return moment.ToJsonString() if holder.HasField(field) else ""


def second_text(holder: Message, field: str) -> str:
    """Return a time of a message in RFC 3339, to the second; empty when it is unset."""
    moment = getattr(holder, field)
    assert isinstance(moment, Timestamp)
    return Timestamp(seconds=moment.seconds).ToJsonString() if holder.HasField(field) else ""


def _lines(message: Message, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the dotted name and the text of every field that is set."""
    for field, value in message.ListFields():
        for place, item in _items(field, value):
            name = f"{prefix}{field.name}{place}"
            if isinstance(item, Message) and not isinstance(item, Timestamp | Duration):
                yield from _lines(item, f"{name}.")
            else:
                yield name, _text(field, item)


def _items(field: FieldDescriptor, value: Any) -> Iterable[tuple[str, Any]]:
    """Return the values of a field, each with what follows the field's name in its own."""
    if not field.is_repeated:
        return [("", value)]
    if isinstance(value, Mapping):
        return [(f".{shown(str(key))}", item) for key, item in sorted(value.items())]
    return [(f"[{index}]", item) for index, item in enumerate(value)]


def _text(field: FieldDescriptor, value: Any) -> str:
    if isinstance(value, Timestamp | Duration):
        return value.ToJsonString()
    if field.enum_type is not None:
        return field_word(field, value)
    return str(value).lower() if isinstance(value, bool) else shown(str(value))
