"""`explain`: one error code in full, or the codes of a provider in a table."""

import json

import pytest

from messagestatus_server.cli.exit_code import ExitCode

from .conftest import Run

pytestmark = pytest.mark.usefixtures("service")


def test_one_code_is_explained_in_full(run: Run) -> None:
    ended = run("explain", "twilio", "30003")
    assert ended.code == ExitCode.OK
    assert dict(line.split(maxsplit=1) for line in ended.out.splitlines()) == {
        "provider": "twilio",
        "code": "30003",
        "reason": "ABSENT",
        "retryable": "true",
        "advice": "Try again later.",
    }


def test_the_codes_of_a_provider_are_a_table(run: Run) -> None:
    headings, first, second = run("explain", "twilio").out.splitlines()
    assert headings.split() == ["PROVIDER", "CODE", "REASON", "PERMANENT", "RETRY", "SUPPRESS", "ADVICE"]
    assert first.split() == ["twilio", "30003", "ABSENT", "yes", "Try", "again", "later."]
    assert second.split() == ["twilio", "21610", "OPTED_OUT", "yes", "yes", "Stop", "sending."]


def test_without_a_provider_every_code_is_listed(run: Run) -> None:
    assert [line.split()[:2] for line in run("explain").out.splitlines()[1:]] == [
        ["twilio", "30003"],
        ["twilio", "21610"],
        ["plivo", "900"],
    ]


@pytest.mark.parametrize(("arguments", "codes"), [(["twilio", "30003"], ["30003"]), (["plivo"], ["900"])])
def test_json_has_the_names_of_the_contract(run: Run, arguments: list[str], codes: list[str]) -> None:
    documents = [json.loads(line) for line in run("explain", *arguments, "--json").out.splitlines()]
    assert [document["code"] for document in documents] == codes
    assert all(document["reason"].startswith("FAILURE_REASON_") for document in documents)


def test_a_code_that_nobody_knows_ends_with_3(run: Run) -> None:
    ended = run("explain", "twilio", "1")
    assert ended.code == ExitCode.NOT_FOUND
    assert "ERROR_CODE_NOT_FOUND, code=1, provider=twilio" in ended.err
