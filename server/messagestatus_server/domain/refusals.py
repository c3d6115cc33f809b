"""Every refusal, and what a caller is told with it.

Refusal
├── CredentialInvalid, ScopeMissing, InstanceDenied, ConversationDenied, TenantDenied
├── MessageNotFound, InstanceNotFound, TenantNotFound, KeyNotFound, RouteNotFound
├── ReceiptNotFound, QuarantinedNotFound, ErrorCodeNotFound, RequestMalformed
├── FieldRefusal
│   └── FieldInvalid, FieldRequired, BatchTooLarge, PageTokenInvalid, InstanceAmbiguous, MessageAlreadyExists
├── ReceiptAlreadyExists, TenantAlreadyExists, InstanceAlreadyExists, KeyAlreadyExists, RouteAlreadyExists
├── KeyLimitReached, ConcurrencyLimitReached, ResumeTokenExpired, WatcherTooSlow, ServerStopping
├── StoreRefusal
│   └── DiskFull, StoreUnavailable, StoreCorrupt
└── DeadlinePassed, InternalFault; those of webhook endpoints are in endpoint_refusals
"""


class Refusal(Exception):
    """Why a call, or one item of a batch, is refused; never raised itself.

    `metadata` is for machines, and holds what the text says of this very call. `retry_after` is in
    seconds, and None where trying again is of no use, or harmless at once.
    """

    retry_after: float | None = None

    def __init__(self, text: str, **metadata: str) -> None:
        super().__init__(text)
        self.text = text
        self.metadata = metadata


class CredentialInvalid(Refusal):
    """The key is missing, wrong, revoked or expired; the answer is the same for all of them."""

    def __init__(self) -> None:
        super().__init__("the API key is missing or not valid")


class ScopeMissing(Refusal):
    """The key lacks a scope."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"the API key lacks the scope {scope}", scope=scope)


class InstanceDenied(Refusal):
    """The key is bound to another instance."""

    def __init__(self, instance: str) -> None:
        super().__init__("the API key is bound to another instance", instance=instance)


class ConversationDenied(Refusal):
    """The person whom the key acts as may not see the message."""

    def __init__(self, message_id: str) -> None:
        super().__init__("this person may not see the message", message_id=message_id)


class TenantDenied(Refusal):
    """The key does not administer that tenant."""

    def __init__(self, tenant: str) -> None:
        super().__init__("the API key does not administer this tenant", tenant=tenant)


class MessageNotFound(Refusal):
    """No message has the identifier, or it belongs to another tenant."""

    def __init__(self, message_id: str) -> None:
        super().__init__("no such message", message_id=message_id)


class InstanceNotFound(Refusal):
    """The tenant has no such instance."""

    def __init__(self, instance: str) -> None:
        super().__init__("no such instance", instance=instance)


class TenantNotFound(Refusal):
    """No tenant has the name."""

    def __init__(self, tenant: str) -> None:
        super().__init__("no such tenant", tenant=tenant)


class KeyNotFound(Refusal):
    """The tenant has no such key."""

    def __init__(self, key_id: str) -> None:
        super().__init__("no such key", key_id=key_id)


class RouteNotFound(Refusal):
    """The tenant has no such route."""

    def __init__(self, route: str) -> None:
        super().__init__("no such route", route=route)


class ReceiptNotFound(Refusal):
    """The tenant has no such receipt, or it does not wait any more."""

    def __init__(self, receipt_key: str) -> None:
        super().__init__("no such receipt waits", receipt_key=receipt_key)


class QuarantinedNotFound(Refusal):
    """Nothing of that number is in quarantine."""

    def __init__(self, quarantine_id: int) -> None:
        super().__init__("nothing of this number is in quarantine", quarantine_id=str(quarantine_id))


class ErrorCodeNotFound(Refusal):
    """The error dictionary has no such code of that provider; without a code, none of it."""

    def __init__(self, provider: str, code: str) -> None:
        super().__init__("the error dictionary has no such code", provider=provider, code=code)


class RequestMalformed(Refusal):
    """The bytes are no message of the request's type."""

    def __init__(self) -> None:
        super().__init__("the request is malformed: its bytes are not a message of the expected type")


