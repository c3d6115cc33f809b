"""How far an import has come: a small file beside its source, so that a second run continues."""

import hashlib
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import click
import orjson

_HEAD = 1 << 16


@dataclass
class Progress:
    """The bytes and lines acknowledged, what became of them, and the size of the file of rejects."""

    server: str
    offset: int = 0
    line: int = 0
    rejects_size: int = 0
    counts: Counter[str] = field(default_factory=Counter)


class ProgressFile:
    """The file that keeps the progress of one import."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self.path = source.with_name(f"{source.name}.progress")

    def load(self, server: str) -> Progress:
        """Return where the last run stopped; the beginning, where none did.

        Raises click.UsageError when what is kept belongs to another server or another file.
        """
        try:
            kept = orjson.loads(self.path.read_bytes())
            head = kept.pop("head")
            progress = Progress(**kept | {"counts": Counter(kept["counts"])})
        except FileNotFoundError:
            return Progress(server)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise click.UsageError(f"{self.path} is damaged; begin again with --restart") from error
        if progress.server != server:
            raise click.UsageError(
                f"{self.path} is of an import to {progress.server}; begin again with --restart"
            )
        if head != self._head(progress.offset):
            raise click.UsageError(
                f"{self._source} has changed since {self.path}; begin again with --restart"
            )
        return progress

    def save(self, progress: Progress) -> None:
        """Write the progress so that a crash leaves either the old file or the new one."""
        kept = orjson.dumps(vars(progress) | {"head": self._head(progress.offset)})
        new = self.path.with_name(f"{self.path.name}.new")
        with new.open("wb") as file:
            file.write(kept)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)

    def remove(self) -> None:
        """Forget the progress: the import is done, or begins again."""
        self.path.unlink(missing_ok=True)

    def _head(self, offset: int) -> str:
        """Fingerprint the beginning of what was imported, to know the file again."""
        with self._source.open("rb") as file:
            return hashlib.sha256(file.read(min(offset, _HEAD))).hexdigest()
