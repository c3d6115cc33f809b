"""Checks of the data directory: whether it can be written, has room, and keeps its key to itself."""

import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from messagestatus_server.cli.checks.finding import Finding, Verdict
from messagestatus_server.settings import Settings as ServerSettings

_LITTLE = 1 << 30
_TOO_LITTLE = 1 << 27
_MEBIBYTE = 1 << 20
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def directory_checks(data: Path) -> Iterator[Finding]:
    """Look at the directory and the administrator's key in it."""
    if not data.is_dir():
        yield Finding("directory", Verdict.WARN, f"{data} does not exist; the first start makes it")
        return
    yield _writable(data)
    yield _room(data)
    yield _secret(ServerSettings(data, listen="").admin_key)


def _writable(data: Path) -> Finding:
    try:
        tempfile.TemporaryFile(dir=data).close()
    except OSError as error:
        return Finding("directory", Verdict.FAIL, f"{data} cannot be written: {error.strerror}")
    return Finding("directory", Verdict.OK, f"{data.resolve()} can be written")


def _room(data: Path) -> Finding:
    free = shutil.disk_usage(data).free
    verdict = Verdict.OK if free >= _LITTLE else Verdict.WARN if free >= _TOO_LITTLE else Verdict.FAIL
    return Finding("disk", verdict, f"{free // _MEBIBYTE:,} MiB free")


def _secret(path: Path) -> Finding:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return Finding("admin key", Verdict.WARN, f"{path} does not exist; the first start makes it")
    if mode & _OTHERS:
        return Finding("admin key", Verdict.FAIL, f"others may read {path} (mode {mode:04o}); chmod 600 it")
    return Finding("admin key", Verdict.OK, f"{path} (mode {mode:04o})")
