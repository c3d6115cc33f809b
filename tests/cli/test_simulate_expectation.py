"""What callbacks imply, and how they are scheduled: told of single messages."""

from pathlib import Path
from typing import Any

import pytest

from messagestatus_server.cli.settings import Settings
from messagestatus_server.cli.simulate.carriers.registry import carrier
from messagestatus_server.cli.simulate.expectation import Expectation, Implied
from messagestatus_server.cli.simulate.plan import Plan
from messagestatus_server.cli.simulate.schedule import Callback, Schedule, Sent, schedule
from messagestatus_server.cli.simulate.script import steps
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.providers.tables import lexicon

SETTINGS = Settings("127.0.0.1:1", "k", Path("var"), None, None, None, 1, json=False)
SENT = [Sent(f"m{number}", f"SM{number}", "+15550000001") for number in range(50)]


def _schedule(*script: str, provider: str = "twilio", **plan: Any) -> Schedule:
    simulated = carrier(provider)
    return schedule(
        Plan(settings=SETTINGS, **plan),
        SENT,
        steps(simulated, script, "", lexicon()),
        most_events=simulated.most_events,
        seed=1,
        end=1_000_000_000,
    )


def _callbacks(*script: str, provider: str = "twilio") -> list[Callback]:
    """Return the callbacks of the first message, one a step."""
    made = _schedule(*script, provider=provider, batch=1).callbacks
    return [callback for callback in made if callback.happenings[0].message == 0]


@pytest.mark.parametrize(
    ("script", "channel", "state"),
    [
        ((), Channel.SMS, S.QUEUED),
        (("sent", "queued"), Channel.SMS, S.SENT),
        (("delivered", "sent"), Channel.SMS, S.DELIVERED),
        (("failed", "delivered"), Channel.SMS, S.DELIVERED),
        (("delivered", "read"), Channel.SMS, S.DELIVERED),
        (("delivered", "read"), Channel.WHATSAPP, S.READ),
    ],
)
def test_the_strongest_event_that_can_be_true_decides(
    script: tuple[str, ...], channel: Channel, state: S
) -> None:
    expectation = Expectation(lambda _: channel)
    for callback in _callbacks(*script) if script else ():
        expectation.take(callback)
    assert expectation.of(0) == Implied(state, frozenset({state}))


def test_words_of_the_own_side_and_words_without_a_state_decide_nothing() -> None:
    expectation = Expectation(lambda _: Channel.WHATSAPP)
    for callback in _callbacks("READ_SELF", "RETRY", provider="ryze"):
        expectation.take(callback)
    assert expectation.of(0).state is S.QUEUED


def test_what_became_of_a_callback_without_an_answer_is_left_open() -> None:
    sent, delivered = _callbacks("sent", "delivered")
    expectation = Expectation(lambda _: Channel.SMS)
    expectation.take(sent)
    expectation.doubt(delivered)
    assert expectation.of(0) == Implied(S.SENT, frozenset({S.SENT, S.DELIVERED}))
    expectation.take(delivered)
    assert expectation.of(0) == Implied(S.DELIVERED, frozenset({S.DELIVERED}))


def test_steps_are_told_in_order_a_second_apart_and_the_last_one_is_now() -> None:
    times = [
        callback.happenings[0].event.occur_time for callback in _callbacks("queued", "sent", "delivered")
    ]
    assert times == [998_000_000, 999_000_000, 1_000_000_000]


def test_every_event_is_told_once_unless_it_is_lost() -> None:
    plain = _schedule("sent", "delivered", shuffle=True)
    told = [happening.event.event_id for callback in plain.callbacks for happening in callback.happenings]
    assert (plain.events, plain.lost, len(told), len(set(told))) == (100, 0, 100, 100)
    holed = _schedule("sent", "delivered", lose=0.5)
    assert len(holed.callbacks) == 100 - holed.lost
    assert 20 < holed.lost < 80


def test_a_repeated_callback_tells_the_same_and_comes_after_the_first() -> None:
    made = _schedule("sent", duplicate=1.0).callbacks
    assert len(made) == 100
    for first, second in zip(made[::2], made[1::2], strict=True):
        assert (first.happenings, first.repeated, second.repeated) == (second.happenings, False, True)
