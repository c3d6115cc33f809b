"""Webhook endpoints of the contract to values of the domain, and back."""

from google.protobuf.duration_pb2 import Duration

from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1 import status_change_pb2 as change_pb
from messagestatus.v1 import webhook_endpoint_pb2 as pb
from messagestatus_server.domain.change import ChangeKind
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.outgoing import LoggedAttempt
from messagestatus_server.domain.refusals import FieldInvalid
from messagestatus_server.domain.state import DeliveryState
from messagestatus_server.domain.webhook import EndpointSpec, EventFilter, Format, Signing
from messagestatus_server.service.webhooks.endpoints import ShownEndpoint
from messagestatus_server.transport.instants import timestamp
from messagestatus_server.transport.parsing import enumerated

_USUAL = EndpointSpec("")
_MASK = "********"
_LONGEST = 10_000 * 86_400


def endpoint_spec(proto: pb.WebhookSpec) -> EndpointSpec:
    """Return what is decided about an endpoint, but for its authorization.

    Raises:
        FieldInvalid: A field has a value that it may not have.
    """
    return EndpointSpec(
        proto.url,
        enumerated("spec.format", Format, proto.format or Format.STANDARD),
        enumerated("spec.signing", Signing, proto.signing or Signing.SHARED_SECRET),
        _filter(proto.filter),
        proto.rate or _USUAL.rate,
        proto.concurrency or _USUAL.concurrency,
        span_micros("spec.coalesce_window", proto.coalesce_window),
        proto.batch_size or _USUAL.batch_size,
        proto.description,
    )


def endpoint_proto(shown: ShownEndpoint) -> pb.WebhookEndpoint:
    """Return an endpoint of the contract, without its secret."""
    endpoint = shown.endpoint
    proto = pb.WebhookEndpoint(
        endpoint_id=endpoint.endpoint_id,
        tenant=shown.tenant.name,
        spec=_spec_proto(endpoint.spec),
        disabled_reason=pb.WebhookDisabledReason.ValueType(endpoint.disabled_reason),
        public_key=endpoint.public_key,
        create_time=timestamp(endpoint.create_time),
    )
    if shown.authorized:
        proto.spec.authorization = _MASK
    if endpoint.failing_since is not None:
        proto.failing_since_time.CopyFrom(timestamp(endpoint.failing_since))
    if endpoint.previous_secret_expire_time is not None:
        proto.previous_secret_expire_time.CopyFrom(timestamp(endpoint.previous_secret_expire_time))
    return proto


def attempt_proto(logged: LoggedAttempt) -> pb.WebhookAttempt:
    """Return an attempt of the contract."""
    attempt = logged.attempt
    proto = pb.WebhookAttempt(
        event_id=logged.event_id,
        message_id=logged.message_id,
        instance=logged.instance,
        sequence=logged.sequence,
        attempt=logged.number,
        attempt_time=timestamp(attempt.start_time),
        duration=_duration(attempt.duration),
        http_status=attempt.status,
        fault=attempt.fault.name if attempt.fault else "",
        answer=attempt.answer,
        result=pb.WebhookResult.ValueType(logged.result),
    )
    if logged.next_time is not None:
        proto.next_attempt_time.CopyFrom(timestamp(logged.next_time))
    return proto


def span_micros(field: str, proto: Duration) -> int:
    """Return how long something lasts, in microseconds.

    Raises:
        FieldInvalid: It lasts for less than nothing, or for ages.
    """
    if not (0 <= proto.seconds <= _LONGEST and proto.nanos >= 0):
        raise FieldInvalid(field, "must be a time that can pass")
    return proto.seconds * 1_000_000 + proto.nanos // 1_000


def _spec_proto(spec: EndpointSpec) -> pb.WebhookSpec:
    proto = pb.WebhookSpec(
        url=spec.url,
        description=spec.description,
        format=pb.WebhookFormat.ValueType(spec.format),
        signing=pb.WebhookSigning.ValueType(spec.signing),
        rate=spec.rate,
        concurrency=spec.concurrency,
        batch_size=spec.batch_size,
    )
    wanted = spec.event_filter
    if any(wanted):
        proto.filter.kinds.extend(map(change_pb.ChangeKind.ValueType, sorted(wanted.kinds)))
        proto.filter.states.extend(map(state_pb.DeliveryState.ValueType, sorted(wanted.states)))
        proto.filter.channels.extend(map(status_pb.Channel.ValueType, sorted(wanted.channels)))
        proto.filter.instances.extend(sorted(wanted.instances))
    if spec.coalesce_window:
        proto.coalesce_window.CopyFrom(_duration(spec.coalesce_window))
    return proto


def _filter(proto: pb.WebhookFilter) -> EventFilter:
    return EventFilter(
        frozenset(enumerated("spec.filter.kinds", ChangeKind, number) for number in proto.kinds),
        frozenset(enumerated("spec.filter.states", DeliveryState, number) for number in proto.states),
        frozenset(enumerated("spec.filter.channels", Channel, number) for number in proto.channels),
        frozenset(proto.instances),
    )


def _duration(micros: int) -> Duration:
    proto = Duration()
    proto.FromMicroseconds(micros)
    return proto
