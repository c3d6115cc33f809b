"""The bytes that are stored: protobuf, so that what is stored is what callers are answered with.

A stored message is a whole `GetStatusResponse`. Because the status is its field 1, as in every reply,
the same bytes are an outcome of a batch, and an element of a list.
"""

from google.protobuf.message import Message as Proto

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from messagestatus_server.domain.message import (
    Channel,
    ContentKind,
    Direction,
    Media,
    Message,
    Provider,
    Reference,
    Reply,
    Standing,
)
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.transport.instants import fill_time, known_micros, timestamp


class ProtobufCodec:
    """Implements what storage needs of an encoding."""

    def encode_message(self, message: Message) -> bytes:
        """Return the `GetStatusResponse` of a message, in the BASIC view."""
        response = lookup_pb.GetStatusResponse()
        fill_status(response.message_status, message)
        return serialized(response)

    def decode_message(self, resource: bytes, origin: Standing, precedence: int, key: bytes) -> Message:
        """Return the message of a `GetStatusResponse`, with what that does not show."""
        status = lookup_pb.GetStatusResponse.FromString(resource).message_status
        accept_time = known_micros(status.accept_time)
        origin = origin._replace(precedence=origin.state, change_time=accept_time)
        return Message(
            message_id=status.message_id,
            instance=status.instance,
            origin=origin,
            standing=Standing(
                state=DeliveryState(status.state),
                precedence=precedence,
                change_time=known_micros(status.change_time),
                key=key,
                reason=FailureReason(status.reason),
                channel=Channel(status.channel),
                provider=provider_of(status.provider),
            ),
            general=origin,
            accept_time=accept_time,
            message_time=known_micros(status.message_time),
            conversation_id=status.conversation_id,
            direction=Direction(status.direction),
            content_kind=ContentKind(status.content_kind),
            phone=status.phone,
            reference=Reference(status.reference.service, status.reference.action, status.reference.key),
            suppress_time=known_micros(status.suppress_time) if status.HasField("suppress_time") else None,
            segments=status.segments,
            author=status.author.user_id,
            replies=tuple(map(_known_reply, status.replies)),
            revision=status.revision,
        )

    def encode_receipt(self, receipt: Receipt) -> bytes:
        """Return a receipt as a `DeliveryReceipt`."""
        return serialized(receipt_proto(receipt))

    def decode_receipt(self, content: bytes, precedence: int) -> Receipt:
        """Return the receipt of a `DeliveryReceipt`."""
        proto = receipt_pb.DeliveryReceipt.FromString(content)
        return Receipt(
            message_id=proto.message_id,
            instance=proto.instance if proto.HasField("instance") else None,
            provider=provider_of(proto.provider),
            state=DeliveryState(proto.state),
            precedence=precedence,
            reason=FailureReason(proto.reason),
            finality=Finality(proto.finality),
            occur_time=known_micros(proto.occur_time) if proto.HasField("occur_time") else None,
            recipient=proto.recipient_user_id,
            channel=Channel(proto.channel),
            own_side=proto.own_side,
            reply=_known_reply(proto.reply) if proto.HasField("reply") else None,
            event_id=proto.event_id,
            vocabulary=proto.vocabulary,
        )

    def encode_standing(self, standing: Standing) -> bytes:
        """Return a standing as a `DeliveryReceipt`."""
        proto = receipt_pb.DeliveryReceipt()
        proto.state = state_pb.DeliveryState.ValueType(standing.state)
        proto.reason = state_pb.FailureReason.ValueType(standing.reason)
        proto.channel = status_pb.Channel.ValueType(standing.channel)
        fill_time(proto.occur_time, standing.change_time)
        if any(standing.provider):
            fill_provider(proto.provider, standing.provider)
        return serialized(proto)

    def decode_standing(self, content: bytes, precedence: int, key: bytes) -> Standing:
        """Return the standing of a `DeliveryReceipt`."""
        proto = receipt_pb.DeliveryReceipt.FromString(content)
        return Standing(
            state=DeliveryState(proto.state),
            precedence=precedence,
            change_time=known_micros(proto.occur_time),
            key=key,
            reason=FailureReason(proto.reason),
            channel=Channel(proto.channel),
            provider=provider_of(proto.provider),
        )


