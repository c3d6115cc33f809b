"""`import FILE`: what to read, how to send it, and what to say in the end."""

import asyncio
from collections import Counter
from pathlib import Path

import click

from messagestatus_server.cli.bulk.batches import batches
from messagestatus_server.cli.bulk.progress import ProgressFile
from messagestatus_server.cli.bulk.records import Kind, Lines, csv_header, csv_records, ndjson_records
from messagestatus_server.cli.bulk.rejects import RejectFile
from messagestatus_server.cli.bulk.run import REJECTED, Run
from messagestatus_server.cli.exit_code import ExitCode
from messagestatus_server.cli.printing import print_json
from messagestatus_server.cli.settings import Command, Settings


@click.command("import", cls=Command)
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in Kind]),
    default=Kind.MESSAGES.value,
    help="What bare records are.",
)
@click.option("--format", "form", type=click.Choice(["ndjson", "csv"]), help="[default: by the name of FILE]")
@click.option(
    "--batch", type=click.IntRange(1, 1000), default=1000, show_default=True, help="Records in a call."
)
@click.option("--in-flight", type=click.IntRange(1, 64), default=8, show_default=True, help="Calls at once.")
@click.option("--rejects", type=click.Path(path_type=Path, dir_okay=False), help="[default: FILE.rejects]")
@click.option("--restart", is_flag=True, help="Begin at the beginning, whatever was imported before.")
@click.pass_obj
def import_command(
    settings: Settings,
    /,
    *,
    source: Path,
    kind: str,
    form: str | None,
    batch: int,
    in_flight: int,
    rejects: Path | None,
    restart: bool,
) -> None:
    """Import messages and receipts from an NDJSON or CSV file.

    A run that was interrupted goes on where it stopped. Records that are not taken are written to the
    file of rejects, and the exit code is then 1.
    """
    kept = ProgressFile(source)
    if restart:
        kept.remove()
    progress = kept.load(settings.server)
    reject_file = RejectFile(rejects or source.with_name(f"{source.name}.rejects"), progress.rejects_size)
    is_csv = form == "csv" or (form is None and source.suffix.lower() == ".csv")
    with source.open("rb") as file:
        lines = Lines(file)
        header = csv_header(lines, Kind(kind)) if is_csv else []
        if progress.offset:
            file.seek(progress.offset)
            lines.offset, lines.count = progress.offset, progress.line
        records = csv_records(lines, Kind(kind), header) if is_csv else ndjson_records(lines, Kind(kind))
        run = Run(settings, kept, progress, reject_file)
        asyncio.run(run.carry(batches(records, lines, batch), in_flight, source.stat().st_size))
    _summarise(settings, progress.counts, reject_file.path)


def _summarise(settings: Settings, counts: Counter[str], rejects: Path) -> None:
    """Say what became of all the records, and end with 1 when some were not taken."""
    if settings.json:
        print_json({"outcomes": counts, "rejects": str(rejects) if counts[REJECTED] else None})
    else:
        click.echo(
            ", ".join(f"{count:,} {word}" for word, count in sorted(counts.items())) or "nothing to import"
        )
        if counts[REJECTED]:
            click.echo(f"Rejects are in {rejects}", err=True)
    if counts[REJECTED]:
        raise click.exceptions.Exit(ExitCode.REFUSED)
