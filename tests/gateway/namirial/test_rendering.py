"""What the Namirial dialect shows of a message. Namirial, Message status API, "Body Response"."""

from itertools import product
from typing import Any

import orjson
import pytest

from messagestatus.v1.delivery_state_pb2 import DeliveryState, FailureReason
from messagestatus.v1.message_status_pb2 import Channel, MessageStatus, Provider, Reference
from messagestatus_gateway.dialects.namirial import entry
from tests.gateway.samples import DOCUMENTED_ENTRY, sample, timestamp

WORDS = {
    "DELIVERY_STATE_UNSPECIFIED": "PROVIDER_ACCEPTANCE",
    "DELIVERY_STATE_QUEUED": "PROVIDER_ACCEPTANCE",
    "DELIVERY_STATE_ROUTING": "PROVIDER_ACCEPTANCE",
    "DELIVERY_STATE_ACCEPTED": "PROVIDER_ACCEPTANCE",
    "DELIVERY_STATE_SENT": "SENT",
    "DELIVERY_STATE_UNKNOWN": "SENT",
    "DELIVERY_STATE_FAILED": "REJECTED",
    "DELIVERY_STATE_UNDELIVERED": "UNDELIVERED",
    "DELIVERY_STATE_EXPIRED": "UNDELIVERED",
    "DELIVERY_STATE_REJECTED": "REJECTED",
    "DELIVERY_STATE_DELETED": "UNDELIVERED",
    "DELIVERY_STATE_PARTIALLY_DELIVERED": "DELIVERED",
    "DELIVERY_STATE_DELIVERED": "DELIVERED",
    "DELIVERY_STATE_RECEIVED": "DELIVERED",
    "DELIVERY_STATE_READ": "READ",
    "DELIVERY_STATE_PLAYED": "READ",
    "DELIVERY_STATE_REPLIED": "READ",
}


def shown(**fields: Any) -> dict[str, Any]:
    message: dict[str, Any] = entry(sample(**fields))["message"]
    return message


@pytest.mark.parametrize("state", DeliveryState.keys())
def test_every_state_has_its_word_whatever_the_reason(state: str) -> None:
    number = DeliveryState.Value(state)
    assert {shown(state=number, reason=reason)["status"] for reason in FailureReason.values()} == {
        WORDS[state]
    }


def test_every_state_reason_and_channel_renders_as_json() -> None:
    for state, reason, channel in product(DeliveryState.values(), FailureReason.values(), Channel.values()):
        assert orjson.dumps(shown(state=state, reason=reason, channel=channel))


def test_states_and_channels_of_a_newer_contract_render_as_not_known() -> None:
    newer = MessageStatus.FromString(b"\x28\x63\x50\x63")
    message = entry(newer)["message"]
    assert (newer.channel, newer.state) == (99, 99)
    assert (message["channel"], message["status"]) == ("UNSPECIFIED", "PROVIDER_ACCEPTANCE")


def test_the_documented_example_has_its_keys_in_the_documented_order() -> None:
    assert orjson.dumps(entry(sample())) == orjson.dumps(DOCUMENTED_ENTRY)


@pytest.mark.parametrize(
    ("rule", "fields", "key", "expected"),
    [
        ("no reference is an empty object", {"reference": None}, "reference", {}),
        ("a reference has what was given: key", {"reference": Reference(key="k")}, "reference", {"key": "k"}),
        (
            "a reference has only what was given: service and key",
            {"reference": Reference(service="s", key="k")},
            "reference",
            {"service": "s", "key": "k"},
        ),
        (
            "provider.message is the carrier's explanation",
            {"provider": Provider(name="P", status="failed", code="7", detail="Number Blocked by Carrier")},
            "provider",
            {"name": "P", "id": "", "status": "failed", "code": "7", "message": "Number Blocked by Carrier"},
        ),
        (
            "only provider.message is optional",
            {"provider": None},
            "provider",
            {"name": "", "id": "", "status": "", "code": ""},
        ),
        ("segments not known are 0", {"segments": 0}, "sms", {"segments": 0}),
        (
            "a time is cut to the second",
            {"change_time": timestamp("2026-02-04T06:54:55.999999999Z")},
            "statusChangedAt",
            "2026-02-04T06:54:55Z",
        ),
        (
            "a time before 1970 is cut downwards",
            {"accept_time": timestamp("1969-12-31T23:59:58.5Z")},
            "providerAcceptanceAt",
            "1969-12-31T23:59:58Z",
        ),
        (
            "a year has four digits",
            {"accept_time": timestamp("0042-01-01T00:00:00Z")},
            "providerAcceptanceAt",
            "0042-01-01T00:00:00Z",
        ),
        (
            "a status that never changed has the time of acceptance",
            {"change_time": None},
            "statusChangedAt",
            "2026-02-04T06:54:35Z",
        ),
        (
            "a UUID is shown in lower case",
            {"message_id": "011D9D6E-B5B9-4CB9-BE13-2BC336A923CE"},
            "id",
            "011d9d6e-b5b9-4cb9-be13-2bc336a923ce",
        ),
        (
            "an id of another dialect keeps its case",
            {"message_id": "3EB08FCF27E532F1B0F5"},
            "id",
            "3EB08FCF27E532F1B0F5",
        ),
        ("another channel has its own name", {"channel": Channel.CHANNEL_VIBER}, "channel", "VIBER"),
        ("RCS is RCS", {"channel": Channel.CHANNEL_RCS}, "channel", "RCS"),
    ],
)
def test_field(rule: str, fields: dict[str, Any], key: str, expected: object) -> None:
    assert shown(**fields)[key] == expected, rule


@pytest.mark.parametrize("channel", [number for name, number in Channel.items() if name != "CHANNEL_SMS"])
def test_only_sms_has_segments(channel: Channel.ValueType) -> None:
    assert "sms" not in shown(channel=channel)
