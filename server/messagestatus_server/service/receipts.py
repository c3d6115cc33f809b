"""Delivery receipts: taken in any order and any number of times."""

from collections.abc import Sequence

from messagestatus_server.domain.admission import admitted_receipt
from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.receipt import Entry, Receipt, receipt_key
from messagestatus_server.domain.refusals import Refusal
from messagestatus_server.domain.vocabulary import OURS, Lexicon
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.joining import Joining
from messagestatus_server.service.naming import meant_instance
from messagestatus_server.service.policies import Policies
from messagestatus_server.service.reporting import Arrival, Item, Outcome, Report, Reported
from messagestatus_server.storage.store import Store, Transaction

MOST_JOINED = 512
"""How many reports are weighed together at most."""


class Receipts:
    """Takes receipts, and tells what became of them. A report is answered after its commit."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        policies: Policies,
        *,
        lexicon: Lexicon = OURS,
        most_joined: int = MOST_JOINED,
    ) -> None:
        self._store = store
        self._clock = clock
        self._policies = policies
        self._lexicon = lexicon
        self._joining = Joining(store, self._take, most_joined)

    async def report(self, caller: Caller, items: Sequence[Receipt | Refusal]) -> list[Reported | Refusal]:
        """Take receipts; an item that was refused before keeps its place and its refusal."""
        now = self._clock()
        received = [self._received(caller, item, now) for item in items]
        outcomes = await self.take(caller.tenant, received)
        return [outcome for outcome in outcomes if outcome is not None]

    async def take(self, tenant: int, items: Sequence[Item]) -> list[Outcome]:
        """Take what arrived for a tenant, and return what became of each once that is committed.

        Raises:
            Refusal: The store's.
        """
        await self._policies.refresh(tenant)
        return await self._joining.done(tenant, items)

    async def _take(self, tx: Transaction, tenant: int, items: Sequence[Item]) -> list[Outcome]:
        report = Report(tx, tenant, self._clock(), self._policies.known(tenant))
        await report.look_up(items)
        outcomes = [await report.take(item) for item in items]
        await report.save()
        return outcomes

    def _received(self, caller: Caller, item: Receipt | Refusal, now: int) -> Arrival | Refusal:
        if isinstance(item, Refusal):
            return item
        try:
            instance = meant_instance(caller, item.instance)
            receipt = item if instance == item.instance else item._replace(instance=instance)
            return Arrival(entry(caller.tenant, admitted_receipt(receipt, self._lexicon), now))
        except Refusal as refusal:
            return refusal


def entry(tenant: int, receipt: Receipt, now: int) -> Entry:
    """Return the entry of a receipt that arrives now (microseconds, UTC)."""
    occur_time = now if receipt.occur_time is None else receipt.occur_time
    return Entry(receipt_key(tenant, receipt), receipt, occur_time, now)
