"""RyzeAPI: the event `message.status`, every word of it, and what shows where it comes from."""

from typing import Any

import orjson
import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.ryze import SimulatedRyze
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.providers.callback import Callback, Malformed, Unverified
from messagestatus_server.providers.ryze import Ryze
from tests.providers.calling import LEXICON, RECEIVED, arrived, callback, meant, told

URL = "https://dlr.example.com/receipts/ryze"
MESSAGE_ID = "3EB08FCF27E532F1B0F5"
RECIPIENT = "5511999999999@s.whatsapp.net"
DATA: dict[str, Any] = {
    "timestamp": "2026-02-04T06:54:00Z",
    "status": "delivered",
    "messageIds": [MESSAGE_ID],
    "chat": {"jid": RECIPIENT, "type": "private"},
    "recipient": RECIPIENT,
}


def event(name: str = "message.status", **changes: Any) -> Callback:
    body = {
        "event": name,
        "data": DATA | changes,
        "instanceData": {"baseUrl": "https://api.example.com", "instance": "main", "token": "inst-token"},
    }
    return callback(orjson.dumps(body))


@pytest.mark.parametrize(
    ("word", "state", "own_side"),
    [
        ("delivered", S.DELIVERED, False),
        ("read", S.READ, False),
        ("played", S.PLAYED, False),
        ("read_self", S.READ, True),
        ("played_self", S.PLAYED, True),
        ("server_error", S.FAILED, False),
        ("sender", S.UNSPECIFIED, False),
        ("retry", S.UNSPECIFIED, False),
        ("inactive", S.UNSPECIFIED, False),
    ],
)
def test_every_word_is_read_and_has_a_meaning(word: str, state: S, own_side: bool) -> None:
    (item,) = told(Ryze(), event(status=word), {})
    assert item is not None
    assert (item.provider_message_id, item.word, item.channel) == (MESSAGE_ID, word, Channel.WHATSAPP)
    assert (item.occur_time, item.time_text) == (RECEIVED - 60_000_000, "2026-02-04T06:54:00Z")
    meaning = meant(Ryze(), item)
    assert meaning is not None
    assert (meaning.state, meaning.own_side) == (state, own_side)


def test_each_message_of_an_event_is_an_item() -> None:
    items = told(Ryze(), event(messageIds=["A", "B", "C"]), {})
    assert [item.provider_message_id for item in items if item] == ["A", "B", "C"]


@pytest.mark.parametrize(
    "chat",
    [{"jid": "120363@g.us", "type": "group"}, {"jid": "120363@g.us"}, {"type": "group"}],
)
def test_the_receipt_of_a_group_names_its_member(chat: dict[str, str]) -> None:
    (item,) = told(Ryze(), event(chat=chat), {})
    assert item is not None
    assert item.recipient == RECIPIENT


@pytest.mark.parametrize("chat", [DATA["chat"], None, {}])
def test_a_private_receipt_needs_no_recipient(chat: object) -> None:
    (item,) = told(Ryze(), event(chat=chat), {})
    assert item is not None
    assert item.recipient == ""


@pytest.mark.parametrize(
    "name", ["message.exchange", "call.update", "group.flow", "instance.state", "label.update", "new.event"]
)
def test_other_events_tell_nothing(name: str) -> None:
    assert told(Ryze(), event(name), {}) == []
    assert told(Ryze(), callback(orjson.dumps({"event": name})), {}) == []


def test_an_event_without_a_time_is_read() -> None:
    for written in (None, "", "yesterday"):
        (item,) = told(Ryze(), event(timestamp=written), {})
        assert item is not None
        assert item.occur_time is None


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"{}", b'{"event":7.5}', b'{"event":"message.status"}', b"\xff", b'"message.status"'],
)
def test_a_body_that_is_no_event_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        told(Ryze(), callback(body), {})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("messageIds", []),
        ("messageIds", None),
        ("messageIds", "A"),
        ("messageIds", [7]),
        ("messageIds", [""]),
        ("status", ""),
        ("status", None),
        ("status", ["read"]),
        ("timestamp", {}),
        ("chat", "x"),
    ],
)
def test_a_wrong_field_is_malformed_and_named(field: str, value: Any) -> None:
    with pytest.raises(Malformed, match=f"data.{field}"):
        told(Ryze(), event(**{field: value}), {})


def test_a_bad_message_leaves_its_neighbours() -> None:
    came = event(messageIds=["A", 7, "C"])
    provider = Ryze()
    first, second, third = provider.split(came, {})
    with pytest.raises(Malformed):
        provider.read(second, came, {})
    for item in (first, third):
        assert provider.read(item, came, {}) is not None


async def test_without_secrets_everything_passes() -> None:
    await Ryze().verify(event(), {})
    assert not Ryze().signs({})
    assert Ryze().signs({"authorization": "x"})
    assert Ryze().signs({"instance_token": "x"})


@pytest.mark.parametrize(
    ("config", "header", "status"),
    [
        ({"instance_token": "inst-token"}, None, None),
        ({"instance_token": "Inst-token"}, None, 403),
        ({"authorization": "Bearer abc"}, "Bearer abc", None),
        ({"authorization": "Bearer abc"}, "Bearer abd", 403),
        ({"authorization": "Bearer abc"}, None, 401),
        ({"authorization": "Bearer abc", "instance_token": "inst-token"}, "Bearer abc", None),
        ({"authorization": "Bearer abc", "instance_token": "other"}, "Bearer abc", 403),
        ({"authorization": "Bearer abc", "instance_token": "inst-token"}, "Bearer é", 403),
    ],
)
async def test_the_secrets_of_the_route_are_checked(
    config: dict[str, str], header: str | None, status: int | None
) -> None:
    came = event()
    if header:
        came = callback(came.body, headers={"Authorization": header})
    if status is None:
        return await Ryze().verify(came, config)
    with pytest.raises(Unverified) as refused:
        await Ryze().verify(came, config)
    assert refused.value.status == status
    return None


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"instanceData":[]}', b'{"instanceData":{"token":[]}}']
)
async def test_a_body_without_a_token_is_refused_where_one_is_asked_for(body: bytes) -> None:
    with pytest.raises(Unverified) as refused:
        await Ryze().verify(callback(body), {"instance_token": "inst-token"})
    assert refused.value.status == 401


async def test_what_the_simulated_carrier_posts_is_read_back() -> None:
    carrier = SimulatedRyze()
    for word in [*carrier.script, *LEXICON.words["ryze"]]:
        happened = Event(carrier.new_message_id(7), "+15005550010", word, "", RECEIVED - 30_000_000)
        posting = carrier.post(URL, [happened])
        assert carrier.post(URL, [happened]) == posting
        came = arrived(posting)
        await Ryze().verify(came, carrier.config)
        (item,) = told(Ryze(), came, carrier.config)
        assert item is not None
        assert (item.provider_message_id, item.word) == (happened.provider_message_id, word.lower())
        assert item.occur_time == happened.occur_time


async def test_the_simulated_carrier_is_not_believed_with_other_secrets() -> None:
    carrier, other = SimulatedRyze(), SimulatedRyze()
    happened = [Event("A", "+15005550010", "read", "", RECEIVED)]
    with pytest.raises(Unverified):
        await Ryze().verify(arrived(carrier.post(URL, happened)), other.config)
    other.believe(carrier.config)
    await Ryze().verify(arrived(other.post(URL, happened)), carrier.config)
