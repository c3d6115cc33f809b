"""A full disk: told as such, while reads go on, nothing acknowledged is lost, and writes resume with room."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from messagestatus.v1 import message_service_pb2 as register_pb
from tests.faults.checking import check_nothing_lost, check_sound, revisions
from tests.faults.load import Ledger, Said, report
from tests.faults.small_disk import FewPages, SmallDisk, SmallFileSystem
from tests.running import Client, Operator


@pytest.fixture(params=["small file system", "few pages"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk]:
    """Offer a disk that is soon full; pages stand in for a file system where none can be mounted."""
    mountable = request.param == "small file system" and SmallFileSystem.possible(tmp_path / "probe")
    disk: SmallDisk = SmallFileSystem(tmp_path / "disk") if mountable else FewPages(tmp_path / "data")
    yield disk
    disk.remove()


def test_a_full_disk_refuses_writes_and_nothing_else(disk: SmallDisk) -> None:
    server = disk.serve()
    operator = Operator(server)
    tenant = operator.tenant("full")
    ledger = Ledger()
    try:
        refusals = _fill(tenant.client, ledger)
        assert {refused.code() for refused in refusals} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
        assert all(_retry_delay(refused) > 0 for refused in refusals)
        known = {said.message_id for said in ledger.acknowledged}
        assert set(revisions(tenant.client, sorted(known))) == known
        health = health_pb2_grpc.HealthStub(operator.client.channel)
        assert health.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.SERVING
        server = disk.grow(server)
        client = Client(server.address, tenant.key)
        report(client, [Said(min(known), 1)])
        ledger.note([Said(min(known), 1)], acknowledged=True)
        check_nothing_lost(client, ledger)
        client.close()
        check_sound(server)
    finally:
        operator.close()
        server.kill()


def _fill(client: Client, ledger: Ledger) -> list[grpc.RpcError]:
    """Register long messages until there is no room for even one, and return the refusals."""
    refusals: list[grpc.RpcError] = []
    size, number = 64, 0
    while size:
        said = [Said(f"m{number + each}") for each in range(size)]
        number += size
        messages = [
            register_pb.MessageRegistration(message_id=each.message_id, author_user_id="x" * 256)
            for each in said
        ]
        try:
            client.messages.RegisterMessages(register_pb.RegisterMessagesRequest(messages=messages))
        except grpc.RpcError as refused:
            refusals.append(refused)
            size //= 2
        else:
            ledger.note(said, acknowledged=True)
    return refusals


def _retry_delay(refused: grpc.RpcError) -> int:
    status = rpc_status.from_call(refused)
    for detail in status.details:
        retry = RetryInfo()
        if detail.Unpack(retry):
            return int(retry.retry_delay.ToMilliseconds())
    return 0
