"""The documents' requests, word for word, are answered with the documents' answers.

What they tell of is registered and reported through gRPC before.
"""

from datetime import datetime
from typing import Any

import orjson
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from messagestatus.v1 import access_pb2, access_service_pb2
from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from messagestatus.v1.message_status_pb2 import CHANNEL_VIBER, Media, Provider, Reply
from tests.builders import message, register, report
from tests.running import Operator, RunningGateway, Tenant

from .asking import document_of, post, status_of
from .documented import ANSWER, AUTH, DENIED, REPLIED, REPLIES, REQUEST


@pytest.fixture(scope="module")
def account(operator: Operator) -> Tenant:
    """An account whose key is the one of the documents."""
    tenant = operator.tenant()
    grant = access_service_pb2.KeyGrant(tenant=tenant.name, client="document", scopes=[access_pb2.SCOPE_READ])
    operator.client.access.ImportKey(access_service_pb2.ImportKeyRequest(grant=grant, token=AUTH))
    for message_id in ("100500", "10500"):
        register(
            tenant.client,
            message(
                message_id,
                channel=CHANNEL_VIBER,
                vocabulary="alphasms",
                provider=Provider(name="alphasms", status="READ"),
            ),
        )
    return tenant


@pytest.mark.parametrize("layout", [None, orjson.OPT_INDENT_2])
def test_documented_request(layout: int | None, account: Tenant, live_gateway: RunningGateway) -> None:
    """As in "Message status", request example. The answer has the id that was asked for."""
    del account
    answer = post(live_gateway.url, orjson.dumps(REQUEST, option=layout))
    assert (answer.status, answer.body) == (200, orjson.dumps(ANSWER).replace(b"10500", b"100500"))
    assert answer.headers["content-type"] == "application/json"


def test_documented_answer(account: Tenant, live_gateway: RunningGateway) -> None:
    del account
    answer = post(live_gateway.url, document_of(AUTH, status_of(10500)))
    assert (answer.status, answer.body) == (200, orjson.dumps(ANSWER))


def test_documented_denial(live_gateway: RunningGateway) -> None:
    answer = post(live_gateway.url, orjson.dumps(REQUEST | {"auth": AUTH.replace("*", "0")}))
    assert (answer.status, answer.body) == (200, orjson.dumps(DENIED))


def test_documented_replies(tenant: Tenant, live_gateway: RunningGateway) -> None:
    """As in "2 Way", response example. Times are in UTC: the zone of a reply is not kept."""
    register(tenant.client, message("10500", channel=CHANNEL_VIBER))
    outcomes = report(tenant.client, *(_receipt(number, told) for number, told in enumerate(REPLIES)))
    assert not any(outcome.HasField("error") for outcome in outcomes)
    answer = post(live_gateway.url, document_of(tenant.key, status_of(10500)))
    in_utc = (
        orjson.dumps(REPLIED)
        .replace(b"2022-05-01T12:01:02+03:00", b"2022-05-01T09:01:02+00:00")
        .replace(b"2022-05-03T14:21:17+03:00", b"2022-05-03T11:21:17+00:00")
    )
    assert (answer.status, answer.body) == (200, in_utc)


def _receipt(number: int, told: dict[str, Any]) -> DeliveryReceipt:
    time = Timestamp()
    time.FromDatetime(datetime.fromisoformat(told["datetime"]))
    reply = Reply(reply_time=time, text=told.get("message", ""))
    if "media" in told:
        media = told["media"]
        reply.media.CopyFrom(
            Media(url=media["url"], file_name=media["filename"], file_size=media["filesize"])
        )
    return DeliveryReceipt(
        message_id="10500",
        event_id=f"reply-{number}",
        vocabulary="alphasms",
        provider=Provider(name="alphasms", status="REPLIED"),
        occur_time=time,
        reply=reply,
    )
