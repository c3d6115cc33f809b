"""Fills a database of the product through its own layers, so that it is what a server would write."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import apsw

from bench.rows import ACTION, KEY, PROVIDER, SERVICE, STATUS, Row, Rows
from messagestatus_server.domain.admission import admitted_receipt
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.change import Change, ChangeKind, change
from messagestatus_server.domain.fold import advance
from messagestatus_server.domain.message import Channel, ContentKind, Provider, Reference
from messagestatus_server.domain.receipt import Disposition, Entry, Receipt, receipt_key
from messagestatus_server.domain.registration import Registration, announce
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.clock import now
from messagestatus_server.service.first_start import OPERATOR, make_operator
from messagestatus_server.service.messages import Messages
from messagestatus_server.service.policies import Policies
from messagestatus_server.service.receipts import Receipts
from messagestatus_server.service.registering import Registered, RegistrationResult
from messagestatus_server.service.reporting import Reported
from messagestatus_server.storage.codec import Draft, draft
from messagestatus_server.storage.migrations import migrate
from messagestatus_server.storage.sqlite.store import SqliteStore
from messagestatus_server.storage.store import Journalled, ProviderName, Transaction
from messagestatus_server.transport.codec import ProtobufCodec

GROUP = 500
"""How many messages a transaction of the service's has, as an importer's batches would."""

LARGE_GROUP = 250_000
"""How many messages a transaction of a large database has.

Identifiers are random: a message changes a page in each of several indexes, and in a small group nearly
every one of them is another page, to be written twice.
"""

PIECE = 5_000
"""How many messages are handed to the store at a time within a group."""

Progress = Callable[[int], None]
Work = Callable[[Transaction], Awaitable[int]]


class _Pair(NamedTuple):
    registration: Registration
    receipt: Receipt


class _Prepared(NamedTuple):
    drafts: list[Draft]
    entries: list[Entry]
    names: list[ProviderName]
    changes: list[tuple[Change, Change]]
    arrival: int


def build(path: Path, rows: Rows, progress: Progress) -> None:
    """Register every message and report its receipt, through the service: nothing is left out."""
    asyncio.run(_build(path, rows, progress))


def build_large(path: Path, rows: Rows, progress: Progress) -> None:
    """Store every message as its receipt leaves it, in large groups.

    The rows are those that the service would have written. They are written once and not twice, and
    the next group is made while one is committed.
    """
    gc.freeze()
    gc.disable()
    apsw.connection_hooks.append(_keep_pages_until_commit)
    try:
        asyncio.run(_build_large(path, rows, progress))
    finally:
        apsw.connection_hooks.remove(_keep_pages_until_commit)
        gc.enable()


def _keep_pages_until_commit(connection: apsw.Connection) -> None:
    # A page that is changed many times in a large group is written once all the same.
    connection.execute("PRAGMA cache_spill = OFF")


async def _build(path: Path, rows: Rows, progress: Progress) -> None:
    codec = ProtobufCodec()
    store = await _opened(path, codec)
    policies = Policies(store, now)
    messages, receipts = Messages(store, codec, now, policies), Receipts(store, now, policies)
    caller = await _caller(store)
    for first in range(0, rows.count, GROUP):
        pairs = _pairs(rows, first, GROUP)
        for made in await messages.register(caller, [pair.registration for pair in pairs]):
            assert isinstance(made, Registered), made
            assert made.result is RegistrationResult.CREATED, made
        for reported in await receipts.report(caller, [pair.receipt for pair in pairs]):
            assert isinstance(reported, Reported), reported
            assert reported.disposition is Disposition.APPLIED, reported
        progress(first + len(pairs))
    await store.close()


async def _build_large(path: Path, rows: Rows, progress: Progress) -> None:
    codec = ProtobufCodec()
    store = await _opened(path, codec)
    tenant = (await _caller(store)).tenant
    writing: asyncio.Task[int] | None = None
    for first in range(0, rows.count, LARGE_GROUP):
        pairs = _pairs(rows, first, LARGE_GROUP)
        work = _storing(
            tenant, [_prepared(codec, tenant, pairs[at : at + PIECE]) for at in range(0, len(pairs), PIECE)]
        )
        if writing is not None:
            await writing
            progress(first)
        writing = asyncio.create_task(store.write(work))
        # Let the writer have it before the next group is made.
        await asyncio.sleep(0)
    if writing is not None:
        await writing
    progress(rows.count)
    await store.close()


def _prepared(codec: ProtobufCodec, tenant: int, pairs: list[_Pair]) -> _Prepared:
    arrival = now()
    prepared = _Prepared([], [], [], [], arrival)
    for registration, reported in pairs:
        receipt = admitted_receipt(reported)
        entry = Entry(receipt_key(tenant, receipt), receipt, receipt.occur_time or arrival, arrival)
        before = announce(registration, arrival)
        after = advance(before, entry)
        registered = change(ChangeKind.REGISTERED, None, before)
        provider = registration.provider
        prepared.drafts.append(draft(codec, after))
        prepared.entries.append(entry)
        prepared.names.append(ProviderName(provider.name, provider.message_id))
        prepared.changes.append((registered, change(ChangeKind.ADVANCED, before, after)))
    return prepared


def _storing(tenant: int, pieces: list[_Prepared]) -> Work:
    async def work(tx: Transaction) -> int:
        return sum([await _stored(tx, tenant, piece) for piece in pieces])

    return work


async def _stored(tx: Transaction, tenant: int, piece: _Prepared) -> int:
    handles = await tx.insert_messages(tenant, piece.drafts)
    await tx.add_provider_names(tenant, list(zip(piece.names, handles, strict=True)))
    await tx.add_receipts(tenant, list(map(Journalled, piece.entries, handles)))
    made = [(handle, each) for handle, both in zip(handles, piece.changes, strict=True) for each in both]
    await tx.append_changes(tenant, made, piece.arrival)
    return len(handles)


async def _opened(path: Path, codec: ProtobufCodec) -> SqliteStore:
    migrate(path)
    store = SqliteStore(path, codec, lambda _sound: None)
    assert await make_operator(store, now, KEY)
    return store


async def _caller(store: SqliteStore) -> Caller:
    tenant = await store.find_tenant(OPERATOR)
    assert tenant is not None
    return Caller(tenant.tenant, tenant.name, "bench", frozenset(Scope))


def _pairs(rows: Rows, first: int, count: int) -> list[_Pair]:
    return [_pair(rows[number]) for number in range(first, min(first + count, rows.count))]


def _pair(row: Row) -> _Pair:
    provider = Provider(PROVIDER, row.provider_message_id)
    registration = Registration(
        row.message_id,
        channel=Channel.RCS,
        content_kind=ContentKind.VIDEO,
        phone=row.phone,
        reference=Reference(SERVICE, ACTION, row.reference_key),
        provider=provider,
        accept_time=row.accept_time,
        segments=1,
    )
    receipt = Receipt(
        row.message_id,
        provider=provider._replace(status=STATUS),
        state=DeliveryState.DELIVERED,
        occur_time=row.deliver_time,
    )
    return _Pair(registration, receipt)
