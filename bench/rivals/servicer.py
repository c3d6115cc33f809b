"""The usual servicer: what a team would write in a day with grpcio, its generated classes and sqlite3."""

import hashlib
import sqlite3
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc

from bench.rivals.columns import digest
from bench.rivals.serving import tell
from messagestatus.v1.delivery_receipt_pb2 import (
    RECEIPT_DISPOSITION_APPLIED,
    RECEIPT_DISPOSITION_DUPLICATE,
    RECEIPT_DISPOSITION_STALE,
    DeliveryReceipt,
)
from messagestatus.v1.delivery_receipt_service_pb2 import (
    ListReceiptsRequest,
    ListReceiptsResponse,
    ReceiptOutcome,
    ReportReceiptsRequest,
    ReportReceiptsResponse,
)
from messagestatus.v1.delivery_receipt_service_pb2_grpc import (
    DeliveryReceiptServiceServicer,
    add_DeliveryReceiptServiceServicer_to_server,
)
from messagestatus.v1.error_reason_pb2 import ERROR_REASON_MESSAGE_NOT_FOUND
from messagestatus.v1.message_status_pb2 import MessageStatus
from messagestatus.v1.message_status_service_pb2 import (
    BatchStatusRequest,
    BatchStatusResponse,
    GetStatusRequest,
    GetStatusResponse,
    ListByPhoneRequest,
    ListByPhoneResponse,
    ListByReferenceRequest,
    ListByReferenceResponse,
    StatusOutcome,
)
from messagestatus.v1.message_status_service_pb2_grpc import (
    MessageStatusServiceServicer,
    add_MessageStatusServiceServicer_to_server,
)

THREADS = 10

_BY_ID = "SELECT * FROM message WHERE message_id = ?"
_BY_PHONE = "SELECT * FROM message WHERE phone = ? ORDER BY accept_time DESC, message_id DESC LIMIT ?"


class Database(threading.local):
    """A connection for each thread."""

    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=20)
        self.connection.row_factory = sqlite3.Row
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute("PRAGMA cache_size = -65536")

    def check_key(self, context: grpc.ServicerContext) -> None:
        """End the call unless it carries a key that is known."""
        sent = dict(context.invocation_metadata()).get("authorization", "")
        key = str(sent).removeprefix("Bearer ")
        known = self.connection.execute(
            "SELECT revoked FROM api_key WHERE digest = ?", (digest(key),)
        ).fetchone()
        if known is None or known["revoked"]:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "wrong key")


class StatusServicer(MessageStatusServiceServicer):
    """Answers look-ups."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def GetStatus(self, request: GetStatusRequest, context: grpc.ServicerContext) -> GetStatusResponse:  # noqa: N802
        """Return one message."""
        self._database.check_key(context)
        row = self._database.connection.execute(_BY_ID, (request.message_id,)).fetchone()
        if row is None:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such message")
        return GetStatusResponse(message_status=_status(row))

    def BatchStatus(self, request: BatchStatusRequest, context: grpc.ServicerContext) -> BatchStatusResponse:  # noqa: N802
        """Return many messages."""
        self._database.check_key(context)
        outcomes = []
        for message_id in request.message_ids:
            row = self._database.connection.execute(_BY_ID, (message_id,)).fetchone()
            if row is None:
                outcomes.append(StatusOutcome(error_reason=ERROR_REASON_MESSAGE_NOT_FOUND))
            else:
                outcomes.append(StatusOutcome(message_status=_status(row)))
        return BatchStatusResponse(outcomes=outcomes)

    def ListByPhone(self, request: ListByPhoneRequest, context: grpc.ServicerContext) -> ListByPhoneResponse:  # noqa: N802
        """Return the newest messages to a number."""
        self._database.check_key(context)
        rows = self._database.connection.execute(_BY_PHONE, (request.phone, request.page_size or 50))
        return ListByPhoneResponse(message_statuses=[_status(row) for row in rows])

    def ListByReference(  # noqa: N802
        self, request: ListByReferenceRequest, context: grpc.ServicerContext
    ) -> ListByReferenceResponse:
        """Left out: nobody asks for it here."""
        context.abort(grpc.StatusCode.UNIMPLEMENTED, request.key)


class ReceiptServicer(DeliveryReceiptServiceServicer):
    """Takes receipts, one transaction a call."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Without it, threads would wait for each other inside SQLite, and sleep too long.
        self._writing = threading.Lock()

    def ReportReceipts(  # noqa: N802
        self, request: ReportReceiptsRequest, context: grpc.ServicerContext
    ) -> ReportReceiptsResponse:
        """Store receipts, and move their messages."""
        self._database.check_key(context)
        connection = self._database.connection
        with self._writing:
            connection.execute("BEGIN IMMEDIATE")
            try:
                outcomes = [_report(connection, receipt) for receipt in request.receipts]
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        return ReportReceiptsResponse(outcomes=outcomes)

    def ListReceipts(  # noqa: N802
        self, request: ListReceiptsRequest, context: grpc.ServicerContext
    ) -> ListReceiptsResponse:
        """Left out: nobody asks for it here."""
        context.abort(grpc.StatusCode.UNIMPLEMENTED, request.message_id)


def _status(row: sqlite3.Row) -> MessageStatus:
    status = MessageStatus(
        message_id=row["message_id"],
        direction=row["direction"],
        channel=row["channel"],
        content_kind=row["content_kind"],
        phone=row["phone"],
        state=row["state"],
        segments=row["segments"],
        revision=row["revision"],
    )
    status.reference.service = row["reference_service"]
    status.reference.action = row["reference_action"]
    status.reference.key = row["reference_key"]
    status.provider.name = row["provider"]
    status.provider.message_id = row["provider_message_id"]
    status.provider.status = row["provider_status"]
    status.accept_time.FromMicroseconds(row["accept_time"])
    status.change_time.FromMicroseconds(row["change_time"])
    status.message_time.FromMicroseconds(row["message_time"])
    return status


def _report(connection: sqlite3.Connection, receipt: DeliveryReceipt) -> ReceiptOutcome:
    occur_time = receipt.occur_time.ToMicroseconds()
    said = f"{receipt.message_id}{receipt.state}{occur_time}"
    key = hashlib.sha256(said.encode()).hexdigest()[:32]
    provider = receipt.provider
    stored = connection.execute(
        "INSERT OR IGNORE INTO receipt VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)",
        (
            key,
            receipt.message_id,
            receipt.state,
            provider.name,
            provider.status,
            occur_time,
            time.time_ns() // 1000,
        ),
    )
    if not stored.rowcount:
        return ReceiptOutcome(disposition=RECEIPT_DISPOSITION_DUPLICATE, receipt_key=key)
    moved = connection.execute(
        "UPDATE message SET state = ?1, change_time = ?2, provider_status = ?3, revision = revision + 1"
        " WHERE message_id = ?4 AND state < ?1",
        (receipt.state, occur_time, provider.status, receipt.message_id),
    )
    disposition = RECEIPT_DISPOSITION_APPLIED if moved.rowcount else RECEIPT_DISPOSITION_STALE
    return ReceiptOutcome(disposition=disposition, receipt_key=key, state=receipt.state)


def main() -> None:
    """Serve the database that is named, until the process is ended."""
    database = Database(str(Path(sys.argv[1])))
    server = grpc.server(ThreadPoolExecutor(THREADS))
    add_MessageStatusServiceServicer_to_server(StatusServicer(database), server)
    add_DeliveryReceiptServiceServicer_to_server(ReceiptServicer(database), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    tell(f"127.0.0.1:{port}")
    server.wait_for_termination()


if __name__ == "__main__":
    main()
