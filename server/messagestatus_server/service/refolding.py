"""Refolding: messages whose receipts are read differently are folded anew from their whole journal."""

from collections.abc import Collection
from typing import NamedTuple

from messagestatus_server.domain.change import ChangeKind, change, moved
from messagestatus_server.domain.fold import refold
from messagestatus_server.domain.message import Message
from messagestatus_server.service.expecting import Expecting
from messagestatus_server.service.policies import Policy
from messagestatus_server.storage.store import Transaction


class Refolded(NamedTuple):
    """A message before and after it was folded anew."""

    handle: int
    before: Message
    after: Message

    @property
    def moved(self) -> bool:
        """Whether callers see anything of it."""
        return moved(self.before, self.after)


async def refolded(
    tx: Transaction, tenant: int, handles: Collection[int], now: int, policy: Policy
) -> list[Refolded]:
    """Fold messages anew after receipts of theirs were replaced, store them, and tell the feed.

    The revision stays: it counts what is known, and nothing new is.
    """
    done = []
    expecting = Expecting(tx, tenant, policy) if policy.deadlines else None
    for stored in await tx.find_by_handles(tenant, handles):
        handle, before = stored.handle, stored.message
        journal = await tx.journal(tenant, handle)
        after = refold(before, journal, revision=before.revision - len(journal))
        each = Refolded(handle, before, after)
        done.append(each)
        if after != before:
            await tx.replace_message(tenant, stored, after)
        if expecting is not None:
            await expecting.settle_known(handle, after, journal)
        if each.moved:
            await tx.append_changes(tenant, [(handle, change(ChangeKind.ADVANCED, before, after))], now)
    return done
