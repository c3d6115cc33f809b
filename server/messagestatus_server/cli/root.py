"""The command `messagestatus`: its global options, and its subcommands, each loaded when asked for."""

from importlib import import_module
from typing import Any

import click

from messagestatus_server.cli.exit_code import ExitCode
from messagestatus_server.cli.settings import Settings, global_options

_COMMANDS = {
    "get": "lookup",
    "list": "lookup",
    "batch": "lookup",
    "history": "history",
    "watch": "watch",
    "explain": "explain",
    "stuck": "stuck",
    "receipts": "receipts.command",
    "register": "register",
    "report": "report",
    "tenant": "tenants",
    "instance": "instances",
    "key": "keys",
    "route": "routes",
    "webhook": "webhooks",
    "import": "bulk.command",
    "export": "export",
    "backup": "backup",
    "migrate": "migrate",
    "doctor": "doctor",
    "serve": "serve",
    "demo": "demo.command",
    "simulate": "simulate.command",
}


class _LazyGroup(click.Group):
    """A group that imports the module of a subcommand when it is first needed.

    So `get` starts without the storage engine that only `backup` uses.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the subcommands, in the order of a newcomer's interest."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """Import and return one subcommand; None if there is none of that name."""
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"messagestatus_server.cli.{_COMMANDS[cmd_name]}")
        command = getattr(module, f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; end with a code of its own, where click has 1, when nobody reads it."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise click.exceptions.Exit(ExitCode.BROKEN_PIPE) from error


def _remember(**given: Any) -> None:
    """Leave the global options where the subcommand finds them."""
    click.get_current_context().obj = Settings(**given)


root = _LazyGroup(
    name="messagestatus",
    params=global_options(),
    callback=_remember,
    help="Where every message stands: ask, report, import, and run the service.",
    epilog="Every option is also an environment variable: MESSAGESTATUS_SERVER for --server, "
    "MESSAGESTATUS_IMPORT_BATCH for import --batch.",
    context_settings={"auto_envvar_prefix": "MESSAGESTATUS", "help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
)
click.version_option(package_name="messagestatus")(root)
