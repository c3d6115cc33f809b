"""`doctor`: looks at everything that the service stands on, and says what is wrong with it."""

from collections.abc import Iterator
from itertools import chain

import click

from messagestatus_server.cli.checks.addresses import address_checks
from messagestatus_server.cli.checks.directory import directory_checks
from messagestatus_server.cli.checks.finding import Finding, Verdict
from messagestatus_server.cli.checks.schema import schema_checks
from messagestatus_server.cli.checks.versions import version_checks
from messagestatus_server.cli.exit_code import ExitCode
from messagestatus_server.cli.printing import print_json
from messagestatus_server.cli.settings import Command, Settings

_COLOURS = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}


@click.command("doctor", cls=Command)
@click.option("--http", default="127.0.0.1:8080", show_default=True, metavar="HOST:PORT", help="The gateway.")
@click.pass_obj
def doctor_command(settings: Settings, http: str) -> None:
    """Check versions, files, database and addresses, whether the service runs or not.

    Exits with 1 when a check fails.
    """
    failed = False
    for finding in _findings(settings, http):
        failed = failed or finding.verdict is Verdict.FAIL
        if settings.json:
            print_json({"check": finding.check, "verdict": finding.verdict, "text": finding.text})
        else:
            verdict = click.style(f"{finding.verdict:4}", fg=_COLOURS[finding.verdict])
            click.echo(f"{verdict}  {finding.check:10}  {finding.text}")
    if failed:
        raise click.exceptions.Exit(ExitCode.REFUSED)


def _findings(settings: Settings, http: str) -> Iterator[Finding]:
    """Make every check, one after the other."""
    return chain(
        version_checks(),
        directory_checks(settings.data),
        schema_checks(settings.data),
        address_checks(settings, http),
    )
