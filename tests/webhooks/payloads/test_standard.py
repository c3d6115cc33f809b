"""Our own payload: golden bodies, alone and in a batch, and what the reference structure asks for."""

from typing import Any

import orjson

from messagestatus_server.domain.change import ChangeKind
from messagestatus_server.domain.message import Channel, Media, Message, Provider, Reference, Reply
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.state import FailureReason
from messagestatus_server.domain.webhook import Event
from messagestatus_server.webhooks.payloads import payload
from messagestatus_server.webhooks.payloads.sample import sample_event
from tests.domain.samples import NOON, message
from tests.webhooks.telling import endpoint, event


def told(about: Event) -> dict[str, Any]:
    body = payload(endpoint(), [about])
    assert body is not None
    read = orjson.loads(body)
    assert isinstance(read, dict)
    return read


def known() -> Message:
    registered = message(
        channel=Channel.SMS,
        phone="+393331234567",
        reference=Reference("DIGITALSIGN", "AUTH", "ref-1"),
        segments=2,
        author="7696581411197",
    )
    provider = Provider("PROVIDER1", "px-1", "delivered", "0", "Delivered to handset")
    return registered._replace(
        standing=registered.standing._replace(state=S.DELIVERED, provider=provider), revision=3
    )


def test_a_change_is_told_with_its_message() -> None:
    assert told(event(about=known(), sequence=42, token="djE6NDI", skipped=1)) == {
        "type": "message.status.changed",
        "timestamp": "2023-11-14T22:14:21Z",
        "id": "evt_1",
        "data": {
            "message_id": "m",
            "instance": "",
            "kind": "ADVANCED",
            "previous_state": "SENT",
            "state": "DELIVERED",
            "reason": "UNSPECIFIED",
            "change_time": "2023-11-14T22:14:20Z",
            "sequence": 42,
            "resume_token": "djE6NDI",
            "skipped": 1,
            "conversation_id": "",
            "direction": "OUTBOUND",
            "channel": "SMS",
            "content_kind": "UNSPECIFIED",
            "phone": "+393331234567",
            "reference": {"service": "DIGITALSIGN", "action": "AUTH", "key": "ref-1"},
            "provider": {
                "name": "PROVIDER1",
                "message_id": "px-1",
                "status": "delivered",
                "code": "0",
                "detail": "Delivered to handset",
            },
            "accept_time": "2023-11-14T22:13:20Z",
            "message_time": "2023-11-14T22:13:20Z",
            "suppress_time": None,
            "segments": 2,
            "author": "7696581411197",
            "replies": [],
            "reply_count": 0,
            "revision": 3,
        },
    }


def test_the_change_is_told_though_the_message_has_moved_on() -> None:
    later = known()._replace(standing=known().standing._replace(state=S.READ))
    assert told(event(S.SENT, S.DELIVERED, about=later))["data"]["state"] == "DELIVERED"


def test_a_failure_has_its_reason() -> None:
    failed = event(S.SENT, S.UNDELIVERED)
    failed = failed._replace(change=failed.change._replace(reason=FailureReason.SIM_FULL))
    assert told(failed)["data"]["reason"] == "SIM_FULL"


def test_a_fraction_of_a_second_is_told() -> None:
    assert told(event()._replace(commit_time=NOON + 250_000))["timestamp"] == "2023-11-14T22:13:20.250000Z"


def test_of_a_deleted_message_only_the_change_is_told() -> None:
    data = told(event(S.DELIVERED, S.UNSPECIFIED, ChangeKind.DELETED))["data"]
    assert (data["kind"], data["state"], data["message_id"]) == ("DELETED", "UNSPECIFIED", "m")
    assert "phone" not in data


def test_the_last_replies_are_told_and_how_many_there_are() -> None:
    media = Media("https://files.example.com/1", "photo.jpg", 1_000)
    replies = tuple(Reply(NOON, str(number), media if number == 4 else None) for number in range(5))
    data = told(event(about=message()._replace(replies=replies)))["data"]
    assert ([reply["text"] for reply in data["replies"]], data["reply_count"]) == (["2", "3", "4"], 5)
    assert data["replies"][0] == {"reply_time": "2023-11-14T22:13:20Z", "text": "2", "media": None}
    assert data["replies"][2]["media"] == {
        "url": "https://files.example.com/1",
        "file_name": "photo.jpg",
        "file_size": 1_000,
    }


def test_a_body_stays_below_what_receivers_are_promised() -> None:
    """Standard Webhooks, "Payload size": smaller than 20 kB, though there be many long replies."""
    replies = tuple(Reply(NOON, "x" * 4_096) for _ in range(100))
    body = payload(endpoint(), [event(about=known()._replace(replies=replies))])
    assert body is not None
    assert len(body) < 20_000


def test_an_event_alone_and_in_a_batch_are_the_same() -> None:
    events = [event(event_id="evt_1"), event(S.DELIVERED, S.READ, event_id="evt_2")]
    body = payload(endpoint(batch_size=10), events)
    assert body is not None
    assert orjson.loads(body) == {
        "type": "message.status.changed_batch",
        "timestamp": "2023-11-14T22:14:21Z",
        "data": {"events": [told(each) for each in events]},
    }


def test_who_takes_batches_gets_one_even_of_one_event() -> None:
    body = payload(endpoint(batch_size=2), [event()])
    assert body is not None
    assert [each["id"] for each in orjson.loads(body)["data"]["events"]] == ["evt_1"]


def test_a_test_event_is_told_as_one() -> None:
    read = told(sample_event("evt_test", NOON))
    assert (read["type"], read["id"], read["data"]["state"]) == ("test", "evt_test", "DELIVERED")
