"""Reads the items of `register --from` and `report --from` out of a JSON document."""

from typing import Any, TypeVar

import click
import orjson
from google.protobuf.message import Message

from messagestatus_server.cli.shape import FieldFault, Shape

_Item = TypeVar("_Item", bound=Message)


def items_of(message_type: type[_Item], document: bytes) -> list[_Item]:
    """Return the items of a document that holds one object, or a list of them.

    Raises click.UsageError for a document that is no JSON, or has a field that the contract has not.
    """
    try:
        given: Any = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise click.UsageError(f"--from: no JSON: {error}") from error
    shape = Shape(message_type)
    items = []
    for number, item in enumerate(given if isinstance(given, list) else [given], start=1):
        try:
            items.append(message_type(**shape.fields(item)))
        except FieldFault as fault:
            raise click.UsageError(f"--from: item {number}: {fault}") from fault
    return items
