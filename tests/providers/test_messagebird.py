"""MessageBird: the reference cases of its own SDKs, and every status it reports."""

import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import orjson
import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.registry import carrier
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.state import FailureReason as R
from messagestatus_server.providers.callback import Callback, Malformed, Unverified
from messagestatus_server.providers.messagebird import MessageBird
from tests.providers.calling import LEXICON, RECEIVED, arrived, callback, meant, told

CONFIG = {"signing_key": "36efdd1aace2e26cd490f0d951138253bef2f7c6d34d18981da781555cc4cebb"}
VECTORS = orjson.loads(Path(__file__).with_name("messagebird_vectors.json").read_bytes())
VECTOR_TIME = 1_625_479_200_000_000
REPORT = (
    "https://a.example/in/messagebird?id=e8077d803532c0b5937c639b60216938&reference=order-7"
    "&recipient=31612345678&status=delivery_failed&statusReason=unknown+subscriber&statusErrorCode=1"
    "&statusDatetime=2026-02-04T06%3A54%3A55%2B00%3A00"
)
OCCURRED = 1_770_188_095_000_000


def vector(case: dict[str, Any], method: str, receive_time: int = VECTOR_TIME) -> Callback:
    """Return the callback of a reference case."""
    return callback(
        case.get("payload", "").encode(),
        url=case["url"],
        method=method,
        headers={"MessageBird-Signature-JWT": case["token"]},
        receive_time=receive_time,
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
async def test_the_reference_cases_of_its_own_sdk_are_decided_as_there(
    case: dict[str, Any], method: str
) -> None:
    """`webhook_signature_test_data.json` of the official Python SDK, each case once for several methods."""
    if case["valid"]:
        await MessageBird().verify(vector(case, method), CONFIG)
        return
    with pytest.raises(Unverified) as refused:
        await MessageBird().verify(vector(case, method), CONFIG)
    assert refused.value.status == 403


@pytest.mark.parametrize(("seconds", "believed"), [(-2, False), (-1, True), (60, True), (61, False)])
async def test_a_token_is_believed_within_a_second_of_its_times(seconds: int, believed: bool) -> None:
    came = vector(VECTORS[0], "GET", VECTOR_TIME + seconds * 1_000_000)
    if believed:
        await MessageBird().verify(came, CONFIG)
        return
    with pytest.raises(Unverified):
        await MessageBird().verify(came, CONFIG)


async def test_an_unsigned_callback_is_refused() -> None:
    with pytest.raises(Unverified) as refused:
        await MessageBird().verify(callback(method="GET", url=REPORT), CONFIG)
    assert refused.value.status == 401


async def test_a_changed_byte_is_refused() -> None:
    case = VECTORS[2]
    for changed in (
        case | {"payload": "Hello, World?"},
        case | {"url": case["url"].replace("foo=2", "foo=3")},
        case | {"token": case["token"].replace("._H--", "._H-0")},
        case | {"token": "x"},
    ):
        with pytest.raises(Unverified):
            await MessageBird().verify(vector(changed, "POST"), CONFIG)


@pytest.mark.parametrize(
    "claims", [{"iss": "Other"}, {"iss": None}, {"nbf": None}, {"exp": "soon"}, {"url_hash": None}], ids=str
)
async def test_a_token_with_a_wrong_claim_is_refused(claims: dict[str, Any]) -> None:
    """Self-made: what the reference cases leave out."""
    good = jwt.decode(VECTORS[0]["token"], options={"verify_signature": False})
    kept = {name: value for name, value in (good | claims).items() if value is not None}
    token = jwt.encode(kept, CONFIG["signing_key"], algorithm="HS256")
    with pytest.raises(Unverified):
        await MessageBird().verify(vector(VECTORS[0] | {"token": token}, "GET"), CONFIG)


def test_a_report_is_read() -> None:
    (item,) = told(MessageBird(), callback(method="GET", url=REPORT), CONFIG)
    assert item is not None
    assert item.provider_message_id == "e8077d803532c0b5937c639b60216938"
    assert (item.word, item.code, item.detail) == ("delivery_failed", "1", "unknown subscriber")
    assert (item.occur_time, item.time_text) == (OCCURRED, "2026-02-04T06:54:55+00:00")
    assert (item.recipient, item.reference, item.channel) == ("+31612345678", "order-7", Channel.SMS)
    error = LEXICON.error("messagebird", item.code)
    assert error is not None
    assert error.reason is R.INVALID_RECIPIENT


def test_a_plus_sign_that_was_not_encoded_is_understood() -> None:
    url = REPORT.replace("%2B00%3A00", "+01:00")
    (item,) = told(MessageBird(), callback(method="GET", url=url), CONFIG)
    assert item is not None
    assert item.occur_time == OCCURRED - 3_600_000_000


@pytest.mark.parametrize(
    ("word", "code", "state"),
    [
        ("scheduled", "", S.QUEUED),
        ("sent", "", S.SENT),
        ("buffered", "", S.SENT),
        ("delivered", "", S.DELIVERED),
        ("expired", "", S.EXPIRED),
        ("delivery_failed", "", S.UNDELIVERED),
        ("delivery_failed", "1", S.UNDELIVERED),
        ("delivery_failed", "103", S.REJECTED),
    ],
)
def test_every_status_is_read_and_has_a_meaning(word: str, code: str, state: S) -> None:
    query = urlencode({"id": "1", "status": word, "statusErrorCode": code, "recipient": "31612345678"})
    (item,) = told(MessageBird(), callback(method="GET", url=f"https://a.example/?{query}"), CONFIG)
    assert item is not None
    meaning = meant(MessageBird(), item)
    assert meaning is not None
    assert meaning.state is state


def test_an_opted_out_recipient_is_not_to_be_sent_to() -> None:
    error = LEXICON.error("messagebird", "103")
    assert error is not None
    assert (error.reason, error.suppress) == (R.OPTED_OUT, True)


@pytest.mark.parametrize("query", ["", "id=1", "status=sent", "id=&status=sent"])
def test_a_report_without_id_or_status_is_malformed(query: str) -> None:
    with pytest.raises(Malformed):
        told(MessageBird(), callback(method="GET", url=f"https://a.example/?{query}"), CONFIG)


@pytest.mark.parametrize("url", ["https://a.example/in", "https://a.example/in?key=1"])
async def test_what_the_simulated_carrier_posts_is_believed_and_the_same_twice(url: str) -> None:
    simulated = carrier("messagebird")
    simulated.believe(CONFIG)
    phone = "+31612345678"
    event = Event(simulated.new_message_id(1), phone, "delivery_failed", "103", OCCURRED, 2, "order-7")
    now = time.time_ns() // 1000
    once, again = (arrived(simulated.post(url, [event]), now) for _ in range(2))
    for came in (once, again):
        await MessageBird().verify(came, CONFIG)
    assert told(MessageBird(), once, {}) == told(MessageBird(), again, {})
    (item,) = told(MessageBird(), once, {})
    assert item is not None
    assert (item.provider_message_id, item.word, item.code) == (event.provider_message_id, event.word, "103")
    assert (item.occur_time, item.recipient, item.reference) == (OCCURRED, "+31612345678", "order-7")
    with pytest.raises(Unverified):
        await MessageBird().verify(arrived(simulated.post(url, [event]), RECEIVED), CONFIG)
