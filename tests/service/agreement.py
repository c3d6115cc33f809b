"""What the columns of a row say, compared with what its bytes say."""

from typing import Any

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from messagestatus_server.storage.sqlite.packing import packed
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
        assert packed(status.message_id) == message_id
        assert status.instance == instance
        assert (status.phone or None) == phone
        reference = status.reference
        assert (packed(reference.key) or None, reference.service or None, reference.action or None) == (
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
        assert not claimed.HasField("occur_time"), "it is the accept time"
        assert not claimed.HasField("provider") or claimed.provider != status.provider, "it is told already"
        if not any(receipt_key):
            assert (claimed.state, claimed.reason, claimed.channel) == (state, reason, channel)
            assert not claimed.HasField("provider")


def _check_recipients(rows: Rows) -> None:
    groups = {(row[1], row[2]) for row in rows.messages if row[9]}
    everybody = {(row[0], row[1]) for row in rows.recipients if not row[2]}
    assert everybody == groups, "each group, and no single message, has a general standing"
    for row in rows.recipients:
        assert receipt_pb.DeliveryReceipt.FromString(row[7]).state == row[4]


def _check_receipts(rows: Rows) -> None:
    for row in rows.receipts:
        _, message_id, _, named, parked_id, provider, provider_id, state, _, _, content = row
        receipt = receipt_pb.DeliveryReceipt.FromString(content)
        assert receipt.state == state
        assert not receipt.message_id
        assert not receipt.HasField("occur_time")
        if message_id is not None or named:
            assert (provider, provider_id) == (None, None)
        else:
            assert provider == receipt.provider.name
            assert provider_id == packed(receipt.provider.message_id)
        assert (parked_id is not None) == (message_id is None and named == 1)


def _micros(time: Any) -> int:
    return int(time.seconds * 1_000_000 + time.nanos // 1_000)
