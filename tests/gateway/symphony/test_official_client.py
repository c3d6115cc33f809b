"""Symphony's own Python client, the BDK, asks a running gateway for a message's status.

It sends identifiers as they are given to it, percent-encoded, and raises by HTTP status.
"""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import orjson
import pytest
from symphony.bdk.core.auth.auth_session import AuthSession
from symphony.bdk.core.client.api_client_factory import ApiClientFactory
from symphony.bdk.core.config.model.bdk_config import BdkConfig
from symphony.bdk.core.retry import retry
from symphony.bdk.core.service.message.message_service import MessageService
from symphony.bdk.core.service_factory import ServiceFactory
from symphony.bdk.gen.exceptions import (
    ApiException,
    BadRequestException,
    ForbiddenException,
    NotFoundException,
    UnauthorizedException,
)

from tests.builders import message, register
from tests.running import Operator, RunningGateway, Tenant

from .documented import EXAMPLE, FORBIDDEN, RECORDED, UNAUTHORIZED, make_true

MESSAGE_ID = "XlU3OH9eVMzq-yss7M_xyn___oxwgbtGbQ"
DEAD = "a-session-that-ended-long-ago"


class Authenticator:
    """Stands for the pod's log-in, which is no matter of this gateway: each log-in opens a session."""

    def __init__(self, *sessions: str) -> None:
        self.sessions = list(sessions)

    async def retrieve_session_token(self) -> str:
        return self.sessions.pop(0)

    async def retrieve_key_manager_token(self) -> str:
        return "no matter of message status"


@pytest.fixture
async def clients(live_gateway: RunningGateway) -> AsyncIterator[ApiClientFactory]:
    made = ApiClientFactory(config_of(live_gateway))
    yield made
    await made.close_clients()


def config_of(gateway: RunningGateway) -> BdkConfig:
    address = urlsplit(gateway.url)
    retries = {"initialIntervalMillis": 1, "maxIntervalMillis": 1, "maxAttempts": 2}
    return BdkConfig(scheme="http", host=address.hostname, port=address.port, retry=retries)


def service_of(clients: ApiClientFactory, gateway: RunningGateway, *sessions: str) -> MessageService:
    """Makes the client's message service, whose log-ins give these sessions one after the other."""
    session = AuthSession(Authenticator(*sessions))
    return ServiceFactory(clients, session, config_of(gateway)).get_message_service()


@pytest.mark.parametrize("answer", [EXAMPLE, RECORDED])
@pytest.mark.parametrize("message_id", [MESSAGE_ID, "XlU3OH9eVMzq+yss7M/xyn///oxwgbtGbQ=="])
async def test_the_client_reads_the_documented_answers(
    message_id: str,
    answer: dict[str, object],
    tenant: Tenant,
    live_gateway: RunningGateway,
    clients: ApiClientFactory,
) -> None:
    make_true(tenant.client, MESSAGE_ID, answer)
    status = await service_of(clients, live_gateway, tenant.key).get_message_status(message_id)
    assert status.model_dump(by_alias=True) == answer


@pytest.mark.parametrize(
    ("session", "message_id", "raised", "error"),
    [
        ("dead", MESSAGE_ID, UnauthorizedException, UNAUTHORIZED),
        ("service", "not base64", BadRequestException, {"code": 400, "message": "Invalid message ID"}),
        ("service", "unknown", NotFoundException, {"code": 404, "message": "Not Found"}),
        ("stranger", MESSAGE_ID, ForbiddenException, FORBIDDEN),
    ],
)
async def test_the_client_understands_every_refusal(  # noqa: PLR0917 -- the columns of a table
    session: str,
    message_id: str,
    raised: type[ApiException],
    error: dict[str, object],
    tenant: Tenant,
    operator: Operator,
    live_gateway: RunningGateway,
    clients: ApiClientFactory,
) -> None:
    register(tenant.client, message(MESSAGE_ID, author_user_id="1"))
    stranger = operator.key(tenant.name, ["READ"], user_id="2")
    sessions = {"dead": DEAD, "service": tenant.key, "stranger": stranger}
    service = service_of(clients, live_gateway, sessions[session])
    with pytest.raises(raised) as caught:
        await service.get_message_status(message_id)
    assert orjson.loads(caught.value.body) == error


async def test_the_client_recovers_from_a_dead_session(
    tenant: Tenant, live_gateway: RunningGateway, clients: ApiClientFactory
) -> None:
    """With the client's own recovery, which version 3.0.0 puts around most of its calls, but not this one."""
    make_true(tenant.client, MESSAGE_ID, RECORDED)
    service = service_of(clients, live_gateway, DEAD, tenant.key)
    status = await retry(MessageService.get_message_status)(service, MESSAGE_ID)
    assert status.model_dump(by_alias=True) == RECORDED
