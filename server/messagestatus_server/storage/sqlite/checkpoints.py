"""When the log is moved into the database: after the callers were answered, best while nobody writes.

A commit that moved the log itself would keep its callers waiting for it. Reads never wait for the log, but
a read that goes on keeps the log from starting anew: for a log that has grown so far, reads are waited for.
"""

import contextlib

from messagestatus_server.domain.refusals import Refusal
from messagestatus_server.storage.sqlite.session import Session

IDLE_AFTER = 0.05
"""How long nobody must have written for the log to be moved early, in seconds."""

IDLE_PAGES = 500
"""How many pages are worth moving while nobody writes."""

BUSY_PAGES = 4_000
"""How many pages the log gathers before they are moved while others wait to write."""

MOST_PAGES = 40_000
"""How many pages the log has before reads are waited for, so that it starts anew."""

READS_WAITED_FOR = 100
"""How long reads are waited for, in milliseconds."""


class Checkpoints:
    """The log of one connection, as far as it has grown since it was last moved."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pages = 0
        self._pages_then = 0
        session.on_commit(self._grown)

    @property
    def worthwhile(self) -> bool:
        """Whether there is enough to move for a moment when nobody writes."""
        return self._pages - self._pages_then >= IDLE_PAGES

    def consider(self, *, idle: bool) -> None:
        """Move the log if it is time to; a fault is the next commit's to tell.

        What a long read holds back, as a backup does, is tried again when the log has grown once more.
        """
        if self._pages - self._pages_then < (IDLE_PAGES if idle else BUSY_PAGES):
            return
        with contextlib.suppress(Refusal):
            self._session.checkpoint("RESTART" if self._pages >= MOST_PAGES else "PASSIVE", READS_WAITED_FOR)
        self._pages_then = self._pages

    def _grown(self, pages: int) -> None:
        if pages < self._pages:
            self._pages_then = 0  # it has started anew
        self._pages = pages
