"""Kannel: every type of report, and the SMSC's own receipt in it."""

import base64
from urllib.parse import urlencode

import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.kannel import SimulatedKannel
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.state import FailureReason as R
from messagestatus_server.providers.callback import Callback, Malformed, Told, Unverified
from messagestatus_server.providers.kannel import Kannel
from tests.providers.calling import LEXICON, RECEIVED, arrived, callback, meant, told

URL = "https://dlr.example.com/receipts/kannel"
TIME = "2026-02-04 06:54:00"
TOLD_TIME = RECEIVED - 60_000_000
RECEIPT = "id:2567 sub:001 dlvrd:000 submit date:2602040650 done date:2602040652 stat:{} err:021 text:hello"
DONE = RECEIVED - 180_000_000


def got(**parameters: str) -> Callback:
    return callback(url=f"{URL}?{urlencode(parameters)}", method="GET", content_type="")


def read(came: Callback, config: dict[str, str] | None = None) -> Told:
    (item,) = told(Kannel(), came, config or {})
    assert item is not None
    return item


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("1", S.DELIVERED),
        ("2", S.UNDELIVERED),
        ("4", S.SENT),
        ("8", S.ACCEPTED),
        ("16", S.REJECTED),
        ("34", S.EXPIRED),
        ("66", S.UNKNOWN),
    ],
)
def test_every_type_of_report_has_a_meaning(kind: str, state: S) -> None:
    item = read(got(id="42", type=kind, answer="ACK/", time=TIME))
    assert (item.provider_message_id, item.word) == ("42", kind)
    meaning = meant(Kannel(), item)
    assert meaning is not None
    assert meaning.state is state


@pytest.mark.parametrize(
    ("stat", "kind", "state"),
    [
        ("ENROUTE", "4", S.SENT),
        ("ACCEPTD", "4", S.ACCEPTED),
        ("DELIVRD", "1", S.DELIVERED),
        ("EXPIRED", "2", S.EXPIRED),
        ("DELETED", "2", S.UNDELIVERED),
        ("UNDELIV", "2", S.UNDELIVERED),
        ("FAILED", "2", S.UNDELIVERED),
        ("REJECTD", "2", S.REJECTED),
        ("UNKNOWN", "2", S.UNKNOWN),
    ],
)
def test_the_receipt_of_the_smsc_is_more_exact_than_the_type(stat: str, kind: str, state: S) -> None:
    item = read(got(id="42", type=kind, answer=RECEIPT.format(stat), time=TIME))
    assert (item.provider_message_id, item.word, item.code, item.detail) == ("42", stat, "021", "hello")
    meaning = meant(Kannel(), item)
    assert meaning is not None
    assert meaning.state is state


def test_a_status_that_no_standard_knows_leaves_it_to_the_type() -> None:
    item = read(got(id="42", type="2", answer=RECEIPT.format("BROKEN")))
    assert (item.word, item.code) == ("2", "021")
    assert "BROKEN" in item.detail


def test_a_status_that_no_standard_knows_is_told_where_there_is_no_type() -> None:
    assert read(got(id="42", answer=RECEIPT.format("BROKEN"))).word == "BROKEN"


def test_the_identifier_may_come_with_the_receipt_alone() -> None:
    assert read(got(type="1", answer=RECEIPT.format("DELIVRD"))).provider_message_id == "2567"


@pytest.mark.parametrize(
    ("answer", "code", "state", "reason"),
    [
        ("NACK/0x0000000b/Invalid Destination Address", "0x0000000b", S.REJECTED, R.INVALID_RECIPIENT),
        ("NACK/0x00000058/Throttling error", "0x00000058", S.FAILED, R.RATE_LIMITED),
        ("NACK/1035/Unknown/Reserved", "1035", S.REJECTED, R.UNSPECIFIED),
        ("NACK/", "", S.REJECTED, R.UNSPECIFIED),
    ],
)
def test_a_refusal_tells_why(answer: str, code: str, state: S, reason: R) -> None:
    item = read(got(id="42", type="16", answer=answer))
    assert (item.word, item.code) == ("16", code)
    assert item.detail == answer.partition("/")[2].partition("/")[2]
    meaning = meant(Kannel(), item)
    assert meaning is not None
    assert (meaning.state, meaning.reason) == (state, reason)


def test_an_error_of_the_smsc_is_explained() -> None:
    error = LEXICON.error("kannel", "0x00000058")
    assert error is not None
    assert (error.reason, error.retryable) == (R.RATE_LIMITED, True)


