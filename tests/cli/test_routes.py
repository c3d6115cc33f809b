"""`route`: what options become, what stays, and that no secret is printed."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from messagestatus_server.cli.exit_code import ExitCode
from messagestatus_server.cli.route_options import deadline_of, override_of
from tests.running import Operator, RunningServer

from .conftest import Outcome, Run

Ask = Callable[..., Outcome]

TOKEN = "a-token-that-nobody-may-see"


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


@pytest.fixture
def ask(
    run: Run, operator: Operator, server: RunningServer, monkeypatch: pytest.MonkeyPatch, stdin: Any
) -> Ask:
    """Run `route …` as the administrator of a tenant that no other test knows."""
    key = operator.key(operator.tenant().name, ["ADMIN"], client="administrator")
    monkeypatch.setenv("MESSAGESTATUS_KEY", key)
    monkeypatch.setenv("MESSAGESTATUS_SERVER", server.address)
    stdin("")
    return lambda *arguments: run("route", *arguments)


@pytest.fixture
def name(operator: Operator) -> str:
    """The name of a route that no other test has: names are the installation's."""
    return f"route-of-{operator.tenant().name}"


def _shown(ask: Ask, name: str) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(ask("show", name, "--json").out)
    return shown


def test_a_route_is_created_and_its_path_is_all_of_standard_output(ask: Ask, name: str, stdin: Any) -> None:
    stdin(f"auth_token={TOKEN}\n")
    made = ask("create", name, "--provider", "twilio", "--secret", "auth_token")
    assert (made.code, made.out) == (ExitCode.OK, f"/receipts/{name}\n")
    shown = ask("show", name)
    assert "secret_names[0]" in shown.out
    assert TOKEN not in made.err + shown.out + shown.err


def test_a_secret_path_is_shown_once_and_a_new_one_takes_its_place(ask: Ask, name: str) -> None:
    made = ask("create", name, "--provider", "namirial", "--secret-path")
    path = made.out.strip()
    assert path.startswith(f"/receipts/{name}/")
    assert "shown this once" in made.err
    assert path not in ask("show", name).out + ask("list").out
    again = ask("update", name, "--new-path").out.strip()
    assert again.startswith(f"/receipts/{name}/")
    assert again != path
    assert ask("update", name, "--no-secret-path", "--allow", "10.0.0.0/8").out == f"/receipts/{name}\n"


def test_a_public_url_is_printed_in_place_of_the_path(ask: Ask, name: str) -> None:
    url = "https://sms.example.com/in"
    made = ask("create", name, "--provider", "namirial", "--allow", "192.0.2.0/24", "--public-url", url)
    assert made.out == f"{url}\n"


