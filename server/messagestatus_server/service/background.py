"""Background work: done in turns with some seconds between them, and ended at any moment."""

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import ClassVar

import structlog

from messagestatus_server.domain.refusals import StoreRefusal

log = structlog.get_logger()


class Background(ABC):
    """Takes turns at something. A turn that fails is told, and the next one is taken all the same.

    Attributes:
        put_off: What the log is told when the store refuses a turn.
        failed: What it is told when a turn fails in any other way.
    """

    put_off: ClassVar[str]
    failed: ClassVar[str]

    _task: asyncio.Task[None] | None = None

    @abstractmethod
    async def turn(self) -> object:
        """Take one turn; it may be cancelled between two transactions."""

    def start(self, interval: float) -> None:
        """Begin to take turns in the loop that is running, so many seconds apart."""
        self._task = asyncio.get_running_loop().create_task(self._run(interval))

    async def close(self) -> None:
        """Take no more turns. One that is under way is ended between two transactions."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _run(self, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            try:
                await self.turn()
            except StoreRefusal as refusal:
                log.warning(self.put_off, reason=refusal.text)
            except Exception:
                # Nobody waits for a turn: without a line nobody would ever hear of it.
                log.exception(self.failed)
