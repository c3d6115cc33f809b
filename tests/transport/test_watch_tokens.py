"""Resume tokens: a watch goes on exactly where it left off, or is told that it cannot."""

import base64
import shutil
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import grpc
import pytest

from tests.builders import PHONE, message, receipt, register, report
from tests.running import Client, Operator, RunningServer, Tenant
from tests.transport.watching import OLDEST, SHORTEST, SNAPSHOT, Stream, registered, seconds


def test_a_watch_goes_on_where_it_left_off(tenant: Tenant) -> None:
    watch = Stream(tenant.client).begin()
    register(tenant.client, *[message(f"m{number}") for number in range(5)])
    assert watch.changes(2) == registered("m0", "m1")
    watch.cancel()
    register(tenant.client, message("while away"))
    again = Stream(tenant.client, resume_token=watch.token).begin()
    assert again.changes(4) == registered("m2", "m3", "m4", "while away")
    register(tenant.client, message("afterwards"))
    assert again.changes(1) == registered("afterwards")
    again.cancel()


def test_the_token_of_a_heartbeat_leads_past_what_was_not_wanted(tenant: Tenant) -> None:
    watch = Stream(tenant.client, {"phone": PHONE}, heartbeat_interval=seconds(SHORTEST)).begin()
    begun = watch.token
    register(tenant.client, message("m"))
    assert watch.next().WhichOneof("event") is None
    assert watch.token != begun
    watch.cancel()
    again = Stream(tenant.client, resume_token=watch.token).begin()
    register(tenant.client, message("n", phone=PHONE))
    assert again.changes(1) == registered("n")
    again.cancel()


def test_a_token_goes_on_with_another_filter_and_another_key(tenant: Tenant, operator: Operator) -> None:
    """It is a place, and no right to anything."""
    watch = Stream(tenant.client).begin()
    register(tenant.client, message("m", phone=PHONE), message("n"))
    other = operator.connect(operator.key(tenant.name, client="other"))
    again = Stream(other, {"phone": PHONE}, resume_token=watch.token).begin()
    assert again.changes(1) == registered("m")
    watch.cancel()
    again.cancel()


def test_the_end_of_a_snapshot_has_the_token_from_before_its_first_message(tenant: Tenant) -> None:
    register(tenant.client, message("m", phone=PHONE))
    watch = Stream(tenant.client, {"phone": PHONE}, start=SNAPSHOT)
    assert watch.next().HasField("snapshot")
    assert not watch.token
    report(tenant.client, receipt("m", "SENT", 1))
    assert watch.next().HasField("snapshot_end")
    watch.cancel()
    again = Stream(tenant.client, {"phone": PHONE}, resume_token=watch.token, start=SNAPSHOT).begin()
    assert again.change().state == 30
    again.cancel()


