"""The file of rejects: one line of JSON for each record that was not taken, with the reason."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import orjson

from messagestatus_server.cli.bulk.records import Record


class Reject(NamedTuple):
    """A record that was not taken: where it begins, the field at fault, why, and its text."""

    line: int
    field: str
    reason: str
    text: str

    @classmethod
    def of(cls, record: Record, field: str, reason: str) -> "Reject":
        """Make the reject of a record."""
        return cls(record.line, field, reason, record.text.decode("utf-8", "replace").rstrip("\r\n"))


class RejectFile:
    """A file of rejects that appears with the first of them."""

    def __init__(self, path: Path, size: int) -> None:
        """Continue the file after its first `size` bytes, dropping what a broken run wrote after them."""
        self.path = path
        self.size = size
        if size:
            with path.open("rb+") as file:
                file.truncate(size)
        else:
            path.unlink(missing_ok=True)

    def append(self, rejects: Iterable[Reject]) -> None:
        """Write rejects at the end of the file, in the order of their lines."""
        lines = [orjson.dumps(reject._asdict()) + b"\n" for reject in sorted(rejects)]
        if not lines:
            return
        with self.path.open("ab") as file:
            file.writelines(lines)
            self.size = file.tell()
