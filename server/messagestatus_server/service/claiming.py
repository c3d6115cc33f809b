"""Claiming: a message takes the parked receipts that name it."""

from messagestatus_server.domain.message import Message, Name, Provider
from messagestatus_server.domain.phone import is_e164
from messagestatus_server.domain.receipt import Entry, Receipt
from messagestatus_server.service.policies import Policy
from messagestatus_server.storage.store import ProviderName, Transaction


def provider_name(provider: Provider) -> ProviderName | None:
    """Return how a provider names a message, where both its name and its identifier are told."""
    if provider.name and provider.message_id:
        return ProviderName(provider.name, provider.message_id)
    return None


def taught_name(receipt: Receipt) -> ProviderName | None:
    """Return the provider's name that a receipt teaches: one that comes beside the message's own."""
    return provider_name(receipt.provider) if receipt.message_id else None


def fits(receipt: Receipt, message: Message) -> bool:
    """Tell whether a receipt that names a message can be about this one of those with the name.

    A provider may give one identifier to the messages of a whole batch. Such a receipt tells the number of
    its recipient.
    """
    if receipt.instance is not None and receipt.instance != message.instance:
        return False
    recipient = receipt.recipient
    if not recipient or receipt.message_id or message.roll_up or not message.phone:
        return True
    return recipient == message.phone or not is_e164(recipient)


class Claims:
    """The parked receipts of one message, and every name its providers have for it.

    A receipt that names the message both ways teaches the provider's name, by which more of them are
    found.
    """

    def __init__(self, message: Message, policy: Policy) -> None:
        self._message = message
        self._policy = policy
        self.names: list[ProviderName] = []
        self.entries: list[Entry] = []

    async def gather(self, tx: Transaction, tenant: int, names: list[ProviderName]) -> None:
        """Collect what is parked under the message's own name, and under those of its providers."""
        message = self._message
        self._take(await tx.parked(tenant, Name(message.message_id, message.instance)))
        await self.gather_by_provider(tx, tenant, names)

    async def gather_by_provider(self, tx: Transaction, tenant: int, names: list[ProviderName]) -> None:
        """Collect what is parked under the names that providers have for the message."""
        taught = [name for entry in self.entries if (name := taught_name(entry.receipt))]
        for name in dict.fromkeys([*names, *taught]):
            self.names.append(name)
            for spelled in self._policy.spellings(name):
                self._take(await tx.parked_by_provider(tenant, spelled))

    def _take(self, parked: list[Entry]) -> None:
        self.entries += [entry for entry in parked if fits(entry.receipt, self._message)]
