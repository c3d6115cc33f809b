"""Secrets of routes: sealed in the database, lost with the key of this installation, and given anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from messagestatus_server.cli.simulate.carriers.twilio import SimulatedTwilio
from messagestatus_server.domain.refusals import FieldRequired, StoreUnavailable
from messagestatus_server.service.routes import SecretPath
from messagestatus_server.service.sealing import KEY_SIZE, Seal, SealBroken
from tests.service.route import Line, event, settle
from tests.service.workbench import Workbench

SEAL = Seal(bytes(KEY_SIZE))
CONTENT = {"auth_token": "the-secret", "other": "ü"}


def test_what_is_sealed_is_opened_for_the_same_purpose() -> None:
    assert SEAL.open(SEAL.close(CONTENT, "route/acme"), "route/acme") == CONTENT


def test_nobody_sees_what_is_in_it_or_that_it_is_the_same() -> None:
    once, twice = SEAL.close(CONTENT, "route/acme"), SEAL.close(CONTENT, "route/acme")
    assert once != twice
    assert b"secret" not in once + twice


@pytest.mark.parametrize("purpose", ["route/other", "route/acme ", ""])
def test_it_opens_for_no_other_purpose(purpose: str) -> None:
    """Nobody who may write to the database can put one route's secrets under another."""
    with pytest.raises(SealBroken):
        SEAL.open(SEAL.close(CONTENT, "route/acme"), purpose)


@given(st.integers(0), st.integers(0, 7))
def test_one_flipped_bit_breaks_it(place: int, bit: int) -> None:
    sealed = bytearray(SEAL.close(CONTENT, "p"))
    sealed[place % len(sealed)] ^= 1 << bit
    with pytest.raises(SealBroken):
        SEAL.open(bytes(sealed), "p")


@given(st.binary(max_size=40))
def test_garbage_was_never_sealed(garbage: bytes) -> None:
    with pytest.raises(SealBroken):
        SEAL.open(garbage, "p")


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Workbench]:
    """A workbench of its own, whose key may be lost."""
    with Workbench(tmp_path / "messagestatus.db") as bench:
        settle(bench)
        yield bench


@pytest.fixture
def locked(inbox: Workbench) -> Line:
    """A route whose installation has lost its key."""
    line = Line(inbox)
    assert line.post(event()).status == 200
    inbox.seal_key = bytes(reversed(range(KEY_SIZE)))
    inbox.restart()
    return line


def test_a_route_whose_secrets_are_lost_takes_nothing_and_says_why(locked: Line) -> None:
    """The carrier is to come again: it did nothing wrong, and nothing of it is lost."""
    with capture_logs() as lines, pytest.raises(StoreUnavailable):
        locked.post(event("p2"))
    (logged,) = lines
    assert (logged["event"], logged["route"]) == ("secrets cannot be opened", "acme")
    assert logged["log_level"] == "error"
    assert len(locked.kept()) == 1


def test_it_is_still_listed_without_the_names_of_its_secrets(locked: Line) -> None:
    bench = locked.bench
    (shown,) = bench.run(bench.routes.every(locked.caller, ""))
    assert (shown.route.name, shown.secret_names) == ("acme", [])


def test_an_update_without_its_secrets_names_those_that_are_missing(locked: Line) -> None:
    with pytest.raises(FieldRequired) as refused:
        locked.update()
    assert refused.value.metadata == {"field": "secrets.auth_token"}


def test_new_secrets_heal_it(locked: Line) -> None:
    locked.carrier = SimulatedTwilio()
    shown = locked.update(locked.carrier.config)
    assert shown.secret_names == ["auth_token"]
    assert locked.post(event("p2")).status == 200
    locked.bench.restart()
    assert locked.post(event("p3")).status == 200


def test_a_route_is_not_opened_to_strangers_because_its_secrets_are_lost(inbox: Workbench) -> None:
    """Where signing is optional, its end must be said: what was lost may have been a secret."""
    line = Line(inbox, "sinch_sms", path=SecretPath.NEW)
    inbox.seal_key = bytes(reversed(range(KEY_SIZE)))
    inbox.restart()
    with pytest.raises(FieldRequired) as refused:
        line.update(settings={"basic_username": ""})
    assert refused.value.metadata == {"field": "secrets"}
    line.update({"webhook_secret": ""}, settings={"basic_username": ""})
    assert line.post(event(word="Delivered")).status == 200
