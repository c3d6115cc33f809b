"""`webhook`: endpoints on the command line, from their creation to the replay of what they missed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from messagestatus_server.cli.exit_code import ExitCode
from tests.builders import message, register
from tests.hooks import HERE, Hooks, receiving
from tests.running import Operator, RunningServer, Tenant

from .conftest import Run


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path_factory.mktemp("webhooks"), *HERE)
    yield running
    running.terminate()


@pytest.fixture(scope="module")
def operator(server: RunningServer) -> Iterator[Operator]:
    operator = Operator(server)
    yield operator
    operator.close()


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with receiving() as hooks:
        yield hooks


@pytest.fixture(autouse=True)
def _administrator(operator: Operator, tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESSAGESTATUS_SERVER", operator.server.address)
    monkeypatch.setenv("MESSAGESTATUS_KEY", operator.key(tenant.name, ["ADMIN"], client="boss"))


def created(run: Run, url: str, *options: str) -> str:
    """Create an endpoint, and return its identifier."""
    ended = run("webhook", "create", url, *options)
    assert ended.code == ExitCode.OK, ended.err
    return ended.err.split()[1]


def test_the_secret_of_a_new_endpoint_is_all_of_standard_output(
    run: Run, hooks: Hooks, tenant: Tenant
) -> None:
    ended = run("webhook", "create", hooks.url)
    secret = ended.out.strip()
    assert "shown this once" in ended.err
    register(tenant.client, message("m"))
    assert hooks.wait(1)[0].verify(secret)["data"]["message_id"] == "m"


def test_only_what_is_given_changes(run: Run, tmp_path: Path) -> None:
    theirs = tmp_path / "authorization"
    theirs.write_text("Bearer theirs\n")
    endpoint_id = created(
        run,
        "https://hooks.example.com/a",
        *("--state", "delivered", "--state", "READ", "--rate", "9", "--coalesce", "1.5"),
        *("--authorization-file", str(theirs)),
    )
    changed = run("webhook", "update", endpoint_id, "--url", "https://hooks.example.com/b", "--json")
    spec = json.loads(changed.out)["spec"]
    assert (spec["url"], spec["rate"], spec["coalesce_window"]) == (
        "https://hooks.example.com/b",
        9,
        "1.500s",
    )
    assert spec["filter"] == {"states": ["DELIVERY_STATE_DELIVERED", "DELIVERY_STATE_READ"]}
    assert spec["authorization"] == "********"
    again = json.loads(
        run(
            "webhook", "update", endpoint_id, "--any", "--kind", "deleted", "--no-authorization", "--json"
        ).out
    )
    assert again["spec"]["filter"] == {"kinds": ["CHANGE_KIND_DELETED"]}
    assert "authorization" not in again["spec"]
    assert json.loads(run("webhook", "show", endpoint_id, "--json").out) == again


def test_an_endpoint_is_disabled_enabled_rotated_and_deleted(run: Run) -> None:
    endpoint_id = created(run, "https://hooks.example.com/a")
    assert "REQUESTED" in run("webhook", "disable", endpoint_id).out
    assert "REQUESTED" in run("webhook", "list").out
    assert "disabled_reason" not in run("webhook", "enable", endpoint_id).out
    rotated = run("webhook", "rotate", endpoint_id, "--overlap", "2")
    assert rotated.out.startswith("whsec_")
    assert "signs, too, until" in rotated.err
    assert run("webhook", "delete", endpoint_id).code == ExitCode.OK
    missing = run("webhook", "show", endpoint_id)
    assert (missing.code, missing.err) == (ExitCode.NOT_FOUND, f"Error: there is no endpoint {endpoint_id}\n")


def test_a_test_event_tells_by_its_exit_code_whether_it_was_taken(run: Run, hooks: Hooks) -> None:
    endpoint_id = created(run, hooks.url)
    assert run("webhook", "test", endpoint_id).code == ExitCode.OK
    hooks.answer = lambda _: (500, {})
    failed = run("webhook", "test", endpoint_id)
    assert failed.code == ExitCode.REFUSED
    assert "500" in failed.out


def test_what_was_missed_is_replayed_and_found_among_the_attempts(
    run: Run, hooks: Hooks, tenant: Tenant
) -> None:
    endpoint_id = created(run, hooks.url)
    run("webhook", "disable", endpoint_id)
    register(tenant.client, message("a"), message("b"))
    run("webhook", "enable", endpoint_id)
    assert run("webhook", "replay", endpoint_id, "--message", "b").out == "1 events wait to be told.\n"
    hooks.wait(1)
    for _ in range(50):
        listed = run("webhook", "attempts", endpoint_id, "--result", "taken", "--limit", "150")
        if "TAKEN" in listed.out:
            break
    assert [line.split()[1] for line in listed.out.splitlines()] == ["MESSAGE", "b"]
    assert json.loads(run("webhook", "replay", endpoint_id, "--dead", "--json").out) == {"events": 0}
