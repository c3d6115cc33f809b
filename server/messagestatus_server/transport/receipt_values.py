"""Receipts, replies and what providers say, as messages of the contract, and back."""

from typing import Any

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus_server.domain.message import Channel, Media, Provider, Reply
from messagestatus_server.domain.receipt import Receipt
from messagestatus_server.domain.state import DeliveryState, FailureReason
from messagestatus_server.transport.instants import fill_time, known_micros, timestamp


def receipt_proto(receipt: Receipt) -> receipt_pb.DeliveryReceipt:
    """Return a receipt of the contract."""
    proto = untimed_proto(receipt)
    proto.message_id = receipt.message_id
    if receipt.occur_time is not None:
        fill_time(proto.occur_time, receipt.occur_time)
    return proto


def untimed_proto(receipt: Receipt) -> receipt_pb.DeliveryReceipt:
    """Return a receipt of the contract without the message_id and the time, which stand beside it."""
    proto = receipt_pb.DeliveryReceipt()
    fill_claim(proto, receipt.state, receipt.reason, receipt.channel)
    fields: Any = proto
    if receipt.finality:
        fields.finality = receipt.finality
    if receipt.event_id:
        fields.event_id = receipt.event_id
    if receipt.instance is not None:
        fields.instance = receipt.instance
    if receipt.recipient:
        fields.recipient_user_id = receipt.recipient
    if receipt.vocabulary:
        fields.vocabulary = receipt.vocabulary
    if receipt.own_side:
        fields.own_side = True
    if receipt.reply is not None:
        proto.reply.CopyFrom(reply_proto(receipt.reply))
    if any(receipt.provider):
        fill_provider(proto.provider, receipt.provider)
    if receipt.source:
        fields.source = receipt.source
    return proto


def fill_claim(
    proto: receipt_pb.DeliveryReceipt, state: DeliveryState, reason: FailureReason, channel: Channel
) -> None:
    """Fill in where a receipt or a registration puts a message."""
    fields: Any = proto
    fields.state = state
    if reason:
        fields.reason = reason
    if channel:
        fields.channel = channel


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


def known_reply(proto: status_pb.Reply) -> Reply:
    """Return a reply that we have written."""
    media = proto.media if proto.HasField("media") else None
    return Reply(
        known_micros(proto.reply_time),
        proto.text,
        None if media is None else Media(media.url, media.file_name, media.file_size),
    )
