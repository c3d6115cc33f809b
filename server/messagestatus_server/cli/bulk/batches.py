"""Gathers records into batches: requests ready to send, and what was wrong with the rest."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from messagestatus.v1.delivery_receipt_service_pb2 import ReportReceiptsRequest
from messagestatus.v1.message_service_pb2 import RegisterMessagesRequest
from messagestatus_server.cli.bulk.records import TYPES, Kind, Lines, Record
from messagestatus_server.cli.bulk.rejects import Reject
from messagestatus_server.cli.shape import FieldFault, Shape

_BYTES = 1 << 20  # of file text in one batch, so that its requests stay below the 4 MiB the server takes


@dataclass
class Batch:
    """Some consecutive records, and where in the file the last of them ends."""

    messages: RegisterMessagesRequest = field(default_factory=RegisterMessagesRequest)
    receipts: ReportReceiptsRequest = field(default_factory=ReportReceiptsRequest)
    message_records: list[Record] = field(default_factory=list)
    receipt_records: list[Record] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    records: int = 0
    size: int = 0
    end: int = 0
    line: int = 0


def batches(records: Iterable[Record], lines: Lines, most: int) -> Iterator[Batch]:
    """Yield batches of at most `most` records; `lines` is what the records are read from."""
    shapes = {kind: Shape(message_type) for kind, message_type in TYPES.items()}
    batch = Batch()
    for record in records:
        try:
            if record.fault:
                raise record.fault
            _add(batch, record, shapes[record.kind])
        except FieldFault as fault:
            batch.rejects.append(Reject.of(record, fault.field, fault.reason))
        batch.records += 1
        batch.size += len(record.text)
        if batch.records == most or batch.size >= _BYTES:
            yield _closed(batch, lines)
            batch = Batch()
    yield _closed(batch, lines)


def _closed(batch: Batch, lines: Lines) -> Batch:
    """Note in a full batch how far the file has been read."""
    batch.end, batch.line = lines.offset, lines.count
    return batch


def _add(batch: Batch, record: Record, shape: Shape) -> None:
    """Add a record to the request that it belongs in. Raises FieldFault."""
    fields = shape.fields(record.fields)
    requests: Any
    if record.kind is Kind.MESSAGES:
        requests, kept = batch.messages.messages, batch.message_records
    else:
        requests, kept = batch.receipts.receipts, batch.receipt_records
    try:
        requests.add(**fields)
    except ValueError as error:
        # The one thing the converters leave to protobuf, because looking for it costs time.
        del requests[len(kept) :]
        raise FieldFault("", "is no UTF-8") from error
    kept.append(record)
