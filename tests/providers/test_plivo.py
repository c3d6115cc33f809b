"""Plivo: the signature vectors of its own SDKs, its nonces, and every status it reports."""

import base64
import hmac
from urllib.parse import urlencode

import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.registry import carrier
from messagestatus_server.domain.message import Channel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.providers.callback import Callback, Malformed, Unverified
from messagestatus_server.providers.nonces import NonceMemory
from messagestatus_server.providers.plivo import Plivo
from tests.providers.calling import LEXICON, arrived, callback, meant, told

FORM = "application/x-www-form-urlencoded"
CONFIG = {"auth_token": "my_auth_token"}
OWN, MAIN, NONCE = "X-Plivo-Signature-V2", "X-Plivo-Signature-Ma-V2", "X-Plivo-Signature-V2-Nonce"
VECTORS = {
    "https://answer.url": "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc=",
    "https://answer.url/": "do1CXv+k99A6+B+eTcyqbxWlezFIxJ/1vz72787r37g=",
}
CALLBACK = (
    b"To=12025550111&From=12025550000&Status=undelivered&MessageUUID=0c3b&ParentMessageUUID=0c3b"
    b"&PartInfo=1+of+1&Sequence=3&Units=1&MCC=310&MNC=410&ErrorCode=50&SentTime=2026-02-04+06%3A54%3A35.120000"
    b"&DeliveryReportTime=2026-02-04+06%3A54%3A55.000000"
)
OCCURRED = 1_770_188_095_000_000


def vector(url: str, body: bytes = b"", header: str = OWN, **headers: str) -> Callback:
    """Return the callback of a vector."""
    signed = {header: VECTORS[url.partition("?")[0]], NONCE: "12345"}
    return callback(body, url=url, content_type=FORM, headers=signed | headers)


def told_of(fields: dict[str, str], config: dict[str, str] | None = None) -> list[object]:
    """Return what a form tells."""
    return list(told(Plivo(), callback(urlencode(fields).encode(), content_type=FORM), config or {}))


@pytest.mark.parametrize("header", [OWN, MAIN])
@pytest.mark.parametrize("url", VECTORS)
async def test_the_vectors_of_its_own_sdks_are_believed(url: str, header: str) -> None:
    """`UtilsTest.java` of the official Java SDK; the first one also in the Python, Go and .NET SDKs."""
    await Plivo().verify(vector(url, header=header), CONFIG)


async def test_query_and_body_are_not_signed() -> None:
    await Plivo().verify(vector("https://answer.url?a=1", b"Status=sent"), CONFIG)


async def test_one_right_signature_of_several_is_enough() -> None:
    right = VECTORS["https://answer.url"]
    for headers in ({OWN: "AAAA", MAIN: right}, {OWN: f"AAAA,{right}"}, {OWN: f"{right}, AAAA", MAIN: "B"}):
        came = callback(b"", url="https://answer.url", headers=headers | {NONCE: "12345"})
        await Plivo().verify(came, CONFIG)


@pytest.mark.parametrize(
    "headers", [{}, {OWN: "x"}, {NONCE: "12345"}, {OWN: "", MAIN: " ", NONCE: "1"}], ids=str
)
async def test_an_unsigned_callback_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Unverified) as refused:
        await Plivo().verify(callback(b"", url="https://answer.url", headers=headers), CONFIG)
    assert refused.value.status == 401


async def test_a_changed_byte_is_refused() -> None:
    right = VECTORS["https://answer.url"]
    for headers, url, token in (
        ({OWN: "f" + right[1:], NONCE: "12345"}, "https://answer.url", "my_auth_token"),
        ({OWN: right, NONCE: "12346"}, "https://answer.url", "my_auth_token"),
        ({OWN: right, NONCE: "12345"}, "https://answer.urk", "my_auth_token"),
        ({OWN: right, NONCE: "12345"}, "http://answer.url", "my_auth_token"),
        ({OWN: right, NONCE: "12345"}, "https://answer.url", "my_auth_tokens"),
        ({OWN: "é", NONCE: "12345"}, "https://answer.url", "my_auth_token"),
    ):
        with pytest.raises(Unverified) as refused:
            await Plivo().verify(callback(b"", url=url, headers=headers), {"auth_token": token})
        assert refused.value.status == 403


async def test_a_nonce_that_comes_again_with_something_else_is_refused() -> None:
    plivo = Plivo()
    url = "https://answer.url?key=1"
    for _ in range(2):
        await plivo.verify(vector(url, b"Status=sent"), CONFIG)
    get = vector(url, b"Status=sent")
    get.method = "GET"
    for other in (vector(url, b"Status=delivered"), vector("https://answer.url?key=2", b"Status=sent"), get):
        with pytest.raises(Unverified) as refused:
            await plivo.verify(other, CONFIG)
        assert refused.value.status == 403
    await plivo.verify(vector(url, b"Status=sent"), CONFIG)


async def test_a_nonce_is_remembered_only_once_its_signature_is_right_and_for_its_account_alone() -> None:
    plivo = Plivo()
    with pytest.raises(Unverified):
        await plivo.verify(vector("https://answer.url", b"forged", OWN, **{OWN: "AAAA"}), CONFIG)
    await plivo.verify(vector("https://answer.url", b"true"), CONFIG)
    other = base64.b64encode(hmac.digest(b"other", b"https://answer.url12345", "sha256")).decode()
    await plivo.verify(vector("https://answer.url", b"else", OWN, **{OWN: other}), {"auth_token": "other"})


