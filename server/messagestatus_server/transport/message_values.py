"""Messages and receipts of the contract to values of the domain."""

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus_server.domain.message import (
    Channel,
    ContentKind,
    Direction,
    Media,
    Provider,
    Reference,
    Reply,
    RollUp,
)
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.registration import Registration
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.transport.instants import micros
from messagestatus_server.transport.parsing import enumerated
from messagestatus_server.transport.receipt_values import provider_of

_NO_PROVIDER = Provider()


def registration(proto: message_pb.MessageRegistration) -> Registration:
    """Return what a sender announces.

    Raises:
        FieldInvalid: An enum or a time has no valid value.
    """
    return Registration(
        message_id=proto.message_id,
        instance=proto.instance,
        conversation_id=proto.conversation_id,
        direction=enumerated("direction", Direction, proto.direction),
        channel=enumerated("channel", Channel, proto.channel),
        content_kind=enumerated("content_kind", ContentKind, proto.content_kind),
        phone=proto.phone,
        reference=Reference(proto.reference.service, proto.reference.action, proto.reference.key),
        provider=provider_of(proto.provider),
        state=enumerated("state", DeliveryState, proto.state),
        reason=enumerated("reason", FailureReason, proto.reason),
        accept_time=micros("accept_time", proto.accept_time) if proto.HasField("accept_time") else None,
        message_time=micros("message_time", proto.message_time) if proto.HasField("message_time") else None,
        segments=proto.segments,
        author=proto.author_user_id,
        recipients=tuple(sorted(set(proto.recipient_user_ids))),
        roll_up=enumerated("roll_up", RollUp, proto.roll_up),
        vocabulary=proto.vocabulary,
    )


def receipt(proto: receipt_pb.DeliveryReceipt) -> Receipt:
    """Return what a carrier claims.

    Raises:
        FieldInvalid: An enum or a time has no valid value.
    """
    return Receipt(
        proto.message_id,
        proto.instance if proto.HasField("instance") else None,
        provider_of(proto.provider) if proto.HasField("provider") else _NO_PROVIDER,
        enumerated("state", DeliveryState, proto.state),
        0,
        enumerated("reason", FailureReason, proto.reason),
        enumerated("finality", Finality, proto.finality),
        micros("occur_time", proto.occur_time) if proto.HasField("occur_time") else None,
        proto.recipient_user_id,
        enumerated("channel", Channel, proto.channel),
        proto.own_side,
        _reply(proto.reply) if proto.HasField("reply") else None,
        proto.event_id,
        proto.vocabulary,
    )


def _reply(proto: status_pb.Reply) -> Reply:
    media = proto.media
    return Reply(
        micros("reply.reply_time", proto.reply_time),
        proto.text,
        Media(media.url, media.file_name, media.file_size) if proto.HasField("media") else None,
    )
