"""`receipts`: callbacks read again, and what waits settled, on a server of its own."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from messagestatus_server.cli.exit_code import ExitCode
from tests.builders import message, receipt, register, report, state_of
from tests.running import Client, Operator, RunningServer, Tenant
from tests.transport.routes import HOST, administrator, event, listed, opened, receive, update

from .conftest import Outcome, Run

Ask = Callable[..., Outcome]

P1 = {"name": "infobip", "message_id": "p1"}
LONG_AGO = "2020-01-01T00:00:00Z"


@pytest.fixture
def admin(operator: Operator, tenant: Tenant) -> Client:
    return administrator(operator, tenant.name)


@pytest.fixture
def ask(run: Run, tenant: Tenant, server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Run `receipts …` as the operator, for a tenant that no other test knows."""
    monkeypatch.setenv("MESSAGESTATUS_KEY", server.admin_key)
    monkeypatch.setenv("MESSAGESTATUS_SERVER", server.address)
    return lambda *arguments: run("receipts", *arguments, "--tenant", tenant.name)


@pytest.fixture
def odd(admin: Client, tenant: Tenant) -> None:
    """Let a callback come in with a word that has no mapping, and one that cannot be read."""
    register(tenant.client, message("m", provider=P1))
    carrier, path = opened(admin, tenant.name, "infobip")
    receive(tenant.client, path, carrier.post(f"{HOST}{path}", [event("p1", "ODD/ODD")]))
    receive(tenant.client, path, carrier.post(f"{HOST}{path}", [])._replace(body=b"{"))


def lines(ended: Outcome) -> list[dict[str, Any]]:
    """Return the documents that a command printed."""
    assert ended.code == ExitCode.OK, ended.err
    return [json.loads(line) for line in ended.out.splitlines()]


@pytest.mark.usefixtures("odd")
def test_callbacks_are_listed_and_their_bodies_are_in_the_json(ask: Ask, tenant: Tenant) -> None:
    shown = ask("callbacks")
    assert shown.out.splitlines()[0].split()[:4] == ["CALLBACK", "ROUTE", "RECEIVED", "VERDICT"]
    assert [line.split()[3] for line in shown.out.splitlines()[1:]] == ["MALFORMED", "QUARANTINED"]
    (malformed,) = lines(ask("callbacks", "--verdict", "malformed", "--json"))
    assert (malformed["route"], malformed["body"]) == (tenant.name, "ew==")
    assert len(lines(ask("callbacks", "--limit", "1", "--route", tenant.name, "--json"))) == 1
    assert ask("callbacks", "--route", "none-of-that-name").code == ExitCode.NOT_FOUND


@pytest.mark.usefixtures("odd")
def test_a_replay_prints_what_became_of_all_parts(ask: Ask, admin: Client, tenant: Tenant) -> None:
    (route,) = listed(admin)
    route.spec.overrides.add(word="ODD/ODD", state=60)  # DELIVERED
    update(admin, tenant.name, spec=route.spec)
    told = {"callbacks": 2, "receipts": 1, "added": 0, "mended": 1, "moved": 1, "quarantined": 0}
    assert lines(ask("replay", "--since", LONG_AGO, "--json")) == [told]
    assert state_of(tenant.client, "m") == "DELIVERED"
    again = ask("replay", "--since", LONG_AGO, "--route", tenant.name).out.splitlines()
    assert again[0].split() == ["CALLBACKS", "RECEIPTS", "ADDED", "MENDED", "MOVED", "QUARANTINED"]
    assert again[1].split() == ["2", "1", "0", "0", "0", "0"]
    assert ask("replay", "--since", "yesterday").code == ExitCode.USAGE


def test_orphans_are_adopted_and_dropped(ask: Ask, tenant: Tenant) -> None:
    register(tenant.client, message("m"))
    report(tenant.client, receipt("", "SENT", provider=P1), receipt("typo", "READ"), receipt("x", "READ"))
    assert len(ask("orphans").out.splitlines()) == 4
    (orphan,) = lines(ask("orphans", "--provider", "infobip", "--json"))
    adopted = ask("adopt", orphan["receipt_key"], "m").out.splitlines()
    assert adopted[1].split() == [orphan["receipt_key"], "APPLIED", "SENT"]
    assert ask("adopt", orphan["receipt_key"], "m").code == ExitCode.NOT_FOUND
    first, second = lines(ask("orphans", "--limit", "2", "--json"))
    (became,) = lines(ask("adopt", first["receipt_key"], "m", "--instance", "", "--json"))
    assert became["state"] == "DELIVERY_STATE_READ"
    assert ask("drop", second["receipt_key"], "0" * 32).out == "1 dropped.\n"
    assert lines(ask("drop", second["receipt_key"], "--json")) == [{"dropped": 0}]


@pytest.mark.usefixtures("odd")
def test_what_is_in_quarantine_is_resolved_and_released(ask: Ask, tenant: Tenant) -> None:
    (item,) = lines(ask("quarantine", "--json"))
    assert (item["word"], item["route"]) == ("ODD/ODD", tenant.name)
    assert "ODD/ODD" in ask("quarantine").out
    number = item["quarantine_id"]
    assert ask("resolve", number).code == ExitCode.USAGE
    resolved = ask("resolve", number, "--state", "rejected", "--reason", "NO_ROUTE", "--finality", "FINAL")
    assert resolved.out.splitlines()[1].split()[1:] == ["APPLIED", "REJECTED"]
    assert ask("resolve", number, "--state", "SENT").code == ExitCode.NOT_FOUND
    report(tenant.client, receipt("n", "UNSPECIFIED", provider={"name": "acme", "status": "ODD"}))
    (other,) = lines(ask("quarantine", "--limit", "9", "--json"))
    assert ask("release", other["quarantine_id"], number).out == "1 released.\n"
    assert lines(ask("release", number, "--json")) == [{"dropped": 0}]


@pytest.mark.usefixtures("odd")
def test_gauges_are_three_tables(ask: Ask, tenant: Tenant) -> None:
    routes, providers, quarantine = ask("gauges").out.split("\n\n")
    assert routes.splitlines()[1].split()[:5] == [tenant.name, "0", "1", "1", "0"]
    assert providers.split() == ["PROVIDER", "ORPHANS", "OLDEST", "AWAITED", "STUCK"]
    assert quarantine.splitlines()[1].split()[0] == "1"
    (gauges,) = lines(ask("gauges", "--json"))
    assert gauges["quarantined"] == "1"
