"""Checks of the addresses: whether they are free, or the service answers there and is well."""

import http.client
from collections.abc import Iterator

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from messagestatus_server.cli.checks.finding import Finding, Verdict
from messagestatus_server.cli.connection import open_channel
from messagestatus_server.cli.settings import Settings

_REFUSED = "Connection refused"


def address_checks(settings: Settings, http_address: str) -> Iterator[Finding]:
    """Ask the server and the gateway how they are."""
    yield _server(settings)
    yield _gateway(http_address, settings.timeout)


def _server(settings: Settings) -> Finding:
    with open_channel(settings) as channel:
        try:
            health = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(), timeout=settings.timeout
            )
        except grpc.RpcError as error:
            refused = _REFUSED in (error.details() or "")
            verdict = Verdict.OK if refused else Verdict.FAIL
            text = "is free: no server runs" if refused else f"answers no health check: {error.code().name}"
            return Finding("server", verdict, f"{settings.server} {text}")
    state = health_pb2.HealthCheckResponse.ServingStatus.Name(health.status)
    return Finding(
        "server", Verdict.OK if state == "SERVING" else Verdict.FAIL, f"{settings.server} is {state}"
    )


def _gateway(address: str, timeout: float) -> Finding:
    connection = http.client.HTTPConnection(address, timeout=timeout)
    try:
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
    except ConnectionRefusedError:
        return Finding("gateway", Verdict.OK, f"{address} is free: no gateway runs")
    except (OSError, http.client.HTTPException) as error:
        return Finding("gateway", Verdict.FAIL, f"{address} speaks no HTTP: {error}")
    finally:
        connection.close()
    ready = status == http.client.OK
    return Finding(
        "gateway", Verdict.OK if ready else Verdict.FAIL, f"{address} is {'' if ready else 'not '}ready"
    )
