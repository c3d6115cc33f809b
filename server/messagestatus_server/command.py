"""The command `messagestatus-server`: one status server, until it is told to stop."""

import asyncio
import gc
import signal
from ipaddress import ip_network
from pathlib import Path

import click

from messagestatus_server import logs
from messagestatus_server.compose import Server
from messagestatus_server.files import DataInUseError
from messagestatus_server.service.housekeeping import LEAST_ORPHAN_DAYS
from messagestatus_server.settings import Settings, TlsFiles, WebhookSettings
from messagestatus_server.storage.migrations import DatabaseUnusableError
from messagestatus_server.transport.engines import EngineChoice, EngineUnfitError

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _networks(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for text in given:
        try:
            ip_network(text)
        except ValueError as fault:
            raise click.BadParameter(str(fault)) from fault
    return given


@click.command(context_settings={"auto_envvar_prefix": "MESSAGESTATUS_SERVER", "show_default": True})
@click.option(
    "--data", default="var", type=click.Path(file_okay=False, path_type=Path), help="Data directory."
)
@click.option("--listen", default="127.0.0.1:50051", help="Address to serve on; port 0 takes a free one.")
@click.option("--tls-cert", type=_FILE, help="Certificate chain of the server, PEM.")
@click.option("--tls-key", type=_FILE, help="Key of the certificate, PEM.")
@click.option("--tls-client-ca", type=_FILE, help="Ask clients for a certificate of this authority, PEM.")
@click.option("--reflection/--no-reflection", default=True, help="Show the contract to those who ask.")
@click.option(
    "--engine",
    default="auto",
    type=click.Choice([choice.value for choice in EngineChoice]),
    help="What speaks gRPC; auto is express where the installed grpcio is known to bear it, else stock.",
)
@click.option("--most-calls", default=1_000, type=click.IntRange(1), help="Calls under way at once.")
@click.option("--most-watches", default=10_000, type=click.IntRange(1), help="Watch streams at once.")
@click.option("--feed-days", default=30, type=click.IntRange(1), help="Days for which changes are kept.")
@click.option(
    "--commit-group", default=512, type=click.IntRange(1), help="Writes committed together at most."
)
@click.option("--cache-mb", default=256, type=click.IntRange(1), help="Memory for pages of the database.")
@click.option(
    "--mmap-mb", default=0, type=click.IntRange(0), help="How much of the database to map for reads."
)
@click.option(
    "--timer-interval",
    default=5.0,
    type=click.FloatRange(0.1),
    help="Seconds between two looks for messages that no receipt came for in time.",
)
@click.option(
    "--raw-days", default=30, type=click.IntRange(1), help="Days for which callbacks are kept as they came."
)
@click.option(
    "--orphan-days",
    default=30,
    type=click.IntRange(LEAST_ORPHAN_DAYS),
    help="Days for which receipts are kept whose message is not registered.",
)
@click.option(
    "--drain-delay", default=0.0, type=click.FloatRange(0), help="Seconds from NOT_SERVING to closing."
)
@click.option("--drain-grace", default=15.0, type=click.FloatRange(0), help="Seconds for calls to end.")
@click.option(
    "--webhook-allow-network",
    multiple=True,
    metavar="CIDR",
    callback=_networks,
    help="Network of your own where webhook endpoints may be, on any port and by http, too.",
)
@click.option(
    "--webhook-allow-port",
    multiple=True,
    type=click.IntRange(1, 65_535),
    help="Port of webhook endpoints beside 443 and 8443.",
)
@click.option(
    "--webhook-disable-days",
    default=5,
    type=click.IntRange(0, 365),
    help="Days of nothing but failures after which an endpoint is disabled; 0 for never.",
)
@click.option(
    "--webhook-days",
    default=30,
    type=click.IntRange(1),
    help="Days for which webhook attempts and dead events are kept.",
)
@click.option("--log-format", default="console", type=click.Choice(["console", "json"]))
@click.option("--log-level", default="info", type=click.Choice(["debug", "info", "warning", "error"]))
def main(  # noqa: PLR0917 - click passes every option by its name
    data: Path,
    listen: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_client_ca: Path | None,
    reflection: bool,
    engine: str,
    most_calls: int,
    most_watches: int,
    feed_days: int,
    commit_group: int,
    cache_mb: int,
    mmap_mb: int,
    timer_interval: float,
    raw_days: int,
    orphan_days: int,
    drain_delay: float,
    drain_grace: float,
    webhook_allow_network: tuple[str, ...],
    webhook_allow_port: tuple[int, ...],
    webhook_disable_days: int,
    webhook_days: int,
    log_format: str,
    log_level: str,
) -> None:
    """Serve the status of messages over gRPC, until SIGTERM or Ctrl-C."""
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together")
    if tls_client_ca is not None and tls_cert is None:
        raise click.UsageError("--tls-client-ca needs --tls-cert and --tls-key")
    tls = TlsFiles(tls_cert, tls_key, tls_client_ca) if tls_cert and tls_key else None
    logs.configure(log_format, log_level)
    settings = Settings(
        data=data,
        listen=listen,
        tls=tls,
        reflect=reflection,
        engine=EngineChoice(engine),
        most_calls=most_calls,
        most_watches=most_watches,
        feed_days=feed_days,
        commit_group=commit_group,
        cache=cache_mb,
        mapped=mmap_mb,
        timer_interval=timer_interval,
        raw_days=raw_days,
        orphan_days=orphan_days,
        drain_delay=drain_delay,
        drain_grace=drain_grace,
        webhooks=WebhookSettings(
            webhook_allow_network, webhook_allow_port, webhook_disable_days, webhook_days
        ),
    )
    try:
        asyncio.run(_serve(settings))
    except (DataInUseError, DatabaseUnusableError, EngineUnfitError, OSError) as fault:
        raise click.ClickException(str(fault)) from fault


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = Server(settings)
    await server.start()
    # What is there by now stays, and most of what comes dies young: look for garbage less often.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    await stop.wait()
    await server.stop()
