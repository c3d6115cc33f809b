"""The schedule: which callback tells of which events, in which order; what is lost, and what comes twice."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.plan import Plan
from messagestatus_server.cli.simulate.script import Step

_SECOND = 1_000_000


class Sent(NamedTuple):
    """A message that was sent: what we, and what the provider calls it, and its recipient's number."""

    message_id: str
    provider_message_id: str
    phone: str


class Happening(NamedTuple):
    """A step of a message, by the place of the message, and the event that tells of it."""

    message: int
    step: Step
    event: Event


class Callback(NamedTuple):
    """A callback to post: what it tells, and whether it was posted before."""

    happenings: tuple[Happening, ...]
    repeated: bool = False


class Schedule(NamedTuple):
    """All callbacks in their order, and how many events there are, and how many of them are lost."""

    callbacks: Sequence[Callback]
    events: int
    lost: int


def schedule(
    plan: Plan, sent: Sequence[Sent], script: Sequence[Step], *, most_events: int, seed: int, end: int
) -> Schedule:
    """Return a schedule. The same seed loses, repeats and shuffles the same.

    Args:
        plan: How much is lost, repeated and shuffled.
        sent: The messages.
        script: What happens to each of them; steps are a second apart.
        most_events: How many events one callback holds at most.
        seed: What decides.
        end: When the last step happened, in microseconds, UTC.
    """
    chance = random.Random(seed)  # noqa: S311 - decides what is lost, and guards nothing
    every = [
        Happening(place, step, _event(message, step, number, end - (len(script) - number) * _SECOND))
        for number, step in enumerate(script, 1)
        for place, message in enumerate(sent)
    ]
    told = [happening for happening in every if chance.random() >= plan.lose]
    if plan.shuffle:
        chance.shuffle(told)
    size = min(plan.batch, most_events)
    callbacks: list[Callback] = []
    for start in range(0, len(told), size):
        callback = Callback(tuple(told[start : start + size]))
        callbacks.append(callback)
        if chance.random() < plan.duplicate:
            callbacks.append(callback._replace(repeated=True))
    if plan.shuffle:
        chance.shuffle(callbacks)
    return Schedule(callbacks, len(every), len(every) - len(told))


def _event(message: Sent, step: Step, number: int, occur_time: int) -> Event:
    return Event(
        message.provider_message_id,
        message.phone,
        step.word,
        step.code,
        occur_time,
        number,
        message.message_id,
    )
