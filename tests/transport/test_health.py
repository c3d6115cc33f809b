"""Health: the whole server and each service, asked by anybody."""

from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from messagestatus.v1 import access_service_pb2 as access_pb
from messagestatus.v1 import callback_service_pb2 as callback_pb
from messagestatus.v1 import delivery_receipt_service_pb2 as receipt_pb
from messagestatus.v1 import directory_service_pb2 as directory_pb
from messagestatus.v1 import error_dictionary_service_pb2 as error_pb
from messagestatus.v1 import message_service_pb2 as message_pb
from messagestatus.v1 import message_status_service_pb2 as status_pb
from messagestatus.v1 import receipt_review_service_pb2 as review_pb
from messagestatus.v1 import route_service_pb2 as route_pb
from messagestatus.v1 import status_watch_service_pb2 as watch_pb
from messagestatus.v1 import webhook_endpoint_service_pb2 as webhook_pb
from tests.refused import refusal
from tests.running import RunningServer

MODULES: list[Any] = [
    access_pb,
    callback_pb,
    receipt_pb,
    directory_pb,
    error_pb,
    message_pb,
    status_pb,
    review_pb,
    route_pb,
    watch_pb,
    webhook_pb,
]

SERVICES = [
    service.full_name for module in MODULES for service in module.DESCRIPTOR.services_by_name.values()
]


@pytest.mark.parametrize("service", ["", *SERVICES])
def test_the_server_and_each_service_are_serving_and_no_key_is_needed(
    server: RunningServer, service: str
) -> None:
    with grpc.insecure_channel(server.address) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check(
            health_pb2.HealthCheckRequest(service=service), timeout=20
        )
    assert check.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("service", ["nothing", "messagestatus.v1.Nothing", " "])
def test_an_unknown_service_is_not_found(server: RunningServer, service: str) -> None:
    with grpc.insecure_channel(server.address) as channel:
        refused = refusal(
            health_pb2_grpc.HealthStub(channel).Check, health_pb2.HealthCheckRequest(service=service)
        )
    assert refused.code is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    "path",
    [
        "/messagestatus.v1.MessageStatusService/Nothing",
        "/messagestatus.v1.Nothing/GetStatus",
        "/nothing",
        "/grpc.channelz.v1.Channelz/GetServers",
    ],
)
def test_an_unknown_method_is_unimplemented(server: RunningServer, path: str) -> None:
    with grpc.insecure_channel(server.address) as channel:
        refused = refusal(channel.unary_unary(path), b"")
    assert (refused.code, refused.text) == (grpc.StatusCode.UNIMPLEMENTED, "Method not found!")
