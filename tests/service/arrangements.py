"""Everything that is ever said of one message, and the many orders in which it may be said."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

from messagestatus_server.domain.admission import admitted_receipt, admitted_registration
from messagestatus_server.domain.fold import refold
from messagestatus_server.domain.message import Message, Name, Provider, Reference
from messagestatus_server.domain.receipt import Entry, Receipt
from messagestatus_server.domain.refusals import Refusal
from messagestatus_server.domain.registration import Registration, announce, complete
from tests.domain.samples import NOON
from tests.domain.strategies import ACME, TIMES, registrations, sets_of_receipts
from tests.service.workbench import Workbench

M = Name("m")

COMPLETIONS = [
    Registration("m", phone="+4366012345678"),
    Registration("m", reference=Reference("billing", "invoice", "r-1"), segments=2),
    Registration("m", provider=Provider(ACME, "p2")),
    Registration("m", provider=Provider(ACME)),
    Registration("m", recipients=("bob", "eve")),
    Registration("m", author="ann", conversation_id="c-1", message_time=NOON + 7),
]


class Story(NamedTuple):
    """A registration, what completes it, when it is suppressed, and its receipts by their keys."""

    registration: Registration
    completions: list[Registration]
    suppress_time: int | None
    receipts: dict[bytes, Receipt]


stories = st.builds(
    Story,
    registrations,
    st.lists(st.sampled_from(COMPLETIONS), max_size=2, unique_by=COMPLETIONS.index),
    st.sampled_from([None, None, None, *TIMES]),
    sets_of_receipts,
)

Step = Callable[[Workbench], object]


def tell(bench: Workbench, story: Story, chance: Random) -> None:
    """Say everything in some order, receipts repeated and in batches of any size.

    The sender registers before it completes; anything else may come first.
    """
    receipts = [*story.receipts.values()]
    receipts += [chance.choice(receipts) for _ in range(chance.randint(0, 3)) if receipts]
    chance.shuffle(receipts)
    steps: list[Step] = []
    while receipts:
        size = chance.choice([1, 1, 2, 3, len(receipts)])
        batch, receipts = receipts[:size], receipts[size:]
        steps.append(lambda bench, batch=batch: bench.report(*batch))  # type: ignore[misc]
    place = 0
    for said in _said(story, chance):
        place = chance.randint(place, len(steps))
        steps.insert(place, said)
        place += 1
    for step in steps:
        step(bench)


def _said(story: Story, chance: Random) -> list[Step]:
    registered = [story.registration, *story.completions]
    said: list[Step] = [lambda bench, each=each: bench.register(each) for each in registered]  # type: ignore[misc]
    if chance.random() < 0.3:
        said.append(lambda bench: bench.register(chance.choice(registered)))
    if story.suppress_time is not None:
        time = story.suppress_time
        said.insert(chance.randint(1, len(said)), lambda bench: bench.suppress(M, time))
    return said


class Ending(NamedTuple):
    """Where a story must end: the message, the receipts that are its own, and those still parked."""

    message: Message
    own: set[bytes]
    parked: set[bytes]


def ending(story: Story) -> Ending:
    """Return where a story must end, by the rules of the domain alone."""
    message = announce(admitted_registration(story.registration), NOON)
    revision = 1
    for completion in story.completions:
        try:
            completed = complete(message, admitted_registration(completion))
        except Refusal:
            continue
        if completed is not None:
            message, revision = completed, revision + 1
    if story.suppress_time is not None:
        message, revision = message._replace(suppress_time=story.suppress_time), revision + 1
    names = {(message.origin.provider.name, message.origin.provider.message_id)}
    names |= {receipt.provider[:2] for receipt in story.receipts.values() if receipt.message_id}
    own = {
        key: Entry(key, admitted_receipt(receipt), receipt.occur_time or NOON, NOON)
        for key, receipt in story.receipts.items()
        if receipt.message_id or receipt.provider[:2] in names
    }
    return Ending(refold(message, own.values(), revision=revision), set(own), set(story.receipts) - set(own))
