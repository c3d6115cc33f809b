"""AlphaSMS's clients on a real server: their words, their fallbacks, and accounts that never cross."""

from pathlib import Path
from typing import Any

import pytest

from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from messagestatus.v1.message_status_pb2 import CHANNEL_SMS, CHANNEL_VIBER, Provider
from tests.builders import message, moment, receipt, register, report
from tests.running import Operator, RunningGateway, RunningServer, Tenant

from .asking import document_of, post, status_of
from .documented import DENIED
from .test_rendering import BY_REASON, WORDS


def entry(gateway: RunningGateway, key: str, message_id: object = 1) -> dict[str, Any]:
    """Asks for one message, and gives its entry."""
    (shown,) = post(gateway.url, document_of(key, status_of(message_id))).json["data"]
    found: dict[str, Any] = shown
    return found


def failed(error: str, message_id: object = 1) -> dict[str, Any]:
    return {"success": False, "error": error, "data": {"id": message_id}}


@pytest.mark.parametrize("reported", [True, False])
@pytest.mark.parametrize("word", sorted({*WORDS.values(), *BY_REASON.values()}))
def test_a_word_of_alphasms_reads_back_as_the_same_word(
    word: str, reported: bool, tenant: Tenant, live_gateway: RunningGateway
) -> None:
    words: dict[str, Any] = {"vocabulary": "alphasms", "provider": Provider(name="alphasms", status=word)}
    register(tenant.client, message("1", channel=CHANNEL_VIBER, **({} if reported else words)))
    if reported:
        report(tenant.client, DeliveryReceipt(message_id="1", occur_time=moment(1), **words))
    assert entry(live_gateway, tenant.key)["data"] == {"id": 1, "type": "viber", "status": word}


@pytest.mark.parametrize(
    ("rule", "receipts", "expected"),
    [
        ("before any receipt, the channel it was sent on", [], ("viber", "QUEUED")),
        (
            "after the fallback, the channel that delivered it",
            [("EXPIRED", 1, CHANNEL_VIBER), ("DELIVERED", 2, CHANNEL_SMS)],
            ("sms", "DELIVERED"),
        ),
        (
            "in whatever order the receipts came",
            [("DELIVERED", 2, CHANNEL_SMS), ("EXPIRED", 1, CHANNEL_VIBER)],
            ("sms", "DELIVERED"),
        ),
        (
            "a stronger receipt of the first channel takes it back",
            [("DELIVERED", 2, CHANNEL_SMS), ("READ", 3, CHANNEL_VIBER)],
            ("viber", "READ"),
        ),
    ],
)
def test_type_is_the_channel_of_the_receipt_that_decides(
    rule: str,
    receipts: list[tuple[str, float, int]],
    expected: tuple[str, str],
    tenant: Tenant,
    live_gateway: RunningGateway,
) -> None:
    register(tenant.client, message("1", channel=CHANNEL_VIBER))
    report(tenant.client, *(receipt("1", state, time, channel=channel) for state, time, channel in receipts))
    shown = entry(live_gateway, tenant.key)["data"]
    assert (shown["type"], shown["status"]) == expected, rule


def test_one_id_in_two_accounts_never_crosses(operator: Operator, live_gateway: RunningGateway) -> None:
    first, second, third = (operator.tenant() for _ in range(3))
    register(first.client, message("100500", channel=CHANNEL_SMS, state="DELIVERY_STATE_DELIVERED"))
    register(second.client, message("100500", channel=CHANNEL_VIBER, state="DELIVERY_STATE_EXPIRED"))
    shown = [entry(live_gateway, account.key, 100500)["data"] for account in (first, second)]
    assert shown == [
        {"id": 100500, "type": "sms", "status": "DELIVERED"},
        {"id": 100500, "type": "viber", "status": "EXPIRED"},
    ]
    assert entry(live_gateway, third.key, 100500) == failed("Wrong message ID", 100500)


def test_a_key_that_may_not_read_is_denied(
    tenant: Tenant, operator: Operator, live_gateway: RunningGateway
) -> None:
    key = operator.key(tenant.name, ["INGEST"])
    assert post(live_gateway.url, document_of(key, status_of(1))).json == DENIED


def test_a_key_of_a_person_is_denied_the_items_that_the_person_may_not_see(
    tenant: Tenant, operator: Operator, live_gateway: RunningGateway
) -> None:
    register(tenant.client, message("1", author_user_id="anna"), message("2", author_user_id="boris"))
    key = operator.key(tenant.name, ["READ"], user_id="anna")
    assert entry(live_gateway, key, 1)["success"] is True
    assert entry(live_gateway, key, "2") == failed("Access denied", "2")


def test_an_id_that_two_lines_know_is_wrong_until_the_key_names_the_line(
    tenant: Tenant, operator: Operator, live_gateway: RunningGateway
) -> None:
    for line, state in (("a", "DELIVERY_STATE_DELIVERED"), ("b", "DELIVERY_STATE_EXPIRED")):
        operator.instance(tenant.name, line)
        register(tenant.client, message("1", instance=line, state=state))
    assert entry(live_gateway, tenant.key) == failed("Wrong message ID")
    bound = operator.key(tenant.name, ["READ"], instance="b")
    assert entry(live_gateway, bound)["data"]["status"] == "EXPIRED"


def test_who_asks_too_often_is_told_in_http_200(
    tenant: Tenant, server: RunningServer, tmp_path: Path
) -> None:
    """The key stands in the document, and it is by the key that calls are counted."""
    limits = ("--rate-limit-dir", str(tmp_path), "--rate-limit", "alphasms=2/60")
    gateway = RunningGateway(server.address, *limits)
    answers = [post(gateway.url, document_of(tenant.key, status_of(1))) for _ in range(3)]
    unread = post(gateway.url, b"[")
    gateway.terminate()
    assert [answer.status for answer in answers] == [200, 200, 200]
    assert [answer.json["success"] for answer in answers] == [True, True, False]
    assert answers[2].json["error"] == "Exceeding the allowed SMS sending rate"
    assert unread.json["success"] is False
