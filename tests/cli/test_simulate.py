"""`simulate`: carriers' callbacks through a real gateway, and messages where these imply."""

import io
import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from messagestatus_server.cli.exit_code import ExitCode
from messagestatus_server.cli.settings import Settings
from messagestatus_server.cli.simulate.plan import Plan
from messagestatus_server.cli.simulate.service import Service
from messagestatus_server.cli.simulate.simulation import simulate
from messagestatus_server.providers.registry import NAMES
from tests.running import Operator, RunningGateway, RunningServer, Tenant

from .conftest import Outcome, Run

SIMULATED = [
    name for name in NAMES if find_spec(f"messagestatus_server.cli.simulate.carriers.{name}") is not None
]

Ask = Callable[..., Outcome]


@pytest.fixture
def key(operator: Operator, tenant: Tenant) -> str:
    """The key of somebody who may do all that a simulation does, in a tenant of its own."""
    return operator.key(tenant.name, ["READ", "INGEST", "ADMIN"], client="simulator")


@pytest.fixture
def ask(
    run: Run, key: str, server: RunningServer, gateway: RunningGateway, monkeypatch: pytest.MonkeyPatch
) -> Ask:
    """Run `simulate …` against the gateway, with little to do and as fast as can be."""
    monkeypatch.setenv("MESSAGESTATUS_KEY", key)
    monkeypatch.setenv("MESSAGESTATUS_SERVER", server.address)
    monkeypatch.setenv("MESSAGESTATUS_SIMULATE_TO", gateway.url)
    monkeypatch.setenv("MESSAGESTATUS_SIMULATE_RATE", "10000")
    monkeypatch.setenv("MESSAGESTATUS_SIMULATE_MESSAGES", "5")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return lambda *arguments: run("simulate", *arguments)


def _states(ended: Outcome) -> dict[tuple[str, str], int]:
    """Return how many messages stand where they do, by what is expected and what is."""
    return {
        (state["expected"], state["actual"]): state["messages"] for state in json.loads(ended.out)["states"]
    }


@pytest.mark.parametrize("provider", SIMULATED)
async def test_every_message_stands_where_the_callbacks_of_a_provider_imply(
    provider: str, key: str, server: RunningServer, gateway: RunningGateway
) -> None:
    settings = Settings(server.address, key, Path("var"), None, None, None, 20, json=False)
    report = await simulate(
        Plan(
            settings=settings,
            provider=provider,
            messages=20,
            rate=10_000,
            duplicate=0.3,
            lose=0.1,
            shuffle=True,
            to=gateway.url,
            seed=7,
        )
    )
    assert set(report.answers) == {"200"}, report.document()
    assert report.differences == []
    assert report.is_good
    assert report.lost > 0
    assert len(report.outcomes or ()) == 20
    assert not any(outcome.actual == "MISSING" for outcome in report.outcomes or ())


def test_the_same_seed_loses_and_repeats_the_same(ask: Ask) -> None:
    options = ("--provider", "twilio", "--duplicate", "0.5", "--lose", "0.3", "--seed", "3", "--json")
    first, second = (json.loads(ask(*options).out) for _ in range(2))
    for name in ("seed", "events", "callbacks", "states"):
        assert first[name] == second[name]
    assert first["place"] != second["place"]


def test_people_read_what_came_of_it_and_how_to_look_at_one(run: Run, ask: Ask) -> None:
    ended = ask("--provider", "twilio", "--script", "accepted,sent,delivered", "--duplicate", "1")
    assert ended.code == ExitCode.OK, ended.err
    assert "15, 0 of them lost" in ended.out
    assert "30 posted" in ended.out
    assert "15 of them again" in ended.out
    assert "answers    200: 30" in ended.out
    assert ["DELIVERED", "DELIVERED", "5"] in [line.split() for line in ended.out.splitlines()]
    hint = ended.out.splitlines()[-1].partition("messagestatus ")[2].split()
    assert "delivered" in run(*hint).out


