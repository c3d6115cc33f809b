"""WhatsApp Cloud API: the set-up, every status and code, several statuses in one call.

Meta publishes no vector. The one here is GitHub's, of "Validating webhook deliveries": the same header, made
in the same way. The other signatures are self-made.
"""

import hashlib
import hmac
import json
from typing import Any

import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.meta_whatsapp import SimulatedMetaWhatsApp
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.state import FailureReason as R
from messagestatus_server.domain.state import Finality
from messagestatus_server.providers.callback import Answer, Callback, Malformed, Unverified
from messagestatus_server.providers.meta_whatsapp import MetaWhatsApp
from tests.providers.calling import LEXICON, arrived, callback, meant, told

GOLDEN = b"""{"object":"whatsapp_business_account","entry":[{"id":"WABA1","changes":[{"field":"messages",
 "value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"16505551111","phone_number_id":
 "123456123"},"statuses":[{"id":"wamid.HBgN","status":"failed","timestamp":"1770188095","recipient_id":"16315551234",
 "biz_opaque_callback_data":"order-7","errors":[{"code":131047,"title":"Re-engagement message",
 "message":"Again", "error_data":{"details":"More than 24 hours have passed"},"href":"https://example.com"}]}]}}]}]}"""
CONFIG = {"app_secret": "hush", "verify_token": "sesame"}
URL = "https://dlr.example.com/receipts/acme"
VECTOR_CONFIG = {"app_secret": "It's a Secret to Everybody", "verify_token": "sesame"}
VECTOR = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def webhook(*statuses: object) -> Callback:
    change = {"field": "messages", "value": {"statuses": list(statuses)}}
    return callback(json.dumps({"entry": [{"id": "WABA1", "changes": [change]}]}).encode())


def status(word: object, **fields: Any) -> dict[str, Any]:
    return {"id": "wamid.1", "status": word, "timestamp": "1770188095", "recipient_id": "1631", **fields}


async def test_the_published_vector_of_the_header_is_believed() -> None:
    came = callback(b"Hello, World!", headers={"X-Hub-Signature-256": VECTOR})
    await MetaWhatsApp().verify(came, VECTOR_CONFIG)


async def test_a_changed_byte_and_no_signature_are_refused() -> None:
    signed = f"sha256={hmac.digest(b'hush', GOLDEN, hashlib.sha256).hex()}"
    await MetaWhatsApp().verify(callback(GOLDEN, headers={"X-Hub-Signature-256": signed}), CONFIG)
    for body, said, code in (
        (GOLDEN.replace(b"failed", b"fbiled"), signed, 403),
        (GOLDEN, signed[:-1] + ("0" if signed[-1] != "0" else "1"), 403),
        (GOLDEN, signed.removeprefix("sha256="), 403),
        (GOLDEN, "", 401),
    ):
        with pytest.raises(Unverified) as refused:
            await MetaWhatsApp().verify(callback(body, headers={"X-Hub-Signature-256": said}), CONFIG)
        assert refused.value.status == code


async def test_the_challenge_is_answered() -> None:
    asked = callback(
        method="GET", url=f"{URL}?hub.mode=subscribe&hub.verify_token=sesame&hub.challenge=1158201444"
    )
    assert await MetaWhatsApp().greet(asked, CONFIG) == Answer(body=b"1158201444")


@pytest.mark.parametrize(("query", "code"), [("&hub.verify_token=onion", 403), ("", 401)])
async def test_a_challenge_with_another_token_is_refused(query: str, code: int) -> None:
    asked = callback(method="GET", url=f"{URL}?hub.mode=subscribe&hub.challenge=1{query}")
    with pytest.raises(Unverified) as refused:
        await MetaWhatsApp().greet(asked, CONFIG)
    assert refused.value.status == code


async def test_other_calls_are_not_greeted() -> None:
    assert await MetaWhatsApp().greet(callback(GOLDEN, url=f"{URL}?hub.mode=subscribe"), CONFIG) is None
    assert await MetaWhatsApp().greet(callback(method="GET"), CONFIG) is None


def test_the_golden_webhook_is_read() -> None:
    (item,) = told(MetaWhatsApp(), callback(GOLDEN), CONFIG)
    assert item is not None
    assert item == item._replace(
        provider_message_id="wamid.HBgN",
        word="failed",
        code="131047",
        detail="Re-engagement message: More than 24 hours have passed",
        occur_time=1_770_188_095_000_000,
        event_id="",
        time_text="1770188095",
        recipient="",
        reference="order-7",
        channel=Channel.WHATSAPP,
    )


@pytest.mark.parametrize(
    ("word", "code", "state", "finality"),
    [
        ("sent", None, S.SENT, Finality.NONE),
        ("delivered", None, S.DELIVERED, Finality.NONE),
        ("read", None, S.READ, Finality.NONE),
        ("played", None, S.PLAYED, Finality.FINAL),
        ("failed", None, S.FAILED, Finality.SOFT),
        ("failed", 131026, S.UNDELIVERED, Finality.SOFT),
        *(("failed", code, S.REJECTED, Finality.FINAL) for code in (131047, 131049, 130472, 131050)),
        *(("failed", code, S.FAILED, Finality.SOFT) for code in (131056, 131053, 131016, 131014, 131000)),
        ("deleted", None, S.UNSPECIFIED, Finality.NONE),
        ("warning", None, S.UNSPECIFIED, Finality.NONE),
    ],
)
def test_every_status_is_read_and_has_a_meaning(
    word: str, code: int | None, state: S, finality: Finality
) -> None:
    errors = {} if code is None else {"errors": [{"code": code, "title": "Oh"}]}
    (item,) = told(MetaWhatsApp(), webhook(status(word, **errors)), CONFIG)
    assert item is not None
    meaning = meant(MetaWhatsApp(), item)
    assert meaning is not None
    assert (meaning.state, meaning.finality) == (state, finality)


