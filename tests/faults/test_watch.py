"""A watcher that is cut off, or whose server is killed, hears every change once and in order all the same."""

import secrets
import time
from random import Random

import pytest

from tests.faults.conftest import MortalServer
from tests.faults.following import Follower, table
from tests.faults.load import Ledger, Load

SLOW = [pytest.mark.slow, pytest.mark.timeout(1_800)]


def _seed() -> str:
    seed = secrets.token_hex(4)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    return seed


@pytest.mark.parametrize(
    ("lives", "changes"),
    [pytest.param(10, 1_000, id="brief"), pytest.param(200, 20_000, id="thorough", marks=SLOW)],
)
def test_a_watcher_that_is_cut_off_misses_nothing(mortal: MortalServer, lives: int, changes: int) -> None:
    seed = _seed()
    follower = Follower(mortal, Random(seed), lives)
    load = Load(mortal.connect, Ledger(), seed)
    while len(follower.heard) < changes or follower.dropped < lives:
        load.wait_for(100)
    load.stop()
    wanted = table(mortal.running)
    assert follower.up_to(wanted[-1].sequence) == wanted
    assert (follower.dropped, len(wanted) >= changes) == (lives, True)
    assert not follower.faults


@pytest.mark.parametrize("kills", [pytest.param(2, id="brief"), pytest.param(20, id="thorough", marks=SLOW)])
def test_a_watcher_whose_server_is_killed_misses_nothing(mortal: MortalServer, kills: int) -> None:
    """And hears of nothing that is not there afterwards."""
    seed = _seed()
    chance = Random(seed)
    follower = Follower(mortal, chance)
    for life in range(kills):
        load = Load(mortal.connect, Ledger(), f"{seed}-{life}")
        load.wait_for(chance.randint(100, 600))
        time.sleep(chance.uniform(0, 0.05))  # any moment will do: this picks one
        mortal.running.kill()
        load.stop()
        mortal.start()
    wanted = table(mortal.running)
    assert follower.up_to(wanted[-1].sequence) == wanted
    assert follower.faults <= {"UNAVAILABLE", "CANCELLED"}
