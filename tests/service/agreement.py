"""What the columns of a row say, compared with what its bytes say."""

from typing import Any

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.service.workbench import Rows, Workbench


def check_agreement(bench: Workbench) -> None:
    """Hold that every column says what the bytes beside it say."""
    rows = bench.rows()
    _check_messages(rows)
    _check_recipients(rows)
    _check_receipts(rows)


def check_feed(bench: Workbench) -> None:
    """Hold that the changes of each message follow on one another, up to where it stands now."""
    last: dict[int, tuple[int, int, int]] = {}
    for handle, kind, previous, state, reason, change_time in bench.changes():
        assert (kind == 1) == (handle not in last), "a registration comes first, and once"
        assert previous == (last[handle][0] if handle in last else 0), "each goes on from the one before"
        last[handle] = state, reason, change_time
    for handle, *stands in bench.select("SELECT handle, state, reason, change_time FROM message"):
        assert last[handle] == tuple(stands), "the last tells where the message stands"


def _check_messages(rows: Rows) -> None:
    for row in rows.messages:
        _, message_id, instance, phone, key, service, action, channel, accept_time, *rest = row
        _, state, _, reason, change_time, receipt_key, origin, resource = rest
        status = lookup_pb.GetStatusResponse.FromString(resource).message_status
        assert status.message_id == message_id
        assert status.instance == instance
        assert (status.phone or None) == phone
        reference = status.reference
        assert (reference.key or None, reference.service or None, reference.action or None) == (
            key,
            service,
            action,
        )
        assert status.channel == channel
        assert _micros(status.accept_time) == accept_time
        assert status.state == state
        assert status.reason == reason
        assert _micros(status.change_time) == change_time
        claimed = receipt_pb.DeliveryReceipt.FromString(origin)
        assert _micros(claimed.occur_time) == accept_time
        if not receipt_key:
            assert (claimed.state, claimed.reason, claimed.channel) == (state, reason, channel)


def _check_recipients(rows: Rows) -> None:
    groups = {(row[1], row[2]) for row in rows.messages if row[9]}
    everybody = {(row[0], row[1]) for row in rows.recipients if not row[2]}
    assert everybody == groups, "each group, and no single message, has a general standing"
    for row in rows.recipients:
        assert receipt_pb.DeliveryReceipt.FromString(row[7]).state == row[4]


def _check_receipts(rows: Rows) -> None:
    for row in rows.receipts:
        _, message_id, _, parked_id, parked_provider, parked_provider_id, state, _, occur_time, content = row
        receipt = receipt_pb.DeliveryReceipt.FromString(content)
        assert receipt.state == state
        if receipt.HasField("occur_time"):
            assert _micros(receipt.occur_time) == occur_time
        provider = receipt.provider
        by_provider = (provider.name, provider.message_id) if not receipt.message_id else (None, None)
        parked = (receipt.message_id or None, *by_provider) if message_id is None else (None, None, None)
        assert (parked_id, parked_provider, parked_provider_id) == parked


def _micros(time: Any) -> int:
    return int(time.seconds * 1_000_000 + time.nanos // 1_000)
