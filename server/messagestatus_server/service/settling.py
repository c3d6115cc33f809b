"""Settling: what was kept before goes the way of what arrives, without being kept or counted again."""

from messagestatus_server.domain.receipt import Entry, Receipt
from messagestatus_server.domain.refusals import InstanceAmbiguous
from messagestatus_server.service.claiming import provider_name
from messagestatus_server.service.reporting import Arrival, Report, Reported
from messagestatus_server.storage.store import Stored


class Settling(Report):
    """A report of receipts that are in the journal already, and of items of callbacks that are kept."""

    @property
    def changed(self) -> set[int]:
        """The handles of the messages that have moved."""
        return {handle for handle, _ in self._changes}

    async def settle(self, entry: Entry) -> None:
        """Give a parked receipt to its message, if that is found by now."""
        try:
            working = self._resolved(entry.receipt)
        except InstanceAmbiguous:
            return
        if working is not None:
            await self._tx.claim(self._tenant, [entry.key], working.stored.handle)
            await self._weighed(entry, working)
            self._journalled.pop()  # it is in the journal already

    async def adopt(self, entry: Entry, stored: Stored) -> Reported:
        """Give a parked receipt to a message, and with it what else is parked under its provider's name."""
        message_id = stored.message.message_id
        self._by_id[message_id] = [stored]
        working = self._resolved(Receipt(message_id=message_id))
        assert working is not None
        await self._tx.claim(self._tenant, [entry.key], stored.handle)
        name = provider_name(entry.receipt.provider)
        if name is not None:
            await self._learn(working, name)
        reported = await self._weighed(entry, working)
        self._journalled.pop()  # it is in the journal already
        return reported

    def _quarantine(self, item: Arrival, fault: str = "") -> None:
        super()._quarantine(item, fault)
        came, kept = self._quarantined.pop()
        if came is not None:
            kept = kept._replace(route=came.raw.route, callback=came.raw.callback_id)
        self._quarantined.append((None, kept))
