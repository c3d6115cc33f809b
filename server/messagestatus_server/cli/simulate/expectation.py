"""What the callbacks imply: where each message must stand, told without a look at the service's own fold."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import NamedTuple

from messagestatus_server.cli.simulate.schedule import Callback, Happening
from messagestatus_server.domain.guards import guard_claim
from messagestatus_server.domain.message import Channel, ContentKind, Direction
from messagestatus_server.domain.state import DeliveryState


class Implied(NamedTuple):
    """Where a message must stand, and where else it may, as what became of some callbacks is not known."""

    state: DeliveryState
    possible: frozenset[DeliveryState]


class Expectation:
    """Takes note of what became of callbacks.

    Args:
        channel_of: Returns the channel that an event with a word speaks of.
    """

    def __init__(self, channel_of: Callable[[str], Channel]) -> None:
        self._channel_of = channel_of
        self._taken: defaultdict[int, list[Happening]] = defaultdict(list)
        self._unsure: defaultdict[int, list[Happening]] = defaultdict(list)

    def take(self, callback: Callback) -> None:
        """Take note of a callback that was answered with 2xx."""
        for happening in callback.happenings:
            self._taken[happening.message].append(happening)

    def doubt(self, callback: Callback) -> None:
        """Take note of a callback that may, or may not, have been taken."""
        for happening in callback.happenings:
            self._unsure[happening.message].append(happening)

    def of(self, message: int) -> Implied:
        """Return where a message must stand."""
        taken = self._taken[message]
        state = self._strongest(taken)
        possible = {self._strongest([*taken, happening]) for happening in self._unsure[message]}
        return Implied(state, frozenset({state, *possible}))

    def _strongest(self, happenings: Iterable[Happening]) -> DeliveryState:
        """Return the state of the strongest event, of equals the earliest; QUEUED as registered if none."""
        strongest = (-DeliveryState.QUEUED, 0, DeliveryState.QUEUED)
        for happening in happenings:
            state, _, _, own_side, precedence = happening.step.meaning
            refused = guard_claim(
                state,
                channel=self._channel_of(happening.event.word),
                content_kind=ContentKind.UNSPECIFIED,
                direction=Direction.OUTBOUND,
                own_side=own_side,
            )
            if state and not refused:
                strength = state if precedence is None else precedence
                strongest = min(strongest, (-strength, happening.event.occur_time, state))
        return strongest[2]