@pytest.mark.parametrize(
    ("provider", "script", "state"),
    [
        ("twilio", "QUEUED,SENT,DELIVERED", "DELIVERED"),
        ("kannel", "sent,expired", "EXPIRED"),
        ("infobip", "SENT,READ", "SENT"),
        ("meta_whatsapp", "SENT,READ", "READ"),
        ("aws_eum", "SENT,READ", "READ"),
        ("vonage_messages", "delivered,read", "DELIVERED"),
        ("vonage_messages", "read", "QUEUED"),
        ("namirial", "delivered,rejected", "DELIVERED"),
    ],
)
def test_a_script_may_name_states_and_guards_hold(ask: Ask, provider: str, script: str, state: str) -> None:
    ended = ask("--provider", provider, "--script", script, "--json")
    assert ended.code == ExitCode.OK, ended.err
    assert _states(ended) == {(state, state): 5}


def test_the_error_code_comes_with_failures_and_tells_their_reason(run: Run, ask: Ask) -> None:
    ended = ask("--provider", "twilio", "--script", "sent,undelivered", "--error-code", "30003", "--json")
    assert _states(ended) == {("UNDELIVERED", "UNDELIVERED"): 5}
    found = json.loads(run("list", "--phone", "+15550000001", "--json").out)
    assert (found["reason"], found["provider"]["code"]) == ("FAILURE_REASON_ABSENT", "30003")


def test_events_that_are_all_lost_leave_messages_as_registered(ask: Ask) -> None:
    ended = ask("--provider", "twilio", "--lose", "1", "--json")
    assert ended.code == ExitCode.OK
    assert _states(ended) == {("QUEUED", "QUEUED"): 5}


def test_several_events_go_into_one_callback_where_the_carrier_does_so(ask: Ask) -> None:
    options = ("--messages", "10", "--script", "SENT,DELIVERED", "--batch", "8", "--json")
    assert json.loads(ask("--provider", "meta_whatsapp", *options).out)["callbacks"]["posted"] == 3
    assert json.loads(ask("--provider", "twilio", *options).out)["callbacks"]["posted"] == 20


def test_the_route_is_deleted_unless_it_is_to_stay(run: Run, ask: Ask) -> None:
    ask("--provider", "namirial")
    assert run("route", "list", "--json").out == ""
    kept = json.loads(ask("--provider", "namirial", "--keep-route", "--json").out)["place"]
    assert json.loads(run("route", "list", "--json").out)["route"] == kept


