"""Watching: what a caller may see of messages: a snapshot first, if it asks for one, then their changes."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from enum import IntEnum
from typing import NamedTuple

from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.feed import Filter, Happening
from messagestatus_server.domain.message import Message, Name
from messagestatus_server.domain.page import Cursor, Filters, PhoneQuery, Query, ReferenceQuery
from messagestatus_server.domain.refusals import (
    ConversationDenied,
    FieldInvalid,
    FieldRequired,
    MessageNotFound,
    ResumeTokenExpired,
)
from messagestatus_server.service.feed import Feed, Heard
from messagestatus_server.service.lookup import Lookup
from messagestatus_server.service.naming import check_instance, meant_instance
from messagestatus_server.storage.store import Store

_PAGE = 100


class Start(IntEnum):
    """Where a watch begins that does not resume."""

    NOW = 0
    SNAPSHOT = 1
    OLDEST = 2


class Seen(NamedTuple):
    """What a watcher sees, and the place in the feed from which to go on after it.

    It is a change, a message of the snapshot by the bytes of its answer, the end of a snapshot of so many
    messages, or else a sign that there was nothing. There is no place before the end of a snapshot: whoever
    went on from one would never see the rest of it.
    """

    sequence: int | None
    happening: Happening | None = None
    resource: bytes = b""
    snapshot: int | None = None


class Watching:
    """Lets callers watch."""

    def __init__(self, store: Store, lookup: Lookup, feed: Feed) -> None:
        self._store = store
        self._lookup = lookup
        self._feed = feed
        self._identity = b""

    async def identity(self) -> bytes:
        """Return what tells this database from others."""
        if not self._identity:
            self._identity = await self._store.feed_identity()
        return self._identity

    async def watch(
        self, caller: Caller, wanted: Filter, start: Start, after: int | None, heartbeat: float
    ) -> AsyncGenerator[Seen, None]:
        """See what a caller may see, from after a place in the feed on; or from the start that is named.

        Raises:
            InstanceDenied, InstanceNotFound: The instance is at fault.
            FieldRequired: A snapshot needs a narrower filter.
            Refusal: As `Feed.watch` does.
        """
        wanted = wanted._replace(instance=meant_instance(caller, wanted.instance))
        await check_instance(self._store, caller.tenant, wanted.instance)
        span = await self._store.feed_span(caller.tenant)
        place = span.last if after is None else after
        if not span.reaches(place):
            raise ResumeTokenExpired
        if after is None and start is Start.OLDEST:
            place = span.forgotten
        if after is None and start is Start.SNAPSHOT:
            shown = 0
            async with aclosing(self._snapshot(caller, wanted)) as resources:
                async for resource in resources:
                    shown += 1
                    yield Seen(None, resource=resource)
            yield Seen(place, snapshot=shown)
        else:
            # The caller has a token from the first moment on.
            yield Seen(place)
        told = time.monotonic()
        async with aclosing(self._feed.watch(caller.tenant, wanted, place, heartbeat)) as heard:
            async for each in heard:
                if await self._may_see(caller, each):
                    yield Seen(each.sequence, each.happening)
                elif time.monotonic() - told >= heartbeat:
                    yield Seen(each.sequence)
                else:
                    continue
                told = time.monotonic()

    async def _may_see(self, caller: Caller, heard: Heard) -> bool:
        """Hold a person to the rules of conversations; nobody else needs to be asked for."""
        happening = heard.happening
        if not caller.user_id or happening is None:
            return True
        return await self._may_see_named(caller, Name(happening.message_id, happening.instance))

    async def _may_see_message(self, caller: Caller, message: Message) -> bool:
        name = Name(message.message_id, message.instance)
        return not caller.user_id or await self._may_see_named(caller, name)

    async def _may_see_named(self, caller: Caller, name: Name) -> bool:
        try:
            await self._lookup.find(caller, name)
        except (ConversationDenied, MessageNotFound):
            return False
        return True

    def _snapshot(self, caller: Caller, wanted: Filter) -> AsyncGenerator[bytes, None]:
        filters = Filters(wanted.states, wanted.channels, wanted.instance)
        if wanted.message_ids:
            return self._named(caller, wanted)
        if wanted.phone and wanted.reference_key:
            raise FieldInvalid("filter.reference_key", "cannot go with a phone in a snapshot")
        if wanted.phone:
            return self._listed(caller, PhoneQuery(wanted.phone, None, filters))
        if wanted.reference_key:
            return self._listed(caller, ReferenceQuery(wanted.reference_key, None, filters))
        raise FieldRequired("filter.message_ids, filter.phone or filter.reference_key")

    async def _named(self, caller: Caller, wanted: Filter) -> AsyncGenerator[bytes, None]:
        for message_id in sorted(wanted.message_ids):
            # Several, where several instances know it.
            for stored in await self._store.find(caller.tenant, Name(message_id, wanted.instance)):
                if _holds(wanted, stored.message) and await self._may_see_message(caller, stored.message):
                    yield stored.resource

    async def _listed(self, caller: Caller, query: Query) -> AsyncGenerator[bytes, None]:
        cursor: Cursor | None = None
        while True:
            resources, cursor = await self._lookup.page(caller, query, cursor, _PAGE)
            for resource in resources:
                yield resource
            if cursor is None:
                return


def _holds(wanted: Filter, message: Message) -> bool:
    standing = message.standing
    return (
        (not wanted.phone or message.phone == wanted.phone)
        and (not wanted.reference_key or message.reference.key == wanted.reference_key)
        and (not wanted.states or standing.state in wanted.states)
        and (not wanted.channels or standing.channel in wanted.channels)
    )
