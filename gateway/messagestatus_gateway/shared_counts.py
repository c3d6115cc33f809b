"""Counts of calls that all gateway processes of one machine share: a table in a mapped file.

A key has its place in one of many small sets of slots. To count is to lock that set, look through its
few slots, and write one: a few microseconds, whatever the number of callers. The file never grows.
"""

import fcntl
import mmap
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from struct import Struct
from typing import NamedTuple, Self

from messagestatus_gateway.rate_limit import RateLimit

# Key, end of the window, its length in seconds, the calls it admits, the calls admitted.
_SLOT = Struct("<16sdIIIxxxx")
_SLOTS_IN_SET = 16
_SETS = 4096
_SET_SIZE = _SLOT.size * _SLOTS_IN_SET
_ALL_CALLS = 0xFFFF_FFFF


class Window(NamedTuple):
    """How a caller stands, the call just counted included.

    Attributes:
        limit: How many calls the window admits; None admits all of them.
        remaining: How many it still does.
        end: When it ends, in seconds since 1970.
        admitted: Whether it admits the call.
    """

    limit: int | None
    remaining: int
    end: float
    admitted: bool


class _Slot(NamedTuple):
    key: bytes
    end: float
    seconds: int
    calls: int
    used: int

    def is_open(self, now: float) -> bool:
        # One that ends further ahead than it is long was written before the clock was set back.
        return now < self.end <= now + self.seconds


class SharedCounts:
    """The table. A key that is not seen for a window's length leaves nothing but a slot to take over.

    Counts are exact as long as no more than 16 of the keys with an open window share a set. That holds
    for 10,000 callers at one time; beyond, the window that ends first makes room.
    """

    def __init__(self, table: mmap.mmap, descriptor: int) -> None:
        """Takes the mapped file, and the descriptor that its locks go by."""
        self._table = table
        self._descriptor = descriptor

    @classmethod
    @contextmanager
    def in_file(cls, path: Path) -> Generator[Self]:
        """Opens the table in a file that only this user may read; makes it if need be.

        Raises:
            OSError: The file cannot be made, or its directory is somebody else's to write.
        """
        _claim(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            size = _SETS * _SET_SIZE
            # Room on the disk now: a mapped write that finds none would kill the process.
            os.posix_fallocate(descriptor, 0, size)
            with mmap.mmap(descriptor, size) as table:
                yield cls(table, descriptor)
        finally:
            os.close(descriptor)

    def count(self, key: bytes, now: float, opening: RateLimit | None = None) -> Window | None:
        """Counts one call.

        Args:
            key: 16 evenly distributed bytes for the caller.
            now: The time, in seconds since 1970.
            opening: The window that the call opens if none is open.

        Returns:
            How the caller stands; None if no window is open and none was to be opened.
        """
        start = int.from_bytes(key[:4]) % _SETS * _SET_SIZE
        # Released by the system if the process dies. Only processes are kept apart, which is enough
        # here: there is one thread.
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX, _SET_SIZE, start)
        try:
            return self._count(start, key, now, opening)
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, _SET_SIZE, start)

    def _count(self, start: int, key: bytes, now: float, opening: RateLimit | None) -> Window | None:
        slots = self._table[start : start + _SET_SIZE]
        place = slots.find(key)
        slot = _slot_at(slots, place) if place >= 0 else None
        if slot is None or not slot.is_open(now):
            if opening is None:
                return None
            place = place if slot else _least_needed(slots, now)
            calls = _ALL_CALLS if opening.calls is None else opening.calls
            slot = _Slot(key, now + opening.seconds, opening.seconds, calls, 0)
        admitted = slot.used < slot.calls
        slot = slot._replace(used=slot.used + admitted)
        _SLOT.pack_into(self._table, start + place, *slot)
        limit = None if slot.calls == _ALL_CALLS else slot.calls
        return Window(limit, slot.calls - slot.used, slot.end, admitted)


def _slot_at(slots: bytes, place: int) -> _Slot:
    return _Slot._make(_SLOT.unpack_from(slots, place))


def _least_needed(slots: bytes, now: float) -> int:
    """Finds the slot to take over: one whose window is closed, else the one that closes first."""

    def closing(place: int) -> float:
        slot = _slot_at(slots, place)
        return slot.end if slot.is_open(now) else 0

    return min(range(0, _SET_SIZE, _SLOT.size), key=closing)


def _claim(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.stat()
    # In a place for everybody, such as /tmp, somebody else may have made it first.
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"{directory} may be written by others")
