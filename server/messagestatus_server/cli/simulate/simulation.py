"""One simulation from its beginning to its end: messages, callbacks, and what came of them."""

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import click

from messagestatus_server.cli.connection import Connection
from messagestatus_server.cli.simulate.carriers.carrier import Carrier
from messagestatus_server.cli.simulate.carriers.registry import carrier as new_carrier
from messagestatus_server.cli.simulate.expectation import Expectation
from messagestatus_server.cli.simulate.place import (
    Place,
    found_route,
    made_route,
    place_of,
    target_of,
    words_on,
)
from messagestatus_server.cli.simulate.plan import Plan
from messagestatus_server.cli.simulate.posting import Poster
from messagestatus_server.cli.simulate.report import Outcome, Report
from messagestatus_server.cli.simulate.schedule import Sent, schedule
from messagestatus_server.cli.simulate.script import steps
from messagestatus_server.cli.simulate.service import Service, speaking_for
from messagestatus_server.domain.vocabulary import Lexicon
from messagestatus_server.providers.registry import NAMES
from messagestatus_server.providers.tables import lexicon

Tell = Callable[[str], None]

_SECOND = 1_000_000
# Of the numbers of messages, which no two simulations are to share.
_FIRST_NUMBER = 10**9
_NUMBERS = 10**11


async def simulate(plan: Plan, tell: Tell = lambda _: None) -> Report:
    """Carry out a plan, and return what came of it; `tell` is told what people should know before.

    Raises:
        click.UsageError: The plan is wrong.
        RouteMissing: There is no such route.
        CallFailed: The server refuses a call.
    """
    with ExitStack() as stack:
        if plan.target:
            simulation = _Simulation(plan, _carrier(plan.provider), lexicon())
            place = target_of(plan, simulation.carrier)
            if not plan.secrets:
                for setting, value in simulation.carrier.config.items():
                    tell(f"The target has to believe {setting}={value}")
            return simulation.report(place, await simulation.post(place))
        administrator = stack.enter_context(Connection(plan.settings))
        if plan.route:
            route = found_route(administrator, plan.tenant, plan.route)
            if plan.provider not in ("", route.provider):
                raise _wrong("--provider", f"{plan.route} is a route of {route.provider}")
            simulation = _Simulation(plan, _carrier(route.provider), words_on(route, lexicon()))
            place = place_of(route, plan, simulation.carrier)
        else:
            simulation = _Simulation(plan, _carrier(plan.provider), lexicon())
            place = stack.enter_context(made_route(administrator, plan, simulation.carrier, simulation.name))
        own = stack.enter_context(speaking_for(plan.settings, plan.tenant, simulation.name))
        service = Service(own, place.provider_name, place.instance)
        simulation.register(service)
        tell(f"Messages {simulation.sent[0].message_id} to -{plan.messages} are registered.")
        poster = await simulation.post(place)
        return simulation.report(place, poster, service.states(simulation.sent))


class _Simulation:
    """What is simulated, and what must come of it."""

    def __init__(self, plan: Plan, carrier: Carrier, words: Lexicon) -> None:
        self.carrier = carrier
        self.name = f"simulated-{carrier.provider.replace('_', '-')}-{secrets.token_hex(4)}"
        first = _FIRST_NUMBER + secrets.randbelow(_NUMBERS)
        self.sent = [
            Sent(
                f"{self.name}-{number}",
                carrier.new_message_id(first + number),
                f"{plan.phone_prefix}{number:07d}",
            )
            for number in range(1, plan.messages + 1)
        ]
        self._plan = plan
        self._seed = secrets.randbelow(1 << 32) if plan.seed is None else plan.seed
        self._script = steps(carrier, plan.script, plan.error_code, words)
        self._now = time.time_ns() // 1000
        self._expectation = Expectation(carrier.channel_of)
        self._schedule = schedule(
            plan,
            self.sent,
            self._script,
            most_events=carrier.most_events,
            seed=self._seed,
            end=self._now,
        )

    def register(self, service: Service) -> None:
        """Register the messages, as accepted before anything happened to them."""
        accept_time = self._now - len(self._script) * _SECOND
        service.register(self.sent, channel=self.carrier.channel, name=self.name, accept_time=accept_time)

    async def post(self, place: Place) -> Poster:
        """Post all callbacks."""
        poster = Poster(self.carrier, place.address, self._expectation)
        await poster.post(self._schedule.callbacks, self._plan.rate, self._plan.settings)
        return poster

    def report(self, place: Place, poster: Poster, states: Sequence[str] | None = None) -> Report:
        """Return what came of it; `states` is where the messages stand, None where nobody asked."""
        return Report(
            provider=self.carrier.provider,
            place=place.name,
            seed=self._seed,
            messages=len(self.sent),
            events=self._schedule.events,
            lost=self._schedule.lost,
            answers=poster.answers,
            repeated=poster.repeated,
            seconds=poster.seconds,
            latencies=poster.latencies,
            interrupted=poster.interrupted,
            outcomes=None if states is None else [self._outcome(*each) for each in enumerate(states)],
        )

    def _outcome(self, message: int, state: str) -> Outcome:
        implied = self._expectation.of(message)
        agrees = state in {possible.name for possible in implied.possible}
        return Outcome(self.sent[message].message_id, implied.state.name, state, agrees)


def _carrier(provider: str) -> Carrier:
    if provider not in NAMES:
        raise _wrong("--provider", f"{provider!r} is none of {', '.join(NAMES)}")
    return new_carrier(provider)


def _wrong(option: str, text: str) -> click.BadParameter:
    return click.BadParameter(text, param_hint=option)
