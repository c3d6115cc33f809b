"""The worker: tells endpoints of what waits for them, in the event loop that it is started in.

It touches the store in transactions alone, which run wherever the store runs them. What is claimed there is
sent here, and what came of it is written down together with the next claim. If this process dies, what it had
claimed comes due again when the claims end: an event may be told twice, and is never lost.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import NamedTuple, Protocol

import structlog

from messagestatus_server.domain.outgoing import LoggedAttempt, Result
from messagestatus_server.domain.refusals import Refusal, StoreUnavailable
from messagestatus_server.domain.webhook import Attempt, Endpoint
from messagestatus_server.logs import described
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.sealing import SealBroken
from messagestatus_server.service.webhooks.claiming import Claim, Claiming
from messagestatus_server.service.webhooks.identity import Naming, ResumeToken
from messagestatus_server.service.webhooks.lanes import Lanes
from messagestatus_server.service.webhooks.secrets import Vault
from messagestatus_server.service.webhooks.settling import Answered, Request, Settling
from messagestatus_server.storage.store import Store, Transaction
from messagestatus_server.webhooks.ladder import Verdict, pause, verdict
from messagestatus_server.webhooks.payloads import payload
from messagestatus_server.webhooks.payloads.sample import sample_event
from messagestatus_server.webhooks.sender import SECONDS

LOOKED_EVERY = 1.0
"""How often the worker looks for what is due, in seconds, though no commit of this process was heard of."""

TRIED_FOR = 8.0
"""How long trying out may take, in seconds: somebody waits for it, who gave it no more than ten."""

_SHORTEST_WAIT = 0.001
_SECOND = 1_000_000

log = structlog.get_logger()


class Send(Protocol):
    """Posts requests to endpoints."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes, seconds: float) -> Attempt:
        """Post a body, and return what came of it within the time; whatever a receiver does is an attempt."""


class Turn(NamedTuple):
    """What a transaction of the worker found."""

    disabled: list[Endpoint]
    claim: Claim


