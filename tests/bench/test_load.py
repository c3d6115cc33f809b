"""The load generators: they tell right answers from wrong ones, whatever made them wrong."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.load.exchange import Exchange
from bench.load.plan import Ask, Outcome, Plan
from bench.process import Contestant
from tests.running import RunningServer

ROWS = 600


class Deaf(BaseHTTPRequestHandler):
    """Answers 200 with the same message, whatever is asked for."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'{"message": {"id": "another"}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        pass


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    contestant = Contestant("echo", ["-m", "bench.rivals.echo"])
    yield contestant.address
    contestant.stop()


@pytest.fixture
def deaf() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Deaf)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(plan: Plan) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], input=plan.to_json(), capture_output=True, text=True, check=True
    )
    return Outcome.from_json(done.stdout.splitlines()[-1])


def plan(ask: Ask, address: str, concurrency: int = 4) -> Plan:
    return Plan(ask, address, ROWS, concurrency, seconds=0.1, warm=0.05)


def test_right_answers_are_counted(echo: str) -> None:
    outcome = run(plan(Ask.ECHO, echo, 64))
    assert (outcome.failed, outcome.fault) == (0, "")
    assert 0 < outcome.calls <= outcome.taken
    assert 0 < outcome.p50 <= outcome.p99


def test_the_answer_to_another_question_is_found(echo: str) -> None:
    outcome = run(plan(Ask.GET, echo))
    assert outcome.failed >= outcome.calls
    assert "is missing in an answer" in outcome.fault


def test_a_list_that_is_too_short_is_found(echo: str) -> None:
    assert "1 of 2 in an answer" in Exchange(b"", (), b"x", 2).fault(b"-x-")
    assert run(plan(Ask.LIST, echo)).failed


def test_a_status_that_is_not_ok_is_found(server: RunningServer) -> None:
    """The key of the benchmarks opens nothing here."""
    outcome = run(plan(Ask.GET, server.address))
    assert outcome.failed >= outcome.calls
    assert outcome.fault.startswith("not OK")


def test_a_wrong_page_is_found(deaf: str) -> None:
    outcome = run(plan(Ask.HTTP_GET, deaf))
    assert outcome.failed >= outcome.calls
    assert "is missing in an answer" in outcome.fault


def test_a_rate_is_kept(echo: str) -> None:
    outcome = run(Plan(Ask.ECHO, echo, ROWS, concurrency=64, seconds=0.5, rate=200))
    assert not outcome.failed
    assert outcome.calls <= 110


def test_no_receipt_is_reported_twice(echo: str) -> None:
    """Whoever has reported all of them is told so, and gets no figure."""
    outcome = run(Plan(Ask.REPORT, echo, ROWS, concurrency=1, seconds=5, first=2 * ROWS))
    assert outcome.failed
    assert "use more rows" in outcome.fault
