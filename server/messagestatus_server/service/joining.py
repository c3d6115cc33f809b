"""Joining: what callers bring while a transaction is waited for is done by one piece of work, not by many.

A piece of work has a cost of its own, several times that of an item. Nobody waits for others to join.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from messagestatus_server.domain.refusals import Refusal
from messagestatus_server.storage.store import Store, Transaction

MOST_ITEMS = 1_000
"""How many items are done together at most, unless one caller brings more."""

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

Work = Callable[[Transaction, int, Sequence[Item]], Awaitable[list[Outcome]]]
"""Does items of one tenant in a transaction, and returns an outcome for each. It may be done again."""


class Joining(Generic[Item, Outcome]):
    """Has items done, joined with those of the same tenant whose work has not begun.

    Args:
        store: Gives transactions.
        work: Does items.
        most_callers: Of how many callers items are joined at most.
    """

    def __init__(self, store: Store, work: Work[Item, Outcome], most_callers: int) -> None:
        self._store = store
        self._work = work
        self._most_callers = most_callers
        self._joints: dict[int, _Joint[Item, Outcome]] = {}

    async def done(self, tenant: int, items: Sequence[Item]) -> list[Outcome]:
        """Return the outcomes of items once they are committed.

        Raises:
            Refusal: The store's.
        """
        joint = self._joints.get(tenant)
        first = None if joint is None else joint.add(items, self._most_callers)
        if joint is None or first is None:
            joint, first = self._begun(tenant, items), 0
        try:
            # Whoever leaves does not take the others' work away.
            outcomes = await asyncio.shield(joint.outcomes)
        except Refusal:
            raise
        except Exception:
            if len(joint.items) == len(items):
                raise
            # Something in it is at fault that nobody foresaw; let it be at fault alone.
            return await self._store.write(lambda tx: self._work(tx, tenant, items))
        return outcomes[first : first + len(items)]

    def _begun(self, tenant: int, items: Sequence[Item]) -> "_Joint[Item, Outcome]":
        joint = _Joint[Item, Outcome](items)

        async def work(tx: Transaction) -> list[Outcome]:
            return await self._work(tx, tenant, joint.take())

        async def outcomes() -> list[Outcome]:
            try:
                return await self._store.write(work)
            finally:
                if self._joints.get(tenant) is joint:
                    del self._joints[tenant]

        joint.outcomes = asyncio.get_running_loop().create_task(outcomes())
        # If nobody is left to hear of a fault, it is no news to anybody.
        joint.outcomes.add_done_callback(lambda task: task.cancelled() or task.exception())
        self._joints[tenant] = joint
        return joint


class _Joint(Generic[Item, Outcome]):
    """Items that are done together; the store takes them in a thread of its own."""

    outcomes: asyncio.Task[list[Outcome]]

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = list(items)
        self._callers = 1
        self._lock = threading.Lock()
        self._is_open = True

    def add(self, items: Sequence[Item], most_callers: int) -> int | None:
        """Join items, and return the place of their first; None where they must go by themselves."""
        with self._lock:
            first = len(self.items)
            full = self._callers >= most_callers or first + len(items) > MOST_ITEMS
            if full or not self._is_open:
                return None
            self._callers += 1
            self.items += items
            return first

    def take(self) -> list[Item]:
        """Return the items, to which none is joined any more."""
        with self._lock:
            self._is_open = False
            return self.items
