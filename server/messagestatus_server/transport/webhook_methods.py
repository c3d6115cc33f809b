"""WebhookEndpointService: who is told of changes, and what became of it."""

from messagestatus.v1 import webhook_endpoint_service_pb2 as pb
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.identifier import identifier
from messagestatus_server.domain.outgoing import Result
from messagestatus_server.domain.page import page_size
from messagestatus_server.domain.refusals import FieldInvalid
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.service.webhooks.attempts import Attempts
from messagestatus_server.service.webhooks.endpoints import Endpoints
from messagestatus_server.service.webhooks.replaying import Replaying, Wanted
from messagestatus_server.transport.attempt_token import attempt_place, attempt_token
from messagestatus_server.transport.instants import ceiling_micros
from messagestatus_server.transport.method import Answer, Method
from messagestatus_server.transport.parsing import check_batch, enumerated, parsed
from messagestatus_server.transport.resume_token import place
from messagestatus_server.transport.webhook_values import (
    attempt_proto,
    endpoint_proto,
    endpoint_spec,
    span_micros,
)

SERVICE = "messagestatus.v1.WebhookEndpointService"

_USUAL_OVERLAP = 86_400_000_000


def methods(endpoints: Endpoints, attempts: Attempts, replaying: Replaying) -> list[Method]:
    """Return the methods of the service."""
    answers = _WebhookAnswers(endpoints, attempts, replaying)
    named: dict[str, Answer] = {
        "CreateWebhookEndpoint": answers.create,
        "ListWebhookEndpoints": answers.every,
        "UpdateWebhookEndpoint": answers.update,
        "RotateWebhookSecret": answers.rotate,
        "SetWebhookEnabled": answers.set_enabled,
        "DeleteWebhookEndpoint": answers.delete,
        "SendTestEvent": answers.try_out,
        "ReplayEvents": answers.replay,
        "ListAttempts": answers.attempts,
    }
    return [Method(SERVICE, name, Scope.ADMIN, answer) for name, answer in named.items()]


class _WebhookAnswers:
    def __init__(self, endpoints: Endpoints, attempts: Attempts, replaying: Replaying) -> None:
        self._endpoints = endpoints
        self._attempts = attempts
        self._replaying = replaying

    async def create(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.CreateWebhookEndpointRequest, body)
        shown = await self._endpoints.create(
            caller, request.tenant, endpoint_spec(request.spec), request.spec.authorization
        )
        return pb.CreateWebhookEndpointResponse(
            endpoint=endpoint_proto(shown), secret=shown.secret
        ).SerializeToString()

    async def every(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.ListWebhookEndpointsRequest, body)
        every = await self._endpoints.every(caller, request.tenant)
        return pb.ListWebhookEndpointsResponse(endpoints=map(endpoint_proto, every)).SerializeToString()

    async def update(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.UpdateWebhookEndpointRequest, body)
        shown = await self._endpoints.update(
            caller,
            request.tenant,
            request.endpoint_id,
            endpoint_spec(request.spec),
            request.spec.authorization,
        )
        return pb.UpdateWebhookEndpointResponse(endpoint=endpoint_proto(shown)).SerializeToString()

    async def rotate(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.RotateWebhookSecretRequest, body)
        overlap = span_micros("overlap", request.overlap) if request.HasField("overlap") else _USUAL_OVERLAP
        shown = await self._endpoints.rotate(caller, request.tenant, request.endpoint_id, overlap)
        return pb.RotateWebhookSecretResponse(
            endpoint=endpoint_proto(shown), secret=shown.secret
        ).SerializeToString()

    async def set_enabled(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.SetWebhookEnabledRequest, body)
        shown = await self._endpoints.set_enabled(
            caller, request.tenant, request.endpoint_id, enabled=request.enabled
        )
        return pb.SetWebhookEnabledResponse(endpoint=endpoint_proto(shown)).SerializeToString()

    async def delete(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.DeleteWebhookEndpointRequest, body)
        await self._endpoints.delete(caller, request.tenant, request.endpoint_id)
        return pb.DeleteWebhookEndpointResponse().SerializeToString()

    async def try_out(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.SendTestEventRequest, body)
        logged = await self._attempts.try_out(caller, request.tenant, request.endpoint_id)
        return pb.SendTestEventResponse(attempt=attempt_proto(logged)).SerializeToString()

    async def replay(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.ReplayEventsRequest, body)
        wanted = await self._wanted(caller, request)
        events = await self._replaying.replay(caller, request.tenant, request.endpoint_id, wanted)
        return pb.ReplayEventsResponse(events=events).SerializeToString()

    async def attempts(self, caller: Caller, body: bytes) -> bytes:
        request = parsed(pb.ListAttemptsRequest, body)
        if request.page_size < 0:
            raise FieldInvalid("page_size", "must not be negative")
        limit = page_size(request.page_size)
        results = frozenset(enumerated("results", Result, number) for number in request.results)
        asked = request.endpoint_id, request.message_id, results
        found = await self._attempts.every(
            caller,
            request.tenant,
            request.endpoint_id,
            message_id=request.message_id,
            results=results,
            before=attempt_place(*asked, request.page_token),
            limit=limit + 1,
        )
        page = found[:limit]
        following = attempt_token(*asked, page[-1].attempt_id) if len(found) > limit else ""
        return pb.ListAttemptsResponse(
            attempts=map(attempt_proto, page), next_page_token=following
        ).SerializeToString()

    async def _wanted(self, caller: Caller, request: pb.ReplayEventsRequest) -> Wanted:
        check_batch("message_ids", request.message_ids)
        wanted = Wanted(
            message_ids=frozenset(identifier("message_ids", each) for each in request.message_ids),
            states=frozenset(enumerated("states", DeliveryState, number) for number in request.states),
            dead_only=request.dead_only,
        )
        if request.HasField("since_time"):
            wanted = wanted._replace(since=ceiling_micros("since_time", request.since_time))
        if request.HasField("until_time"):
            wanted = wanted._replace(until=ceiling_micros("until_time", request.until_time))
        if request.resume_token:
            tenant, _ = await self._endpoints.find(caller, request.tenant, request.endpoint_id)
            identity = await self._endpoints.identity()
            wanted = wanted._replace(after=place(identity, tenant.tenant, request.resume_token))
        return wanted