@pytest.mark.parametrize(
    ("code", "reason", "retryable", "suppress"),
    [
        (131026, R.INVALID_RECIPIENT, False, False),
        (131047, R.POLICY_WINDOW, False, False),
        (131049, R.FILTERED, False, False),
        (130472, R.FILTERED, False, False),
        (131050, R.OPTED_OUT, False, True),
        (131056, R.RATE_LIMITED, True, False),
        (131053, R.UNSUPPORTED_MEDIA, True, False),
        (131016, R.PROVIDER_ERROR, True, False),
        (131014, R.PROVIDER_ERROR, True, False),
    ],
)
def test_every_named_code_has_a_meaning(code: int, reason: R, *, retryable: bool, suppress: bool) -> None:
    error = LEXICON.error("meta_whatsapp", str(code))
    assert error is not None
    assert (error.reason, error.retryable, error.suppress) == (reason, retryable, suppress)


def test_a_status_of_a_group_tells_of_which_member() -> None:
    in_group = {"recipient_type": "group", "recipient_id": "120363"}
    items = told(
        MetaWhatsApp(),
        webhook(
            status("read", **in_group, recipient_participant_id="16315551234"),
            status("read", **in_group, recipient_participant_user_id="US.13491208655302741918"),
            status("read", recipient_type="individual", recipient_participant_id="16315551234"),
        ),
        CONFIG,
    )
    assert [item.recipient for item in items if item is not None] == [
        "+16315551234",
        "US.13491208655302741918",
        "",
    ]


def test_several_entries_and_changes_are_all_read() -> None:
    changes = [{"value": {"statuses": [status("sent"), status("read", id="wamid.2")]}}, {"value": {}}]
    inbound = {"field": "messages", "value": {"contacts": [{}], "messages": [{"id": "wamid.9"}]}}
    body = {
        "entry": [
            {"changes": changes},
            {"changes": [inbound, {"value": {"statuses": [status("played")]}}]},
            {},
        ]
    }
    items = told(MetaWhatsApp(), callback(json.dumps(body).encode()), CONFIG)
    assert [item.word for item in items if item is not None] == ["sent", "read", "played"]


def test_an_inbound_message_tells_nothing() -> None:
    change = {"field": "messages", "value": {"messages": [{"id": "wamid.9", "type": "text"}]}}
    assert (
        told(MetaWhatsApp(), callback(json.dumps({"entry": [{"changes": [change]}]}).encode()), CONFIG) == []
    )


def test_an_unknown_status_is_told_verbatim() -> None:
    (item,) = told(MetaWhatsApp(), webhook(status("pondered")), CONFIG)
    assert item is not None
    assert meant(MetaWhatsApp(), item) is None


def test_a_time_that_is_none_is_kept_as_text() -> None:
    (item,) = told(MetaWhatsApp(), webhook(status("sent", timestamp="soon")), CONFIG)
    assert item is not None
    assert (item.occur_time, item.time_text) == (None, "soon")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"entry":{}}'])
def test_a_body_that_is_no_webhook_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        MetaWhatsApp().split(callback(body), CONFIG)


@pytest.mark.parametrize(
    "bad",
    [
        "entry",
        {"changes": "none"},
        {"changes": [7]},
        {"changes": [{"value": 7}]},
        {"changes": [{"value": {"statuses": {}}}]},
        *(
            {"changes": [{"value": {"statuses": [one]}}]}
            for one in (
                None,
                {},
                {"id": "wamid.1"},
                {"id": {}, "status": "sent"},
                status(1.5),
                status("failed", errors={}),
                status("failed", errors=["131047"]),
                status("failed", errors=[{"code": []}]),
                status("failed", errors=[{"code": 1, "error_data": "x"}]),
                status("sent", timestamp=[]),
            )
        ),
    ],
)
def test_what_is_malformed_does_not_touch_its_neighbours(bad: object) -> None:
    good = {"changes": [{"value": {"statuses": [status("sent")]}}]}
    came = callback(json.dumps({"entry": [bad, good]}).encode())
    broken, fine = MetaWhatsApp().split(came, CONFIG)
    with pytest.raises(Malformed):
        MetaWhatsApp().read(broken, came, CONFIG)
    assert MetaWhatsApp().read(fine, came, CONFIG) is not None


async def test_what_the_simulated_carrier_posts_is_believed_and_read_back() -> None:
    carrier = SimulatedMetaWhatsApp()
    events = [
        Event(carrier.new_message_id(number), "+16315551234", word, code, 1_770_188_095_000_000, 1, "order-7")
        for number, (word, code) in enumerate([("sent", ""), ("failed", "131026"), ("played", "")])
    ]
    came = arrived(carrier.post(URL, [*events, events[1]]))
    assert await MetaWhatsApp().greet(came, carrier.config) is None
    await MetaWhatsApp().verify(came, carrier.config)
    items = [item for item in told(MetaWhatsApp(), came, carrier.config) if item is not None]
    read = [(i.provider_message_id, i.word, i.code, i.occur_time, i.reference, i.channel) for i in items]
    assert read[:3] == [
        (e.provider_message_id, e.word, e.code, e.occur_time, e.reference, carrier.channel) for e in events
    ]
    assert items[3] == items[1]
    carrier.believe(CONFIG)
    assert carrier.config == CONFIG
    await MetaWhatsApp().verify(arrived(carrier.post(URL, events)), CONFIG)
    with pytest.raises(Unverified):
        await MetaWhatsApp().verify(came, CONFIG)
