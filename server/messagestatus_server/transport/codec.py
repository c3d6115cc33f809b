"""The bytes that are stored: protobuf, so that what is stored is what callers are answered with.

A stored message is a whole `GetStatusResponse`. Because the status is its field 1, as in every reply,
the same bytes are an outcome of a batch, and an element of a list.
"""

from functools import cache, lru_cache
from typing import Any

from google.protobuf.message import Message as Proto

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from messagestatus_server.domain.message import (
    Channel,
    ContentKind,
    Direction,
    Message,
    Provider,
    Reference,
    Standing,
)
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.state import DeliveryState, FailureReason, Finality
from messagestatus_server.transport.instants import fill_time, known_micros
from messagestatus_server.transport.receipt_values import (
    fill_claim,
    fill_provider,
    known_reply,
    provider_of,
    reply_proto,
    untimed_proto,
)

_NO_PROVIDER = Provider()
_NO_REFERENCE = Reference()

# Looked up, not constructed: an enum's own call takes ten times as long.
_STATES = {state.value: state for state in DeliveryState}
_REASONS = {reason.value: reason for reason in FailureReason}
_FINALITIES = {finality.value: finality for finality in Finality}
_CHANNELS = {channel.value: channel for channel in Channel}
_DIRECTIONS = {direction.value: direction for direction in Direction}
_CONTENT_KINDS = {kind.value: kind for kind in ContentKind}


class ProtobufCodec:
    """Implements what storage needs of an encoding."""

    def encode_message(self, message: Message) -> bytes:
        """Return the `GetStatusResponse` of a message, in the BASIC view."""
        response = lookup_pb.GetStatusResponse()
        fill_status(response.message_status, message)
        return serialized(response)

    def encode_advanced(self, resource: bytes, message: Message) -> bytes:
        """Return the `GetStatusResponse` of a message, from the one before its newest receipts."""
        response = lookup_pb.GetStatusResponse.FromString(resource)
        status = response.message_status
        standing = message.standing
        _fill_standing(status, standing)
        if not any(standing.provider):
            status.ClearField("provider")
        fields: Any = status
        fields.channel, fields.reason = standing.channel, standing.reason
        if message.replies:
            del status.replies[:]
            status.replies.extend(map(reply_proto, message.replies))
        status.revision = message.revision
        return serialized(response)

    def encode_origin(self, message: Message) -> bytes:
        """Return what a registration claims as a `DeliveryReceipt`, without its time.

        Its provider is left out where it is the one that the message shows, as it nearly always is.
        """
        origin = message.origin
        claim = _claim(origin.state, origin.reason, origin.channel)
        said = origin.provider
        if said == message.standing.provider:
            return claim
        proto = receipt_pb.DeliveryReceipt()
        proto.provider.SetInParent()
        fill_provider(proto.provider, said)
        return serialized(proto) + claim  # the fields of a claim come after the provider

    def decode_message(self, resource: bytes, origin: bytes, precedence: int, key: bytes) -> Message:
        """Return the message of a `GetStatusResponse`, with what that does not show."""
        status = lookup_pb.GetStatusResponse.FromString(resource).message_status
        state, reason, channel, claimed_provider = _claimed(origin)
        accept_time = known_micros(status.accept_time)
        provider = provider_of(status.provider) if status.HasField("provider") else _NO_PROVIDER
        reference = status.reference if status.HasField("reference") else None
        registered = Standing(
            state,
            state,
            accept_time,
            b"",
            reason,
            channel,
            provider if claimed_provider is None else claimed_provider,
        )
        return Message(
            status.message_id,
            status.instance,
            registered,
            Standing(
                _STATES[status.state],
                precedence,
                known_micros(status.change_time),
                key,
                _REASONS[status.reason],
                _CHANNELS[status.channel],
                provider,
            ),
            registered,
            accept_time,
            known_micros(status.message_time),
            status.conversation_id,
            _DIRECTIONS[status.direction],
            _CONTENT_KINDS[status.content_kind],
            status.phone,
            _NO_REFERENCE
            if reference is None
            else Reference(reference.service, reference.action, reference.key),
            known_micros(status.suppress_time) if status.HasField("suppress_time") else None,
            status.segments,
            status.author.user_id if status.HasField("author") else "",
            replies=tuple(map(known_reply, status.replies)),
            revision=status.revision,
        )

    def encode_receipt(self, receipt: Receipt) -> bytes:
        """Return a receipt as a `DeliveryReceipt` without message_id and occur_time."""
        return serialized(untimed_proto(receipt))

    def decode_receipt(
        self, content: bytes, message_id: str, occur_time: int | None, precedence: int
    ) -> Receipt:
        """Return the receipt of a `DeliveryReceipt`."""
        proto = receipt_pb.DeliveryReceipt.FromString(content)
        return Receipt(
            message_id,
            proto.instance if proto.HasField("instance") else None,
            provider_of(proto.provider) if proto.HasField("provider") else _NO_PROVIDER,
            _STATES[proto.state],
            precedence,
            _REASONS[proto.reason],
            _FINALITIES[proto.finality],
            occur_time,
            proto.recipient_user_id,
            _CHANNELS[proto.channel],
            proto.own_side,
            known_reply(proto.reply) if proto.HasField("reply") else None,
            proto.event_id,
            proto.vocabulary,
            proto.source,
        )

    def encode_standing(self, standing: Standing) -> bytes:
        """Return a standing as a `DeliveryReceipt`."""
        proto = receipt_pb.DeliveryReceipt()
        fill_claim(proto, standing.state, standing.reason, standing.channel)
        fill_time(proto.occur_time, standing.change_time)
        if any(standing.provider):
            fill_provider(proto.provider, standing.provider)
        return serialized(proto)

    def decode_standing(self, content: bytes, precedence: int, key: bytes) -> Standing:
        """Return the standing of a `DeliveryReceipt`."""
        proto = receipt_pb.DeliveryReceipt.FromString(content)
        return Standing(
            _STATES[proto.state],
            precedence,
            known_micros(proto.occur_time),
            key,
            _REASONS[proto.reason],
            _CHANNELS[proto.channel],
            provider_of(proto.provider),
        )


