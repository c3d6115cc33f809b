"""Namirial's payload: the words and the message of its look-ups, and nothing of the initial state.

The golden body is that of Namirial, "Webhook: how it works", with a whole provider.
"""

from typing import Any

import orjson
import pytest

from messagestatus.v1.message_status_service_pb2 import GetStatusResponse
from messagestatus_gateway.dialects.namirial import entry
from messagestatus_server.domain.change import ChangeKind
from messagestatus_server.domain.message import Channel, Message, Provider, Reference
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.webhook import Event, Format
from messagestatus_server.providers.namirial import Namirial
from messagestatus_server.transport.codec import ProtobufCodec
from messagestatus_server.webhooks.payloads import payload
from messagestatus_server.webhooks.payloads.sample import sample_event
from tests.domain.samples import NOON, message
from tests.providers.calling import callback
from tests.providers.calling import told as read_by
from tests.webhooks.telling import endpoint, event

MESSAGE_ID = "b31b6607-9c55-48ba-b145-3f40b809d2d2"
INITIAL = {S.UNSPECIFIED, S.QUEUED, S.ROUTING, S.ACCEPTED}


def told(about: Event) -> dict[str, Any] | None:
    body = payload(endpoint(format=Format.NAMIRIAL), [about])
    if body is None:
        return None
    read = orjson.loads(body)
    assert isinstance(read, dict)
    return read


def known(state: S, channel: Channel = Channel.SMS) -> Message:
    """Return a message that stands somewhere, since the time of the change that events tell of."""
    registered = message(channel=channel, reference=Reference("DIGITALSIGN", "AUTH", "webhook_3"), segments=1)
    standing = registered.standing._replace(
        state=state,
        change_time=event().change.change_time,
        provider=Provider("PROVIDER1", "px-1", "delivered", "0"),
    )
    return registered._replace(message_id=MESSAGE_ID, standing=standing)


def test_a_change_is_told_as_documented() -> None:
    event_id = "2bf9a88a-29f2-438a-89a1-9a13bf03d03f"
    read = told(event(about=known(S.DELIVERED), event_id=event_id, message_id=MESSAGE_ID))
    assert read is not None
    assert read.pop("webhookConfigurationId")
    assert read == {
        "id": event_id,
        "type": "STATUS_UPDATE",
        "createdAt": "2023-11-14T22:14:21Z",
        "message": {
            "id": MESSAGE_ID,
            "providerAcceptanceAt": "2023-11-14T22:13:20Z",
            "statusChangedAt": "2023-11-14T22:14:20Z",
            "reference": {"service": "DIGITALSIGN", "action": "AUTH", "key": "webhook_3"},
            "channel": "SMS",
            "status": "DELIVERED",
            "provider": {"name": "PROVIDER1", "id": "px-1", "status": "delivered", "code": "0"},
            "sms": {"segments": 1},
        },
    }


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("state", [state for state in S if state not in INITIAL])
def test_every_state_is_told_as_a_look_up_shows_it(state: S, channel: Channel) -> None:
    shown = known(state, channel)
    read = told(event(S.QUEUED, state, about=shown, message_id=MESSAGE_ID))
    status = GetStatusResponse.FromString(ProtobufCodec().encode_message(shown)).message_status
    assert read is not None
    assert {"message": read["message"]} == entry(status)


@pytest.mark.parametrize("state", sorted(INITIAL))
@pytest.mark.parametrize("previous_state", S)
def test_the_initial_state_is_never_told(previous_state: S, state: S) -> None:
    assert told(event(previous_state, state, about=known(state))) is None


@pytest.mark.parametrize(
    ("previous_state", "state"),
    [(S.SENT, S.SENT), (S.SENT, S.UNKNOWN), (S.PARTIALLY_DELIVERED, S.DELIVERED), (S.READ, S.REPLIED)],
)
def test_a_change_that_leaves_the_word_as_it_was_is_not_told(previous_state: S, state: S) -> None:
    assert told(event(previous_state, state, about=known(state))) is None


def test_a_message_registered_beyond_the_initial_state_is_told() -> None:
    read = told(event(S.UNSPECIFIED, S.DELIVERED, ChangeKind.REGISTERED, known(S.DELIVERED)))
    assert read is not None
    assert read["message"]["status"] == "DELIVERED"


def test_a_deletion_is_not_told() -> None:
    assert told(event(S.DELIVERED, S.UNSPECIFIED, ChangeKind.DELETED)) is None


def test_identifiers_that_are_no_uuids_become_ones_that_stay() -> None:
    first, second = (told(event(event_id="evt_1")) for _ in range(2))
    other = told(event(event_id="evt_2"))
    assert first is not None
    assert other is not None
    assert first == second
    assert first["id"] != other["id"]
    assert len(first["id"]) == len(first["webhookConfigurationId"]) == 36
    assert first["webhookConfigurationId"] == other["webhookConfigurationId"]


def test_our_own_reader_of_namirial_reads_it_back() -> None:
    body = payload(endpoint(format=Format.NAMIRIAL), [sample_event("evt_test", NOON)])
    assert body is not None
    (item,) = read_by(Namirial(), callback(body), {})
    assert item is not None
    assert (item.word, item.occur_time, item.channel) == ("DELIVERED", NOON, Channel.SMS)
