"""One run of an import: settles batch after batch, and keeps the progress whatever happens."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import aclosing

import click

from messagestatus_server.cli.bulk.batches import Batch
from messagestatus_server.cli.bulk.progress import Progress, ProgressFile
from messagestatus_server.cli.bulk.rejects import RejectFile
from messagestatus_server.cli.bulk.sending import Sender
from messagestatus_server.cli.settings import Settings

REJECTED = "REJECTED"  # the word for records not taken, beside the contract's words for the others

_BETWEEN_SAVES = 0.5  # seconds; what a crash makes the next run send again


class Run:
    """Carries batches to the server; what is acknowledged stands in `progress`."""

    def __init__(
        self, settings: Settings, kept: ProgressFile, progress: Progress, rejects: RejectFile
    ) -> None:
        self._settings = settings
        self._kept = kept
        self._progress = progress
        self._rejects = rejects

    async def carry(self, batches: Iterable[Batch], in_flight: int, size: int) -> None:
        """Send all batches of a file of `size` bytes. Raises CallFailed."""
        try:
            with click.progressbar(
                length=size, label="Importing", file=sys.stderr, hidden=not sys.stderr.isatty()
            ) as bar:
                bar.update(self._progress.offset)
                await self._settle(batches, in_flight, bar.update)
        except BaseException:
            self._kept.save(self._progress)
            click.echo(
                f"Stopped after line {self._progress.line}; run it again to go on from there.", err=True
            )
            raise
        self._kept.remove()

    async def _settle(self, batches: Iterable[Batch], in_flight: int, advance: Callable[[int], None]) -> None:
        """Take note of each batch in order, and save that now and then."""
        saved = time.monotonic()
        async with (
            Sender(self._settings) as sender,
            aclosing(sender.settled(batches, in_flight)) as settled,
        ):
            async for batch, counts in settled:
                advance(batch.end - self._progress.offset)
                self._acknowledge(batch, counts)
                if time.monotonic() - saved > _BETWEEN_SAVES:
                    self._kept.save(self._progress)
                    saved = time.monotonic()

    def _acknowledge(self, batch: Batch, counts: Counter[str]) -> None:
        """Take one batch as done: its rejects are written, then the progress moves past it."""
        self._rejects.append(batch.rejects)
        counts.pop("", None)  # the outcome of a refused item
        if batch.rejects:
            counts[REJECTED] += len(batch.rejects)
        self._progress.counts.update(counts)
        self._progress.rejects_size = self._rejects.size
        self._progress.offset, self._progress.line = batch.end, batch.line
