"""The command line: runs a command, and turns whatever happens into one line and an exit code."""

import os
import sys
from typing import NoReturn

import click

from messagestatus_server.cli.exit_code import ExitCode
from messagestatus_server.cli.root import root


def main() -> NoReturn:
    """Run the command line that the process was started with, and exit."""
    code: int = ExitCode.FAULT
    try:
        code = _run()
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered would fail again when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.BROKEN_PIPE
    sys.exit(code)


def _run() -> int:
    """Run the command; its exit code."""
    try:
        outcome = root.main(prog_name="messagestatus", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as needed:
        needed.show()
        return ExitCode.USAGE
    except Exception as error:  # noqa: BLE001 - a user is told of our faults in one line, never in a traceback
        text, code = _explained(error)
        click.echo(f"Error: {' '.join(text.split())}", err=True)
        return code
    return outcome if isinstance(outcome, int) else ExitCode.OK


def _explained(error: Exception) -> tuple[str, int]:
    """Say what is wrong, and with which exit code that ends."""
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "messagestatus"
        return f"{error.format_message()} (see `{command} --help`)", ExitCode.USAGE
    if isinstance(error, click.ClickException):
        return error.format_message(), error.exit_code
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}", ExitCode.REFUSED
    return f"a fault of this program: {type(error).__name__}: {error}", ExitCode.FAULT