def serialized(proto: Proto) -> bytes:
    """Return the bytes of a message of the contract, the same for the same message."""
    return proto.SerializeToString(deterministic=True)


def fill_status(status: status_pb.MessageStatus, message: Message) -> None:
    """Fill in a message as callers see it, in the BASIC view.

    Field by field, and only what is set: building it from keywords would take twice the time.
    """
    standing = message.standing
    status.message_id = message.message_id
    status.direction = status_pb.Direction.ValueType(message.direction)
    status.channel = status_pb.Channel.ValueType(standing.channel)
    status.content_kind = status_pb.ContentKind.ValueType(message.content_kind)
    status.phone = message.phone
    status.state = state_pb.DeliveryState.ValueType(standing.state)
    status.reason = state_pb.FailureReason.ValueType(standing.reason)
    fill_time(status.accept_time, message.accept_time)
    fill_time(status.change_time, standing.change_time)
    fill_time(status.message_time, message.message_time)
    status.segments = message.segments
    status.revision = message.revision
    if message.instance:
        status.instance = message.instance
    if message.conversation_id:
        status.conversation_id = message.conversation_id
    if any(message.reference):
        reference = status.reference
        reference.service, reference.action, reference.key = message.reference
    if any(standing.provider):
        fill_provider(status.provider, standing.provider)
    if message.suppress_time is not None:
        fill_time(status.suppress_time, message.suppress_time)
    if message.author:
        status.author.user_id = message.author
    if message.replies:
        status.replies.extend(map(reply_proto, message.replies))


def receipt_proto(receipt: Receipt) -> receipt_pb.DeliveryReceipt:
    """Return a receipt of the contract."""
    proto = receipt_pb.DeliveryReceipt(
        event_id=receipt.event_id,
        message_id=receipt.message_id,
        instance=receipt.instance,
        recipient_user_id=receipt.recipient,
        vocabulary=receipt.vocabulary,
        state=state_pb.DeliveryState.ValueType(receipt.state),
        reason=state_pb.FailureReason.ValueType(receipt.reason),
        finality=state_pb.Finality.ValueType(receipt.finality),
        channel=status_pb.Channel.ValueType(receipt.channel),
        own_side=receipt.own_side,
        reply=None if receipt.reply is None else reply_proto(receipt.reply),
    )
    if any(receipt.provider):
        fill_provider(proto.provider, receipt.provider)
    if receipt.occur_time is not None:
        fill_time(proto.occur_time, receipt.occur_time)
    return proto


def fill_provider(proto: status_pb.Provider, provider: Provider) -> None:
    """Fill in what a provider says."""
    proto.name, proto.message_id, proto.status, proto.code, proto.detail = provider


def provider_of(proto: status_pb.Provider) -> Provider:
    """Return what a provider says."""
    return Provider(proto.name, proto.message_id, proto.status, proto.code, proto.detail)


def reply_proto(reply: Reply) -> status_pb.Reply:
    """Return a reply of the contract."""
    media = None
    if reply.media is not None:
        url, file_name, file_size = reply.media
        media = status_pb.Media(url=url, file_name=file_name, file_size=file_size)
    return status_pb.Reply(reply_time=timestamp(reply.reply_time), text=reply.text, media=media)


def _known_reply(proto: status_pb.Reply) -> Reply:
    media = proto.media if proto.HasField("media") else None
    return Reply(
        known_micros(proto.reply_time),
        proto.text,
        None if media is None else Media(media.url, media.file_name, media.file_size),
    )
