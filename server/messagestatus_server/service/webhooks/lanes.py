"""How much each endpoint may be sent now: so many a second, so many at once, nothing while it pauses."""

from messagestatus_server.domain.webhook import Endpoint

MOST_UNDER_WAY = 512
"""How many requests are under way at once, to all endpoints together."""

_SECOND = 1_000_000
_BURST = 10
"""What may be sent at once after a silence: the requests of a second, divided by this."""

_MOST_KNOWN = 10_000


class _Lane:
    """One endpoint: what it has left of its rate, and what is on its way to it."""

    __slots__ = ("checked", "left", "paused_until", "under_way")

    def __init__(self) -> None:
        self.left = -1.0
        self.checked = 0
        self.under_way = 0
        self.paused_until = 0

    def refill(self, rate: int, now: int) -> None:
        most = _most_at_once(rate)
        if self.left < 0:
            self.left = most
        # A clock that was turned back gives nothing, and takes nothing.
        self.left = min(most, self.left + max(0, now - self.checked) * rate / _SECOND)
        self.checked = now


class Lanes:
    """What is on its way to endpoints, and what may follow. Times are in microseconds, UTC."""

    def __init__(self, most_under_way: int = MOST_UNDER_WAY) -> None:
        self._most = most_under_way
        self._lanes: dict[str, _Lane] = {}
        self._of_tenant: dict[int, int] = {}
        self._under_way = 0

    def room(self, endpoint: Endpoint, now: int) -> int:
        """Return how many requests may go to an endpoint now, as far as it alone decides."""
        lane = self._of(endpoint)
        if now < lane.paused_until:
            return 0
        lane.refill(endpoint.spec.rate, now)
        return max(0, min(int(lane.left), endpoint.spec.concurrency - lane.under_way))

    def shared(self, tenant: int, taken: int = 0) -> int:
        """Return how many requests may go to endpoints of a tenant now, as far as others decide.

        A tenant gets as much of all there is room for as it leaves to others: receivers of one tenant that
        never answer cannot keep everybody else's from being told.

        Args:
            tenant: The tenant.
            taken: How many were claimed and did not begin; those of the tenant itself count twice.
        """
        left = self._most - self._under_way - self._of_tenant.get(tenant, 0) - taken
        return max(0, (left + 1) // 2)

    def next_time(self, endpoint: Endpoint, now: int) -> int | None:
        """Return when there will be room, though nothing ends before; None where that is not known."""
        lane = self._of(endpoint)
        if now < lane.paused_until:
            return lane.paused_until
        if lane.left < 1 and lane.under_way < endpoint.spec.concurrency:
            return now + int((1 - lane.left) * _SECOND / endpoint.spec.rate) + 1
        return None

    def begin(self, endpoint: Endpoint) -> None:
        """Take note of a request that goes out."""
        lane = self._of(endpoint)
        lane.left -= 1
        lane.under_way += 1
        self._under_way += 1
        self._of_tenant[endpoint.tenant] = self._of_tenant.get(endpoint.tenant, 0) + 1

    def end(self, endpoint: Endpoint, paused_until: int) -> None:
        """Take note that a request has ended, and until when no other one should follow."""
        lane = self._of(endpoint)
        lane.under_way -= 1
        lane.paused_until = max(lane.paused_until, paused_until)
        self._under_way -= 1
        self._of_tenant[endpoint.tenant] -= 1
        if not self._of_tenant[endpoint.tenant]:
            del self._of_tenant[endpoint.tenant]

    def _of(self, endpoint: Endpoint) -> _Lane:
        lane = self._lanes.get(endpoint.endpoint_id)
        if lane is None:
            if len(self._lanes) >= _MOST_KNOWN:
                self._lanes = {name: each for name, each in self._lanes.items() if each.under_way}
            lane = self._lanes[endpoint.endpoint_id] = _Lane()
        return lane


def _most_at_once(rate: int) -> float:
    return max(1.0, rate / _BURST)
