"""The messages to measure on: random to the database, the same in every run, stored as the service would."""

import asyncio
from collections import Counter
from pathlib import Path

from bench.building import build, build_large
from bench.databases import Databases
from bench.rows import MESSAGES_OF_A_BUSY_PHONE, PAGE, SHARE, Rows
from messagestatus_server.domain.message import Name
from messagestatus_server.domain.page import PhoneQuery
from messagestatus_server.storage.sqlite.store import SqliteStore
from messagestatus_server.transport.codec import ProtobufCodec

ROWS = Rows(1_300)
TENANT = 1


def test_every_message_has_an_identifier_of_its_own() -> None:
    assert len({ROWS[number].message_id for number in range(ROWS.count)}) == ROWS.count


def test_busy_phones_have_more_messages_than_a_page_and_the_others_few() -> None:
    counted = Counter(ROWS[number].phone for number in range(ROWS.count))
    busy = {ROWS.busy_phone(number) for number in range(ROWS.busy_phones)}
    assert len(busy) == ROWS.busy_phones == 2
    assert {counted.pop(phone) for phone in busy} == {MESSAGES_OF_A_BUSY_PHONE}
    assert MESSAGES_OF_A_BUSY_PHONE > PAGE
    assert 0.8 * SHARE < sum(counted.values()) / len(counted) < 1.2 * SHARE


def test_both_ways_of_building_store_the_same(tmp_path: Path) -> None:
    """A large database is a sample of what the service writes, not of something like it."""
    answers = []
    for name, make in (("service", build), ("large", build_large)):
        make(tmp_path / name, ROWS, lambda _done: None)
        answers.append(asyncio.run(_answers(tmp_path / name)))
    assert answers[0] == answers[1]


def test_a_database_is_built_once(tmp_path: Path) -> None:
    told: list[str] = []
    databases = Databases(tmp_path, told.append)
    assert databases.rivals(ROWS) == databases.rivals(ROWS)
    assert len(told) == 1


async def _answers(path: Path) -> list[object]:
    store = SqliteStore(path, ProtobufCodec(), lambda _sound: None)
    found: list[object] = []
    for number in (0, 1, ROWS.count - 1):
        name = Name(ROWS[number].message_id)
        (stored,) = await store.find(TENANT, name)
        (entry,) = await store.journal(TENANT, stored.handle)
        page = await store.page(TENANT, PhoneQuery(ROWS.busy_phone(number)), None, PAGE)
        assert len(page) == PAGE
        found += [stored, entry._replace(receive_time=0), page, await store.resources(TENANT, name)]
    await store.close()
    return found
