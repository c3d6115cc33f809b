"""The documents are tests: their lines run as they stand, and their links lead somewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from messagestatus_gateway.cli import main as gateway_command
from messagestatus_server.command import main as server_command
from tests.running import RunningGateway, RunningServer

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("*/README.md")})
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def shell(
    server: RunningServer, gateway: RunningGateway, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Load the demo data, and return an environment in which the README's lines find their programs."""
    programs = tmp_path_factory.mktemp("programs")
    stand_in = programs / "grpcurl"
    stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/tests/contract/grpcurl.py" "$@"\n')
    stand_in.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "MESSAGESTATUS_SERVER": server.address,
        "MESSAGESTATUS_DATA": str(server.data),
    }
    http = gateway.url.removeprefix("http://")
    subprocess.run(
        [BIN / "messagestatus", "demo", "--http", http], env=environment, check=True, capture_output=True
    )
    return environment


def lines(document: Path, place: int) -> list[str]:
    """Return the lines of one of a document's shell blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", document.read_text(), re.DOTALL)
    return str(blocks[place]).splitlines()


def run(script: str, environment: dict[str, str], server: RunningServer, gateway: RunningGateway) -> str:
    """Run lines in a shell as they stand, but for where this test's server, gateway and files are."""
    script = (
        script.replace("127.0.0.1:50051", server.address)
        .replace("http://127.0.0.1:8080", gateway.url)
        .replace("var/", f"{server.data}/")
        .replace(".venv/bin/", f"{BIN}/")
    )
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stderr}"
    return done.stdout


ASKING = lines(ROOT / "README.md", 1)


@pytest.mark.parametrize("line", ASKING[1:], ids=range(1, len(ASKING)))
def test_a_line_of_the_readme_that_asks_is_answered(
    line: str, shell: dict[str, str], server: RunningServer, gateway: RunningGateway
) -> None:
    printed = run(f"{ASKING[0]}\n{line}", shell, server, gateway)
    expected = "MessageStatusService" if line.endswith(" list") else "DELIVERED"
    assert expected in printed


def test_the_lines_of_the_readme_that_register_report_and_simulate_end_in_those_states(
    shell: dict[str, str], server: RunningServer, gateway: RunningGateway
) -> None:
    printed = run("\n".join(lines(ROOT / "README.md", 2)), shell, server, gateway)
    assert re.search(r"state +DELIVERED", printed)
    assert "Every message stands where its callbacks imply." in printed


PYTHON = re.findall(r"```python\n(.*?)```", (ROOT / "protos" / "README.md").read_text(), re.DOTALL)
PRINTED = (
    "DELIVERY_STATE_DELIVERED\n",
    "order-9 DELIVERY_STATE_DELIVERED\norder-10 MESSAGE_NOT_FOUND\nNOT_FOUND MESSAGE_NOT_FOUND order-10\n",
    r"\S+ DELIVERY_STATE_[A-Z]+\n",
    r"\S+\n",
    "True\n",
    "True\n",
)


@pytest.mark.parametrize(("block", "printed"), [*zip(PYTHON, PRINTED, strict=True)], ids=range(len(PRINTED)))
def test_the_python_of_the_contract_s_readme_runs_as_it_stands(
    block: str, printed: str, shell: dict[str, str], server: RunningServer, tmp_path: Path
) -> None:
    key = (server.data / "demo.key").read_text().strip()
    script = f"key = {key!r}\n{block.replace('127.0.0.1:50051', server.address)}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env=shell,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert re.fullmatch(printed, done.stdout)


def test_the_readme_names_make_run_and_make_test_and_the_makefile_has_them() -> None:
    targets = [line.split("#")[0].split()[1] for line in lines(ROOT / "README.md", 0)]
    makefile = (ROOT / "Makefile").read_text()
    assert targets == ["run", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_the_readme_fits_on_one_screen() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 60


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_documents_leads_to_a_file(document: Path) -> None:
    targets = re.findall(r"\]\(((?!https?:)[^)#]+)", document.read_text())
    missing = [target for target in targets if not (document.parent / target).exists()]
    assert missing == []


def test_the_operations_page_names_every_option_of_the_server(tmp_path: Path) -> None:
    told = subprocess.run(
        [BIN / "messagestatus-server", "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    options = set(re.findall(r"--[a-z-]+", told)) - {"--help"}
    page = (ROOT / "docs" / "operations.md").read_text()
    assert {option for option in options if option not in page} == set()


@pytest.mark.parametrize("command", [server_command, gateway_command], ids=["server", "gateway"])
def test_the_variable_of_an_option_is_called_as_the_option_is(command: click.Command) -> None:
    """Both pages say so; click would name it after the parameter of the function."""
    options = [each for each in command.params if isinstance(each, click.Option) and each.opts]
    assert [
        each.opts[0] for each in options if each.opts[0] != f"--{(each.name or '').replace('_', '-')}"
    ] == []
