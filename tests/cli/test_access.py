"""`tenant`, `instance` and `key`: who may call."""

import io
import json

import pytest

from messagestatus_server.cli.exit_code import ExitCode

from .conftest import Run
from .scripted_service import ScriptedService

pytestmark = pytest.mark.usefixtures("service")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["tenant", "create", "acme"], {"tenant": "acme"}),
        (["tenant", "list"], {"tenant": "acme", "operator": True}),
        (["instance", "create", "line-1"], {"instance": "line-1"}),
        (["instance", "list", "--tenant", "acme"], {"instance": "line-of-acme"}),
        (["key", "list", "--tenant", "acme"], {"key_id": "key_1", "tenant": "acme", "client": "c"}),
        (["key", "revoke", "key_7"], {"key_id": "key_7", "revoke_time": "1970-01-01T00:00:01Z"}),
    ],
)
def test_every_command_prints_what_it_made_or_found(
    run: Run, arguments: list[str], expected: dict[str, object]
) -> None:
    assert json.loads(run(*arguments, "--json").out) == expected
    shown = run(*arguments)
    assert shown.code == ExitCode.OK
    assert str(next(iter(expected.values()))) in shown.out


def test_the_secret_of_a_new_key_is_all_of_standard_output(run: Run) -> None:
    ended = run("key", "create", "--client", "billing", "--scope", "read")
    assert ended.out == "the-secret-itself\n"
    assert "shown this once" in ended.err


def test_a_token_is_imported_from_standard_input_and_printed_nowhere(
    run: Run, service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("the-old-token-of-a-client\n"))
    ended = run("key", "import", "--client", "billing", "--scope", "READ", "--scope", "INGEST")
    assert ended.code == ExitCode.OK
    assert service.imported == ["the-old-token-of-a-client"]
    assert "the-old-token" not in ended.out + ended.err