def test_messages_that_stand_elsewhere_are_listed_and_end_with_1(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Service.states
    monkeypatch.setattr(Service, "states", lambda self, sent: ["SENT", *told(self, sent)[1:]])
    ended = ask("--provider", "twilio", "--json")
    assert ended.code == ExitCode.REFUSED
    report = json.loads(ended.out)
    assert report["differences"]["count"] == 1
    assert report["differences"]["first"][0].items() >= {"expected": "DELIVERED", "actual": "SENT"}.items()
    shown = ask("--provider", "twilio").out
    assert "1 messages stand elsewhere than their callbacks imply:" in shown


def test_callbacks_that_nobody_takes_are_no_success(
    ask: Ask, run: Run, name_of_route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("auth_token=the-right-one-of-the-two"))
    run("route", "create", name_of_route, "--provider", "twilio", "--secret", "auth_token")
    monkeypatch.setattr("sys.stdin", io.StringIO("auth_token=the-wrong-one-of-the-two"))
    ended = ask("--route", name_of_route, "--secret", "auth_token", "--json")
    assert ended.code == ExitCode.REFUSED
    assert json.loads(ended.out)["callbacks"]["answers"] == {"403": 15}
    assert _states(ended) == {("QUEUED", "QUEUED"): 5}


@pytest.fixture
def name_of_route(tenant: Tenant) -> str:
    """The name of a route that no other test has: names are the installation's."""
    return f"simulated-for-{tenant.name}"


def test_a_route_that_is_there_decides_what_words_mean_and_how_messages_are_named(
    ask: Ask, run: Run, name_of_route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESSAGESTATUS_SECRET_AUTH_TOKEN", "the-token-of-the-account")
    run(
        *("route", "create", name_of_route, "--provider", "twilio", "--secret", "auth_token"),
        *("--override", "delivered=SENT", "--override", "arrived=DELIVERED", "--provider-name", "line-7"),
        *("--public-url", "https://sms.example.com/in", "--reference-is-message-id"),
    )
    options = ("--route", name_of_route, "--secret", "auth_token", "--json")
    assert _states(ask("--script", "delivered", *options)) == {("SENT", "SENT"): 5}
    assert _states(ask("--script", "arrived", *options)) == {("DELIVERED", "DELIVERED"): 5}
    assert (
        json.loads(run("list", "--phone", "+15550000001", "--limit", "1", "--json").out)["provider"]["name"]
        == "line-7"
    )
    assert json.loads(run("route", "show", name_of_route, "--json").out)["route"] == name_of_route


def test_the_secret_of_a_path_is_given_like_other_secrets(
    ask: Ask, run: Run, name_of_route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = run("route", "create", name_of_route, "--provider", "namirial", "--secret-path").out.strip()
    without = ask("--route", name_of_route)
    assert (without.code, "--secret path" in without.err) == (ExitCode.USAGE, True)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"path={path}\n"))
    assert ask("--route", name_of_route, "--secret", "path").code == ExitCode.OK


def test_the_operator_simulates_for_a_tenant_with_a_key_that_does_not_stay(
    ask: Ask, run: Run, server: RunningServer, tenant: Tenant
) -> None:
    ended = ask("--provider", "twilio", "--tenant", tenant.name, "--key", server.admin_key, "--json")
    assert ended.code == ExitCode.OK, ended.err
    assert json.loads(run("list", "--phone", "+15550000001", "--key", tenant.key, "--json").out)
    keys = [json.loads(line) for line in run("key", "list", "--json").out.splitlines()]
    (made,) = (key for key in keys if key["client"].startswith("simulated-twilio-"))
    assert "revoke_time" in made


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "Missing option '--provider'"),
        (["--provider", "pigeon"], "Invalid value for --provider: 'pigeon' is none of twilio,"),
        (["--provider", "twilio", "--script", "sent,gone"], "--script: twilio has no word 'gone'; it has"),
        (
            ["--provider", "twilio", "--script", "EXPIRED"],
            "--script: twilio has no word for the state EXPIRED",
        ),
        (["--provider", "twilio", "--rate", "0"], "'--rate'"),
        (["--provider", "twilio", "--messages", "0"], "'--messages'"),
        (["--provider", "twilio", "--duplicate", "1.5"], "'--duplicate'"),
        (["--provider", "twilio", "--lose", "-0.1"], "'--lose'"),
        (["--provider", "twilio", "--batch", "0"], "'--batch'"),
        (["--provider", "twilio", "--to", "127.0.0.1:8080"], "'--to'"),
        (["--provider", "twilio", "--to", "http://127.0.0.1:8080?a=b"], "'--to'"),
        (["--provider", "twilio", "--target", "ftp://127.0.0.1"], "'--target'"),
        (["--provider", "twilio", "--phone-prefix", "0155"], "'--phone-prefix'"),
        (["--provider", "twilio", "--secret", "auth_token"], "need --route or --target"),
        (["--route", "a", "--target", "http://127.0.0.1:1"], "exclude each other"),
    ],
)
def test_a_wrong_option_is_named_before_anything_is_done(
    ask: Ask, run: Run, arguments: list[str], complaint: str
) -> None:
    ended = ask(*arguments)
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert complaint in ended.err
    assert run("route", "list", "--json").out == ""


def test_a_route_that_cannot_be_posted_to_is_refused(ask: Ask, run: Run, name_of_route: str) -> None:
    assert ask("--route", "nobody").code == ExitCode.NOT_FOUND
    run("route", "create", name_of_route, "--provider", "namirial", "--allow", "127.0.0.0/8")
    other = ask("--route", name_of_route, "--provider", "twilio")
    assert (other.code, "is a route of namirial" in other.err) == (ExitCode.USAGE, True)
    run("route", "update", name_of_route, "--disable")
    disabled = ask("--route", name_of_route)
    assert (disabled.code, "is disabled" in disabled.err) == (ExitCode.USAGE, True)


def test_a_key_that_may_not_make_routes_is_denied(ask: Ask, tenant: Tenant) -> None:
    denied: Any = ask("--provider", "twilio", "--key", tenant.key)
    assert denied.code == ExitCode.DENIED
