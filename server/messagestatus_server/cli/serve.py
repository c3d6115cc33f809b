"""`serve`: the whole service on one machine, a server and its gateways under one supervisor."""

import asyncio

import click
import structlog

from messagestatus_server import logs
from messagestatus_server.cli.exit_code import ExitCode
from messagestatus_server.cli.settings import Command, Settings
from messagestatus_server.cli.supervision.child import Child, DiesAtOnceError, tethered
from messagestatus_server.cli.supervision.sockets import Address, address_of, free, listen
from messagestatus_server.cli.supervision.supervisor import Supervisor

_log = structlog.get_logger()


@click.command("serve", cls=Command)
@click.option(
    "--listen",
    "grpc",
    callback=address_of,
    default="127.0.0.1:50051",
    show_default=True,
    metavar="HOST:PORT",
    help="Where the server answers gRPC.",
)
@click.option(
    "--http",
    callback=address_of,
    default="127.0.0.1:8080",
    show_default=True,
    metavar="HOST:PORT",
    help="Where the gateways answer REST.",
)
@click.option(
    "--gateways", type=click.IntRange(min=0), default=1, show_default=True, help="Gateway processes."
)
@click.option("--demo", is_flag=True, help="Load demo data, and print lines to try.")
@click.option("--log-format", type=click.Choice(["console", "json"]), default="console", show_default=True)
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True
)
@click.pass_obj
def serve_command(
    settings: Settings,
    /,
    *,
    grpc: Address,
    http: Address,
    gateways: int,
    demo: bool,
    log_format: str,
    log_level: str,
) -> None:
    """Run the server and its gateways until Ctrl-C, starting again what dies.

    The first Ctrl-C lets them finish what they have begun; the second kills.
    """
    logs.configure(log_format, log_level)
    log = ["--log-format", log_format, "--log-level", log_level]
    grpc = free("--listen", grpc)
    with listen("--http", http) as shared:
        http = Address(http.host, shared.getsockname()[1])
        server = Child(
            "server",
            "messagestatus_server",
            ["--data", str(settings.data), "--listen", str(grpc), *log],
        )
        upstream = ["--upstream", str(grpc), "--fd", str(shared.fileno()), *log]
        supervisor = Supervisor(
            server,
            [
                Child(f"gateway {number}", "messagestatus_gateway", upstream, [shared.fileno()])
                for number in range(1, gateways + 1)
            ],
        )
        loading = (
            ["--data", str(settings.data), "--server", str(grpc), "demo", "--http", str(http)] if demo else []
        )
        try:
            asyncio.run(supervisor.run(grpc, lambda: _load_demo(loading)))
        except DiesAtOnceError as error:
            raise click.ClickException(str(error)) from error
    if supervisor.killed:
        raise click.exceptions.Exit(ExitCode.INTERRUPTED)


async def _load_demo(arguments: list[str]) -> None:
    """Run `demo` with these arguments, if any.

    In a process of its own: gRPC's threads have no place in one that starts others.
    """
    if not arguments:
        return
    loading = await asyncio.create_subprocess_exec(*tethered("messagestatus_server.cli", arguments))
    if await loading.wait():
        _log.warning("the demo data could not be loaded")
