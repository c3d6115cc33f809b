"""Secrets that a command is given: never on the command line, which every user of the machine can read."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

_Function = TypeVar("_Function", bound=Callable[..., Any])

_ENVIRONMENT = "MESSAGESTATUS_SECRET_"


class Pair(click.ParamType[tuple[str, str]]):
    """A value of the form NAME=VALUE."""

    def __init__(self, name: str) -> None:
        """Take what the help calls it."""
        self.name = name

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Split it at the first equals sign."""
        if isinstance(value, tuple):
            return value
        name, equals, rest = value.partition("=")
        if not equals or not name:
            self.fail(f"{value!r} is not {self.name}", param, ctx)
        return name, rest


def secret_options(command: _Function) -> _Function:
    """Give a command the options that name its secrets."""
    command = click.option(
        "--secret-file",
        "secret_files",
        type=Pair("NAME=PATH"),
        multiple=True,
        metavar="NAME=PATH",
        help="A secret, and the file that it is in.",
    )(command)
    return click.option(
        "--secret",
        "secret_names",
        multiple=True,
        metavar="NAME",
        help=f"A secret to read: from {_ENVIRONMENT}NAME, else asked for, or a line NAME=VALUE of standard "
        "input.",
    )(command)


def secrets_given(names: Sequence[str], files: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the secrets that the options name, by name.

    Raises:
        click.UsageError: One is named twice, is missing, or is empty.
        OSError: A file cannot be read.
    """
    named = [*names, *(name for name, _ in files)]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise click.UsageError(f"the secret {twice[0]} is named twice")
    found = {name: Path(path).read_text("utf-8").rstrip("\r\n") for name, path in files}
    found |= {name: os.environ[_variable(name)] for name in names if _variable(name) in os.environ}
    found |= _read([name for name in names if name not in found])
    empty = [name for name in named if not found[name]]
    if empty:
        raise click.UsageError(f"the secret {empty[0]} is empty")
    return found


def _variable(name: str) -> str:
    return f"{_ENVIRONMENT}{name.upper()}"


def _read(wanted: Sequence[str]) -> dict[str, str]:
    """Ask for secrets, or read them from the lines of standard input."""
    if sys.stdin.isatty():
        return {name: click.prompt(name, hide_input=True) for name in wanted}
    if not wanted:
        return {}
    found = {}
    for line in sys.stdin.read().splitlines():
        name, _, value = line.partition("=")
        if name in wanted:
            found[name] = value
        elif line.strip():
            # The line itself may be a secret, and is not shown.
            raise click.UsageError(f"a line of standard input is not NAME=VALUE with {_either(wanted)}")
    missing = [name for name in wanted if name not in found]
    if missing:
        raise click.UsageError(f"standard input has no line {missing[0]}=VALUE")
    return found


def _either(names: Sequence[str]) -> str:
    return f"NAME {' or '.join(names)}"
