"""`simulate`, as those who are posted to see it; and Ctrl-C."""

import base64
import hashlib
import hmac
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import pytest

from messagestatus_server.cli.exit_code import ExitCode
from messagestatus_server.cli.simulate.posting import NO_ANSWER
from tests.running import Operator, RunningGateway, RunningServer, Tenant

from .conftest import Run

TOKEN = "12345678901234567890123456789012"


class Target(ThreadingHTTPServer):
    """Takes callbacks of Twilio that are signed with `TOKEN`; to others it says 403, or `status` to all."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}/twilio?line=7"
        self.status: int | None = None
        self.taken: list[dict[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        target = self.server
        assert isinstance(target, Target)
        form = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
        signed = target.url + "".join(name + form[name] for name in sorted(form))
        digest = hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
        is_signed = self.headers["x-twilio-signature"] == base64.b64encode(digest).decode()
        if is_signed and target.status is None:
            target.taken.append(form)
        self.send_response(target.status or (204 if is_signed else 403))
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_line: Any) -> None:
        """Keep still."""


@pytest.fixture
def target() -> Iterator[Target]:
    with Target() as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Options that sign with the token that the target knows."""
    monkeypatch.setenv("MESSAGESTATUS_SECRET_AUTH_TOKEN", TOKEN)
    return ("--secret", "auth_token")


def test_a_target_gets_callbacks_signed_as_twilio_signs_and_nobody_else_is_asked(
    run: Run, target: Target, token: tuple[str, ...]
) -> None:
    options = ("--messages", "3", "--rate", "1000", "--script", "SENT,undelivered", "--error-code", "30003")
    nowhere = ("--server", "127.0.0.1:1", "--key", "k", "--json")
    ended = run("simulate", "--provider", "twilio", "--target", target.url, *token, *options, *nowhere)
    assert ended.code == ExitCode.OK, ended.err
    report = json.loads(ended.out)
    assert (report["checked"], report["states"]) == (False, [])
    assert report["callbacks"] == {"posted": 6, "repeated": 0, "answers": {"204": 6}}
    assert [form.get("ErrorCode") for form in target.taken if form["MessageStatus"] == "undelivered"] == [
        "30003"
    ] * 3
    assert {form["To"] for form in target.taken} == {f"+1555000000{number}" for number in (1, 2, 3)}


def test_a_target_that_does_not_know_the_secret_is_told_what_to_believe(run: Run, target: Target) -> None:
    ended = run("simulate", "--provider", "twilio", "--target", target.url, "--messages", "2")
    assert ended.code == ExitCode.REFUSED
    assert "The target has to believe auth_token=" in ended.err
    assert "answers    403: 6" in ended.out


def test_a_target_that_is_not_there_gives_no_answer(run: Run) -> None:
    ended = run(
        "simulate", "--provider", "twilio", "--target", "http://127.0.0.1:1", "--messages", "2", "--json"
    )
    assert ended.code == ExitCode.REFUSED
    report = json.loads(ended.out)
    assert report["callbacks"]["answers"] == {NO_ANSWER: 6}
    assert report["latency_ms"] == {"p50": None, "p95": None, "p99": None}


def test_callbacks_are_posted_no_faster_than_asked(run: Run, target: Target, token: tuple[str, ...]) -> None:
    options = ("--messages", "10", "--script", "sent", "--rate", "20", "--json")
    ended = run("simulate", "--provider", "twilio", "--target", target.url, *token, *options)
    assert 9 / 20 <= json.loads(ended.out)["seconds"] < 5


def test_callbacks_are_posted_in_order_unless_shuffled(
    run: Run, target: Target, token: tuple[str, ...]
) -> None:
    options = ("--messages", "20", "--script", "sent,delivered", "--rate", "200", "--seed", "1")
    posting = ("simulate", "--provider", "twilio", "--target", target.url, *token, *options)
    run(*posting)
    in_order = [form["MessageStatus"] for form in target.taken]
    assert in_order.index("delivered") > 10
    target.taken.clear()
    run(*posting, "--shuffle")
    assert "delivered" in [form["MessageStatus"] for form in target.taken][:10]


def test_ctrl_c_stops_the_posting_and_what_was_posted_is_still_checked(
    operator: Operator, tenant: Tenant, server: RunningServer, gateway: RunningGateway, run: Run
) -> None:
    key = operator.key(tenant.name, ["READ", "INGEST", "ADMIN"], client="simulator")
    place = ("--server", server.address, "--key", key)
    posting = subprocess.Popen(
        [
            *(sys.executable, "-m", "messagestatus_server.cli", "simulate", "--provider", "twilio", *place),
            *("--to", gateway.url, "--messages", "1000", "--rate", "50", "--json"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert posting.stdout is not None
    assert posting.stderr is not None
    assert "are registered." in posting.stderr.readline()
    threading.Event().wait(1)
    posting.send_signal(signal.SIGINT)
    out, err = posting.communicate(timeout=30)
    assert posting.returncode == ExitCode.INTERRUPTED, err
    report = json.loads(out)
    assert report["interrupted"]
    assert 0 < report["callbacks"]["posted"] < 1000
    assert (report["differences"]["count"], report["good"]) == (0, True)
    assert {state["actual"] for state in report["states"]} == {"QUEUED"}
    assert run("route", "list", *place, "--json").out == ""