BAD = {
    "words": "no token",
    "not of the alphabet": "!" * 32,
    "umlauts": "ä" * 32,
    "short": "AAAA",
    "long": "A" * 64,
    "long by far": "A" * 100_000,
    "padded": "A" * 30 + "==",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_token_is_refused_by_the_name_of_its_field(tenant: Tenant, name: str) -> None:
    refused = Stream(tenant.client, resume_token=BAD[name]).end()
    assert (refused.code, refused.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "FIELD_INVALID")
    assert refused.fields == ["resume_token"]


def test_a_token_of_another_tenant_is_refused(tenant: Tenant, operator: Operator) -> None:
    token = Stream(operator.tenant().client).begin().token
    refused = Stream(tenant.client, resume_token=token).end()
    assert (refused.code, refused.fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["resume_token"])


def _moved(token: str, by: int) -> str:
    """Return a token with another place: tokens are opaque, not sealed."""
    *whose, place = struct.unpack(">8sqq", base64.urlsafe_b64decode(token))
    return base64.urlsafe_b64encode(struct.pack(">8sqq", *whose, place + by)).decode()


def _gone(client: Client, token: str) -> bool:
    """Tell whether a token has lost its history: the watch then says nothing but that."""
    stream = Stream(client, resume_token=token)
    refused = stream.end()
    assert stream.token == token
    return (refused.code, refused.reason) == (grpc.StatusCode.OUT_OF_RANGE, "RESUME_TOKEN_EXPIRED")


@pytest.mark.parametrize("by", [-1, 1, 2**40])
def test_a_token_of_a_place_that_never_was_has_no_history(tenant: Tenant, by: int) -> None:
    register(tenant.client, message("m"))
    watch = Stream(tenant.client, start=OLDEST).begin()
    watch.cancel()
    assert _gone(tenant.client, _moved(watch.token, by * 10))


class Restarted:
    """A server on a data directory, with one tenant, that is started again and again."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.server = RunningServer(data)
        operator = Operator(self.server)
        self.key = operator.tenant("t").key
        operator.close()
        self.client = Client(self.server.address, self.key)

    def stop(self) -> None:
        self.client.close()
        assert self.server.terminate() == 0

    def start(self) -> None:
        self.server = RunningServer(self.data)
        self.client = Client(self.server.address, self.key)


@pytest.fixture
def restarted(tmp_path: Path) -> Iterator[Restarted]:
    restarted = Restarted(tmp_path / "data")
    yield restarted
    restarted.stop()


def test_a_token_survives_a_restart(restarted: Restarted) -> None:
    register(restarted.client, message("a"), message("b"))
    watch = Stream(restarted.client, start=OLDEST).begin()
    assert watch.changes(1) == registered("a")
    watch.cancel()
    restarted.stop()
    restarted.start()
    again = Stream(restarted.client, resume_token=watch.token).begin()
    assert again.changes(1) == registered("b")
    register(restarted.client, message("c"))
    assert again.changes(1) == registered("c")
    again.cancel()


def test_a_token_whose_history_was_forgotten_is_told_so(restarted: Restarted) -> None:
    register(restarted.client, *[message(f"m{number}") for number in range(4)])
    watch = Stream(restarted.client, start=OLDEST).begin()
    first = watch.token
    tokens = [(watch.changes(1), watch.token)[1] for _ in range(4)]
    watch.cancel()
    restarted.stop()
    with closing(sqlite3.connect(restarted.data / "messagestatus.db")) as database, database:
        database.execute("DELETE FROM change WHERE sequence <= 2")
        database.execute("UPDATE feed SET forgotten = 2")
    restarted.start()
    assert _gone(restarted.client, first)
    assert _gone(restarted.client, tokens[0])
    for asked in ({"resume_token": tokens[1]}, {"start": OLDEST}):
        again = Stream(restarted.client, **asked).begin()
        assert again.changes(2) == registered("m2", "m3")
        again.cancel()


def test_a_token_of_another_database_has_no_history_here(restarted: Restarted, tmp_path: Path) -> None:
    """Though its tenant may have the same number, and its place may be there."""
    other = Restarted(tmp_path / "other")
    for each in (restarted, other):
        register(each.client, message("a"), message("b"))
    token = Stream(other.client).begin().token
    other.stop()
    assert _gone(restarted.client, token)


def test_a_token_from_after_a_backup_has_no_history_in_what_was_restored(restarted: Restarted) -> None:
    register(restarted.client, message("a"))
    before = Stream(restarted.client).begin().token
    restarted.stop()
    kept = restarted.data / "kept.db"
    shutil.copy(restarted.data / "messagestatus.db", kept)
    restarted.start()
    register(restarted.client, message("b"))
    after = Stream(restarted.client).begin().token
    restarted.stop()
    shutil.move(kept, restarted.data / "messagestatus.db")
    restarted.start()
    assert _gone(restarted.client, after)
    again = Stream(restarted.client, resume_token=before).begin()
    register(restarted.client, message("c"))
    assert again.changes(1) == registered("c")
    again.cancel()
