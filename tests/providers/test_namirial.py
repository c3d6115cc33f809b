"""Namirial: the update of its documentation, and every status of it."""

from typing import Any

import orjson
import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.namirial import SimulatedNamirial
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.providers.callback import Callback, Malformed
from messagestatus_server.providers.namirial import Namirial
from tests.providers.calling import LEXICON, RECEIVED, arrived, callback, meant, told

URL = "https://dlr.example.com/receipts/namirial"
CHANGED = 1_770_907_835_000_000
MESSAGE: dict[str, Any] = {
    "id": "b31b6607-9c55-48ba-b145-3f40b809d2d2",
    "providerAcceptanceAt": "2026-02-12T14:49:00Z",
    "statusChangedAt": "2026-02-12T14:50:35Z",
    "reference": {"service": "DIGITALSIGN", "action": "AUTH", "key": "webhook_3"},
    "channel": "SMS",
    "status": "DELIVERED",
    "provider": {"name": "carrier", "id": "77", "status": "delivered", "code": "0"},
    "sms": {"segments": 1},
}
UPDATE: dict[str, Any] = {
    "id": "2bf9a88a-29f2-438a-89a1-9a13bf03d03f",
    "webhookConfigurationId": "2dab9410-d2c8-4b60-bcb0-c5eeb073e71d",
    "type": "STATUS_UPDATE",
    "createdAt": "2026-02-12T14:51:00Z",
}


def update(**changes: Any) -> Callback:
    return callback(orjson.dumps(UPDATE | {"message": MESSAGE | changes}))


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("PROVIDER_ACCEPTANCE", S.ACCEPTED),
        ("SENT", S.SENT),
        ("DELIVERED", S.DELIVERED),
        ("REJECTED", S.REJECTED),
        ("UNDELIVERED", S.UNDELIVERED),
        ("READ", S.READ),
    ],
)
def test_every_status_is_read_and_has_a_meaning(word: str, state: S) -> None:
    (item,) = told(Namirial(), update(status=word), {})
    assert item is not None
    assert (item.provider_message_id, item.word) == (MESSAGE["id"], word)
    meaning = meant(Namirial(), item)
    assert meaning is not None
    assert meaning.state is state


def test_an_update_is_read_whole() -> None:
    (item,) = told(Namirial(), update(), {})
    assert item is not None
    assert item.event_id == UPDATE["id"]
    assert (item.occur_time, item.time_text) == (CHANGED, "2026-02-12T14:50:35Z")
    assert (item.code, item.detail, item.reference) == ("0", "delivered", "webhook_3")
    assert item.channel is Channel.SMS


def test_the_carriers_message_explains_a_failure() -> None:
    carrier = {"name": "carrier", "code": 21, "status": "undelivered", "message": "Number Blocked by Carrier"}
    (item,) = told(Namirial(), update(status="UNDELIVERED", provider=carrier, channel="RCS"), {})
    assert item is not None
    assert (item.code, item.detail, item.channel) == ("21", "Number Blocked by Carrier", Channel.RCS)


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": {}},
        {"reference": None, "provider": None, "channel": None, "statusChangedAt": None},
        {"provider": {}, "channel": "FAX", "statusChangedAt": "soon", "added": [1]},
    ],
)
def test_what_is_missing_is_left_out(changes: dict[str, Any]) -> None:
    (item,) = told(Namirial(), update(**changes), {})
    assert item is not None
    assert item.word == "DELIVERED"


def test_another_kind_of_event_tells_nothing() -> None:
    assert told(Namirial(), callback(b'{"id":"1","type":"SOMETHING_NEW"}'), {}) == [None]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"{}", b'{"type":"STATUS_UPDATE"}', b'{"type":"STATUS_UPDATE","message":[]}']
)
def test_a_body_that_is_no_update_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        told(Namirial(), callback(body), {})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", None),
        ("id", []),
        ("status", ""),
        ("status", 1.5),
        ("provider", "x"),
        ("reference", "x"),
        ("statusChangedAt", {}),
        ("channel", ["SMS"]),
    ],
)
def test_a_wrong_field_is_malformed_and_named(field: str, value: object) -> None:
    with pytest.raises(Malformed, match=f"message.{field}"):
        told(Namirial(), update(**{field: value}), {})


async def test_nothing_verifies_it() -> None:
    """`authentication.type` can be nothing but NONE."""
    await Namirial().verify(update(), {})
    assert not Namirial().signs({})
    assert Namirial().settings == ()


async def test_what_the_simulated_carrier_posts_is_read_back() -> None:
    carrier = SimulatedNamirial()
    for step, word in enumerate([*carrier.script, *LEXICON.words["namirial"]], 1):
        happened = Event(
            carrier.new_message_id(7), "+15005550010", word, "30", RECEIVED - 30_000_000, step, "order-7"
        )
        posting = carrier.post(URL, [happened])
        assert carrier.post(URL, [happened]) == posting
        came = arrived(posting)
        await Namirial().verify(came, carrier.config)
        (item,) = told(Namirial(), came, carrier.config)
        assert item is not None
        assert (item.provider_message_id, item.word, item.code) == (happened.provider_message_id, word, "30")
        assert (item.occur_time, item.reference) == (happened.occur_time, "order-7")


def test_two_steps_are_two_events() -> None:
    carrier = SimulatedNamirial()
    first, second = (
        told(
            Namirial(),
            arrived(carrier.post(URL, [Event("1", "+15005550010", "SENT", "", RECEIVED, step)])),
            {},
        )[0]
        for step in (1, 2)
    )
    assert first is not None
    assert second is not None
    assert first.event_id != second.event_id
