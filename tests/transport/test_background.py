"""Background work runs in the loop that serves, whichever engine that is, and beside its calls."""

import asyncio
import threading
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from messagestatus_server.providers.small_fetch import fetch_small
from messagestatus_server.transport.calls import Calls
from messagestatus_server.transport.engine import Engine, Offer
from messagestatus_server.transport.engines import EngineChoice, engine

CERTIFICATE = b"-----BEGIN CERTIFICATE-----"


class _Giving(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CERTIFICATE)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(params=[EngineChoice.STOCK, EngineChoice.EXPRESS])
async def running(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    """Run an engine that serves nothing."""
    # No call comes: nobody needs to be authenticated.
    made = engine(request.param, Offer(Calls(None, 1), ()))  # type: ignore[arg-type]
    await made.start("127.0.0.1:0", None)
    yield made
    await made.stop(0)


async def test_work_runs_in_the_loop_that_serves_and_is_waited_for(running: Engine) -> None:
    seen: list[tuple[asyncio.AbstractEventLoop, str]] = []

    async def work() -> None:
        await asyncio.sleep(0.01)
        seen.append((asyncio.get_running_loop(), threading.current_thread().name))

    await running.run(work)
    await running.run(work)
    assert len(seen) == 2
    assert seen[0] == seen[1]


async def test_a_task_that_is_left_behind_goes_on(running: Engine) -> None:
    done = threading.Event()
    kept: list[asyncio.Task[None]] = []

    async def later() -> None:
        await asyncio.sleep(0.05)
        done.set()

    async def work() -> None:
        kept.append(asyncio.get_running_loop().create_task(later()))

    await running.run(work)
    assert await asyncio.to_thread(done.wait, 10)


async def test_a_fault_of_the_work_is_told(running: Engine) -> None:
    async def work() -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        await running.run(work)


async def test_a_certificate_can_be_fetched_from_there(running: Engine) -> None:
    """The express loop has no use for sockets; a callback that waits for one must not wait for ever."""
    with HTTPServer(("127.0.0.1", 0), _Giving) as giving:
        threading.Thread(target=giving.serve_forever, daemon=True).start()
        fetched: list[bytes] = []

        async def work() -> None:
            fetched.append(await fetch_small(f"http://127.0.0.1:{giving.server_port}/sns.pem"))

        await running.run(work)
        giving.shutdown()
    assert fetched == [CERTIFICATE]
