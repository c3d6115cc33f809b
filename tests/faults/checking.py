"""What must hold of a server after a fault, whatever the fault was."""

from collections import Counter, defaultdict

import apsw

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.faults.load import Ledger, Said, register, report
from tests.running import Client, RunningServer

BATCH = 500


def check_nothing_lost(client: Client, ledger: Ledger) -> dict[str, int]:
    """Hold that all that was acknowledged is there, once; say it all again, and return the revisions.

    What was said without an answer may be there or not; said again, it must be there once.
    """
    known = revisions(client, sorted(ledger.messages()))
    surely, perhaps = _receipts(ledger.acknowledged), _receipts(ledger.unknown)
    for message_id in {said.message_id for said in ledger.acknowledged if said.receipt is None}:
        least = 1 + surely[message_id]
        assert message_id in known, f"{message_id} was acknowledged, and is lost"
        assert least <= known[message_id] <= least + perhaps[message_id], message_id
    _say_again(client, ledger)
    everything = ledger.acknowledged
    registered = {said.message_id for said in everything if said.receipt is None}
    known, surely = revisions(client, sorted(ledger.messages())), _receipts(everything)
    assert known == {message_id: 1 + surely[message_id] for message_id in registered}
    return known


def check_sound(server: RunningServer) -> None:
    """Hold that the database is sound, and that its parts agree."""
    reader = apsw.Connection(str(server.database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        assert reader.execute("PRAGMA integrity_check").get == "ok"
        assert reader.execute(_DOUBLED).get == 0
        assert reader.execute(_UNHEARD).get == 0
    finally:
        reader.close()


_DOUBLED = "SELECT count(*) - count(DISTINCT hex(receipt_key) || tenant) FROM receipt"

_UNHEARD = """
    SELECT count(*) FROM message WHERE state IS NOT (
        SELECT state FROM change WHERE message = handle ORDER BY sequence DESC LIMIT 1
    )
"""
"""How many messages stand where the change feed does not say."""


def revisions(client: Client, message_ids: list[str]) -> dict[str, int]:
    """Return the revision of each message that the server knows."""
    found = {}
    for start in range(0, len(message_ids), BATCH):
        request = lookup_pb.BatchStatusRequest(message_ids=message_ids[start : start + BATCH])
        for outcome in client.status.BatchStatus(request).outcomes:
            if outcome.HasField("message_status"):
                found[outcome.message_status.message_id] = outcome.message_status.revision
    return found


def _say_again(client: Client, ledger: Ledger) -> None:
    """Say all of it again: what is known of it must be a duplicate."""
    everything = sorted(ledger.acknowledged | ledger.unknown, key=str)
    registrations = [said for said in everything if said.receipt is None]
    receipts = [said for said in everything if said.receipt is not None]
    for start in range(0, len(registrations), BATCH):
        register(client, registrations[start : start + BATCH])
    for start in range(0, len(receipts), BATCH):
        said = receipts[start : start + BATCH]
        for each, disposition in zip(said, report(client, said), strict=True):
            if each in ledger.acknowledged:
                assert disposition == receipt_pb.RECEIPT_DISPOSITION_DUPLICATE, each
    ledger.note(everything, acknowledged=True)


def _receipts(said: set[Said]) -> Counter[str]:
    distinct: defaultdict[str, set[int]] = defaultdict(set)
    for message_id, number in said:
        if number is not None:
            distinct[message_id].add(number)
    return Counter({message_id: len(numbers) for message_id, numbers in distinct.items()})
