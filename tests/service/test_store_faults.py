"""A fault of the store is no item's own: it ends the whole call, and nothing of that is left."""

from collections.abc import Callable

import pytest

from messagestatus_server.domain.message import Name, Provider
from messagestatus_server.domain.receipt import Disposition, Receipt
from messagestatus_server.domain.refusals import DiskFull, StoreCorrupt, StoreRefusal, StoreUnavailable
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.storage.sqlite.reading import SqliteReading
from messagestatus_server.storage.sqlite.transaction import SqliteTransaction
from tests.domain.strategies import ACME
from tests.service.workbench import Workbench

SENT = Receipt(message_id="m", state=DeliveryState.SENT)
TEACHES = SENT._replace(provider=Provider(ACME, "p1"))

Fail = Callable[[str, StoreRefusal], None]


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Let a method of the store fail, once."""

    def failing(method: str, refusal: StoreRefusal) -> None:
        owner = SqliteTransaction if method in vars(SqliteTransaction) else SqliteReading

        async def once(*_: object) -> None:
            monkeypatch.undo()
            raise refusal

        monkeypatch.setattr(owner, method, once)

    return failing


@pytest.mark.parametrize("method", ["find_many", "add_provider_names", "add_receipts", "save_messages"])
def test_a_report_that_the_disk_has_no_room_for_leaves_nothing(
    bench: Workbench, fail: Fail, method: str
) -> None:
    """In particular, a retry finds no duplicate of a receipt whose lessons were never learnt."""
    bench.register(Registration("m"))
    before = bench.rows()
    fail(method, DiskFull())
    with pytest.raises(DiskFull):
        bench.report(TEACHES)
    assert bench.rows() == before
    (outcome,) = bench.report(TEACHES)
    assert getattr(outcome, "disposition", None) is Disposition.APPLIED


@pytest.mark.parametrize("method", ["insert_messages", "add_provider_names", "parked", "claim"])
def test_no_message_is_called_created_when_storing_it_failed(
    bench: Workbench, fail: Fail, method: str
) -> None:
    """Also when it was to be stored with another one, whose parked receipts hurried it."""
    bench.report(SENT)
    before = bench.rows()
    fail(method, DiskFull())
    with pytest.raises(DiskFull):
        bench.register(Registration("first"), Registration("m", provider=Provider(ACME, "p1")))
    assert bench.rows() == before


def test_a_message_that_cannot_be_read_is_not_called_unknown(bench: Workbench, fail: Fail) -> None:
    bench.register(Registration("m"))
    fail("find", StoreCorrupt())
    with pytest.raises(StoreCorrupt):
        bench.suppress(Name("m"), 0)
    fail("find", StoreCorrupt())
    with pytest.raises(StoreCorrupt):
        bench.delete(Name("m"))


def test_a_batch_that_cannot_be_read_is_refused_as_a_whole(bench: Workbench, fail: Fail) -> None:
    bench.register(Registration("m"))
    bench.caller = bench.caller._replace(user_id="ann")
    try:
        fail("find", StoreUnavailable())
        with pytest.raises(StoreUnavailable):
            bench.run(bench.lookup.batch(bench.caller, ["m"], None))
    finally:
        bench.caller = bench.caller._replace(user_id="")
