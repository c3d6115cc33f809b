"""Databases to measure on: built once, kept under a name that says what made them, and copied for use."""

import hashlib
import shutil
import sys
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from bench.building import Progress, build, build_large
from bench.rivals.columns import build_columns
from bench.rows import Rows

PRODUCT = "messagestatus.db"
RIVALS = "columns.db"

_MAKERS = ("storage/**/*.py", "storage/**/*.sql", "transport/codec.py")


class Databases:
    """The databases under a directory.

    Args:
        directory: Where they are kept from one run to the next.
        say: Told what is being done.
    """

    def __init__(self, directory: Path, say: Callable[[str], None]) -> None:
        self._directory = directory
        self._say = say

    def product(self, rows: Rows) -> Path:
        """Return a data directory of the product, as its service has filled it."""
        return self._kept(f"rows-{rows.count}-{_fingerprint()}", PRODUCT, rows, build)

    def large(self, rows: Rows) -> Path:
        """Return a data directory of the product that was filled in large groups."""
        return self._kept(f"large-{rows.count}-{_fingerprint()}", PRODUCT, rows, build_large)

    def rivals(self, rows: Rows) -> Path:
        """Return a directory with the rivals' database."""
        return self._kept(f"rivals-{rows.count}-{_fingerprint()}", RIVALS, rows, _columns)

    def _kept(self, name: str, file: str, rows: Rows, make: Callable[[Path, Rows, Progress], None]) -> Path:
        kept = self._directory / name
        if kept.exists():
            return kept
        unfinished = self._directory / f"{name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        started = time.perf_counter()
        make(unfinished / file, rows, self._progress(rows.count, started))
        unfinished.rename(kept)
        self._say(f"built {name}: {rows.count:,} messages in {time.perf_counter() - started:,.0f} s")
        return kept

    def _progress(self, count: int, started: float) -> Progress:
        told = 0

        def tell(done: int) -> None:
            nonlocal told
            if done - told >= max(count // 10, 100_000):
                told = done
                self._say(f"  {done:,} of {count:,} messages after {time.perf_counter() - started:,.0f} s")

        return tell


def copied(kept: Path, to: Path) -> Path:
    """Return a copy to be written to."""
    shutil.copytree(kept, to)
    return to


def _columns(path: Path, rows: Rows, _: Progress) -> None:
    build_columns(path, rows)


def _fingerprint() -> str:
    """Return what changes when anything does that decides how a message is stored."""
    package = files("messagestatus_server")
    assert isinstance(package, Path)
    own = [Path(__file__).parent / name for name in ("rows.py", "building.py", "rivals/columns.py")]
    digest = hashlib.sha256(sys.version.encode())
    for path in [*own, *(path for pattern in _MAKERS for path in sorted(package.glob(pattern)))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
