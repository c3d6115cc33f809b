"""What SQLite keeps of callbacks beside their rows: how many came, and what waits in quarantine."""

from typing import Any

import pytest

from messagestatus_server.domain.raw_callback import Quarantined, Verdict
from messagestatus_server.storage.sqlite.connection import open_reader

from .conformance.callbacks import came, kept, made
from .conformance.samples import NOON, OTHER, OURS, added
from .conftest import OpenedStore


def selected(opened: OpenedStore, sql: str) -> list[tuple[Any, ...]]:
    reader = open_reader(opened.path)
    try:
        return list(reader.execute(sql))
    finally:
        reader.close()


def tallies(opened: OpenedStore) -> list[tuple[Any, ...]]:
    return selected(opened, "SELECT tenant, route, verdict, callbacks, last_time FROM callback_tally")


async def test_callbacks_are_counted_by_route_and_verdict_with_the_last_time(opened: OpenedStore) -> None:
    """Those that are not kept, too; and a clock that was set back takes no time away."""
    route = await made(opened.store)
    await kept(opened.store, came(route, 3), came(route, 5), came(route, 4, Verdict.MALFORMED))
    await kept(opened.store, came(route, 1))
    place = OURS, route.handle
    await added(opened.store, lambda tx: tx.count_callbacks(*place, Verdict.UNVERIFIED, 41, NOON + 9))
    await added(opened.store, lambda tx: tx.count_callbacks(*place, Verdict.UNVERIFIED, 1, NOON))
    assert tallies(opened) == [
        (*place, Verdict.TAKEN, 3, NOON + 5),
        (*place, Verdict.MALFORMED, 1, NOON + 4),
        (*place, Verdict.UNVERIFIED, 42, NOON + 9),
    ]


async def test_the_counts_of_a_route_go_with_it(opened: OpenedStore) -> None:
    route, other = await made(opened.store), await made(opened.store, "other")
    await kept(opened.store, came(route), came(other))
    await added(opened.store, lambda tx: tx.delete_route(route))
    assert [row[1] for row in tallies(opened)] == [other.handle]


async def test_forgetting_callbacks_forgets_no_count(opened: OpenedStore) -> None:
    route = await made(opened.store)
    await kept(opened.store, came(route))
    await added(opened.store, lambda tx: tx.forget_callbacks(OURS, NOON + 1, 9))
    assert [row[3] for row in tallies(opened)] == [1]
    assert selected(opened, "SELECT count(*) FROM callback") == [(0,)]


FAULT = Quarantined("acme", NOON, 1, 7, 2, fault="no id")
WORD = Quarantined("acme", NOON, 1, 7, 1, b"k" * 16, "odd", "7")
TOLD = Quarantined("acme", NOON, receipt_key=b"t" * 16, word="odd")


async def _quarantined(opened: OpenedStore, *items: Quarantined, tenant: int = OURS) -> None:
    await added(opened.store, lambda tx: tx.add_quarantined(tenant, items))


def waiting(opened: OpenedStore) -> list[tuple[Any, ...]]:
    return selected(
        opened,
        "SELECT provider, receive_time, route, callback, item, receipt_key, word, code, fault"
        " FROM quarantine ORDER BY id",
    )


async def test_what_is_in_quarantine_is_there_once_and_stays_as_it_was(opened: OpenedStore) -> None:
    await _quarantined(opened, WORD, FAULT, TOLD)
    await _quarantined(opened, WORD._replace(word="other"), FAULT._replace(fault="other"), TOLD)
    assert waiting(opened) == [each[:9] for each in (WORD, FAULT, TOLD)]


async def test_one_receipt_of_two_tenants_waits_twice(opened: OpenedStore) -> None:
    await _quarantined(opened, WORD, FAULT)
    await _quarantined(opened, WORD, FAULT, tenant=OTHER)
    assert len(waiting(opened)) == 4


@pytest.mark.parametrize("tenant", [OURS, OTHER])
async def test_each_is_released_by_its_own_tenant(opened: OpenedStore, tenant: int) -> None:
    await _quarantined(opened, WORD, FAULT, TOLD)
    await added(opened.store, lambda tx: tx.release(tenant, [b"k" * 16]))
    await added(opened.store, lambda tx: tx.release_items(tenant, 7))
    assert waiting(opened) == [each[:9] for each in ((TOLD,) if tenant == OURS else (WORD, FAULT, TOLD))]


async def test_the_items_of_a_callback_are_released_without_its_receipts(opened: OpenedStore) -> None:
    await _quarantined(opened, WORD, FAULT)
    await added(opened.store, lambda tx: tx.release_items(OURS, 7))
    assert waiting(opened) == [WORD[:9]]
