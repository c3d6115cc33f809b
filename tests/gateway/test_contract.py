"""The gateway keeps what its OpenAPI document promises, whatever a client sends."""

from copy import deepcopy
from typing import Any, NamedTuple

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig

from tests.builders import PHONE, message, moment, register
from tests.running import Operator, RunningGateway

from .reference import DOCUMENT
from .samples import MESSAGE_ID

CONFIG = SchemathesisConfig.from_dict(
    {
        "generation": {"deterministic": True, "max-examples": 10, "database": "none"},
        # The dialects answer what is merely odd as their documents have it: an id that cannot exist is
        # not found, a number that is none has no messages, and AlphaSMS says no in HTTP 200.
        "checks": {
            "negative_data_rejection": {"enabled": False},
            "positive_data_acceptance": {"enabled": False},
        },
    }
)
SCHEMA = schemathesis.openapi.from_dict(deepcopy(DOCUMENT), config=CONFIG)


class Place(NamedTuple):
    """Where to ask, and a key that opens it."""

    url: str
    key: str


@pytest.fixture(scope="module")
def place(operator: Operator, live_gateway: RunningGateway) -> Place:
    """Make a tenant that has what the document's examples ask for."""
    tenant = operator.tenant()
    operator.instance(tenant.name, "line-1")
    register(
        tenant.client,
        message(MESSAGE_ID, phone=PHONE, accept_time=moment()),
        message("3EB08FCF27E532F1B0F5", instance="line-1"),
        message("XlU3OH9eVMzq-yss7M_xyn___oxwgbtGbQ"),
        message("100500"),
    )
    return Place(live_gateway.url, tenant.key)


# A watch that is granted has no end; tests of its own hold what it says.
@SCHEMA.exclude(path="/v1/watch").parametrize()
def test_every_answer_is_one_that_the_document_has(case: schemathesis.Case[Any], place: Place) -> None:
    if isinstance(case.body, dict) and "auth" in case.body:
        case.body["auth"] = place.key
    names = ("sessionToken", "token", "X-Api-Key")
    case.call_and_validate(base_url=place.url, headers=dict.fromkeys(names, place.key))


@SCHEMA.parametrize()
def test_so_is_every_answer_to_a_stranger(case: schemathesis.Case[Any], place: Place) -> None:
    case.call_and_validate(base_url=place.url)
