"""RyzeAPI's payload: the words of its events, the envelope, and no credential in it."""

from typing import Any

import orjson
import pytest

from messagestatus_server.domain.change import ChangeKind
from messagestatus_server.domain.message import Channel, Direction
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.webhook import Event, Format
from messagestatus_server.providers.ryze import Ryze
from messagestatus_server.webhooks.payloads import payload
from messagestatus_server.webhooks.payloads.sample import sample_event
from tests.domain.samples import NOON, message
from tests.providers.calling import callback, meant
from tests.providers.calling import told as read_by
from tests.webhooks.telling import endpoint, event

JID = "5511999999999@s.whatsapp.net"
OUTBOUND = {
    S.FAILED: "server_error",
    S.UNDELIVERED: "server_error",
    S.EXPIRED: "server_error",
    S.REJECTED: "server_error",
    S.DELETED: "server_error",
    S.PARTIALLY_DELIVERED: "delivered",
    S.DELIVERED: "delivered",
    S.READ: "read",
    S.PLAYED: "played",
    S.REPLIED: "read",
}
INBOUND = {S.READ: "read_self", S.PLAYED: "played_self", S.REPLIED: "read_self"}


def body_of(about: Event) -> bytes | None:
    return payload(endpoint(format=Format.RYZE), [about])


def told(about: Event) -> dict[str, Any] | None:
    body = body_of(about)
    if body is None:
        return None
    read = orjson.loads(body)
    assert isinstance(read, dict)
    return read


def test_a_change_is_told_in_the_envelope() -> None:
    chat = message(conversation_id=JID, phone="+5511999999999", channel=Channel.WHATSAPP)
    assert told(event(about=chat, message_id="3EB0", instance="main")) == {
        "event": "message.status",
        "data": {
            "timestamp": "2023-11-14T22:14:20Z",
            "status": "delivered",
            "messageIds": ["3EB0"],
            "chat": {"jid": JID, "type": "private"},
            "recipient": JID,
        },
        "instanceData": {"baseUrl": "", "instance": "main", "token": ""},
    }


@pytest.mark.parametrize("state", S)
def test_every_outbound_state_has_its_word_or_is_not_told(state: S) -> None:
    read = told(event(S.UNSPECIFIED, state))
    assert (None if read is None else read["data"]["status"]) == OUTBOUND.get(state)


@pytest.mark.parametrize("state", S)
def test_on_an_inbound_message_only_the_own_side_acts(state: S) -> None:
    read = told(event(S.RECEIVED, state, about=message(direction=Direction.INBOUND)))
    assert (None if read is None else read["data"]["status"]) == INBOUND.get(state)


@pytest.mark.parametrize(
    ("previous_state", "state"),
    [(S.DELIVERED, S.DELIVERED), (S.PARTIALLY_DELIVERED, S.DELIVERED), (S.READ, S.REPLIED)],
)
def test_a_change_that_leaves_the_word_as_it_was_is_not_told(previous_state: S, state: S) -> None:
    assert told(event(previous_state, state)) is None


def test_a_deletion_is_not_told() -> None:
    assert told(event(S.DELIVERED, S.UNSPECIFIED, ChangeKind.DELETED)) is None


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (
            {"conversation_id": "120363@g.us", "author": JID},
            {"chat": {"jid": "120363@g.us", "type": "group"}, "messageSender": JID},
        ),
        (
            {"conversation_id": "120363@newsletter"},
            {"chat": {"jid": "120363@newsletter", "type": "newsletter"}},
        ),
        ({"phone": "+5511999999999"}, {"chat": {"jid": JID, "type": "private"}, "recipient": JID}),
        ({"conversation_id": JID}, {"chat": {"jid": JID, "type": "private"}, "recipient": JID}),
    ],
    ids=["group", "newsletter", "a number alone", "a chat alone"],
)
def test_the_chat_is_named(said: dict[str, Any], place: dict[str, Any]) -> None:
    read = told(event(about=message(**said)))
    assert read is not None
    assert {name: read["data"][name] for name in place} == place
    assert set(read["data"]) - set(place) == {"timestamp", "status", "messageIds"}


@pytest.mark.parametrize("state", OUTBOUND)
def test_our_own_reader_of_ryze_reads_every_word_back(state: S) -> None:
    body = body_of(event(S.UNSPECIFIED, state))
    assert body is not None
    (item,) = read_by(Ryze(), callback(body), {})
    assert item is not None
    assert item.provider_message_id == "m"
    assert meant(Ryze(), item) is not None


def test_a_test_event_is_told() -> None:
    read = told(sample_event("evt_test", NOON))
    assert read is not None
    assert read["data"]["status"] == "delivered"
