"""What the options of `webhook` decide about an endpoint."""

from collections.abc import Mapping
from typing import Any, TextIO

import click
from google.protobuf.duration_pb2 import Duration

from messagestatus.v1.delivery_state_pb2 import DeliveryState
from messagestatus.v1.message_status_pb2 import Channel
from messagestatus.v1.status_change_pb2 import ChangeKind
from messagestatus.v1.webhook_endpoint_pb2 import WebhookFormat, WebhookSigning, WebhookSpec
from messagestatus_server.cli.from_options import enum_option
from messagestatus_server.cli.words import numbers

tenant_option = click.option(
    "--tenant", default="", metavar="NAME", help="The tenant. [default: the key's own]"
)

signing_option = enum_option(
    "--signing", "signing", WebhookSigning.DESCRIPTOR, text="How events are signed, for good."
)

_WORDS = {"format": WebhookFormat.DESCRIPTOR, "signing": WebhookSigning.DESCRIPTOR}
_FILTERS = {
    "kinds": ChangeKind.DESCRIPTOR,
    "states": DeliveryState.DESCRIPTOR,
    "channels": Channel.DESCRIPTOR,
    "instances": None,
}
_PLAIN = ("url", "description", "rate", "concurrency", "batch_size")

_SPEC = (
    click.option("--description", metavar="TEXT", help="What the endpoint is for."),
    enum_option("--format", "format", WebhookFormat.DESCRIPTOR, text="How events are written."),
    enum_option("--kind", "kinds", ChangeKind.DESCRIPTOR, several=True, text="Only such changes."),
    enum_option("--state", "states", DeliveryState.DESCRIPTOR, several=True, text="Only changes to these."),
    enum_option("--channel", "channels", Channel.DESCRIPTOR, several=True, text="Only these channels."),
    click.option("--instance", "instances", multiple=True, metavar="NAME", help="Only these instances."),
    click.option("--rate", type=int, metavar="N", help="Requests a second at most. [default: 50]"),
    click.option("--concurrency", type=int, metavar="N", help="Requests at once at most. [default: 8]"),
    click.option(
        "--coalesce",
        type=float,
        metavar="SECONDS",
        help="How long a change waits for others of its message, of which only the last is told.",
    ),
    click.option("--batch", "batch_size", type=int, metavar="N", help="Events in a request at most."),
    click.option(
        "--authorization-file",
        type=click.File(),
        metavar="FILE",
        help="Holds the value of the header `authorization` that the receiver asks for; - is standard input.",
    ),
)


def spec_options(command: Any) -> Any:
    """Give a command the options that decide about an endpoint."""
    for option in reversed(_SPEC):
        command = option(command)
    return command


def decided(spec: WebhookSpec, given: Mapping[str, Any]) -> WebhookSpec:
    """Return what is decided about an endpoint, changed by what is given."""
    changed = WebhookSpec()
    changed.CopyFrom(spec)
    for name in _PLAIN:
        if given.get(name) is not None:
            setattr(changed, name, given[name])
    for name, enum in _WORDS.items():
        if given.get(name) is not None:
            setattr(changed, name, numbers(enum)[given[name].upper()])
    for name, filtered in _FILTERS.items():
        if given[name]:
            items = given[name] if filtered is None else [numbers(filtered)[each] for each in given[name]]
            wanted = getattr(changed.filter, name)
            del wanted[:]
            wanted.extend(items)
    if given["coalesce"] is not None:
        window = Duration()
        window.FromMicroseconds(round(given["coalesce"] * 1_000_000))
        changed.coalesce_window.CopyFrom(window)
    file: TextIO | None = given["authorization_file"]
    if file is not None:
        # Never from the command line, which every user of the machine can read.
        changed.authorization = file.read().strip()
    return changed