def serialized(proto: Proto) -> bytes:
    """Return the bytes of a message of the contract, the same for the same message."""
    return proto.SerializeToString(deterministic=True)


def fill_status(status: status_pb.MessageStatus, message: Message) -> None:
    """Fill in a message as callers see it, in the BASIC view.

    Field by field, and only what is set: building it from keywords would take twice the time.
    """
    standing = message.standing
    fields: Any = status  # its enums are numbers; wrapping each in its type would take longer than setting it
    fields.message_id = message.message_id
    fields.direction = message.direction
    if message.phone:
        fields.phone = message.phone
    _fill_standing(status, standing)
    fill_time(status.accept_time, message.accept_time)
    fill_time(status.message_time, message.message_time)
    fields.revision = message.revision
    if standing.channel:
        fields.channel = standing.channel
    if message.content_kind:
        fields.content_kind = message.content_kind
    if standing.reason:
        fields.reason = standing.reason
    if any(message.reference):
        reference = status.reference
        reference.service, reference.action, reference.key = message.reference
    _fill_rarer(fields, message)


def _fill_standing(status: status_pb.MessageStatus, standing: Standing) -> None:
    fields: Any = status
    fields.state = standing.state
    fill_time(status.change_time, standing.change_time)
    if any(standing.provider):
        fill_provider(status.provider, standing.provider)


def _fill_rarer(fields: Any, message: Message) -> None:
    if message.segments:
        fields.segments = message.segments
    if message.instance:
        fields.instance = message.instance
    if message.conversation_id:
        fields.conversation_id = message.conversation_id
    if message.suppress_time is not None:
        fill_time(fields.suppress_time, message.suppress_time)
    if message.author:
        fields.author.user_id = message.author
    if message.replies:
        fields.replies.extend(map(reply_proto, message.replies))


@cache
def _claim(state: DeliveryState, reason: FailureReason, channel: Channel) -> bytes:
    proto = receipt_pb.DeliveryReceipt()
    fill_claim(proto, state, reason, channel)
    return serialized(proto)


@lru_cache(maxsize=4096)
def _claimed(origin: bytes) -> tuple[DeliveryState, FailureReason, Channel, Provider | None]:
    """Return what a registration claims; its provider only where the message shows another."""
    proto = receipt_pb.DeliveryReceipt.FromString(origin)
    provider = provider_of(proto.provider) if proto.HasField("provider") else None
    return _STATES[proto.state], _REASONS[proto.reason], _CHANNELS[proto.channel], provider
