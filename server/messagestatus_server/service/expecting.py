"""Expecting: which messages wait for a receipt, kept along with the changes to them in one transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from messagestatus_server.domain.awaiting import (
    Awaited,
    ends_waiting,
    for_everybody,
    has_outcome,
    is_marked,
)
from messagestatus_server.domain.fold import refold
from messagestatus_server.domain.message import Direction, Message
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.claiming import taught_name
from messagestatus_server.service.policies import Policy
from messagestatus_server.storage.store import Transaction


def expected(policy: Policy, message: Message, entries: Collection[Entry]) -> Awaited | None:
    """Return until when a message waits for a receipt, or None where it does not.

    The provider that the registration names has a say first, then those whose names receipts have taught.

    Args:
        policy: What the routes of its tenant decide.
        message: The message, its receipts folded in.
        entries: All its receipts.
    """
    registered = message.origin
    if message.direction is Direction.INBOUND or message.suppress_time is not None:
        return None
    if registered.state >= DeliveryState.UNKNOWN or any(ends_waiting(message, entry) for entry in entries):
        return None
    taught = [name.provider for entry in entries if (name := taught_name(entry.receipt))]
    for provider in dict.fromkeys([registered.provider.name, *taught]):
        deadline = policy.deadline(provider, message.channel)
        if deadline is not None:
            return Awaited(provider, message.channel, message.accept_time + deadline.after)
    return None


class Expecting:
    """Keeps which messages of a tenant wait, for a tenant whose routes have deadlines."""

    def __init__(self, tx: Transaction, tenant: int, policy: Policy) -> None:
        self._tx = tx
        self._tenant = tenant
        self._policy = policy
        self._settled: set[int] = set()
        self._arrived: set[int] = set()
        self._taught: set[int] = set()
        self._unmarked: set[int] = set()

    async def begin(self, messages: Iterable[tuple[int, Message]]) -> None:
        """Let new messages wait, of which no receipt is known."""
        awaited = [(handle, expected(self._policy, message, ())) for handle, message in messages]
        await self._tx.expect(self._tenant, [(handle, each) for handle, each in awaited if each])

    async def settle_known(self, handle: int, message: Message, entries: Sequence[Entry]) -> None:
        """Let a message wait, or wait no more, as all that is known of it says."""
        awaited = expected(self._policy, message, entries)
        if awaited is None:
            await self._tx.settle(self._tenant, [handle])
            return
        await self._tx.expect(self._tenant, [(handle, awaited)])
        if has_outcome(message):
            await self._tx.settle_marked(self._tenant, [handle])

    def note(self, handle: int, message: Message, entry: Entry) -> None:
        """Note a receipt, which is folded into its message."""
        if ends_waiting(message, entry):
            self._settled.add(handle)
            if is_marked(message) and for_everybody(message, entry.receipt):
                self._unmarked.add(handle)
        elif has_outcome(message):
            self._arrived.add(handle)

    def learn(self, handle: int) -> None:
        """Note that a receipt has taught what a provider calls a message."""
        self._taught.add(handle)

    def unmarks(self, handle: int) -> bool:
        """Tell whether a receipt has ended the waiting of a message, and the timer's mark still decides."""
        if handle not in self._unmarked:
            return False
        self._unmarked.remove(handle)
        return True

    async def refolded(self, handle: int, message: Message, own: Iterable[Entry]) -> Message:
        """Return a message folded anew from its journal, and from receipts that are not in there yet."""
        journal = await self._tx.journal(self._tenant, handle)
        entries = {entry.key: entry for entry in (*journal, *own)}
        return refold(message, entries.values(), revision=message.revision - len(entries))

    async def save(self, messages: Mapping[int, Message]) -> None:
        """Let messages wait, or wait no more, after their receipts were stored."""
        for handle in sorted(self._taught - self._settled):
            journal = await self._tx.journal(self._tenant, handle)
            await self.settle_known(handle, messages[handle], journal)
        if self._settled:
            await self._tx.settle(self._tenant, self._settled)
        if self._arrived - self._settled:
            await self._tx.settle_marked(self._tenant, self._arrived - self._settled)