def test_the_memory_of_nonces_is_bounded_and_forgets_the_oldest() -> None:
    memory = NonceMemory(2)
    assert [memory.is_reused([name], [b"1"]) for name in (b"a", b"b", b"a")] == [False, False, False]
    assert memory.is_reused([b"a"], [b"2"])
    assert not memory.is_reused([b"c"], [b"1"])
    assert memory.is_reused([b"b"], [b"2"])
    assert not memory.is_reused([b"a"], [b"2"])
    assert len(memory._seen) == 2


def test_the_ends_of_parts_make_a_difference() -> None:
    memory = NonceMemory(2)
    assert not memory.is_reused([b"n"], [b"a", b"bc"])
    assert memory.is_reused([b"n"], [b"ab", b"c"])


def test_it_is_said_to_sign() -> None:
    assert Plivo().signs(CONFIG)


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_callback_is_read(method: str) -> None:
    if method == "POST":
        came = callback(CALLBACK, content_type=FORM)
    else:
        came = callback(method="GET", url=f"https://a.example/in?{CALLBACK.decode()}")
    (item,) = told(Plivo(), came, CONFIG)
    assert item is not None
    assert (item.provider_message_id, item.word, item.code) == ("0c3b", "undelivered", "50")
    assert (item.occur_time, item.event_id, item.detail) == (OCCURRED, "0c3b:3", "")
    assert (item.time_text, item.recipient) == ("2026-02-04 06:54:55.000000", "")


def test_a_part_of_a_long_message_is_told_of_the_whole_one() -> None:
    fields = {"MessageUUID": "p2", "ParentMessageUUID": "p1", "PartInfo": "2 of 3", "Status": "sent"}
    (item,) = told(Plivo(), callback(urlencode(fields).encode(), content_type=FORM), {})
    assert item is not None
    assert (item.provider_message_id, item.detail, item.event_id) == ("p1", "part 2 of 3", "")
    (item,) = told(Plivo(), callback(urlencode(fields | {"Sequence": "1"}).encode(), content_type=FORM), {})
    assert item is not None
    assert item.event_id == "p2:1"


@pytest.mark.parametrize(
    ("word", "zone", "second"),
    [("queued", "utc", 1), ("sent", "utc", 2), ("read", "utc", 3), ("sent", "unknown", 0)],
)
def test_the_time_of_the_status_is_told(word: str, zone: str, second: int) -> None:
    named = ("QueuedTime", "SentTime", "DeliveryReportTime")
    times = {name: f"1970-01-01 00:00:0{index}.000000" for index, name in enumerate(named, 1)}
    body = urlencode({"MessageUUID": "1", "Status": word} | times).encode()
    (item,) = told(Plivo(), callback(body, content_type=FORM), {"time_zone": zone})
    assert item is not None
    assert item.occur_time == (second * 1_000_000 or None)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("queued", S.QUEUED),
        ("sent", S.SENT),
        ("delivered", S.DELIVERED),
        ("undelivered", S.UNDELIVERED),
        ("failed", S.FAILED),
        ("rejected", S.REJECTED),
        ("read", S.READ),
    ],
)
def test_every_status_is_read_and_has_a_meaning(word: str, state: S) -> None:
    body = urlencode({"MessageUUID": "1", "Status": word, "Type": "whatsapp"}).encode()
    (item,) = told(Plivo(), callback(body, content_type=FORM), {})
    assert item is not None
    assert item.channel is Channel.WHATSAPP
    meaning = meant(Plivo(), item)
    assert meaning is not None
    assert meaning.state is state


def test_every_error_code_has_a_meaning() -> None:
    codes = (0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 200, 201, 300, 420, 450, 900, 1000)
    assert all(LEXICON.error("plivo", str(code) if code else "000") for code in codes)


def test_an_inbound_message_tells_nothing() -> None:
    assert told_of({"MessageUUID": "1", "Text": "hi", "From": "1"}) == [None]


@pytest.mark.parametrize("fields", [{}, {"MessageUUID": "1"}, {"Status": "sent"}])
def test_a_callback_without_id_or_status_is_malformed(fields: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        told_of(fields)


async def test_what_the_simulated_carrier_posts_is_believed_and_the_same_twice() -> None:
    simulated, plivo = carrier("plivo"), Plivo()
    simulated.believe(CONFIG)
    event = Event(simulated.new_message_id(1), "+12025550111", "undelivered", "50", OCCURRED, 3)
    once, again = (arrived(simulated.post("https://a.example/in?key=1", [event])) for _ in range(2))
    for came in (once, again):
        await plivo.verify(came, CONFIG)
    assert once.body == again.body
    (item,) = told(plivo, once, {})
    assert item is not None
    assert (item.provider_message_id, item.word, item.code) == (
        event.provider_message_id,
        "undelivered",
        "50",
    )
    assert (item.occur_time, item.event_id) == (OCCURRED, f"{event.provider_message_id}:3")
