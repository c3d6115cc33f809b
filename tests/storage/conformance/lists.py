"""Lists: newest first, in pages that miss nothing and repeat nothing, narrowed by filters."""

from typing import Any

from messagestatus_server.domain.message import Channel, Message, Reference
from messagestatus_server.domain.page import Cursor, Filters, PhoneQuery, Query, ReferenceQuery
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.storage.store import Store

from .samples import CODEC, NOON, OTHER, OURS, inserted, message

PHONE = "+4366012345678"

NAMES = (
    "0",
    "00000000-0000-0000-0000-000000000000",
    "0f8fad5b-d9cb-469f-a165-70867728950e",
    "0f8fad5b-d9cb-469f-a165-70867728950e0",
    "0f8fad5b-d9cb-469f-a165-70867728950f",
    "0f8fad5b-d9cb-469f-a165-70867728950F",
    "0f8fad5bd9cb469fa16570867728950e",
    "f",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
)
"""Identifiers around UUIDs, which a store may keep apart."""


def listed(number: int, **said: Any) -> Message:
    """Return a message of the list; three at a time were accepted at one moment."""
    said = {"reference": Reference("billing", "invoice", "r1"), "phone": PHONE, **said}
    return message(said.pop("message_id", f"m{number:02}"), accept_time=NOON + number // 3, **said)


async def walked(store: Store, query: Query, size: int) -> list[bytes]:
    """Return all of a list, page by page."""
    found: list[bytes] = []
    after: Cursor | None = None
    while page := await store.page(OURS, query, after, size):
        assert len(page) <= size
        found += [each.resource for each in page]
        after = page[-1].cursor
    return found


class ListConformance:
    """Lists by phone and by reference."""

    async def test_every_page_size_walks_the_whole_list_newest_first(self, store: Store) -> None:
        """Ties are broken by the identifier, and then by the instance, descending."""
        messages = [listed(number) for number in range(10)]
        twins = [listed(4, instance=instance) for instance in ("one", "two")]
        twins += [listed(5, message_id=name, instance=instance) for name in NAMES for instance in ("", "one")]
        await inserted(store, *twins, *messages)
        await inserted(store, listed(3), tenant=OTHER)
        await inserted(store, listed(11, phone="+4366012345679", reference=Reference(key="r2")))
        newest = sorted(
            [*messages, *twins],
            key=lambda each: (each.accept_time, each.message_id, each.instance),
            reverse=True,
        )
        wanted = [CODEC.encode_message(each) for each in newest]
        for query in (PhoneQuery(PHONE), ReferenceQuery("r1")):
            for size in (1, 2, 3, 5, 12, 29, 100):
                assert await walked(store, query, size) == wanted

    async def test_before_is_exclusive(self, store: Store) -> None:
        await inserted(store, *(listed(number) for number in range(6)))
        for query in (PhoneQuery(PHONE, NOON + 1), ReferenceQuery("r1", NOON + 1)):
            page = await store.page(OURS, query, None, 10)
            assert [each.cursor.message_id for each in page] == ["m02", "m01", "m00"]

    async def test_a_place_in_the_list_is_left_out_of_the_page_after_it(self, store: Store) -> None:
        await inserted(store, *(listed(number) for number in range(3)))
        for gone in ("m01", "m01x"):
            page = await store.page(OURS, PhoneQuery(PHONE), Cursor(NOON, gone, ""), 10)
            assert [each.cursor.message_id for each in page] == (["m00"] if gone == "m01" else ["m01", "m00"])

    async def test_filters_narrow_a_list_together(self, store: Store) -> None:
        await inserted(
            store,
            listed(0, channel=Channel.SMS),
            listed(1, channel=Channel.SMS, state=DeliveryState.SENT),
            listed(2, channel=Channel.RCS, state=DeliveryState.SENT, instance="line"),
            listed(3, reference=Reference("shipping", "invoice", "r1")),
            listed(4, reference=Reference("billing", "reminder", "r1")),
        )
        sms, sent = frozenset({Channel.SMS}), frozenset({DeliveryState.SENT})
        either = frozenset({Channel.SMS, Channel.RCS})
        cases: list[tuple[Filters, list[int]]] = [
            (Filters(channels=sms), [1, 0]),
            (Filters(channels=either), [2, 1, 0]),
            (Filters(states=sent), [2, 1]),
            (Filters(states=sent, channels=sms), [1]),
            (Filters(instance="line"), [2]),
            (Filters(instance=""), [4, 3, 1, 0]),
            (Filters(instance="other"), []),
        ]
        of_references = [
            (Filters(service="shipping"), [3]),
            (Filters(action="invoice"), [3, 2, 1, 0]),
            (Filters(service="billing", action="reminder"), [4]),
        ]
        for filters, wanted in cases:
            assert await _numbers(store, PhoneQuery(PHONE, None, filters)) == wanted
        for filters, wanted in cases + of_references:
            assert await _numbers(store, ReferenceQuery("r1", None, filters)) == wanted

    async def test_messages_without_a_phone_or_a_reference_are_in_no_list(self, store: Store) -> None:
        await inserted(store, message())
        assert await store.page(OURS, PhoneQuery(""), None, 10) == []
        assert await store.page(OURS, ReferenceQuery(""), None, 10) == []


async def _numbers(store: Store, query: Query) -> list[int]:
    page = await store.page(OURS, query, None, 10)
    return [int(each.cursor.message_id[1:]) for each in page]
