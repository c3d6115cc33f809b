"""Lookups: where messages stand, as far as the caller may see them."""

from collections.abc import Coroutine, Sequence
from typing import Any, NamedTuple, TypeVar

from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.directory import User, may_see
from messagestatus_server.domain.identifier import identifier
from messagestatus_server.domain.message import Message, Name
from messagestatus_server.domain.page import Cursor, Listed, Query
from messagestatus_server.domain.refusals import (
    ConversationDenied,
    InstanceAmbiguous,
    MessageNotFound,
    Refusal,
    StoreRefusal,
)
from messagestatus_server.service.clock import Clock
from messagestatus_server.service.naming import check_instance, meant, meant_instance
from messagestatus_server.storage.store import Store, Stored

T = TypeVar("T")


class FullStatus(NamedTuple):
    """A message with the people in it, and the company of the person who asks (None for a service)."""

    message: Message
    users: dict[str, User]
    company: str | None


class Lookup:
    """Answers where messages stand."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def get(self, caller: Caller, name: Name) -> bytes:
        """Return the stored bytes of a message.

        Raises:
            InstanceDenied, InstanceNotFound, InstanceAmbiguous: The instance is at fault.
            FieldRequired, FieldInvalid: The identifier is.
            MessageNotFound: There is no such message.
            ConversationDenied: The person whom the key acts as may not see it.
        """
        name = meant(caller, name)
        found = await self._store.resources(caller.tenant, name)
        if not found:
            await self._check(caller, name)
        resource = _only(name, found)
        if caller.user_id:
            await self._check_sight(caller, name)
        return resource

    def get_at_once(self, caller: Caller, name: Name) -> bytes | None:
        """Return what `get` would, if it is there, plain to see, and at hand; else None."""
        if caller.user_id or (caller.instance is not None and caller.instance != name.instance):
            return None
        found = at_once(self._store.resources(caller.tenant, name))
        return found[0] if found is not None and len(found) == 1 else None

    async def get_full(self, caller: Caller, name: Name) -> FullStatus:
        """Return a message with its recipients and the people in it.

        Raises:
            Refusal: As `get` does.
        """
        stored = await self.find(caller, name)
        message = stored.message
        people = {message.author, caller.user_id, *message.recipients} - {""}
        users = await self._store.users(caller.tenant, people)
        viewer = users.get(caller.user_id, User("")) if caller.user_id else None
        return FullStatus(message, users, None if viewer is None else viewer.company)

    async def find(self, caller: Caller, name: Name) -> Stored:
        """Return a message with its handle.

        Raises:
            Refusal: As `get` does.
        """
        name = meant(caller, name)
        found = await self._store.find(caller.tenant, name)
        if not found:
            await self._check(caller, name)
        stored = _only(name, found)
        if caller.user_id and not await self._may_see(caller, stored.message):
            raise ConversationDenied(name.message_id)
        return stored

    async def batch(
        self, caller: Caller, message_ids: Sequence[str], instance: str | None
    ) -> list[bytes | Refusal]:
        """Return the stored bytes for each identifier, in order, or why there are none.

        Raises:
            InstanceDenied, InstanceNotFound: The instance is at fault.
        """
        instance = meant_instance(caller, instance)
        await check_instance(self._store, caller.tenant, instance)
        names = [Name(message_id, instance) for message_id in message_ids]
        found = await self._store.batch(caller.tenant, names)
        person = bool(caller.user_id)
        return [
            # Found, and for every service to see: so it is nearly always.
            resources[0]
            if len(resources) == 1 and not person
            else await self._outcome(caller, name, resources)
            for name, resources in zip(names, found, strict=True)
        ]

    async def page(
        self, caller: Caller, query: Query, after: Cursor | None, size: int
    ) -> tuple[list[bytes], Cursor | None]:
        """Return a page of messages, and the place where the next one starts if there is one.

        A person is shown fewer than `size` where some may not be seen.

        Raises:
            InstanceDenied: The key is bound to another instance.
        """
        filters = query.filters
        filters = filters._replace(instance=meant_instance(caller, filters.instance))
        listed = await self._store.page(caller.tenant, query._replace(filters=filters), after, size + 1)
        shown = listed[:size]
        following = shown[-1].cursor if len(listed) > size else None
        if caller.user_id:
            shown = [each for each in shown if await self._may_see_listed(caller, each)]
        return [each.resource for each in shown], following

    async def _check(self, caller: Caller, name: Name) -> None:
        """Refuse a name that no message can have; of a wrong instance is told first."""
        await check_instance(self._store, caller.tenant, name.instance)
        identifier("message_id", name.message_id)

    async def _outcome(self, caller: Caller, name: Name, found: Sequence[bytes]) -> bytes | Refusal:
        try:
            identifier("message_ids", name.message_id)
            resource = _only(name, found)
            if caller.user_id:
                await self._check_sight(caller, name)
        except StoreRefusal:
            raise
        except Refusal as refusal:
            return refusal
        return resource

    async def _check_sight(self, caller: Caller, name: Name) -> None:
        for stored in await self._store.find(caller.tenant, name):
            if not await self._may_see(caller, stored.message):
                raise ConversationDenied(name.message_id)

    async def _may_see_listed(self, caller: Caller, listed: Listed) -> bool:
        name = Name(listed.cursor.message_id, listed.cursor.instance)
        found = await self._store.find(caller.tenant, name)
        return bool(found) and await self._may_see(caller, found[0].message)

    async def _may_see(self, caller: Caller, message: Message) -> bool:
        """Hold a person to the rules of the conversation; outside one, to having part in the message."""
        if not message.conversation_id:
            return caller.user_id == message.author or caller.user_id in message.recipients
        view_history, memberships = await self._store.membership(
            caller.tenant, message.conversation_id, caller.user_id
        )
        return may_see(view_history, memberships, message.message_time, self._clock())


def at_once(work: Coroutine[Any, Any, T]) -> T | None:
    """Return what work comes to if it has nothing to wait for, else None."""
    try:
        work.send(None)
    except StopIteration as end:
        done: T = end.value
        return done
    work.close()
    return None


def _only(name: Name, found: Sequence[T]) -> T:
    if not found:
        raise MessageNotFound(name.message_id)
    if len(found) > 1:
        raise InstanceAmbiguous(name.message_id)
    return found[0]
