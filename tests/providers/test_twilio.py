"""Twilio: its own signature vectors, and every status it reports."""

import pytest

from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.providers.callback import Malformed, Unverified
from messagestatus_server.providers.twilio import Twilio
from tests.providers.calling import callback, meant, told

FORM = "application/x-www-form-urlencoded"
CONFIG = {"auth_token": "12345"}
VECTOR_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
VECTOR_BODY = (
    b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
)
VECTOR_SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


@pytest.mark.parametrize(
    "url", [VECTOR_URL, VECTOR_URL.replace(".com", ".com:443")], ids=["without a port", "with its port"]
)
async def test_the_vector_of_its_own_sdk_is_believed(url: str) -> None:
    """Twilio, "Webhooks security", the example: the port may or may not be part of what was signed."""
    came = callback(VECTOR_BODY, url=url, content_type=FORM, headers={"X-Twilio-Signature": VECTOR_SIGNATURE})
    await Twilio().verify(came, CONFIG)


async def test_a_changed_byte_is_refused() -> None:
    came = callback(
        VECTOR_BODY.replace(b"1234&", b"1235&"),
        url=VECTOR_URL,
        content_type=FORM,
        headers={"X-Twilio-Signature": VECTOR_SIGNATURE},
    )
    with pytest.raises(Unverified) as refused:
        await Twilio().verify(came, CONFIG)
    assert refused.value.status == 403


async def test_an_unsigned_callback_is_refused() -> None:
    with pytest.raises(Unverified) as refused:
        await Twilio().verify(callback(VECTOR_BODY, url=VECTOR_URL, content_type=FORM), CONFIG)
    assert refused.value.status == 401


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("accepted", S.ACCEPTED),
        ("scheduled", S.QUEUED),
        ("queued", S.QUEUED),
        ("sending", S.SENT),
        ("sent", S.SENT),
        ("delivered", S.DELIVERED),
        ("partially_delivered", S.PARTIALLY_DELIVERED),
        ("read", S.READ),
        ("undelivered", S.UNDELIVERED),
        ("failed", S.FAILED),
        ("canceled", S.FAILED),
    ],
)
def test_every_status_is_read_and_has_a_meaning(word: str, state: S) -> None:
    body = f"MessageSid=SM0123&SmsSid=SM0123&MessageStatus={word}&SmsStatus={word}&To=%2B15005550010"
    (item,) = told(Twilio(), callback(body.encode(), content_type=FORM), CONFIG)
    assert item is not None
    assert item.provider_message_id == "SM0123"
    meaning = meant(Twilio(), item)
    assert meaning is not None
    assert meaning.state is state


def test_an_error_and_the_channel_are_told() -> None:
    body = b"MessageSid=SM1&MessageStatus=undelivered&ErrorCode=63024&To=whatsapp%3A%2B15005550010"
    (item,) = told(Twilio(), callback(body, content_type=FORM), CONFIG)
    assert item is not None
    assert (item.code, item.channel) == ("63024", Channel.WHATSAPP)


def test_an_inbound_message_tells_nothing() -> None:
    assert told(Twilio(), callback(b"MessageSid=SM1&SmsStatus=received", content_type=FORM), CONFIG) == [None]


@pytest.mark.parametrize("body", [b"MessageStatus=sent", b"MessageSid=SM1", b""])
def test_a_callback_without_sid_or_status_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        told(Twilio(), callback(body, content_type=FORM), CONFIG)