def test_every_option_becomes_a_part_of_the_route(ask: Ask, name: str, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(f"{TOKEN}\n")
    made = ask(
        *("create", name, "--provider", "jasmin", "--secret-file", f"basic_password={secret}"),
        *("--setting", "basic_username=jasmin", "--setting", "zone=+02:00", "--provider-name", "line-7"),
        *("--allow", "192.0.2.0/24", "--allow", "2001:db8::/32", "--id-form", "hex", "--id-form", "ZEROS"),
        *("--override", "DELIVRD:001=SENT,NONE,31", "--override", "EXPIRED=", "--reference-is-message-id"),
        *("--deadline", "SMS=4h:EXPIRED", "--deadline", "1d12h", "--json"),
    )
    assert made.code == ExitCode.OK, made.err
    created = json.loads(made.out)
    assert created["path"] == f"/receipts/{name}"
    assert created["route"]["secret_names"] == ["basic_password"]
    assert created["route"]["spec"] == {
        "provider_name": "line-7",
        "settings": {"basic_username": "jasmin", "zone": "+02:00"},
        "allowed_networks": ["192.0.2.0/24", "2001:db8::/32"],
        "id_forms": ["ID_FORM_ZEROS", "ID_FORM_HEX"],
        "reference_is_message_id": True,
        "overrides": [
            {
                "word": "DELIVRD",
                "code": "001",
                "state": "DELIVERY_STATE_SENT",
                "finality": "FINALITY_NONE",
                "precedence": 31,
            },
            {"word": "EXPIRED", "finality": "FINALITY_NONE"},
        ],
        "deadlines": [
            {"channel": "CHANNEL_SMS", "after": "14400s", "state": "DELIVERY_STATE_EXPIRED"},
            {"after": "129600s", "state": "DELIVERY_STATE_UNKNOWN"},
        ],
    }
    lines = ask("show", name).out.splitlines()
    assert ["spec.settings.zone", "+02:00"] in [line.split() for line in lines]
    assert ["spec.deadlines[1].after", "129600s"] in [line.split() for line in lines]


def test_an_update_changes_what_is_given_and_nothing_else(ask: Ask, name: str) -> None:
    ask(
        *("create", name, "--provider", "kannel", "--secret-path", "--setting", "zone=UTC"),
        *("--setting", "id_parameter=smsid", "--allow", "192.0.2.0/24", "--deadline", "4h"),
    )
    before = _shown(ask, name)
    assert ask("update", name, "--disable").code == ExitCode.OK
    before["spec"]["disabled"] = True
    assert _shown(ask, name) == before

    changed = ask("update", name, "--enable", "--setting", "zone=", "--setting", "type_parameter=t")
    assert changed.code == ExitCode.OK
    del before["spec"]["disabled"]
    before["spec"]["settings"] = {"id_parameter": "smsid", "type_parameter": "t"}
    assert _shown(ask, name) == before

    ask("update", name, "--allow", "", "--deadline", "SMS=1h", "--deadline", "VIBER=30m")
    spec = _shown(ask, name)["spec"]
    assert "allowed_networks" not in spec
    assert [deadline["after"] for deadline in spec["deadlines"]] == ["3600s", "1800s"]


def test_a_secret_is_added_and_removed(ask: Ask, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ask("create", name, "--provider", "ryze", "--secret-path")
    monkeypatch.setenv("MESSAGESTATUS_SECRET_INSTANCE_TOKEN", TOKEN)
    assert ask("update", name, "--secret", "instance_token").code == ExitCode.OK
    assert _shown(ask, name)["secret_names"] == ["instance_token"]
    assert ask("update", name, "--remove-secret", "instance_token").code == ExitCode.OK
    assert "secret_names" not in _shown(ask, name)


def test_a_route_tells_of_one_instance_or_of_any(ask: Ask, name: str) -> None:
    ask("create", name, "--provider", "ryze", "--secret-path")
    refused = ask("update", name, "--instance", "line-1")
    assert refused.code == ExitCode.NOT_FOUND
    assert "instance" not in _shown(ask, name)["spec"]
    assert ask("update", name, "--any-instance").code == ExitCode.OK


def test_routes_are_listed_until_they_are_deleted(ask: Ask, name: str) -> None:
    ask("create", name, "--provider", "namirial", "--secret-path")
    heading, row = ask("list").out.splitlines()
    assert heading.split()[:2] == ["ROUTE", "PROVIDER"]
    assert row.split()[:5] == [name, "namirial", "namirial", "secret", "enabled"]
    assert json.loads(ask("list", "--json").out)["route"] == name
    assert ask("delete", name).code == ExitCode.OK
    assert json.loads(ask("delete", name, "--json").out) == {}
    assert len(ask("list").out.splitlines()) == 1


@pytest.mark.parametrize("command", ["show", "update"])
def test_a_route_that_is_not_there_is_not_found(ask: Ask, command: str) -> None:
    ended = ask(command, "nobody")
    assert (ended.code, ended.err) == (ExitCode.NOT_FOUND, "Error: there is no route nobody\n")


def test_the_operator_names_the_tenant(
    run: Run, operator: Operator, server: RunningServer, name: str
) -> None:
    tenant = operator.tenant().name
    place = ("--tenant", tenant, "--server", server.address, "--key", server.admin_key, "--json")
    run("route", "create", name, "--provider", "namirial", "--secret-path", *place)
    assert json.loads(run("route", "show", name, *place).out)["tenant"] == tenant


def test_providers_are_listed_with_what_their_routes_are_told(ask: Ask) -> None:
    rows = ask("providers").out.splitlines()
    assert any(row.split()[:3] == ["twilio", "auth_token", "secret,"] for row in rows)
    assert any(row.split() == ["namirial"] for row in rows)
    assert json.loads(ask("providers", "twilio", "--json").out)["provider"] == "twilio"
    assert ask("providers", "nobody").code == ExitCode.USAGE


@pytest.mark.parametrize(
    "case",
    [
        (["--secret", "auth_token"], "", "no line auth_token=VALUE"),
        (["--secret", "auth_token"], f"{TOKEN}\n", "not NAME=VALUE with NAME auth_token"),
        (["--secret", "auth_token"], "auth_token=\n", "the secret auth_token is empty"),
        (["--secret", "a", "--secret-file", "a=/dev/null"], "", "the secret a is named twice"),
        (["--secret-file", "auth_token"], "", "'auth_token' is not NAME=PATH"),
        (["--setting", "zone"], "", "'zone' is not NAME=VALUE"),
        (["--override", "delivered"], "", "'delivered' is not WORD[:CODE]=STATE"),
        (["--override", "delivered=GONE"], "", "'GONE' is none of QUEUED"),
        (["--override", "delivered=SENT,NONE,high"], "", "the precedence 'high' is no number"),
        (["--deadline", "soon"], "", "'soon' is no time such as 4h"),
        (["--deadline", "PIGEON=4h"], "", "'PIGEON' is none of SMS"),
        (["--id-form", "roman"], "", "'roman' is none of CASE, ZEROS, HEX"),
    ],
)
def test_a_wrong_option_is_named(ask: Ask, name: str, stdin: Any, case: tuple[list[str], str, str]) -> None:
    given, piped, complaint = case
    stdin(piped)
    ended = ask("create", name, "--provider", "twilio", *given)
    assert ended.code == ExitCode.USAGE
    assert complaint in ended.err
    assert TOKEN not in ended.err


def test_what_the_server_refuses_is_named_by_its_field(ask: Ask, name: str) -> None:
    refused = ask("create", name, "--provider", "namirial")
    assert refused.code == ExitCode.USAGE
    assert "secret_path" in refused.err


def test_overrides_and_deadlines_are_read_in_either_case() -> None:
    assert override_of("sent:30003=undelivered,soft").code == "30003"
    assert deadline_of("rcs=90s:unknown").after.seconds == 90
