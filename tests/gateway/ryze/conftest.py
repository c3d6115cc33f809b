"""An account with two lines and the messages they know, and a stranger who has the same names."""

from typing import NamedTuple

import pytest

from messagestatus.v1 import delivery_receipt_pb2 as receipt_pb
from messagestatus.v1 import message_status_pb2 as status_pb
from tests.builders import message, register, report, state
from tests.gateway.samples import timestamp
from tests.running import Operator, RunningGateway

from .documented import CHAT, INSTANCE, MESSAGE_ID, TRAVELLED

ON_BOTH_LINES = "3EB0B07B07B07B07B07B"
ON_THE_OTHER = "3EB00000000000000002"
ON_NO_LINE = "3EB00000000000000000"
OF_THE_STRANGER = "3EB05742A46E0000F0F0"


class Account(NamedTuple):
    """Where to ask, and the tokens that tests know by name."""

    port: int
    tokens: dict[str, str]


@pytest.fixture(scope="session")
def account(operator: Operator, live_gateway: RunningGateway) -> Account:
    """Make the account and the stranger."""
    mine, stranger = operator.tenant("ryze-account"), operator.tenant("ryze-stranger")
    for tenant in (mine, stranger):
        operator.instance(tenant.name, INSTANCE)
    operator.instance(mine.name, "other-line")
    operator.instance(stranger.name, "strangers-line")
    common = {"conversation_id": CHAT, "vocabulary": "ryze", "message_time": timestamp(TRAVELLED)}
    register(
        mine.client,
        message(MESSAGE_ID, instance=INSTANCE, **common),
        message(ON_BOTH_LINES, instance=INSTANCE),
        message(ON_BOTH_LINES, instance="other-line", state=state("FAILED")),
        message(ON_THE_OTHER, instance="other-line"),
        message(ON_NO_LINE),
        message(OF_THE_STRANGER + "b", instance="other-line"),
        message(OF_THE_STRANGER + "b"),
    )
    report(mine.client, *(_told(word) for word in ("sent", "delivered", "read")))
    register(
        stranger.client,
        message(MESSAGE_ID, instance=INSTANCE, state=state("FAILED")),
        message(OF_THE_STRANGER, instance=INSTANCE),
    )
    tokens = {
        "account": mine.key,
        "line": operator.key(mine.name, ["READ"], client="line", instance=INSTANCE),
        "other line": operator.key(mine.name, ["READ"], client="other", instance="other-line"),
        "ingesting": operator.key(mine.name, ["INGEST"], client="ingesting"),
        "stranger": stranger.key,
    }
    return Account(int(live_gateway.url.rpartition(":")[2]), tokens)


def _told(word: str) -> receipt_pb.DeliveryReceipt:
    provider = status_pb.Provider(name="ryze", message_id=MESSAGE_ID, status=word)
    return receipt_pb.DeliveryReceipt(
        message_id=MESSAGE_ID, instance=INSTANCE, provider=provider, vocabulary="ryze"
    )
