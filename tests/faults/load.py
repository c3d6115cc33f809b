"""Load from several client threads, with a ledger of what was acknowledged and what is not known."""

import threading
from collections.abc import Callable, Iterable
from random import Random
from typing import NamedTuple

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import delivery_receipt_service_pb2 as report_pb
from messagestatus.v1 import delivery_state_pb2 as state_pb
from messagestatus.v1 import message_service_pb2 as register_pb
from tests.running import Client

STATES = (
    state_pb.DELIVERY_STATE_ACCEPTED,
    state_pb.DELIVERY_STATE_SENT,
    state_pb.DELIVERY_STATE_DELIVERED,
    state_pb.DELIVERY_STATE_READ,
)


class Said(NamedTuple):
    """One thing said of a message: its registration, or the receipt with a number."""

    message_id: str
    receipt: int | None = None


class Ledger:
    """What was acknowledged, and what was said without an answer: its outcome is unknown."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.acknowledged: set[Said] = set()
        self.unknown: set[Said] = set()

    def note(self, said: Iterable[Said], *, acknowledged: bool) -> None:
        with self._lock:
            if acknowledged:
                self.acknowledged.update(said)
                self.unknown.difference_update(said)
            else:
                self.unknown.update(set(said) - self.acknowledged)

    def messages(self) -> set[str]:
        return {said.message_id for said in self.acknowledged | self.unknown}


def receipt(said: Said) -> receipt_pb.DeliveryReceipt:
    """Return the receipt with a number: the same for the same number."""
    assert said.receipt is not None
    return receipt_pb.DeliveryReceipt(
        message_id=said.message_id,
        state=STATES[said.receipt % len(STATES)],
        occur_time=Timestamp(seconds=1_700_000_000 + said.receipt),
    )


def register(client: Client, said: list[Said]) -> None:
    """Register messages; raise when any of them was not."""
    request = register_pb.RegisterMessagesRequest(
        messages=[register_pb.MessageRegistration(message_id=each.message_id) for each in said]
    )
    for outcome in client.messages.RegisterMessages(request).outcomes:
        assert not outcome.HasField("error"), outcome


def report(client: Client, said: list[Said]) -> list[receipt_pb.ReceiptDisposition.ValueType]:
    """Report receipts, and return what became of each; raise when any of them was not stored."""
    request = report_pb.ReportReceiptsRequest(receipts=map(receipt, said))
    outcomes = client.receipts.ReportReceipts(request).outcomes
    for outcome in outcomes:
        assert not outcome.HasField("error"), outcome
    return [outcome.disposition for outcome in outcomes]


class Load:
    """Threads that register and report, in singles and batches, until told to stop or the server is gone."""

    def __init__(self, connect: Callable[[], Client], ledger: Ledger, seed: str, threads: int = 4) -> None:
        self._ledger = ledger
        self._stop = threading.Event()
        self._clients = [connect() for _ in range(threads)]
        self.faults: list[grpc.StatusCode] = []
        self._threads = [
            threading.Thread(target=self._run, args=(client, f"{seed}-{number}"))
            for number, client in enumerate(self._clients)
        ]
        for thread in self._threads:
            thread.start()

    def wait_for(self, acknowledged: int) -> None:
        """Wait until so much more was acknowledged."""
        wanted = len(self._ledger.acknowledged) + acknowledged
        while len(self._ledger.acknowledged) < wanted and any(each.is_alive() for each in self._threads):
            self._stop.wait(0.005)

    def stop(self) -> None:
        """Stop every thread, and wait for the calls under way."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()
        for client in self._clients:
            client.close()

    def _run(self, client: Client, seed: str) -> None:
        chance = Random(seed)
        own: list[str] = []
        number = 0
        while not self._stop.is_set():
            size = chance.choice([1, 1, 5, 50])
            if not own or chance.random() < 0.3:
                said = [Said(f"{seed}-{number + each}") for each in range(size)]
                number += size
                call: Callable[[Client, list[Said]], object] = register
                own += [each.message_id for each in said]
            else:
                # Some come again, and some come before their message.
                said = [Said(chance.choice(own), chance.randint(0, 9)) for _ in range(size)]
                if chance.random() < 0.1:
                    said.append(Said(f"{seed}-{number + chance.randint(0, 3)}", chance.randint(0, 9)))
                call = report
            try:
                call(client, said)
            except grpc.RpcError as fault:
                self._ledger.note(said, acknowledged=False)
                self.faults.append(fault.code())
                if fault.code() is grpc.StatusCode.UNAVAILABLE:
                    return
            else:
                self._ledger.note(said, acknowledged=True)
