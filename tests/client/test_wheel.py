"""What `pip install messagestatus` brings: the client and what it needs, and nothing of ours besides."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import RunningServer

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of what git keeps, install it into an environment of its own, and return its Python."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    _pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", str(place), str(source))
    (wheel,) = place.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", place / "fresh"], check=True)
    python = place / "fresh" / "bin" / "python"
    _pip(str(python), "install", "--constraint", str(ROOT / "constraints.txt"), str(wheel))
    return python


def _pip(python: str, *arguments: str) -> str:
    pip = [python, "-I", "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _run(python: Path, script: str, place: Path) -> str:
    done = subprocess.run(
        [python, "-I", "-W", "error", "-c", script], capture_output=True, text=True, cwd=place, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_needs_grpcio_and_protobuf_only(python: Path) -> None:
    listed = {
        line.partition("==")[0] for line in _pip(str(python), "list", "--format", "freeze").splitlines()
    }
    needed_by_grpcio = {"typing_extensions"}
    assert listed - {"pip", "setuptools"} - needed_by_grpcio == {"grpcio", "protobuf", "messagestatus"}


def test_everything_that_it_names_loads(python: Path, tmp_path: Path) -> None:
    script = "import messagestatus as m, messagestatus.aio; print(len([getattr(m, n) for n in m.__all__]))"
    assert int(_run(python, script, tmp_path)) > 10


def test_it_says_that_it_is_typed(python: Path, tmp_path: Path) -> None:
    script = "from importlib.resources import files; print((files('messagestatus') / 'py.typed').is_file())"
    assert _run(python, script, tmp_path) == "True\n"


def test_the_examples_of_the_readme_run(python: Path, server: RunningServer, tmp_path: Path) -> None:
    subprocess.run(
        [
            Path(sys.executable).parent / "messagestatus",
            "--server",
            server.address,
            "--data",
            server.data,
            "demo",
        ],
        check=True,
        capture_output=True,
    )
    key = (server.data / "demo.key").read_text().strip()
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "protos" / "README.md").read_text(), re.DOTALL)
    for block in blocks:
        script = f"key = {key!r}\n{block.replace('127.0.0.1:50051', server.address)}"
        assert _run(python, script, tmp_path)
