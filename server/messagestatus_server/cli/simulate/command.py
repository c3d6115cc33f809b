"""`simulate`: the options of a simulation, and how it ends."""

import asyncio
import re
from typing import Any

import click

from messagestatus_server.cli.exit_code import ExitCode
from messagestatus_server.cli.printing import print_json
from messagestatus_server.cli.secret_values import secret_options, secrets_given
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.cli.simulate.place import is_url
from messagestatus_server.cli.simulate.plan import GATEWAY, PHONE_PREFIX, Plan
from messagestatus_server.cli.simulate.simulation import simulate

_PROBABILITY = click.FloatRange(0, 1)
_PREFIX = re.compile(r"\+[1-9][0-9]{0,7}")


def _words(_context: click.Context, _option: click.Parameter, text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _url(_context: click.Context, _option: click.Parameter, text: str) -> str:
    if text and not is_url(text):
        raise click.BadParameter("must be an http or https URL")
    return text


def _base(context: click.Context, option: click.Parameter, text: str) -> str:
    if "?" in text:
        raise click.BadParameter("must be a URL without a query")
    return _url(context, option, text).rstrip("/")


def _prefix(_context: click.Context, _option: click.Parameter, text: str) -> str:
    if not _PREFIX.fullmatch(text):
        raise click.BadParameter("must be a plus sign and 1 to 8 digits, the first not 0")
    return text


@click.command("simulate", cls=Command)
@click.option("--provider", default="", metavar="NAME", help="Whose carrier; may be left out with --route.")
@click.option(
    "--script",
    default="",
    callback=_words,
    metavar="WORD,…",
    help="What happens to each message: native words, or states. [default: what usually happens]",
)
@click.option(
    "--messages", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help="How many."
)
@click.option(
    "--rate",
    type=click.FloatRange(0, 100_000, min_open=True),
    default=200.0,
    show_default=True,
    help="Callbacks a second, at most.",
)
@click.option("--duplicate", type=_PROBABILITY, default=0.0, help="How probably a callback is posted again.")
@click.option("--shuffle", is_flag=True, help="Post in any order, whatever happened first.")
@click.option("--lose", type=_PROBABILITY, default=0.0, help="How probably an event is never told.")
@click.option(
    "--batch",
    type=click.IntRange(1, 1000),
    default=10,
    show_default=True,
    help="Events in a callback at most, where the carrier tells of several.",
)
@click.option("--to", default=GATEWAY, show_default=True, callback=_base, metavar="URL", help="The gateway.")
@click.option("--route", default="", metavar="NAME", help="A route that is there. [default: one is made]")
@click.option("--target", default="", callback=_url, metavar="URL", help="Only post, to any URL.")
@secret_options
@click.option("--seed", type=click.IntRange(min=0), help="What decides; the same does the same again.")
@click.option("--tenant", default="", metavar="NAME", help="The tenant. [default: the key's own]")
@click.option("--error-code", default="", metavar="CODE", help="The native error code of failures.")
@click.option(
    "--phone-prefix",
    default=PHONE_PREFIX,
    show_default=True,
    callback=_prefix,
    metavar="PREFIX",
    help="What the recipients' numbers begin with.",
)
@click.option("--keep-route", is_flag=True, help="Do not delete the route that was made.")
@click.pass_obj
def simulate_command(settings: Settings, /, **given: Any) -> None:
    """Simulate a carrier: post its signed callbacks, and check that every message stands where they imply.

    Ctrl-C stops the posting; what was posted is checked nevertheless.
    """
    names, files = given.pop("secret_names"), given.pop("secret_files")
    if given["route"] and given["target"]:
        raise click.UsageError("--route and --target exclude each other")
    if not (given["provider"] or given["route"]):
        raise click.UsageError("Missing option '--provider'.")
    if (names or files) and not (given["route"] or given["target"]):
        raise click.UsageError("--secret and --secret-file need --route or --target")
    plan = Plan(settings=settings, secrets=secrets_given(names, files), **given)
    report = asyncio.run(simulate(plan, lambda text: click.echo(text, err=True)))
    if settings.json:
        print_json(report.document())
    else:
        report.show()
    if report.interrupted:
        raise click.exceptions.Exit(ExitCode.INTERRUPTED)
    if not report.is_good:
        raise click.exceptions.Exit(ExitCode.REFUSED)
