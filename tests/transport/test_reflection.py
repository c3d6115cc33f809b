"""Reflection: `buf curl` needs nothing but the address, unless the operator hides the contract."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from messagestatus.v1 import message_status_service_pb2 as lookup_pb
from tests.builders import PHONE, message, register
from tests.running import RunningServer, Tenant
from tests.transport.test_health import SERVICES

GET_STATUS = "messagestatus.v1.MessageStatusService/GetStatus"


def _buf_curl(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run `buf curl` over plaintext HTTP/2, away from any buf configuration."""
    buf = Path(sys.executable).with_name("buf")
    command = [str(buf), "curl", "--protocol", "grpc", "--http2-prior-knowledge", *arguments]
    environment = {"HOME": str(home), "BUF_CACHE_DIR": str(home)}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=30, cwd=home, env=environment
    )


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Run a server that hides its contract."""
    running = RunningServer(tmp_path_factory.mktemp("hidden"), "--no-reflection")
    yield running
    running.terminate()


def test_the_services_are_listed(server: RunningServer, tmp_path: Path) -> None:
    listed = _buf_curl("--list-services", f"http://{server.address}", home=tmp_path)
    assert listed.stdout.split() == sorted(
        [*SERVICES, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"]
    ), listed.stderr


def test_a_call_is_made_with_nothing_but_address_and_key(
    server: RunningServer, tenant: Tenant, tmp_path: Path
) -> None:
    register(tenant.client, message("m", phone=PHONE))
    called = _buf_curl(
        *("--header", f"x-api-key: {tenant.key}", "--data", '{"message_id": "m"}'),
        f"http://{server.address}/{GET_STATUS}",
        home=tmp_path,
    )
    assert called.returncode == 0, called.stderr
    found = json.loads(called.stdout)["messageStatus"]
    assert (found["messageId"], found["phone"], found["state"]) == ("m", PHONE, "DELIVERY_STATE_QUEUED")


def test_a_refusal_is_shown_with_its_details(server: RunningServer, tenant: Tenant, tmp_path: Path) -> None:
    called = _buf_curl(
        *("--header", f"authorization: Bearer {tenant.key}", "--data", '{"message_id": "none"}'),
        f"http://{server.address}/{GET_STATUS}",
        home=tmp_path,
    )
    assert called.returncode != 0
    told = json.loads(called.stderr)
    assert told["code"] == "not_found"
    assert "google.rpc.ErrorInfo" in {detail["type"] for detail in told["details"]}


def test_every_file_of_the_contract_can_be_fetched_by_the_name_of_its_service(tenant: Tenant) -> None:
    """No key is needed, and what comes is the contract: the very descriptor that clients are made of."""
    stub = reflection_pb2_grpc.ServerReflectionStub(tenant.client.channel)
    asked = [reflection_pb2.ServerReflectionRequest(file_containing_symbol=service) for service in SERVICES]
    answers = list(stub.ServerReflectionInfo(iter(asked), timeout=20))
    found = {
        FileDescriptorProto.FromString(answer.file_descriptor_response.file_descriptor_proto[0]).name
        for answer in answers
    }
    assert len(found) == len(SERVICES)
    assert lookup_pb.DESCRIPTOR.name in found


def test_a_hidden_contract_is_told_to_nobody(hidden: RunningServer, tmp_path: Path) -> None:
    listed = _buf_curl("--list-services", f"http://{hidden.address}", home=tmp_path)
    assert listed.returncode != 0
    assert "messagestatus" not in listed.stdout
    assert "unimplemented" in listed.stderr.lower()


def test_a_hidden_contract_still_serves(hidden: RunningServer, tmp_path: Path) -> None:
    """With the protos at hand, the same call works."""
    protos = Path(__file__).parents[2] / "protos"
    called = _buf_curl(
        *("--schema", str(protos), "--header", f"x-api-key: {hidden.admin_key}"),
        *("--data", '{"message_id": "none"}'),
        f"http://{hidden.address}/{GET_STATUS}",
        home=tmp_path,
    )
    assert json.loads(called.stderr)["code"] in {"not_found", "permission_denied"}
