"""Checks of the versions: Python, gRPC, protobuf, and the SQLite that holds the data."""

import platform
from collections.abc import Iterator
from importlib.metadata import version

import apsw

from messagestatus_server.cli.checks.finding import Finding, Verdict

_RESET_BUG_SINCE = (3, 7, 0)
_RESET_BUG_FIXED = (3, 51, 3)
_FIXED_BRANCHES = ((3, 44, 6), (3, 50, 7))


def version_checks() -> Iterator[Finding]:
    """Name the versions in use; fail on a SQLite that may damage a database."""
    yield Finding("python", Verdict.OK, platform.python_version())
    for package in ("messagestatus", "grpcio", "protobuf"):
        yield Finding(package, Verdict.OK, version(package))
    library = apsw.sqlite_lib_version()
    if may_lose_the_log(library):
        yield Finding("sqlite", Verdict.FAIL, f"{library} can damage a database (WAL reset); update apsw")
    else:
        yield Finding("sqlite", Verdict.OK, f"{library} (apsw {version('apsw')})")


def may_lose_the_log(library: str) -> bool:
    """Tell whether a version of SQLite has the bug that corrupts a database when its log is reset."""
    number = tuple(int(part) for part in library.split("."))
    repaired = any(number[:2] == fixed[:2] and number >= fixed for fixed in _FIXED_BRANCHES)
    return _RESET_BUG_SINCE <= number < _RESET_BUG_FIXED and not repaired
