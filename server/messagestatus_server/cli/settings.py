"""The global options: accepted before a subcommand and after it, by every subcommand."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from messagestatus_server.cli.exit_code import ExitCode


class NoKey(click.ClickException):
    """Nobody gave a key, and the data directory has none that can be read."""

    exit_code = ExitCode.DENIED


@dataclass(frozen=True)
class Settings:
    """The global options as given; times in seconds."""

    server: str
    key: str | None
    data: Path
    tls_ca: Path | None
    tls_cert: Path | None
    tls_key: Path | None
    timeout: float
    json: bool

    def credential(self) -> str:
        """Return the key to call with: the one given, or else the administrator's of the data directory."""
        if self.key:
            return self.key
        path = self.data / "admin.key"
        try:
            return path.read_text(encoding="ascii").strip()
        except OSError as error:
            raise NoKey(f"no key: give --key or MESSAGESTATUS_KEY ({path}: {error.strerror})") from error


def global_options() -> list[click.Parameter]:
    """Make the options that `Settings` holds, one for each field."""
    file = click.Path(path_type=Path, exists=True, dir_okay=False)
    return [
        click.Option(
            ["--server"],
            default="127.0.0.1:50051",
            show_default=True,
            metavar="HOST:PORT",
            help="Where the server answers.",
        ),
        click.Option(["--key"], metavar="KEY", help="The API key. [default: read from DATA/admin.key]"),
        click.Option(
            ["--data"],
            type=click.Path(path_type=Path, file_okay=False),
            default=Path("var"),
            show_default=True,
            metavar="DIR",
            help="The data directory.",
        ),
        click.Option(["--tls-ca"], type=file, metavar="FILE", help="Call over TLS; trust this authority."),
        click.Option(["--tls-cert"], type=file, metavar="FILE", help="The client's own certificate."),
        click.Option(["--tls-key"], type=file, metavar="FILE", help="The key of that certificate."),
        click.Option(
            ["--timeout"],
            type=click.FloatRange(min=0, min_open=True),
            default=10.0,
            show_default=True,
            metavar="SECONDS",
            help="How long one call may take.",
        ),
        click.Option(["--json"], is_flag=True, help="Print JSON: one document, or one a line."),
    ]


class Command(click.Command):
    """A subcommand: global options given after its name override those before it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for option in global_options():
            assert isinstance(option, click.Option)
            option.hidden = True  # the help of `messagestatus` shows them once
            option.expose_value = False
            option.allow_from_autoenv = False
            option.callback = _override
            self.params.append(option)


class CommandGroup(click.Group):
    """A subcommand that has subcommands."""

    command_class = Command


def _override(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Put a global option that was given after the subcommand in the place of the one before it."""
    assert option.name is not None
    if context.get_parameter_source(option.name) is ParameterSource.COMMANDLINE:
        context.obj = replace(context.obj, **{option.name: value})
