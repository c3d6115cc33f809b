"""Routes of the contract to values of the domain, and back."""

from google.protobuf.duration_pb2 import Duration

from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1 import route_pb2 as pb
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.refusals import FieldInvalid
from messagestatus_server.domain.route import Deadline, IdForm, Override, RouteSpec
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.domain.vocabulary import Meaning
from messagestatus_server.service.routes import ShownRoute
from messagestatus_server.transport.instants import timestamp
from messagestatus_server.transport.parsing import enumerated

_HIGHEST_PRECEDENCE = 99
_LONGEST = 10_000 * 86_400


def route_proto(shown: ShownRoute) -> pb.Route:
    """Return a route of the contract."""
    route = shown.route
    return pb.Route(
        route=route.name,
        tenant=shown.tenant.name,
        provider=route.provider,
        spec=_spec_proto(route.spec),
        secret_names=shown.secret_names,
        secret_path=route.path_digest is not None,
        create_time=timestamp(route.create_time),
    )


def route_spec(proto: pb.RouteSpec) -> RouteSpec:
    """Return what is decided about a route.

    Raises:
        FieldInvalid: A field has a value that it may not have.
    """
    return RouteSpec(
        provider_name=proto.provider_name,
        instance=proto.instance if proto.HasField("instance") else None,
        settings=dict(proto.settings),
        allowed_networks=tuple(proto.allowed_networks),
        public_url=proto.public_url,
        id_forms=frozenset(enumerated("spec.id_forms", IdForm, number) for number in proto.id_forms),
        reference_is_message_id=proto.reference_is_message_id,
        overrides=tuple(map(_override, proto.overrides)),
        deadlines=tuple(map(_deadline, proto.deadlines)),
        disabled=proto.disabled,
    )


def _spec_proto(spec: RouteSpec) -> pb.RouteSpec:
    return pb.RouteSpec(
        provider_name=spec.provider_name,
        instance=spec.instance,
        settings=dict(spec.settings),
        allowed_networks=spec.allowed_networks,
        public_url=spec.public_url,
        id_forms=[pb.IdForm.ValueType(form) for form in sorted(spec.id_forms)],
        reference_is_message_id=spec.reference_is_message_id,
        overrides=map(_override_proto, spec.overrides),
        deadlines=map(_deadline_proto, spec.deadlines),
        disabled=spec.disabled,
    )


def _override(proto: pb.WordMeaning) -> Override:
    state = enumerated("spec.overrides.state", DeliveryState, proto.state)
    finality = enumerated("spec.overrides.finality", Finality, proto.finality)
    reason = enumerated("spec.overrides.reason", FailureReason, proto.reason)
    if not 0 <= proto.precedence <= _HIGHEST_PRECEDENCE:
        raise FieldInvalid("spec.overrides.precedence", f"must be 1 to {_HIGHEST_PRECEDENCE}, or 0")
    meaning = Meaning(state, finality or Finality.NONE, reason, precedence=proto.precedence or None)
    return Override(proto.word, proto.code, meaning)


def _override_proto(override: Override) -> pb.WordMeaning:
    meaning = override.meaning
    return pb.WordMeaning(
        word=override.word,
        code=override.code,
        state=state_pb.DeliveryState.ValueType(meaning.state),
        finality=state_pb.Finality.ValueType(meaning.finality),
        reason=state_pb.FailureReason.ValueType(meaning.reason),
        precedence=meaning.precedence or 0,
    )


def _deadline(proto: pb.Deadline) -> Deadline:
    channel = enumerated("spec.deadlines.channel", Channel, proto.channel)
    state = enumerated("spec.deadlines.state", DeliveryState, proto.state) or DeliveryState.UNKNOWN
    after = proto.after
    if not 0 <= after.seconds <= _LONGEST:
        raise FieldInvalid("spec.deadlines.after", "must be from a second to a year")
    return Deadline(channel, after.seconds * 1_000_000 + after.nanos // 1_000, state)


def _deadline_proto(deadline: Deadline) -> pb.Deadline:
    after = Duration()
    after.FromMicroseconds(deadline.after)
    return pb.Deadline(
        channel=status_pb.Channel.ValueType(deadline.channel),
        after=after,
        state=state_pb.DeliveryState.ValueType(deadline.state),
    )
