"""Infobip: Basic and HMAC, every status by group and name, batches. All signatures here are self-made."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.infobip import SimulatedInfobip
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.state import FailureReason as R
from messagestatus_server.domain.state import Finality
from messagestatus_server.providers.callback import Callback, Malformed, Unverified
from messagestatus_server.providers.infobip import Infobip
from tests.providers.calling import LEXICON, arrived, callback, meant, told

GOLDEN = b"""{"results":[{"bulkId":"B1","messageId":"M1","to":"41793026727","sender":"InfoSMS",
 "sentAt":"2026-02-04T07:54:35.000+0100","doneAt":"2026-02-04T07:54:55.000+0100","messageCount":1,"mccMnc":"22801",
 "callbackData":"order-7","status":{"groupId":3,"groupName":"DELIVERED","id":5,"name":"DELIVERED_TO_HANDSET","description":"Delivered"},
 "error":{"groupId":0,"groupName":"OK","id":0,"name":"NO_ERROR","description":"No Error",
 "permanent":false}}]}"""
DONE = 1_770_188_095_000_000
BASIC = {"basic_username": "infobip", "basic_password": "hush"}
SIGNED = {"hmac_secret": "key", "hmac_header": "X-Infobip-Hmac"}


def report(**fields: Any) -> Callback:
    return callback(json.dumps({"results": [{"messageId": "M1", **fields}]}).encode())


def test_the_golden_report_is_read() -> None:
    (item,) = told(Infobip(), callback(GOLDEN), {})
    assert item is not None
    assert item == item._replace(
        provider_message_id="M1",
        word="DELIVERED/DELIVERED_TO_HANDSET",
        code="",
        detail="Delivered",
        occur_time=DONE,
        event_id="",
        time_text="2026-02-04T07:54:55.000+0100",
        recipient="",
        reference="order-7",
    )


@pytest.mark.parametrize(
    ("word", "state", "finality"),
    [
        ("PENDING/PENDING_ACCEPTED", S.ACCEPTED, Finality.NONE),
        ("PENDING/PENDING_ENROUTE", S.SENT, Finality.NONE),
        ("PENDING/PENDING_WAITING_DELIVERY", S.SENT, Finality.NONE),
        ("PENDING/PENDING_SOMETHING_NEW", S.SENT, Finality.NONE),
        ("DELIVERED/DELIVERED_TO_OPERATOR", S.SENT, Finality.NONE),
        ("DELIVERED/DELIVERED_TO_HANDSET", S.DELIVERED, Finality.FINAL),
        ("UNDELIVERABLE/UNDELIVERABLE_NOT_DELIVERED", S.UNDELIVERED, Finality.FINAL),
        ("UNDELIVERABLE/UNDELIVERABLE_REJECTED_OPERATOR", S.UNDELIVERED, Finality.FINAL),
        ("UNDELIVERABLE/UNDELIVERABLE_NOT_SENT", S.FAILED, Finality.FINAL),
        ("UNDELIVERABLE/UNDELIVERABLE_SOMETHING_NEW", S.UNDELIVERED, Finality.FINAL),
        ("EXPIRED/EXPIRED_EXPIRED", S.EXPIRED, Finality.FINAL),
        ("EXPIRED/EXPIRED_DLR_UNKNOWN", S.UNKNOWN, Finality.SOFT),
        ("EXPIRED/SIGNALS_BLOCKED", S.REJECTED, Finality.FINAL),
        ("EXPIRED/EXPIRED_SOMETHING_NEW", S.EXPIRED, Finality.FINAL),
        ("REJECTED/REJECTED_NETWORK", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_PREFIX_MISSING", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_DND", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_SOURCE", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_NOT_ENOUGH_CREDITS", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_SENDER", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_DESTINATION", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_PREPAID_PACKAGE_EXPIRED", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_DESTINATION_NOT_REGISTERED", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_ROUTE_NOT_AVAILABLE", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_FLOODING_FILTER", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_SYSTEM_ERROR", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_DUPLICATE_MESSAGE_ID", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_INVALID_UDH", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_MESSAGE_TOO_LONG", S.REJECTED, Finality.FINAL),
        ("REJECTED/MISSING_TO", S.REJECTED, Finality.FINAL),
        ("REJECTED/SIGNALS_BLOCKED", S.REJECTED, Finality.FINAL),
        ("REJECTED/REJECTED_SOMETHING_NEW", S.REJECTED, Finality.FINAL),
    ],
)
def test_every_status_is_read_by_group_and_name(word: str, state: S, finality: Finality) -> None:
    group, name = word.split("/")
    came = report(status={"groupName": group, "id": 87, "name": name}, doneAt="2026-02-04T07:54:55.000+0100")
    (item,) = told(Infobip(), came, {})
    assert item is not None
    assert item.word == word
    meaning = meant(Infobip(), item)
    assert meaning is not None
    assert (meaning.state, meaning.finality) == (state, finality)


def test_a_seen_report_tells_that_it_was_read() -> None:
    came = report(
        **{"from": "385919998888"},
        sentAt="2026-02-04T06:54:35.000+0000",
        seenAt="2026-02-04T06:54:55.000+0000",
    )
    (item,) = told(Infobip(), came, {})
    assert item is not None
    assert (item.word, item.occur_time) == ("seen", DONE)
    meaning = meant(Infobip(), item)
    assert meaning is not None
    assert (meaning.state, meaning.finality) == (S.READ, Finality.FINAL)


def test_an_error_is_told_with_whether_it_is_permanent() -> None:
    error = {
        "groupName": "HANDSET_ERRORS",
        "id": 256,
        "name": "EC_SM_DF_memoryCapacityExceeded",
        "description": "Memory full",
        "permanent": False,
    }
    status = {
        "groupName": "UNDELIVERABLE",
        "name": "UNDELIVERABLE_NOT_DELIVERED",
        "description": "Not delivered",
    }
    (item,) = told(Infobip(), report(status=status, error=error, channel="WHATSAPP"), {})
    assert item is not None
    assert (item.code, item.detail) == ("EC_SM_DF_memoryCapacityExceeded", "Memory full (not permanent)")
    assert item.channel is Channel.WHATSAPP
    explained = LEXICON.error("infobip", item.code)
    assert explained is not None
    assert (explained.reason, explained.retryable) == (R.SIM_FULL, True)
    (other,) = told(Infobip(), report(status=status, error={"id": 1, "permanent": True}), {})
    assert other is not None
    assert (other.code, other.detail) == ("1", "1 (permanent)")


@pytest.mark.parametrize("group", ["HANDSET_ERRORS", "USER_ERRORS", "OPERATOR_ERRORS"])
def test_every_group_of_errors_has_a_meaning(group: str) -> None:
    assert LEXICON.error("infobip", group) is not None


def test_a_report_without_a_time_is_read_all_the_same() -> None:
    (item,) = told(Infobip(), report(status={"groupName": "PENDING", "name": "PENDING_ENROUTE"}), {})
    assert item is not None
    assert (item.occur_time, item.time_text) == (None, "")


def test_an_unknown_status_is_told_verbatim() -> None:
    (item,) = told(Infobip(), report(status={"groupName": "PAUSED", "name": "PAUSED_BY_OPERATOR"}), {})
    assert item is not None
    assert item.word == "PAUSED/PAUSED_BY_OPERATOR"
    assert meant(Infobip(), item) is None


def test_a_deletion_tells_nothing() -> None:
    assert told(Infobip(), report(deletedAt="2026-02-04T07:54:55.000+0100"), {}) == [None]


@pytest.mark.parametrize("body", [b"", b"<reports/>", b"[]", b"{}", b'{"results":{}}', b'{"results":"M1"}'])
def test_a_body_that_is_no_batch_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        Infobip().split(callback(body), {})


@pytest.mark.parametrize(
    "item",
    [
        None,
        "M1",
        {},
        {"messageId": {}, "status": {"name": "X"}},
        {"messageId": "M1"},
        {"messageId": "M1", "status": []},
        {"messageId": "M1", "status": {"groupName": "PENDING"}},
        {"messageId": "M1", "status": {"groupName": 1.5, "name": "X"}},
        {"messageId": "M1", "status": {"name": "X"}, "error": "none"},
        {"messageId": "M1", "status": {"name": "X"}, "doneAt": []},
    ],
)
def test_a_bad_item_does_not_touch_its_neighbour(item: object) -> None:
    good = json.loads(GOLDEN)["results"][0]
    came = callback(json.dumps({"results": [item, good]}).encode())
    bad, fine = Infobip().split(came, {})
    with pytest.raises(Malformed):
        Infobip().read(bad, came, {})
    assert Infobip().read(fine, came, {}) is not None


def basic(pair: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


async def test_basic_is_checked() -> None:
    await Infobip().verify(callback(GOLDEN, headers=basic("infobip:hush")), BASIC)
    with pytest.raises(Unverified) as wrong:
        await Infobip().verify(callback(GOLDEN, headers=basic("infobip:loud")), BASIC)
    with pytest.raises(Unverified) as missing:
        await Infobip().verify(callback(GOLDEN), BASIC)
    assert (wrong.value.status, missing.value.status) == (403, 401)


@pytest.mark.parametrize(
    ("algorithm", "vendor"),
    [
        ("md5", "HMAC_MD5"),
        ("sha1", "HMAC_SHA_1"),
        ("sha224", "HMAC_SHA_224"),
        ("sha256", "HMAC_SHA_256"),
        ("sha384", "HMAC_SHA_384"),
        ("sha512", "HMAC_SHA_512"),
    ],
)
@pytest.mark.parametrize("prefix", ["", "sha="])
@pytest.mark.parametrize("encoding", ["hex", "base64"])
async def test_the_hmac_is_checked_as_the_settings_say(
    algorithm: str, vendor: str, prefix: str, encoding: str
) -> None:
    config = SIGNED | {"hmac_algorithm": vendor, "hmac_encoding": encoding, "hmac_prefix": prefix}
    digest = hmac.digest(b"key", GOLDEN, getattr(hashlib, algorithm))
    written = prefix + (digest.hex() if encoding == "hex" else base64.b64encode(digest).decode())
    headers = {"X-Infobip-Hmac": written}
    await Infobip().verify(callback(GOLDEN, headers=headers), config)
    with pytest.raises(Unverified) as changed:
        await Infobip().verify(callback(GOLDEN.replace(b"M1", b"M3"), headers=headers), config)
    with pytest.raises(Unverified):
        await Infobip().verify(callback(GOLDEN, headers={"X-Infobip-Hmac": "x" + written}), config)
    with pytest.raises(Unverified) as missing:
        await Infobip().verify(callback(GOLDEN), config)
    assert (changed.value.status, missing.value.status) == (403, 401)


async def test_a_secret_without_a_header_lets_nothing_pass() -> None:
    with pytest.raises(Unverified):
        await Infobip().verify(callback(GOLDEN), {"hmac_secret": "key"})


async def test_a_route_without_secrets_signs_nothing() -> None:
    await Infobip().verify(callback(GOLDEN), {})
    assert not Infobip().signs({})
    assert Infobip().signs(BASIC)
    assert Infobip().signs(SIGNED)


EVENTS = [
    Event("M1", "+41793026727", "PENDING/PENDING_ENROUTE", "", DONE, 1, "order-7"),
    Event("M1", "+41793026727", "DELIVERED/DELIVERED_TO_HANDSET", "", DONE + 1_000_000, 2, "order-7"),
    Event("M2", "+41793026728", "UNDELIVERABLE/UNDELIVERABLE_NOT_DELIVERED", "EC_ABSENT_SUBSCRIBER", DONE),
    Event("M1", "+41793026727", "seen", "", DONE + 2_000_000, 3),
]


@pytest.mark.parametrize("given", [{}, SIGNED, SIGNED | {"hmac_encoding": "base64", "hmac_prefix": "v1="}])
async def test_what_the_simulated_carrier_posts_is_believed_and_read_back(given: dict[str, str]) -> None:
    carrier = SimulatedInfobip()
    carrier.believe(given)
    came = arrived(carrier.post("https://dlr.example.com/receipts/acme", EVENTS))
    await Infobip().verify(came, carrier.config)
    items = told(Infobip(), came, carrier.config)
    read = [
        (i.provider_message_id, i.word, i.code, i.occur_time, i.reference) for i in items if i is not None
    ]
    assert read == [(e.provider_message_id, e.word, e.code, e.occur_time, e.reference) for e in EVENTS]
    again = arrived(carrier.post("https://dlr.example.com/receipts/acme", EVENTS))
    assert (again.body, told(Infobip(), again, carrier.config)) == (came.body, items)
    with pytest.raises(Unverified):
        await Infobip().verify(came, SimulatedInfobip().config | {"basic_password": "another"})
