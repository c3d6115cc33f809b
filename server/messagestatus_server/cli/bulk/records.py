"""Reads the records of an NDJSON or CSV file, each with its place; a line that is none says why."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, BinaryIO, NamedTuple

import click
import orjson
from google.protobuf.message import Message

from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from messagestatus.v1.message_service_pb2 import MessageRegistration
from messagestatus_server.cli.shape import FieldFault, nested


class Kind(StrEnum):
    """What a record is."""

    MESSAGES = "messages"
    RECEIPTS = "receipts"


TYPES: dict[Kind, type[Message]] = {Kind.MESSAGES: MessageRegistration, Kind.RECEIPTS: DeliveryReceipt}

_WRAPPERS = {"message": Kind.MESSAGES, "receipt": Kind.RECEIPTS}
_LONGEST = 3 << 20  # a request may have 4 MiB
_UTF8_MARK = b"\xef\xbb\xbf"  # what spreadsheets put in front of a CSV file


class Record(NamedTuple):
    """One record: where it begins, its text, and its fields by name or what is wrong with it."""

    line: int
    text: bytes
    kind: Kind
    fields: Any
    fault: FieldFault | None


@dataclass
class Lines:
    """The lines of a file, from wherever it stands; knows how far it has read."""

    file: BinaryIO
    offset: int = 0
    count: int = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self.file:
            self.offset += len(line)
            self.count += 1
            yield line


def ndjson_records(lines: Lines, kind: Kind) -> Iterator[Record]:
    """Yield the record of each line; a bare object is of the kind given."""
    for line in lines:
        if line.isspace():
            continue
        if len(line) > _LONGEST:
            yield Record(lines.count, line, kind, None, FieldFault("", f"is longer than {_LONGEST} bytes"))
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield Record(lines.count, line, kind, None, FieldFault("", f"is no JSON: {error}"))
            continue
        if isinstance(value, dict) and len(value) == 1:
            ((name, inner),) = value.items()
            if name in _WRAPPERS:
                yield Record(lines.count, line, _WRAPPERS[name], inner, None)
                continue
        yield Record(lines.count, line, kind, value, None)


def csv_records(lines: Lines, kind: Kind, header: list[list[str]]) -> Iterator[Record]:
    """Yield the record of each row; an empty cell is a field left out."""
    raw: list[bytes] = []
    reader = csv.reader(_decoded(lines, raw), strict=True)
    while True:
        raw.clear()
        first = lines.count + 1
        try:
            row = next(reader)
            fields = _row_fields(header, row)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(first, b"".join(raw), kind, None, FieldFault("", f"is no CSV: {error}"))
        except FieldFault as fault:
            yield Record(first, b"".join(raw), kind, None, fault)
        else:
            if row:
                yield Record(first, b"".join(raw), kind, fields, None)


def csv_header(lines: Lines, kind: Kind) -> list[list[str]]:
    """Read the header: for each column the names that lead to its field.

    Raises click.UsageError for a column that is no field, or a field with fields of its own.
    """
    first = next(iter(lines), b"").removeprefix(_UTF8_MARK)
    columns = [name.split(".") for name in next(csv.reader([first.decode("utf-8", "replace")]), [])]
    for path in columns:
        if not _is_field(TYPES[kind], path):
            raise click.UsageError(f"the header names {'.'.join(path)!r}, which is no field of {kind}")
    return columns


def _row_fields(header: list[list[str]], row: list[str]) -> dict[str, Any]:
    """Name the cells of a row; cells missing at its end are empty. Raises FieldFault."""
    if len(row) > len(header):
        raise FieldFault("", f"has {len(row)} cells, but the header has {len(header)}")
    return nested([(path, cell) for path, cell in zip(header, row, strict=False) if cell])


def _is_field(message_type: type[Message], path: list[str]) -> bool:
    """Tell whether a path leads to a field that a cell can hold: a time, or one without fields."""
    inside: Any = message_type.DESCRIPTOR
    for name in path:
        field = inside.fields_by_name.get(name) if inside else None
        if field is None:
            return False
        inside = field.message_type
    return inside is None or inside.full_name == "google.protobuf.Timestamp"


def _decoded(lines: Lines, raw: list[bytes]) -> Iterator[str]:
    """Yield the lines as text, and leave their bytes in `raw`.

    Bytes that are no UTF-8 pass as surrogates, which no field of the contract accepts.
    """
    for line in lines:
        raw.append(line)
        yield line.decode("utf-8", "surrogateescape")
