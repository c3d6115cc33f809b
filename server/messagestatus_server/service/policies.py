"""Policies: what the routes of a tenant decide about its messages, at hand for every receipt."""

from collections.abc import Mapping
from typing import NamedTuple

from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.route import Deadline, IdForm, Route, id_variants
from messagestatus_server.service.clock import Clock
from messagestatus_server.storage.store import ProviderName, Reading

TRUSTED_FOR = 1_000_000
"""How long a policy is trusted before it is looked up again, in microseconds."""


class Policy(NamedTuple):
    """What the routes of one tenant decide, by the name that messages call the provider."""

    forms: Mapping[str, frozenset[IdForm]]
    deadlines: Mapping[str, tuple[Deadline, ...]]

    def spellings(self, name: ProviderName) -> list[ProviderName]:
        """Return every way in which a provider may write a name, the one that is given first."""
        forms = self.forms.get(name.provider)
        if not forms:
            return [name]
        return [ProviderName(name.provider, spelled) for spelled in id_variants(name.message_id, forms)]

    def deadline(self, provider: str, channel: Channel) -> Deadline | None:
        """Return how long a message of a provider may wait on a channel, or None for ever."""
        general = None
        for deadline in self.deadlines.get(provider, ()):
            if deadline.channel is channel:
                return deadline
            if deadline.channel is Channel.UNSPECIFIED:
                general = deadline
        return general


NONE = Policy({}, {})
"""The policy of a tenant without routes."""


class Policies:
    """Knows the policies of tenants; what another server changes is known after a second."""

    def __init__(self, store: Reading, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[int, tuple[Policy, int]] = {}

    async def refresh(self, tenant: int) -> Policy:
        """Return the policy of a tenant, looked up if it is not known or no longer trusted.

        Raises:
            Refusal: The store's.
        """
        now = self._clock()
        known = self._known.get(tenant)
        if known is not None and now < known[1]:
            return known[0]
        policy = policy_of(await self._store.routes(tenant))
        self._known[tenant] = policy, now + TRUSTED_FOR
        return policy

    def known(self, tenant: int) -> Policy:
        """Return the policy as it was looked up last; any thread may ask."""
        known = self._known.get(tenant)
        return NONE if known is None else known[0]

    def forget(self, tenant: int) -> None:
        """Look the policy of a tenant up again: a route of it has changed.

        Until then the old one stays, as what is being taken just now may ask for it.
        """
        known = self._known.get(tenant)
        if known is not None:
            self._known[tenant] = known[0], 0


def policy_of(routes: list[Route]) -> Policy:
    """Return what routes decide together; where two are of one provider, what either does."""
    forms: dict[str, frozenset[IdForm]] = {}
    deadlines: dict[str, tuple[Deadline, ...]] = {}
    for route in routes:
        name, spec = route.spec.provider_name, route.spec
        if spec.id_forms:
            forms[name] = forms.get(name, frozenset()) | spec.id_forms
        if spec.deadlines:
            deadlines[name] = (*deadlines.get(name, ()), *spec.deadlines)
    return Policy(forms, deadlines) if forms or deadlines else NONE
