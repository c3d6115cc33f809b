"""A server that is killed under load loses nothing that it acknowledged, and applies nothing twice."""

import secrets
import time
from random import Random

import pytest

from tests.faults.checking import check_nothing_lost, check_sound, revisions
from tests.faults.conftest import MortalServer
from tests.faults.load import Ledger, Load


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(5, id="brief"),
        pytest.param(50, id="thorough", marks=[pytest.mark.slow, pytest.mark.timeout(1800)]),
    ],
)
def test_nothing_acknowledged_is_lost_by_kill_9(mortal: MortalServer, kills: int) -> None:
    """At random moments; the seed is printed, and gives the same load and the same moments again."""
    seed = secrets.token_hex(4)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    chance = Random(seed)
    known: dict[str, int] = {}
    for life in range(kills):
        ledger = Ledger()
        load = Load(mortal.connect, ledger, f"{seed}-{life}")
        load.wait_for(chance.randint(1, 300))
        time.sleep(chance.uniform(0, 0.05))  # any moment will do: this picks one
        mortal.running.kill()
        load.stop()
        assert ledger.acknowledged
        mortal.start()
        known |= check_nothing_lost(mortal.connect(), ledger)
        check_sound(mortal.running)
    assert revisions(mortal.connect(), sorted(known)) == known


def test_a_server_asked_to_end_under_load_ends_well(mortal: MortalServer) -> None:
    """With exit code 0, everything acknowledged in the database, and no log beside it."""
    ledger = Ledger()
    load = Load(mortal.connect, ledger, secrets.token_hex(4))
    load.wait_for(200)
    assert mortal.running.terminate() == 0
    load.stop()
    beside = {path.name for path in mortal.running.data.iterdir()}
    assert beside == {"messagestatus.db", "admin.key", "seal.key", "server.lock"}
    mortal.start()
    check_nothing_lost(mortal.connect(), ledger)
    check_sound(mortal.running)
