"""Reads of one turn of the event loop see one moment: to open a snapshot for each costs as much as to read.

Nothing becomes visible late by it. Whoever wrote is answered in a later turn than the commit, and what is
read because of that answer in a later one still.
"""

import asyncio
import contextlib

from messagestatus_server.domain.refusals import Refusal
from messagestatus_server.storage.sqlite.session import Session


class Turn:
    """The reads of a session in the present turn of the running event loop."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._reads = 0

    def read(self) -> None:
        """Take note of a read to come; the second one of a turn opens a snapshot for all from there on."""
        self._reads += 1
        if self._reads == 1:
            asyncio.get_running_loop().call_soon(self._end)
        elif self._reads == 2:  # noqa: PLR2004 - as the docstring says
            self._session.control("BEGIN")

    def _end(self) -> None:
        held, self._reads = self._reads > 1, 0
        # A session that was closed, or broke, holds nothing any more; the next read tells of a fault.
        if held and not self._session.closed:
            with contextlib.suppress(Refusal):
                self._session.roll_back()
