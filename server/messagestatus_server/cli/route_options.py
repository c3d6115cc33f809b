"""The options that decide about a route, and the parts of the contract that they become."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import click
from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.duration_pb2 import Duration

from messagestatus.v1.delivery_state_pb2 import DeliveryState, Finality
from messagestatus.v1.message_status_pb2 import Channel
from messagestatus.v1.route_pb2 import Deadline, IdForm, RouteSpec, WordMeaning
from messagestatus_server.cli.secret_values import Pair, secret_options
from messagestatus_server.cli.words import choices, numbers

_Function = TypeVar("_Function", bound=Callable[..., Any])

_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"(?:\d+[dhms])+")
_LISTS = ("allowed_networks", "id_forms", "overrides", "deadlines")


class _Parsed(click.ParamType[Any]):
    """A value that a function reads; None for an empty one, which stands for none at all."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a value."""
        try:
            return self._parse(value) if value else None
        except ValueError as fault:
            self.fail(str(fault), param, ctx)


def override_of(text: str) -> WordMeaning:
    """Read `WORD[:CODE]=STATE[,FINALITY[,PRECEDENCE]]`; without a state the word is only noted.

    Raises:
        ValueError: It is none.
    """
    native, equals, meant = text.rpartition("=")
    word, _, code = native.partition(":")
    if not equals or not word:
        raise ValueError(f"{text!r} is not WORD[:CODE]=STATE[,FINALITY[,PRECEDENCE]]")
    state, finality, precedence = [*meant.split(",", 2), "", ""][:3]
    if precedence and not (precedence.isascii() and precedence.isdigit()):
        raise ValueError(f"the precedence {precedence!r} is no number")
    return WordMeaning(
        word=word,
        code=code,
        state=_number(DeliveryState.DESCRIPTOR, state),
        finality=_number(Finality.DESCRIPTOR, finality),
        precedence=int(precedence or 0),
    )


def deadline_of(text: str) -> Deadline:
    """Read `[CHANNEL=]DURATION[:STATE]`, such as `SMS=4h:EXPIRED` or `1d12h`.

    Raises:
        ValueError: It is none.
    """
    channel, _, rest = text.rpartition("=")
    duration, _, state = rest.partition(":")
    if not _DURATION.fullmatch(duration):
        raise ValueError(f"{duration!r} is no time such as 4h, 90m or 1d12h")
    seconds = sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([dhms])", duration))
    return Deadline(
        channel=_number(Channel.DESCRIPTOR, channel),
        after=Duration(seconds=seconds),
        state=_number(DeliveryState.DESCRIPTOR, state),
    )


def decided(spec: RouteSpec, given: Mapping[str, Any]) -> RouteSpec:
    """Return what is decided about a route, changed as far as options are given; `spec` stays as it is.

    Settings change one by one, and an empty one is removed; lists change as a whole.
    """
    changed = RouteSpec()
    changed.CopyFrom(spec)
    for name in ("provider_name", "public_url", "instance", "reference_is_message_id", "disabled"):
        if given.get(name) is not None:
            setattr(changed, name, given[name])
    for name, value in given["settings"]:
        if value:
            changed.settings[name] = value
        else:
            changed.settings.pop(name, None)
    for name in _LISTS:
        if given[name]:
            changed.ClearField(name)  # type: ignore[arg-type]  # its stub wants the names one by one
            getattr(changed, name).extend(item for item in given[name] if item is not None)
    return changed


def spec_options(command: _Function) -> _Function:
    """Give a command the options that `decided` reads, and those that name secrets."""
    for option in reversed(list(_options())):
        command = option(command)
    return command


def _options() -> Iterable[Callable[..., Any]]:
    yield click.option(
        "--setting",
        "settings",
        type=Pair("NAME=VALUE"),
        multiple=True,
        metavar="NAME=VALUE",
        help="A setting of the provider; `route providers` lists them.",
    )
    yield secret_options
    yield click.option(
        "--allow",
        "allowed_networks",
        type=_Parsed("network", str),
        multiple=True,
        metavar="NETWORK",
        help="A network that callbacks may come from (CIDR). [default: any]",
    )
    yield click.option("--public-url", metavar="URL", help="The URL that the carrier calls, without query.")
    yield click.option(
        "--provider-name", metavar="NAME", help="What messages call the provider. [default: the provider]"
    )
    yield click.option("--instance", metavar="NAME", help="The only instance whose messages it tells of.")
    yield click.option(
        "--id-form",
        "id_forms",
        type=_Parsed("form", lambda text: _number(IdForm.DESCRIPTOR, text)),
        multiple=True,
        metavar="FORM",
        help="A form in which the provider writes identifiers, besides the one they were registered in. "
        f"One of: {', '.join(choices(IdForm.DESCRIPTOR))}.",
    )
    yield click.option(
        "--reference-is-message-id/--no-reference-is-message-id",
        "reference_is_message_id",
        default=None,
        help="Whether the sender's reference that comes back is our message ID.",
    )
    yield click.option(
        "--override",
        "overrides",
        type=_Parsed("meaning", override_of),
        multiple=True,
        metavar="WORD[:CODE]=STATE[,FINALITY[,PRECEDENCE]]",
        help="What a native word means on this route.",
    )
    yield click.option(
        "--deadline",
        "deadlines",
        type=_Parsed("deadline", deadline_of),
        multiple=True,
        metavar="[CHANNEL=]DURATION[:STATE]",
        help="How long messages wait for a receipt, and what they are marked then, such as SMS=4h:EXPIRED.",
    )


def _number(enum: EnumDescriptor, text: str) -> Any:
    """Return the number of an enum's word, in either case; 0 for none."""
    if not text:
        return 0
    try:
        return numbers(enum)[text.upper()]
    except KeyError:
        raise ValueError(f"{text!r} is none of {', '.join(choices(enum))}") from None
