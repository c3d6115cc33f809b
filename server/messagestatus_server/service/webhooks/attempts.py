"""Attempts: what became of events, and whether an endpoint answers at all."""

import secrets
from collections.abc import Collection

from messagestatus_server.domain.caller import Caller
from messagestatus_server.domain.identifier import optional_text
from messagestatus_server.domain.outgoing import LoggedAttempt, Result
from messagestatus_server.service.webhooks.endpoints import Endpoints
from messagestatus_server.service.webhooks.identity import event_id
from messagestatus_server.service.webhooks.worker import Worker
from messagestatus_server.storage.store import Store


class Attempts:
    """Tells of attempts, and makes one where somebody wants to see it."""

    def __init__(self, store: Store, endpoints: Endpoints, worker: Worker) -> None:
        self._store = store
        self._endpoints = endpoints
        self._worker = worker

    async def try_out(self, caller: Caller, tenant_name: str, endpoint_id: str) -> LoggedAttempt:
        """Send an endpoint an event that never happened, even if it is disabled, and return what came of it.

        Raises:
            TenantDenied, TenantNotFound, EndpointNotFound: There is no such endpoint.
            StoreUnavailable: Nothing can be sent now.
        """
        _, endpoint = await self._endpoints.find(caller, tenant_name, endpoint_id)
        return await self._worker.try_out(endpoint, f"test_{secrets.token_hex(16)}")

    async def every(
        self,
        caller: Caller,
        tenant_name: str,
        endpoint_id: str,
        *,
        message_id: str,
        results: Collection[Result],
        before: int | None,
        limit: int,
    ) -> list[LoggedAttempt]:
        """Return attempts, the newest first, from before the one with a number on.

        They are of one message unless that is empty, and ended in one of the ways unless there is none.

        Raises:
            TenantDenied, TenantNotFound, EndpointNotFound: There is no such endpoint.
            FieldInvalid: The identifier of the message is at fault.
        """
        optional_text("message_id", message_id)
        tenant, endpoint = await self._endpoints.find(caller, tenant_name, endpoint_id)
        found = await self._store.attempts(
            tenant.tenant,
            endpoint.endpoint_id,
            message_id=message_id,
            results=results,
            before=before,
            limit=limit,
        )
        identity = await self._endpoints.identity()
        return [
            each._replace(event_id=each.event_id or event_id(identity, tenant.tenant, each.sequence))
            for each in found
        ]
