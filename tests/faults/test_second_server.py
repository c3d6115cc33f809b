"""One server at a time has a data directory, and the next one finds it free."""

import subprocess
import sys

from tests.faults.conftest import MortalServer
from tests.faults.load import Said, register


def test_a_second_server_on_the_same_data_is_refused(mortal: MortalServer) -> None:
    """It says why, and the first one goes on."""
    command = [sys.executable, "-m", "messagestatus_server", "--listen", "127.0.0.1:0"]
    second = subprocess.run(
        [*command, "--data", str(mortal.running.data)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 1
    assert "is in use by another server" in second.stderr
    assert "Traceback" not in second.stderr
    register(mortal.connect(), [Said("m")])


def test_a_killed_server_leaves_its_data_free(mortal: MortalServer) -> None:
    mortal.running.kill()
    mortal.start()
    register(mortal.connect(), [Said("m")])
