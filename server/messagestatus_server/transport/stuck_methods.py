"""ReceiptReviewService, the part about messages that wait for receipts."""

from functools import partial

from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1 import receipt_review_service_pb2 as pb
from messagestatus_server.domain.awaiting import Stuck, StuckPlace
from messagestatus_server.domain.caller import Caller, Scope
from messagestatus_server.domain.message import Channel
from messagestatus_server.service.stuck import StuckMessages, StuckQuery
from messagestatus_server.transport.instants import timestamp
from messagestatus_server.transport.method import Method
from messagestatus_server.transport.parsing import enumerated, parsed
from messagestatus_server.transport.place_token import place_of, place_token

SERVICE = "messagestatus.v1.ReceiptReviewService"


def methods(stuck: StuckMessages) -> list[Method]:
    """Return the methods of the service that are about waiting."""
    return [Method(SERVICE, "ListStuck", Scope.ADMIN, partial(_list, stuck))]


async def _list(stuck: StuckMessages, caller: Caller, body: bytes) -> bytes:
    request = parsed(pb.ListStuckRequest, body)
    channel = enumerated("channel", Channel, request.channel)
    query = StuckQuery(request.tenant or caller.tenant_name, request.provider, channel)
    asked = ("stuck", *query)
    place = place_of(asked, request.page_token, len(StuckPlace._fields))
    after = None if place is None else StuckPlace(*place)
    messages, following = await stuck.page(caller, query, after, request.page_size)
    return pb.ListStuckResponse(
        messages=map(_message, messages), next_page_token=place_token(asked, following)
    ).SerializeToString()


def _message(stuck: Stuck) -> pb.StuckMessage:
    return pb.StuckMessage(
        message_id=stuck.message_id,
        instance=stuck.instance,
        provider=stuck.awaited.provider,
        channel=status_pb.Channel.ValueType(stuck.awaited.channel),
        state=state_pb.DeliveryState.ValueType(stuck.state),
        due_time=timestamp(stuck.awaited.due_time),
        mark_time=timestamp(stuck.mark_time),
    )
