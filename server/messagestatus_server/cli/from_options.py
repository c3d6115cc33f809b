"""Builds requests of the contract from what the options of a command say."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click
from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message

from messagestatus_server.cli.shape import FieldFault, Shape, nested
from messagestatus_server.cli.words import choices

_Request = TypeVar("_Request", bound=Message)
_Function = TypeVar("_Function", bound=Callable[..., Any])


def request_of(message_type: type[_Request], values: Mapping[str, Any]) -> _Request:
    """Build a request from values by option name, leaving out those not given.

    The option `reference__key` is the field `reference.key`: click allows no dot.
    Raises click.UsageError for a value that its field cannot have.
    """
    given = [(name.split("__"), value) for name, value in values.items() if value not in (None, ())]
    try:
        return message_type(**Shape(message_type).fields(nested(given)))
    except FieldFault as fault:
        raise click.UsageError(str(fault)) from fault


def enum_option(
    flag: str, name: str, enum: EnumDescriptor, *, text: str, several: bool = False, required: bool = False
) -> Callable[[_Function], _Function]:
    """Make an option that takes the words of one enum, in either case."""
    return click.option(
        flag,
        name,
        type=click.Choice(choices(enum), case_sensitive=False),
        multiple=several,
        required=required,
        metavar=enum.name.upper(),
        help=f"{text} One of: {', '.join(choices(enum))}.",
    )
