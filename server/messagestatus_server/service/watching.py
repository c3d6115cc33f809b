"""Watching: what a caller may see of messages: a snapshot first, if it asks for one, then their changes."""

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
    messages, or else a sign that there was nothing.
    """

    sequence: int
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
        if after is None and start is Start.OLDEST:
            place = span.forgotten
        elif after is None and start is Start.SNAPSHOT:
            shown = 0
            async for resource in self._snapshot(caller, wanted):
                shown += 1
                yield Seen(place, resource=resource)
            yield Seen(place, snapshot=shown)
        else:
            # The caller has a token from the first moment on.
            yield Seen(place)
        async with aclosing(self._feed.watch(caller.tenant, wanted, place, heartbeat)) as heard:
            async for each in heard:
                if await self._may_see(caller, each):
                    yield Seen(each.sequence, each.happening)

    async def _may_see(self, caller: Caller, heard: Heard) -> bool:
        """Hold a person to the rules of conversations; nobody else needs to be asked for."""
        happening = heard.happening
        if not caller.user_id or happening is None:
            return True
        try:
            await self._lookup.find(caller, Name(happening.message_id, happening.instance))
        except (ConversationDenied, MessageNotFound):
            return False
        return True

    async def _snapshot(self, caller: Caller, wanted: Filter) -> AsyncGenerator[bytes, None]:
        filters = Filters(wanted.states, wanted.channels, wanted.instance)
        if wanted.message_ids:
            for message_id in sorted(wanted.message_ids):
                resource = await self._named(caller, message_id, wanted)
                if resource:
                    yield resource
            return
        if wanted.phone and wanted.reference_key:
            raise FieldInvalid("filter.reference_key", "cannot go with a phone in a snapshot")
        query: Query
        if wanted.phone:
            query = PhoneQuery(wanted.phone, None, filters)
        elif wanted.reference_key:
            query = ReferenceQuery(wanted.reference_key, None, filters)
        else:
            raise FieldRequired("filter.message_ids, filter.phone or filter.reference_key")
        cursor: Cursor | None = None
        while True:
            resources, cursor = await self._lookup.page(caller, query, cursor, _PAGE)
            for resource in resources:
                yield resource
            if cursor is None:
                return

    async def _named(self, caller: Caller, message_id: str, wanted: Filter) -> bytes:
        """Return the bytes of a message, if there is one that is wanted and may be seen."""
        try:
            stored = await self._lookup.find(caller, Name(message_id, wanted.instance))
        except (ConversationDenied, MessageNotFound):
            return b""
        return stored.resource if _holds(wanted, stored.message) else b""


def _holds(wanted: Filter, message: Message) -> bool:
    standing = message.standing
    return (
        (not wanted.phone or message.phone == wanted.phone)
        and (not wanted.reference_key or message.reference.key == wanted.reference_key)
        and (not wanted.states or standing.state in wanted.states)
        and (not wanted.channels or standing.channel in wanted.channels)
    )
