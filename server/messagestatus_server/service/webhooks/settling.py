"""What becomes of events and of their endpoint after an attempt."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from messagestatus_server.domain.outgoing import LoggedAttempt, Outgoing, Result
from messagestatus_server.domain.webhook import Attempt, DisabledReason, Endpoint, Event
from messagestatus_server.storage.store import Transaction
from messagestatus_server.webhooks.ladder import DISABLED_AFTER, Chance, Verdict, is_lost, next_time, verdict


class Told(NamedTuple):
    """An event on its way, and how the store knows it."""

    outgoing: Outgoing
    event: Event


class Request(NamedTuple):
    """What is posted to an endpoint at once."""

    endpoint: Endpoint
    request_id: str
    told: Sequence[Told]
    body: bytes


class Answered(NamedTuple):
    """A request that has ended; without an attempt, it was not made, and is due again at once."""

    request: Request
    attempt: Attempt | None
    now: int


class Settling:
    """Writes down what came of requests.

    Args:
        disabled_after: For how long every attempt must fail before an endpoint is disabled, in microseconds;
            0 for never.
        chance: The random numbers by which attempts are spread.
    """

    def __init__(self, disabled_after: int = DISABLED_AFTER, chance: Chance = random.random) -> None:
        self._disabled_after = disabled_after
        self._chance = chance

    async def settle(self, tx: Transaction, answers: Sequence[Answered]) -> list[Endpoint]:
        """Write down what came of requests, in the order of their ends; return endpoints now disabled."""
        before: dict[tuple[int, str], Endpoint] = {}
        after: dict[tuple[int, str], Endpoint] = {}
        for answer in answers:
            tenant, endpoint_id = key = answer.request.endpoint.tenant, answer.request.endpoint.endpoint_id
            if key not in before:
                known = await tx.find_endpoint(tenant, endpoint_id)
                if known is None:
                    continue  # it was deleted, and nothing of it is kept
                before[key] = after[key] = known
            if answer.attempt is None:
                for outgoing, _ in answer.request.told:
                    await tx.defer(tenant, endpoint_id, outgoing, answer.now)
                continue
            await self._settle_events(tx, answer, answer.attempt)
            after[key] = self._judged(after[key], answer.attempt, answer.now)
        disabled = []
        for key, endpoint in after.items():
            if endpoint != before[key]:
                await tx.replace_endpoint(endpoint)
                if endpoint.disabled_reason is not before[key].disabled_reason:
                    disabled.append(endpoint)
        return disabled

    async def _settle_events(self, tx: Transaction, answer: Answered, attempt: Attempt) -> None:
        endpoint, now = answer.request.endpoint, answer.now
        place = endpoint.tenant, endpoint.endpoint_id
        judged = verdict(attempt)
        logged: list[LoggedAttempt] = []
        # Those of a batch that have failed as often go on together.
        due: dict[int, int | None] = {}
        for outgoing, event in answer.request.told:
            made = outgoing.attempts + 1
            tried = outgoing._replace(attempts=made)
            again: int | None = None
            if judged is Verdict.TOLD:
                result = Result.TAKEN
            else:
                if judged is Verdict.FAILED:
                    if made not in due:
                        due[made] = next_time(made, now, attempt.retry_after, self._chance)
                    again = due[made]
                result = Result.DEAD if again is None else Result.RETRIED
                if again is None:
                    await tx.bury(*place, tried, now)
                else:
                    await tx.defer(*place, tried, again)
            logged.append(
                LoggedAttempt(
                    outgoing.sequence, event.message_id, event.instance, made, attempt, result, again
                )
            )
        if judged is Verdict.TOLD:
            await tx.finish(*place, [outgoing for outgoing, _ in answer.request.told], now)
        await tx.add_attempts(*place, logged)

    def _judged(self, endpoint: Endpoint, attempt: Attempt, now: int) -> Endpoint:
        judged = verdict(attempt)
        if judged is Verdict.TOLD:
            return endpoint._replace(failing_since=None)
        if endpoint.failing_since is None:
            endpoint = endpoint._replace(failing_since=attempt.start_time)
        if endpoint.disabled_reason:
            return endpoint
        if judged is Verdict.GONE:
            return endpoint._replace(disabled_reason=DisabledReason.GONE)
        if is_lost(endpoint, now, self._disabled_after):
            return endpoint._replace(disabled_reason=DisabledReason.FAILING)
        return endpoint
