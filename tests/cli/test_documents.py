"""The documents of the command line name all that there is."""

from pathlib import Path

import click
import pytest

from messagestatus_server.cli.exit_code import MEANINGS
from messagestatus_server.cli.root import root
from messagestatus_server.cli.settings import global_options

_DOCS = Path(__file__).parents[2] / "docs"


def _commands() -> list[tuple[str, click.Command]]:
    context = click.Context(root)
    found: list[tuple[str, click.Command]] = []
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found += [(f"{name} {inner}", command.commands[inner]) for inner in command.commands]
        else:
            found.append((name, command))
    return found


@pytest.mark.parametrize(
    ("name", "command"), _commands(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_and_its_options_stand_in_the_document(name: str, command: click.Command) -> None:
    text = (_DOCS / "cli.md").read_text()
    assert f"`{name}" in text
    for option in command.params:
        if isinstance(option, click.Option) and option.expose_value:
            assert any(f"`{flag}" in text or f" {flag}" in text for flag in option.opts), option.opts


def test_every_global_option_and_exit_code_stands_in_the_document() -> None:
    text = (_DOCS / "cli.md").read_text()
    for option in global_options():
        assert f"`{option.opts[0]}" in text
    for code, meaning in MEANINGS.items():
        assert f"| {code} | {meaning} |" in text


@pytest.mark.parametrize(
    ("name", "command"), _commands(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_and_option_explains_itself(name: str, command: click.Command) -> None:
    assert command.help, name
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help or option.name in {"log_format", "log_level"}, option.opts