class Worker:
    """Tells endpoints. All but `try_out` is called in the loop that it runs in.

    Args:
        store: Where events wait.
        sender: Posts them.
        vault: Opens the secrets of endpoints.
        resume_token: Writes the places of changes as callers have them.
        settling: Decides what becomes of them.
        clock: Tells the present in microseconds, UTC.
        lanes: What is on its way.
    """

    def __init__(
        self,
        store: Store,
        sender: Send,
        *,
        vault: Vault,
        resume_token: ResumeToken,
        settling: Settling,
        clock: Clock,
        lanes: Lanes | None = None,
    ) -> None:
        self._store = store
        self._sender = sender
        self._vault = vault
        self._resume_token = resume_token
        self._settling = settling
        self._clock = clock
        self._lanes = Lanes() if lanes is None else lanes
        self._claiming: Claiming | None = None
        self._answers: list[Answered] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to tell, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._store.on_outgoing(self._on_outgoing)
        self._running = self._loop.create_task(self._run())

    async def stop(self, grace: float) -> None:
        """Claim nothing more, and let what is under way end within the grace, in seconds; the rest waits."""
        self._stopping = True
        self._news.set()
        if self._running is not None:
            await self._running
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=grace)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        # What cannot be written down now is due again when its claim ends.
        with contextlib.suppress(Refusal):
            await self.turn()

    async def turn(self) -> int | None:
        """Write down what has ended, send what is due, and return when there is more to do.

        That is in microseconds, UTC, and None where it is not known.

        Raises:
            Refusal: The store's; what has ended is written down in the next turn.
        """
        claiming = await self._named()
        answers, self._answers = self._answers, []
        now = self._clock()

        async def work(tx: Transaction) -> Turn:
            disabled = await self._settling.settle(tx, answers)
            return Turn(disabled, Claim([]) if self._stopping else await claiming.claim(tx, now))

        try:
            turn = await self._store.write(work)
        except BaseException:
            self._answers = answers + self._answers
            raise
        claiming.rotate()
        for endpoint in turn.disabled:
            reason = endpoint.disabled_reason.name
            log.warning("webhook endpoint disabled", endpoint=endpoint.endpoint_id, reason=reason)
        for request in turn.claim.requests:
            self._lanes.begin(request.endpoint)
            task = asyncio.get_running_loop().create_task(self._tell(request))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return turn.claim.next_time

    async def ended(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def try_out(self, endpoint: Endpoint, event_id: str) -> LoggedAttempt:
        """Send an event that never happened, and return what came of it; any loop may ask.

        Raises:
            StoreUnavailable: The worker does not run, or the secrets cannot be opened.
            Refusal: The store's.
        """
        if self._loop is None or self._loop.is_closed() or self._stopping:
            raise StoreUnavailable
        trying = asyncio.run_coroutine_threadsafe(self._try_out(endpoint, event_id), self._loop)
        return await asyncio.wrap_future(trying)

    async def _try_out(self, endpoint: Endpoint, event_id: str) -> LoggedAttempt:
        event = sample_event(event_id, self._clock())
        body = payload(endpoint, [event])
        assert body is not None
        try:
            attempt = await self._attempt(endpoint, event_id, body, TRIED_FOR)
        except SealBroken:
            raise StoreUnavailable from None
        result = Result.TAKEN if verdict(attempt) is Verdict.TOLD else Result.DEAD
        logged = LoggedAttempt(
            0, event.message_id, event.instance, 1, attempt, result, event_id=event.event_id
        )
        await self._store.write(lambda tx: tx.add_attempts(endpoint.tenant, endpoint.endpoint_id, [logged]))
        return logged

    async def _run(self) -> None:
        while not self._stopping:
            self._news.clear()
            again: int | None = None
            try:
                again = await self.turn()
            except Refusal as refusal:
                log.warning("webhooks wait", reason=refusal.text)
            except Exception as fault:  # noqa: BLE001 - the next turn may succeed, and nobody else would try
                log.error("fault", **described(fault))  # noqa: TRY400 - the text may hold secrets
            await self._wait(again)

    async def _wait(self, until: int | None) -> None:
        seconds = LOOKED_EVERY
        if until is not None:
            seconds = min(seconds, max(_SHORTEST_WAIT, (until - self._clock()) / _SECOND))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def _named(self) -> Claiming:
        if self._claiming is None:
            identity = await self._store.write(lambda tx: tx.feed_identity())
            self._claiming = Claiming(Naming(identity, self._resume_token), self._lanes)
        return self._claiming

    async def _tell(self, request: Request) -> None:
        """Send a request. One that fails for a reason of ours is due again when its claim ends."""
        endpoint = request.endpoint
        paused_until = 0
        try:
            attempt = await self._attempt(endpoint, request.request_id, request.body, SECONDS)
            now = self._clock()
            paused_until = now + pause(attempt)
            self._answers.append(Answered(request, attempt, now))
        except asyncio.CancelledError:
            self._answers.append(Answered(request, None, self._clock()))
            raise
        except SealBroken:
            log.error("secrets cannot be opened", endpoint=endpoint.endpoint_id)  # noqa: TRY400 - as below
        except Exception as fault:  # noqa: BLE001 - one request's fault must not end the others
            log.error("fault", **described(fault))  # noqa: TRY400 - the text may hold secrets
        finally:
            self._lanes.end(endpoint, paused_until)
            self._news.set()

    async def _attempt(self, endpoint: Endpoint, request_id: str, body: bytes, seconds: float) -> Attempt:
        secrets = self._vault.open(endpoint)
        headers = secrets.headers(endpoint, request_id, self._clock(), body)
        return await self._sender.send(endpoint.spec.url, headers, body, seconds)

    def _on_outgoing(self) -> None:
        loop = self._loop
        if loop is None or self._news.is_set():
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended, and everybody in it
            loop.call_soon_threadsafe(self._news.set)
