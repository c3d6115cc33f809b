"""The writer: one thread that commits in groups whatever arrived while it was committing.

A caller hears of its work after the commit of the group it was in. When work fails, its group is undone
and done again, each piece apart, so that it fails alone: work may run twice, and must not mind.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import structlog

from messagestatus_server.domain.refusals import Refusal, StoreRefusal, StoreUnavailable
from messagestatus_server.storage.sqlite.checkpoints import IDLE_AFTER, Checkpoints
from messagestatus_server.storage.sqlite.session import Session
from messagestatus_server.storage.sqlite.transaction import SqliteTransaction

LARGEST_GROUP = 512
"""How many pieces of work are committed together at most."""

SHARING = 0.004
"""How long a commit waits for more to share it, in seconds, when somebody wrote while the last one ran.

A commit costs the process as much as several pieces of work, and reads wait for it, too. Whoever writes
alone, one piece after another, never waits.
"""

REOPEN_AFTER = 1.0
"""How long to wait before a broken database is opened again, in seconds."""

log = structlog.get_logger()

Work = Callable[[SqliteTransaction], Awaitable[Any]]


class Unit(NamedTuple):
    """A piece of work, and the future of the caller that waits for it."""

    work: Work
    future: asyncio.Future[Any]


class Outcome(NamedTuple):
    """What came of a piece of work: its result, or why there is none."""

    result: Any = None
    fault: Exception | None = None


class Writer:
    """Runs work on a thread of its own, and owns the connection that writes.

    Args:
        open_session: Opens the connection, after checking the database; raises when it is not sound.
        begin: Makes the transaction that work is given.
        on_health: Told from the writer's thread when the database breaks, and when it is sound again.
        largest_group: How many pieces of work are committed together at most.
    """

    def __init__(
        self,
        open_session: Callable[[], Session],
        begin: Callable[[Session], SqliteTransaction],
        on_health: Callable[[bool], None],
        largest_group: int = LARGEST_GROUP,
    ) -> None:
        self._open_session = open_session
        self._largest_group = largest_group
        self._begin = begin
        self._on_health = on_health
        self._waiting: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
        self._told_of_commits: list[Callable[[], None]] = []
        self._use(open_session())
        self._doubted = threading.Event()
        self._reopen_at = 0.0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, unit: Unit) -> None:
        """Let work be done in the next group."""
        self._waiting.put(unit)

    def on_commit(self, told: Callable[[], None]) -> None:
        """Have something told, from the writer's thread, after each group that was committed."""
        self._told_of_commits.append(told)

    def doubt(self) -> None:
        """Have the database checked and opened again, at once and before anything more is written."""
        self._doubted.set()
        self._waiting.put(None)

    def stop(self) -> None:
        """Commit what is waiting, move the log into the database, and end the thread."""
        self._stopping.set()
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        several = False
        while not (self._stopping.is_set() and self._waiting.empty()):
            if several and self._largest_group > 1:
                time.sleep(SHARING)
            units = self._gather()
            if not self._sound() and time.monotonic() >= self._reopen_at:
                self._reopen()
            outcomes = self._commit(units) if units else []
            if self._session is not None and self._session.broken:
                self._give_up()
            # Before it is answered, nobody who writes alone can have brought anything.
            several = not self._waiting.empty()
            _answer(units, outcomes)
            if units:
                for told in self._told_of_commits:
                    told()
            if self._session is not None:
                self._checkpoints.consider(idle=not units)
                if self._session.broken:
                    self._give_up()
        if self._session is not None:
            with contextlib.suppress(Refusal):
                self._session.checkpoint("TRUNCATE")
            self._session.close()

    def _gather(self) -> list[Unit]:
        """Return what is waiting; None among it wakes the writer, and ends the group."""
        units: list[Unit] = []
        with contextlib.suppress(queue.Empty):
            unit = self._waiting.get(timeout=self._patience())
            while unit is not None:
                # Whoever has gone, or run out of time, is not kept waiting for by the others.
                if not unit.future.cancelled():
                    units.append(unit)
                if len(units) == self._largest_group:
                    break
                unit = self._waiting.get_nowait()
        return units

    def _patience(self) -> float | None:
        """Return how long to wait for work before looking after the database, though nobody asks."""
        if not self._sound():
            return REOPEN_AFTER
        return IDLE_AFTER if self._checkpoints.worthwhile else None

    def _sound(self) -> bool:
        return self._session is not None and not self._doubted.is_set()

    def _commit(self, units: Sequence[Unit]) -> list[Outcome]:
        session = self._session
        if session is None or self._doubted.is_set():
            return [Outcome(fault=StoreUnavailable())] * len(units)
        # Nearly always all of it succeeds, and marks to go back to would cost a tenth of the time.
        for attempt in (_done, _done_apart):
            try:
                session.control("BEGIN IMMEDIATE")
                transaction = self._begin(session)
                outcomes = [attempt(session, transaction, unit.work) for unit in units]
                session.control("COMMIT")
            except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits to hear of it
                fault = error
                with contextlib.suppress(Refusal):
                    session.roll_back()
                if isinstance(error, StoreRefusal):
                    break
            else:
                return outcomes
        return [Outcome(fault=fault)] * len(units)

    def _use(self, session: Session) -> None:
        self._session: Session | None = session
        self._checkpoints = Checkpoints(session)

    def _give_up(self) -> None:
        log.error("database broken")
        self._on_health(False)
        if self._session is not None:
            self._session.close()
        self._session = None

    def _reopen(self) -> None:
        if self._session is not None:
            self._give_up()
        self._doubted.clear()
        # Looking a database over takes its time; on a failing disk each write would ask for it.
        self._reopen_at = time.monotonic() + REOPEN_AFTER
        try:
            self._use(self._open_session())
        except Exception:
            log.exception("database not sound")
            return
        log.info("database sound")
        self._on_health(True)


def _done(_: Session, transaction: SqliteTransaction, work: Work) -> Outcome:
    """Do one piece of work; if it fails, so does its group."""
    return Outcome(result=_driven(work(transaction)))


def _done_apart(session: Session, transaction: SqliteTransaction, work: Work) -> Outcome:
    """Do one piece of work; undo it alone if it fails, unless the whole transaction is gone."""
    session.control("SAVEPOINT work")
    try:
        outcome = _done(session, transaction, work)
    except Exception as fault:
        if session.broken or not session.in_transaction:
            raise
        session.control("ROLLBACK TO work")
        outcome = Outcome(fault=fault)
    session.control("RELEASE work")
    return outcome


def _driven(awaitable: Awaitable[Any]) -> Any:
    """Run a coroutine that never waits for anything, and return its result."""
    step = awaitable.__await__()
    try:
        next(step)
    except StopIteration as end:
        return end.value
    raise RuntimeError("work in a transaction waits for nothing but the transaction")


def _answer(units: Sequence[Unit], outcomes: Sequence[Outcome]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Outcome]]] = {}
    for unit, outcome in zip(units, outcomes, strict=True):
        by_loop.setdefault(unit.future.get_loop(), []).append((unit.future, outcome))
    for loop, settled in by_loop.items():
        # A loop that was closed has nobody left to answer.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, settled)


def _settle(settled: Sequence[tuple[asyncio.Future[Any], Outcome]]) -> None:
    for future, outcome in settled:
        if future.done():
            continue
        if outcome.fault is None:
            future.set_result(outcome.result)
        else:
            future.set_exception(outcome.fault)