class FieldRefusal(Refusal):
    """A field is at fault; never raised itself. `field` is its path in the request, or in the item."""

    def __init__(self, field: str, description: str, **metadata: str) -> None:
        super().__init__(f"{field}: {description}", field=field, **metadata)
        self.field = field
        self.description = description


class FieldInvalid(FieldRefusal):
    """A field has a value it may not have."""


class FieldRequired(FieldRefusal):
    """A field that must be set is not."""

    def __init__(self, field: str) -> None:
        super().__init__(field, "must be set")


class BatchTooLarge(FieldRefusal):
    """The batch has too many items."""

    def __init__(self, field: str, limit: int, count: int) -> None:
        super().__init__(
            field, f"has {count} items; the limit is {limit}", limit=str(limit), count=str(count)
        )


class PageTokenInvalid(FieldRefusal):
    """The page token is none of ours, or belongs to another query."""

    def __init__(self) -> None:
        super().__init__("page_token", "is not a token of this query")


class InstanceAmbiguous(FieldRefusal):
    """Several instances know the message, and the request names none."""

    def __init__(self, message_id: str) -> None:
        super().__init__(
            "instance", "must be set: several instances know this message", message_id=message_id
        )


class MessageAlreadyExists(FieldRefusal):
    """The message is registered with another value of a field."""

    def __init__(self, field: str, message_id: str) -> None:
        super().__init__(field, "differs from what the message was registered with", message_id=message_id)


class ReceiptAlreadyExists(Refusal):
    """A receipt with the same key and another content is known."""

    def __init__(self, key: bytes) -> None:
        super().__init__("a receipt with this key and another content is known", receipt_key=key.hex())


class TenantAlreadyExists(Refusal):
    """The tenant exists."""

    def __init__(self, tenant: str) -> None:
        super().__init__("the tenant exists", tenant=tenant)


class InstanceAlreadyExists(Refusal):
    """The instance exists."""

    def __init__(self, instance: str) -> None:
        super().__init__("the instance exists", instance=instance)


class KeyAlreadyExists(Refusal):
    """The token is in use."""

    def __init__(self) -> None:
        super().__init__("the token is in use already")


class RouteAlreadyExists(Refusal):
    """A route has the name."""

    def __init__(self, route: str) -> None:
        super().__init__("a route has this name already", route=route)


class KeyLimitReached(Refusal):
    """The client has as many live keys as it may have."""

    def __init__(self, client: str, limit: int) -> None:
        super().__init__(
            f"the client has {limit} live keys; revoke one first", client=client, limit=str(limit)
        )


class ConcurrencyLimitReached(Refusal):
    """Too many calls are under way."""

    retry_after = 0.1

    def __init__(self) -> None:
        super().__init__("Concurrent RPC limit exceeded!")


class StoreRefusal(Refusal):
    """The database is at fault; never raised itself. It is no item's own: it ends the whole call."""


class DiskFull(StoreRefusal):
    """The disk is full; reads go on."""

    retry_after = 5.0

    def __init__(self) -> None:
        super().__init__("the disk is full; nothing was stored")


class StoreUnavailable(StoreRefusal):
    """The database cannot be used; whether a write took effect is not known."""

    retry_after = 1.0

    def __init__(self) -> None:
        super().__init__("the database cannot be used now")


class StoreCorrupt(StoreRefusal):
    """The database is damaged."""

    def __init__(self) -> None:
        super().__init__("the database is damaged")


class ResumeTokenExpired(Refusal):
    """What followed the token is forgotten, or the token is of another database."""

    def __init__(self) -> None:
        super().__init__("the history after this token is gone; begin anew with a snapshot")


class WatcherTooSlow(Refusal):
    """The watcher did not take what was sent."""

    retry_after = 1.0

    def __init__(self, resume_token: str = "") -> None:
        super().__init__("changes came faster than they were taken; resume", resume_token=resume_token)


class ServerStopping(Refusal):
    """The server is about to end."""

    retry_after = 1.0

    def __init__(self, resume_token: str = "") -> None:
        super().__init__("the server is shutting down; resume", resume_token=resume_token)


class DeadlinePassed(Refusal):
    """The deadline passed; whether a write took effect is not known."""

    def __init__(self) -> None:
        super().__init__("the deadline passed")


class InternalFault(Refusal):
    """A fault of ours, of which nothing is told."""

    def __init__(self) -> None:
        super().__init__("internal error")
