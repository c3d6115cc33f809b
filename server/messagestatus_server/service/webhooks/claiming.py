"""What is to be sent next: due events of endpoints that have room, rendered for each of them."""

import secrets
from collections.abc import Sequence
from typing import NamedTuple

from messagestatus_server.domain.outgoing import Outgoing
from messagestatus_server.domain.webhook import Endpoint
from messagestatus_server.service.webhooks.identity import Naming, request_id
from messagestatus_server.service.webhooks.lanes import Lanes
from messagestatus_server.service.webhooks.settling import Request, Told
from messagestatus_server.storage.store import Transaction
from messagestatus_server.webhooks.payloads import payload

LEASE = 60_000_000
"""How long a claim lasts, in microseconds: several times as long as an attempt may take."""

_MOST_DROPPED = 1_000
"""Of how many events it is found in one transaction at most that nobody is told of them."""


class Claim(NamedTuple):
    """What is to be sent, and when there may be more (microseconds, UTC), None where that is not known."""

    requests: list[Request]
    next_time: int | None = None


class Claiming:
    """Claims what is due. Its lanes are only looked at."""

    def __init__(self, naming: Naming, lanes: Lanes) -> None:
        self._naming = naming
        self._lanes = lanes
        self._first = 0

    def rotate(self) -> None:
        """Let another endpoint come first the next time, so that the last are not forgotten."""
        self._first += 1

    async def claim(self, tx: Transaction, now: int) -> Claim:
        """Claim what may be sent now."""
        requests: list[Request] = []
        later: list[int] = []
        waiting = await tx.waiting_endpoints()
        turn = self._first % max(1, len(waiting))
        taken: dict[int, int] = {}
        for tenant, endpoint_id, due_time in waiting[turn:] + waiting[:turn]:
            if due_time > now:
                continue
            endpoint = await tx.find_endpoint(tenant, endpoint_id)
            if endpoint is None or endpoint.disabled_reason:
                continue
            room = await self._room(tx, endpoint, now, sum(taken.values()) + taken.get(tenant, 0))
            found, more = await self._requests(tx, endpoint, room, now)
            taken[tenant] = taken.get(tenant, 0) + len(found)
            requests += found
            if more:
                later.append(now)
            elif len(found) == room:
                again = self._lanes.next_time(endpoint, now)
                later += [] if again is None else [again]
        later += [each.due_time for each in await tx.waiting_endpoints() if each.due_time > now]
        return Claim(requests, min(later, default=None))

    async def _room(self, tx: Transaction, endpoint: Endpoint, now: int, taken: int) -> int:
        room = self._lanes.room(endpoint, now)
        if not room:
            return 0
        # Others may be telling it, too; our own requests are among these.
        free = endpoint.spec.concurrency - await tx.leased(endpoint.tenant, endpoint.endpoint_id, now)
        return max(0, min(room, free, self._lanes.shared(endpoint.tenant, taken)))

    async def _requests(
        self, tx: Transaction, endpoint: Endpoint, room: int, now: int
    ) -> tuple[list[Request], bool]:
        """Return requests to an endpoint, and whether there is more that was not looked at."""
        requests: list[Request] = []
        dropped = 0
        while len(requests) < room:
            leases = [1 + secrets.randbits(62) for _ in range(room - len(requests))]
            claims = await tx.lease(endpoint, leases, now=now, until=now + LEASE)
            messages = await tx.known(
                endpoint.tenant, [outgoing.message for claim in claims for outgoing in claim]
            )
            unwanted: list[Outgoing] = []
            for claim in claims:
                told = [
                    Told(each, self._naming.event(endpoint.tenant, each, messages.get(each.message)))
                    for each in claim
                ]
                request, rest = _request(endpoint, told)
                requests += [] if request is None else [request]
                unwanted += rest
            if not unwanted:
                break
            await tx.finish(endpoint.tenant, endpoint.endpoint_id, unwanted, now)
            dropped += len(unwanted)
            if dropped >= _MOST_DROPPED:
                return requests, True
        return requests, False


def _request(endpoint: Endpoint, told: Sequence[Told]) -> tuple[Request | None, list[Outgoing]]:
    """Return what an endpoint is told of events, if anything, and those that it is not told of.

    It is told of what it wants, if its format has a word for it.
    """
    wanted, unwanted, body = [], [], None
    for each in told:
        event = each.event
        named = event.message is not None or bool(event.message_id)
        if named and endpoint.spec.event_filter.wants(event):
            body = payload(endpoint, [event])
            if body is not None:
                wanted.append(each)
                continue
        unwanted.append(each.outgoing)
    if not wanted:
        return None, unwanted
    events = [each.event for each in wanted]
    if len(events) > 1 or body is None:
        body = payload(endpoint, events)
    assert body is not None
    return Request(endpoint, request_id(events), wanted, body), unwanted
