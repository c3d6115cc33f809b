"""MessageStatusService over the wire: what is registered can be asked for, in every way."""

import grpc
import pytest

from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.running import Tenant


def test_a_registered_message_is_queued(tenant: Tenant) -> None:
    tenant.client.messages.RegisterMessages(
        message_pb.RegisterMessagesRequest(
            messages=[message_pb.MessageRegistration(message_id="one", phone="+1234567890")]
        )
    )
    found = tenant.client.status.GetStatus(lookup_pb.GetStatusRequest(message_id="one")).message_status
    assert (found.message_id, found.phone) == ("one", "+1234567890")
    assert found.state == state_pb.DELIVERY_STATE_QUEUED


def test_an_unknown_message_is_not_found(tenant: Tenant) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        tenant.client.status.GetStatus(lookup_pb.GetStatusRequest(message_id="none"))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
