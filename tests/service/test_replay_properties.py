"""Whatever came before a word had its meaning: replayed, it ends as if the word had always meant that."""

from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.domain.message import Provider, RollUp
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.route import Override
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.domain.vocabulary import VOCABULARIES, Lexicon, Meaning
from messagestatus_server.service.receipts import Receipts
from tests.domain.effort import effort, hold
from tests.domain.samples import NOON
from tests.domain.strategies import orders
from tests.service.agreement import check_agreement, check_feed
from tests.service.arrangements import Story, stories, tell
from tests.service.review import Review
from tests.service.route import Line, event
from tests.service.workbench import WORDS, Workbench

EXAMPLES = 120

_WORDS = ["sent", "delivered", "odd", "queer"]

events = st.builds(
    event,
    st.sampled_from(["p1", "p1", "p2"]),
    st.sampled_from(_WORDS),
    code=st.sampled_from(["", "30003"]),
    step=st.integers(1, 4),
)
"""Steps of a message that is registered, and of one that is not; two steps of one name contradict another."""

meanings = st.builds(
    Meaning,
    st.sampled_from([state for state in DeliveryState if state is not DeliveryState.RECEIVED]),
    st.sampled_from([Finality.NONE, Finality.SOFT, Finality.FINAL]),
    st.sampled_from([FailureReason.UNSPECIFIED, FailureReason.BLOCKED]),
    precedence=st.sampled_from([None, None, 5, 65]),
)


class Told(NamedTuple):
    """What carriers tell, which callbacks come twice, and when the message is registered."""

    events: list[Event]
    repeated: set[int]
    registered_after: int
    roll_up: RollUp


tellings = st.builds(
    Told,
    st.lists(events, max_size=8, unique_by=lambda event: (event.provider_message_id, event.step)),
    st.sets(st.integers(0, 7), max_size=3),
    st.integers(0, 8),
    st.sampled_from([RollUp.SINGLE, RollUp.ALL, RollUp.ANY]),
)


@effort
def test_callbacks_end_as_if_their_words_had_always_had_their_meaning(inbox: Workbench, effort: int) -> None:
    def check(told: Told, odd: Meaning, queer: Meaning) -> None:
        overrides = (Override("odd", "", odd), Override("queer", "", queer))
        _posted(inbox, told, ()).update(overrides=overrides)
        review = Review(inbox)
        review.replay()
        late = inbox.rows()
        check_agreement(inbox)
        check_feed(inbox)
        again = review.replay()
        assert (again.added, again.mended, again.moved, again.quarantined) == (0, 0, 0, 0)
        assert inbox.rows() == late
        assert review.waiting() == []
        _posted(inbox, told, overrides)
        assert inbox.rows() == late

    hold(check, EXAMPLES * effort, told=tellings, odd=meanings, queer=meanings)


@effort
def test_reported_receipts_end_as_if_their_words_had_always_been_known(inbox: Workbench, effort: int) -> None:
    """But for a finality that their reporter told: of an unknown word, none is kept."""

    def check(story: Story, missing: set[str], chance: Random) -> None:
        story = story._replace(receipts={key: each for key, each in story.receipts.items() if _by_word(each)})
        words = {
            name: {word: meaning for word, meaning in known.items() if not name or word not in missing}
            for name, known in WORDS.words.items()
        }
        inbox.clear()
        _understanding(inbox, WORDS._replace(words=words))
        tell(inbox, story, chance)
        _understanding(inbox, WORDS)
        review = Review(inbox)
        review.replay()
        mended = inbox.rows()
        check_agreement(inbox)
        check_feed(inbox)
        again = review.replay()
        assert (again.added, again.mended, again.moved) == (0, 0, 0)
        assert inbox.rows() == mended
        inbox.clear()
        tell(inbox, story, chance)
        assert inbox.rows()[:2] == mended[:2]

    natives = sorted({word for name, words in VOCABULARIES.items() if name for word in words})
    hold(
        check,
        EXAMPLES * effort,
        story=stories,
        missing=st.sets(st.sampled_from(natives), min_size=1),
        chance=orders,
    )


def _posted(bench: Workbench, told: Told, overrides: tuple[Override, ...]) -> Line:
    """Tell everything to a route of its own, some callbacks more than once, before the words change."""
    bench.clear()
    bench.now = NOON
    line = Line(bench, overrides=overrides)
    people = () if told.roll_up is RollUp.SINGLE else ("ann", "bob")
    message = Registration(
        "m", provider=Provider("twilio", "p1"), recipients=people, roll_up=told.roll_up, accept_time=NOON
    )
    for number, each in enumerate(told.events):
        if number == told.registered_after:
            bench.register(message)
        bench.now += 1
        line.post(each)
        if number in told.repeated:
            bench.now += 1
            line.post(each)
    bench.register(message)
    bench.now = NOON + 10_000_000
    return line


def _by_word(receipt: Receipt) -> bool:
    """Tell whether only the word of a receipt says its state."""
    return not (receipt.state and receipt.provider.status)


def _understanding(bench: Workbench, lexicon: Lexicon) -> None:
    bench.receipts = Receipts(bench.store, lambda: bench.now, bench.policies, lexicon=lexicon)
