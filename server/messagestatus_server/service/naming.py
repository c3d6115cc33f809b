"""Which instance a caller means, and whether it may."""

from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.identifier import optional_text
from messagestatus_server.domain.message import Name
from messagestatus_server.domain.refusals import InstanceDenied, InstanceNotFound
from messagestatus_server.storage.store import Reading


def meant_instance(caller: Caller, instance: str | None) -> str | None:
    """Return the instance that a caller means: its own, where its key is bound to one.

    Raises:
        FieldInvalid: No instance can have the name.
        InstanceDenied: The key is bound to another.
    """
    if caller.instance is None:
        if instance:
            optional_text("instance", instance)
        return instance
    if instance not in {None, caller.instance}:
        raise InstanceDenied(instance or "")
    return caller.instance


def meant(caller: Caller, name: Name) -> Name:
    """Return the name of a message with the instance that the caller means.

    Raises:
        FieldInvalid: No instance can have the name.
        InstanceDenied: The key is bound to another instance.
    """
    instance = meant_instance(caller, name.instance)
    return name if instance == name.instance else Name(name.message_id, instance)


async def check_instance(store: Reading, tenant: int, instance: str | None) -> None:
    """Refuse an instance that the tenant does not have; every tenant has the empty one.

    Raises:
        InstanceNotFound: There is none.
    """
    if instance and not await store.has_instance(tenant, instance):
        raise InstanceNotFound(instance)
