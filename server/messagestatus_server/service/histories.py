"""Histories: what became of each receipt of a message, and what was known of it at a time."""

from typing import NamedTuple

from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.explaining import advised_on
from messagestatus_server.domain.hindsight import known_by, message_by, repeated_by
from messagestatus_server.domain.history import Record, history, waiting
from messagestatus_server.domain.message import Message, Name
from messagestatus_server.domain.receipt import Entry
from messagestatus_server.domain.refusals import MessageNotFound
from messagestatus_server.domain.state import DeliveryState, FailureReason
from messagestatus_server.domain.vocabulary import OURS, Lexicon
from messagestatus_server.service.lookup import Lookup
from messagestatus_server.service.naming import meant
from messagestatus_server.storage.store import Store

LONGEST_HISTORY = 10_000
"""How many records of one message are shown at most."""


class History(NamedTuple):
    """The records of a message, and where it stands (UNSPECIFIED where it is not registered)."""

    records: list[Record]
    state: DeliveryState = DeliveryState.UNSPECIFIED
    reason: FailureReason = FailureReason.UNSPECIFIED
    advice: str = ""


class Histories:
    """Tells what became of receipts."""

    def __init__(self, store: Store, lookup: Lookup, lexicon: Lexicon = OURS) -> None:
        self._store = store
        self._lookup = lookup
        self._lexicon = lexicon

    async def history(self, caller: Caller, name: Name, as_of: int | None = None) -> History:
        """Return the receipts of a message by the time they tell of, each explained.

        Args:
            caller: Who asks.
            name: The message.
            as_of: Show what was known at this time (microseconds, UTC); what is known now when None.

        Raises:
            MessageNotFound: There is, or was, no such message, and no parked receipt names it.
            Refusal: As `Lookup.get` does.
        """
        message: Message | None
        try:
            stored = await self._lookup.find(caller, name)
        except MessageNotFound:
            if caller.user_id:
                raise
            message, entries = None, await self._store.parked(caller.tenant, meant(caller, name))
        else:
            message, entries = stored.message, await self._store.journal(caller.tenant, stored.handle)
        if as_of is not None:
            entries = known_by(entries, as_of)
            message = None if message is None else message_by(message, entries, as_of)
        if message is None and not entries:
            raise MessageNotFound(name.message_id)
        return await self._told(caller.tenant, message, entries, as_of)

    async def _told(
        self, tenant: int, message: Message | None, entries: list[Entry], as_of: int | None
    ) -> History:
        counted = await self._store.repetitions(tenant, [entry.key for entry in entries])
        repetitions = counted if as_of is None else repeated_by(counted, as_of)
        if message is None:
            return History(_shown(waiting(entries, repetitions, self._lexicon)))
        standing = message.standing
        return History(
            _shown(history(message, entries, repetitions, self._lexicon)),
            standing.state,
            standing.reason,
            advised_on(standing, entries, self._lexicon),
        )


def _shown(records: list[Record]) -> list[Record]:
    """Return as many records as are shown: those received last are left out, whatever time they tell of."""
    if len(records) <= LONGEST_HISTORY:
        return records
    places = sorted(range(len(records)), key=lambda place: records[place].entry.receive_time)
    return [records[place] for place in sorted(places[:LONGEST_HISTORY])]