@pytest.mark.parametrize(
    ("written", "occur_time"),
    [(TIME, TOLD_TIME), (str(TOLD_TIME // 1_000_000), TOLD_TIME), ("", None), ("yesterday", None)],
)
def test_the_time_is_read_in_both_forms(written: str, occur_time: int | None) -> None:
    """`%t` is UTC, `%T` the seconds since 1970."""
    item = read(got(id="42", type="1", time=written))
    assert (item.occur_time, item.time_text) == (occur_time, written)


@pytest.mark.parametrize(
    ("config", "time", "occur_time"),
    [
        ({}, TIME, TOLD_TIME),
        ({}, "", DONE),
        ({"zone": "UTC"}, TIME, DONE),
        ({"zone": "+01:00"}, TIME, DONE - 3_600_000_000),
    ],
)
def test_the_smscs_date_counts_where_its_zone_is_known(
    config: dict[str, str], time: str, occur_time: int
) -> None:
    assert read(got(id="42", type="1", answer=RECEIPT.format("DELIVRD"), time=time), config).occur_time == (
        occur_time
    )


def test_the_route_names_the_parameters() -> None:
    names = {
        "id_parameter": "msg",
        "type_parameter": "dlr",
        "answer_parameter": "reply",
        "time_parameter": "ts",
        "reference_parameter": "order",
    }
    came = got(msg="42", dlr="1", reply="", ts=TIME, order="order-7", id="no", type="no")
    item = read(came, names)
    assert (item.provider_message_id, item.word, item.reference) == ("42", "1", "order-7")
    assert item.occur_time == TOLD_TIME


def test_a_post_may_hold_the_parameters_as_a_form() -> None:
    came = callback(b"type=8", url=f"{URL}?id=42&type=1", content_type="application/x-www-form-urlencoded")
    item = read(came)
    assert (item.provider_message_id, item.word) == ("42", "8")


@pytest.mark.parametrize("parameters", [{}, {"type": "1"}, {"id": "42"}, {"id": "42", "answer": "ACK/"}])
def test_a_report_without_id_or_type_is_malformed(parameters: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        told(Kannel(), got(**parameters), {})


async def test_without_credentials_everything_passes() -> None:
    await Kannel().verify(got(id="42", type="1"), {})
    assert not Kannel().signs({})
    assert Kannel().signs({"basic_username": "kannel", "basic_password": "secret"})


async def test_credentials_are_asked_for_where_the_route_has_some() -> None:
    config = {"basic_username": "kannel", "basic_password": "secret"}
    with pytest.raises(Unverified) as refused:
        await Kannel().verify(got(id="42", type="1"), config)
    assert refused.value.status == 401
    wrong = {"authorization": "Basic " + base64.b64encode(b"kannel:Secret").decode()}
    with pytest.raises(Unverified) as refused:
        await Kannel().verify(callback(url=URL, method="GET", headers=wrong), config)
    assert refused.value.status == 403


@pytest.mark.parametrize("config", [{}, {"id_parameter": "msg", "type_parameter": "dlr"}])
async def test_what_the_simulated_carrier_posts_is_read_back(config: dict[str, str]) -> None:
    carrier = SimulatedKannel()
    carrier.believe(carrier.config | config)
    for key in [*carrier.script, *LEXICON.words["kannel"]]:
        word, _, code = key.partition(":")
        event = Event(carrier.new_message_id(7), "+15005550010", word, code, DONE, reference="order-7")
        posting = carrier.post(URL, [event])
        assert carrier.post(URL, [event]) == posting
        came = arrived(posting)
        await Kannel().verify(came, carrier.config)
        item = read(came, carrier.config)
        assert (item.provider_message_id, item.word) == (event.provider_message_id, word)
        assert (item.occur_time, item.reference) == (DONE, "order-7")
        assert item.code == (code or ("" if word.isdigit() else "000"))


async def test_the_simulated_carrier_is_not_believed_with_other_credentials() -> None:
    carrier, other = SimulatedKannel(), SimulatedKannel()
    event = Event("1", "+15005550010", "DELIVRD", "", RECEIVED)
    with pytest.raises(Unverified):
        await Kannel().verify(arrived(carrier.post(f"{URL}?k=1", [event])), other.config)
    other.believe({})
    await Kannel().verify(arrived(other.post(f"{URL}?k=1", [event])), {})
