"""Whatever a stranger sends: a provider refuses it or reads it, and nothing else ever comes of it."""

import asyncio

import pytest
from hypothesis import strategies as st

from messagestatus_server.cli.simulate.carriers.carrier import Posting
from messagestatus_server.domain.identifier import LONGEST_TEXT
from messagestatus_server.providers.callback import Callback, Malformed, Provider, Told, Unverified
from messagestatus_server.providers.registry import NAMES
from tests.domain.effort import effort, hold
from tests.providers.every import came, config, event, fresh, posting, simulated
from tests.providers.mutations import Mutation, mutations

EXAMPLES = 60


def sent(name: str) -> list[Posting]:
    """Return a callback of each step that a message of a carrier goes through."""
    return [posting(name, event(name, word)) for word in simulated(name).script]


@effort
@pytest.mark.parametrize("name", NAMES)
def test_only_the_exceptions_of_the_interface_leave_a_provider(name: str, effort: int) -> None:
    def check(original: Posting, mutation: Mutation) -> None:
        check_callback(name, came(mutation.of(original)))

    hold(check, EXAMPLES * effort, original=st.sampled_from(sent(name)), mutation=mutations())


def check_callback(name: str, callback: Callback) -> None:
    """Hold that a callback is refused or read."""
    known = fresh(name)
    asyncio.run(_verify(known, callback, name))
    try:
        items = known.split(callback, config(name))
    except Malformed as malformed:
        check_explanation(malformed.text)
        return
    for item in items:
        try:
            told = known.read(item, callback, config(name))
        except Malformed as malformed:
            check_explanation(malformed.text)
        else:
            check_told(told)


async def _verify(known: Provider, callback: Callback, name: str) -> None:
    try:
        if await known.greet(callback, config(name)) is None:
            await known.verify(callback, config(name))
    except (Unverified, Malformed) as refused:
        check_explanation(refused.text)


def check_explanation(text: str) -> None:
    """Hold that an explanation is short, and that nobody can write lines of his own into a log by it."""
    assert 0 < len(text) < LONGEST_TEXT
    assert text.isprintable()


def check_told(told: Told | None) -> None:
    """Hold that what is told is text and times; an unknown word is none of the provider's business."""
    if told is None:
        return
    assert all(isinstance(text, str) for text in (*told[:4], *told[5:9]))
    assert told.provider_message_id
    assert told.word
    if told.occur_time is not None:
        assert isinstance(told.occur_time, int)
        assert 0 <= told.occur_time < 2**63
