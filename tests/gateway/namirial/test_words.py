"""What is registered or reported in Namirial's own words reads back as the same word."""

from collections.abc import Callable, Iterator

import httpx2
import pytest

from messagestatus.v1 import message_status_pb2 as status_pb
from messagestatus.v1.delivery_receipt_pb2 import DeliveryReceipt
from tests.builders import message, moment, register, report
from tests.gateway.samples import MESSAGE_ID
from tests.running import RunningGateway, Tenant

# Message status API, "Body Response", `status`. Only RCS is ever read.
WORDS = ["PROVIDER_ACCEPTANCE", "SENT", "DELIVERED", "REJECTED", "UNDELIVERED", "READ"]
FIRST = "2026-01-01T00:00:00Z"


@pytest.fixture
def asking(tenant: Tenant, live_gateway: RunningGateway) -> Iterator[httpx2.Client]:
    base = f"{live_gateway.url}/api/messagestatus"
    with httpx2.Client(base_url=base, headers={"X-Api-Key": tenant.key}) as client:
        yield client


def spoken(word: str) -> status_pb.Provider:
    return status_pb.Provider(name="P", message_id="p-1", status=word, code="0")


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("spelled", [str.upper, str.lower], ids=["upper", "lower"])
def test_registered(word: str, spelled: Callable[[str], str], tenant: Tenant, asking: httpx2.Client) -> None:
    given = spelled(word)
    channel = status_pb.CHANNEL_RCS
    register(
        tenant.client, message(MESSAGE_ID, channel=channel, provider=spoken(given), vocabulary="namirial")
    )
    shown = asking.get(f"/{MESSAGE_ID}").json()["message"]
    assert (shown["status"], shown["channel"], shown["provider"]["status"]) == (word, "RCS", given)
    assert "sms" not in shown


@pytest.mark.parametrize("word", WORDS)
def test_reported(word: str, tenant: Tenant, asking: httpx2.Client) -> None:
    register(tenant.client, message(MESSAGE_ID, channel=status_pb.CHANNEL_RCS, accept_time=moment()))
    provider = spoken(word)
    provider.detail = "Number Blocked by Carrier"
    told = DeliveryReceipt(message_id=MESSAGE_ID, provider=provider, vocabulary="namirial")
    told.occur_time.CopyFrom(moment(20))
    report(tenant.client, told)
    shown = asking.get(f"/{MESSAGE_ID}").json()["message"]
    assert shown["status"] == word
    assert shown["provider"]["message"] == "Number Blocked by Carrier"
    assert (shown["providerAcceptanceAt"], shown["statusChangedAt"]) == (FIRST, "2026-01-01T00:00:20Z")


def test_no_sms_is_ever_read(tenant: Tenant, asking: httpx2.Client) -> None:
    """Message status API, "Body Response": READ is for RCS only."""
    register(tenant.client, message(MESSAGE_ID, channel=status_pb.CHANNEL_SMS))
    for word in ("DELIVERED", "READ"):
        told = DeliveryReceipt(message_id=MESSAGE_ID, provider=spoken(word), vocabulary="namirial")
        report(tenant.client, told)
    assert asking.get(f"/{MESSAGE_ID}").json()["message"]["status"] == "DELIVERED"


def test_what_was_never_reported_stands_as_accepted(tenant: Tenant, asking: httpx2.Client) -> None:
    register(tenant.client, message(MESSAGE_ID, accept_time=moment(0.9)))
    shown = asking.get(f"/{MESSAGE_ID}").json()["message"]
    assert (shown["status"], shown["reference"]) == ("PROVIDER_ACCEPTANCE", {})
    assert shown["providerAcceptanceAt"] == shown["statusChangedAt"] == FIRST
