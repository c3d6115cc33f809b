"""The command line: every option is an environment variable too, `MESSAGESTATUS_GATEWAY_` before its name."""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import uvloop

from messagestatus_gateway import logs
from messagestatus_gateway.dialects import DIALECTS
from messagestatus_gateway.rate_limit import StatedLimits
from messagestatus_gateway.serve import serve
from messagestatus_gateway.settings import Address, Limits, Settings, UpstreamSettings

_SECONDS = click.FloatRange(min=0, min_open=True)
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


def _address(_context: click.Context, _parameter: click.Parameter, text: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _rate_limits(_context: click.Context, _parameter: click.Parameter, texts: Sequence[str]) -> StatedLimits:
    try:
        stated = StatedLimits.parse(texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    unknown = stated.dialects - {dialect.name() for dialect in DIALECTS}
    if unknown:
        raise click.BadParameter(f"there is no dialect {', '.join(sorted(unknown))}")
    return stated


def _public_url(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    parts = urlsplit(text)
    if text and (parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment):
        raise click.BadParameter(f"{text!r} is no http or https URL without a query")
    return text


def _networks(
    _context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]
) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(text)) for text in texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _runtime_directory() -> Path:
    place = os.environ.get("XDG_RUNTIME_DIR")
    if place:
        return Path(place) / "messagestatus"
    return Path(tempfile.gettempdir()) / f"messagestatus-{os.getuid()}"


@click.command(context_settings={"auto_envvar_prefix": "MESSAGESTATUS_GATEWAY", "show_default": True})
@click.option("--upstream", default="127.0.0.1:50051", metavar="HOST:PORT", help="The status server.")
@click.option("--upstream-ca", type=_FILE, help="Speak TLS to it, and trust these certificates.")
@click.option("--upstream-cert", type=_FILE, help="Show it this certificate.")
@click.option("--upstream-key", type=_FILE, help="The private key of --upstream-cert.")
@click.option(
    "--listen",
    default="127.0.0.1:8080",
    metavar="HOST:PORT",
    callback=_address,
    help="Port 0 takes a free one.",
)
@click.option("--fd", type=click.IntRange(min=0), help="Serve this inherited listening socket instead.")
@click.option("--tls-cert", type=_FILE, help="Speak HTTPS with this certificate.")
@click.option("--tls-key", type=_FILE, help="The private key of --tls-cert, unless that file has it.")
@click.option("--deadline", type=_SECONDS, default=5.0, help="Seconds for one look-up.")
@click.option(
    "--coalesce/--no-coalesce", default=True, help="Ask for what a caller looks up at one time by one call."
)
@click.option(
    "--arrival",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    help="Seconds for a request to arrive.",
)
@click.option("--max-body", type=click.IntRange(min=0), default=1 << 20, help="Bytes of a request's body.")
@click.option("--max-concurrency", type=click.IntRange(min=1), default=4096, help="Requests at one time.")
@click.option("--max-watches", type=click.IntRange(min=0), default=2000, help="Watches at one time.")
@click.option(
    "--drain", type=click.IntRange(min=0), default=10, help="Seconds to finish requests when stopping."
)
@click.option(
    "--rate-limit",
    multiple=True,
    metavar="DIALECT[/TENANT]=CALLS/SECONDS",
    callback=_rate_limits,
    help="How often each caller may ask, or `none`. Repeatable; without, as the dialect's document says.",
)
@click.option(
    "--rate-limit-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=_runtime_directory,
    show_default="a directory of this user",
    help="Where the gateways of this machine count calls together.",
)
@click.option(
    "--cors-origin",
    multiple=True,
    default=("*",),
    metavar="ORIGIN",
    help="Origins whose pages may read answers. Repeatable; `*` is all, `none` is nobody.",
)
@click.option(
    "--public-url",
    default="",
    metavar="URL",
    callback=_public_url,
    help="What carriers call the gateway by, where a proxy changes it.",
)
@click.option(
    "--trusted-proxy",
    multiple=True,
    metavar="NETWORK",
    callback=_networks,
    help="Proxies whose X-Forwarded-For, -Proto and -Host count. Repeatable.",
)
@click.option("--log-format", type=click.Choice(["console", "json"]), default="console")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info")
def main(**options: Any) -> None:
    """Serve existing REST clients the JSON they know, from a status server."""
    if bool(options["upstream_cert"]) != bool(options["upstream_key"]):
        raise click.UsageError("--upstream-cert and --upstream-key go together.")
    if options["tls_key"] and not options["tls_cert"]:
        raise click.UsageError("--tls-key needs --tls-cert.")
    access_log = logs.configure(options["log_format"], options["log_level"])
    settings = Settings(
        upstream=UpstreamSettings(
            address=options["upstream"],
            deadline=options["deadline"],
            coalesce=options["coalesce"],
            ca=options["upstream_ca"],
            cert=options["upstream_cert"],
            key=options["upstream_key"],
        ),
        listen=options["listen"],
        fd=options["fd"],
        tls_cert=options["tls_cert"],
        tls_key=options["tls_key"],
        limits=Limits(
            body=options["max_body"],
            arrival=options["arrival"],
            concurrency=options["max_concurrency"],
            watches=options["max_watches"],
        ),
        drain=options["drain"],
        rate_limits=options["rate_limit"],
        rate_limit_dir=options["rate_limit_dir"],
        cors_origins=options["cors_origin"],
        public_url=options["public_url"],
        trusted_proxies=options["trusted_proxy"],
    )
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings, access_log))
    except OSError as error:
        raise click.ClickException(str(error)) from error
