"""Reads the items of `register --from` and `report --from` out of a JSON document."""

from typing import Any, TypeVar

import click
import orjson
from google.protobuf.message import Message

from messagestatus_server.cli.shape import FieldFault, Shape

_Item = TypeVar("_Item", bound=Message)


def items_in(message_type: type[_Item], document: bytes) -> list[_Item]:
    """Return the items of a JSON document. Raises click.UsageError for one that is no JSON."""
    try:
        return items_of(message_type, orjson.loads(document))
    except orjson.JSONDecodeError as error:
        raise click.UsageError(f"this is no JSON: {error}") from error


def items_of(message_type: type[_Item], given: Any) -> list[_Item]:
    """Return the items that are given as one object, or as a list of them.

    Raises click.UsageError for an item with a field, or a value, that the contract has not.
    """
    shape = Shape(message_type)
    items = []
    for number, item in enumerate(given if isinstance(given, list) else [given], start=1):
        try:
            items.append(message_type(**shape.fields(item)))
        except FieldFault as fault:
            raise click.UsageError(f"item {number}: {fault}") from fault
    return items
