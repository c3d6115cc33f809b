"""Jasmin: the forms of its documentation, and every word of both levels."""

import base64
from urllib.parse import urlencode

import pytest

from messagestatus_server.cli.simulate.carriers.carrier import Event
from messagestatus_server.cli.simulate.carriers.jasmin import SimulatedJasmin
from messagestatus_server.domain.state import DeliveryState as S
from messagestatus_server.domain.state import FailureReason as R
from messagestatus_server.providers.callback import Malformed, Unverified
from messagestatus_server.providers.jasmin import Jasmin
from tests.providers.calling import LEXICON, RECEIVED, arrived, callback, meant, told

FORM = "application/x-www-form-urlencoded"
URL = "https://dlr.example.com/receipts/jasmin"
GUARDED = {"basic_username": "jasmin", "basic_password": "s3cret:with a colon"}
JASMIN_ID = "16fd2706-8baf-433b-82eb-8c7fada847da"
SECOND_LEVEL = {
    "id": JASMIN_ID,
    "id_smsc": "2567",
    "message_status": "DELIVRD",
    "level": "2",
    "connector": "smsc-1",
    "sub": "001",
    "dlvrd": "001",
    "subdate": "2602040654",
    "donedate": "2602040654",
    "err": "000",
    "text": "Hello foo bar",
}


def form(**changes: str) -> bytes:
    return urlencode(SECOND_LEVEL | changes).encode()


def basic(username: str, password: str, scheme: str = "Basic") -> dict[str, str]:
    return {"Authorization": f"{scheme} {base64.b64encode(f'{username}:{password}'.encode()).decode()}"}


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("ENROUTE", S.SENT),
        ("ACCEPTD", S.ACCEPTED),
        ("DELIVRD", S.DELIVERED),
        ("EXPIRED", S.EXPIRED),
        ("DELETED", S.UNDELIVERED),
        ("UNDELIV", S.UNDELIVERED),
        ("FAILED", S.UNDELIVERED),
        ("REJECTD", S.REJECTED),
        ("UNKNOWN", S.UNKNOWN),
        ("delivrd", S.DELIVERED),
        ("ESME_ROK", S.ACCEPTED),
        ("ESME_RINVDSTADR", S.REJECTED),
        ("ESME_RINVNUMDESTS", S.REJECTED),
        ("ESME_RINVSRCADR", S.REJECTED),
        ("ESME_RTHROTTLED", S.FAILED),
        ("ESME_RMSGQFUL", S.FAILED),
        ("ESME_RSYSERR", S.FAILED),
        ("ESME_RSUBMITFAIL", S.FAILED),
        ("ESME_RINVMSGLEN", S.FAILED),
        ("ESME_RDELIVERYFAILURE", S.UNDELIVERED),
        ("ESME_RUNKNOWNERR", S.FAILED),
    ],
)
def test_every_status_is_read_and_has_a_meaning(word: str, state: S) -> None:
    (item,) = told(Jasmin(), callback(form(message_status=word), content_type=FORM), {})
    assert item is not None
    assert (item.provider_message_id, item.word) == (JASMIN_ID, word)
    meaning = meant(Jasmin(), item)
    assert meaning is not None
    assert meaning.state is state


def test_a_receipt_of_level_2_is_read_whole() -> None:
    (item,) = told(Jasmin(), callback(form(err="04B"), content_type=FORM), {})
    assert item is not None
    assert (item.code, item.detail, item.time_text) == ("04B", "Hello foo bar", "2602040654")
    assert item.occur_time == RECEIVED - 60_000_000


def test_an_answer_of_level_1_is_read() -> None:
    """It has no identifier of the SMSC, no time and no error but its own name."""
    body = f"id={JASMIN_ID}&message_status=ESME_RINVDSTADR&level=1&connector=smsc-1".encode()
    (item,) = told(Jasmin(), callback(body, content_type=FORM), {"message_id_field": "id_smsc"})
    assert item is not None
    assert (item.provider_message_id, item.occur_time, item.code) == (JASMIN_ID, None, "ESME_RINVDSTADR")
    error = LEXICON.error("jasmin", item.code)
    assert error is not None
    assert (error.reason, error.permanent) == (R.INVALID_RECIPIENT, True)


def test_a_taken_message_has_no_error() -> None:
    body = f"id={JASMIN_ID}&message_status=ESME_ROK&level=1".encode()
    (item,) = told(Jasmin(), callback(body, content_type=FORM), {})
    assert item is not None
    assert item.code == ""


def test_what_the_smsc_did_not_say_is_left_out() -> None:
    """Jasmin writes `ND` there."""
    nothing = {"sub": "ND", "dlvrd": "ND", "subdate": "ND", "donedate": "ND", "err": "ND", "text": ""}
    (item,) = told(Jasmin(), callback(form(**nothing), content_type=FORM), {})
    assert item is not None
    assert (item.code, item.occur_time) == ("", None)


def test_the_route_says_which_identifier_is_known() -> None:
    (item,) = told(Jasmin(), callback(form(), content_type=FORM), {"message_id_field": "id_smsc"})
    assert item is not None
    assert item.provider_message_id == "2567"


def test_the_route_says_the_zone_of_the_dates() -> None:
    (item,) = told(Jasmin(), callback(form(donedate="2602040754"), content_type=FORM), {"zone": "+01:00"})
    assert item is not None
    assert item.occur_time == RECEIVED - 60_000_000


def test_a_get_is_read_from_its_url() -> None:
    came = callback(url=f"{URL}?{form().decode()}", method="GET", content_type=FORM)
    (item,) = told(Jasmin(), came, {})
    assert item is not None
    assert item.word == "DELIVRD"


def test_it_is_answered_what_it_waits_for() -> None:
    """Anything but exactly this, and the receipt comes again ("Receiving DLR")."""
    assert (Jasmin().answer.status, Jasmin().answer.body) == (200, b"ACK/Jasmin")


@pytest.mark.parametrize(
    "body", [b"", b"message_status=DELIVRD", b"id=1", b"id=&message_status=X", b"\xff\x00"]
)
def test_a_callback_without_id_or_status_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        told(Jasmin(), callback(body, content_type=FORM), {})


async def test_without_credentials_everything_passes() -> None:
    await Jasmin().verify(callback(form(), content_type=FORM), {})
    assert not Jasmin().signs({})
    assert Jasmin().signs(GUARDED)


@pytest.mark.parametrize("scheme", ["Basic", "basic"])
async def test_the_credentials_of_the_route_are_believed(scheme: str) -> None:
    came = callback(form(), content_type=FORM, headers=basic("jasmin", "s3cret:with a colon", scheme))
    await Jasmin().verify(came, GUARDED)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer abc"}, 401),
        ({"Authorization": "Basic ???"}, 401),
        ({"Authorization": "Basic é"}, 401),
        ({"Authorization": "Basic"}, 403),
        (basic("jasmin", "s3cret"), 403),
        (basic("Jasmin", "s3cret:with a colon"), 403),
    ],
)
async def test_other_credentials_are_refused(headers: dict[str, str], status: int) -> None:
    with pytest.raises(Unverified) as refused:
        await Jasmin().verify(callback(form(), content_type=FORM, headers=headers), GUARDED)
    assert refused.value.status == status


@pytest.mark.parametrize("id_field", ["id", "id_smsc"])
async def test_what_the_simulated_carrier_posts_is_read_back(id_field: str) -> None:
    carrier = SimulatedJasmin()
    carrier.believe(carrier.config | {"message_id_field": id_field})
    for word in [*carrier.script, *LEXICON.words["jasmin"]]:
        event = Event(carrier.new_message_id(7), "+15005550010", word, "", RECEIVED - 30_000_000)
        posting = carrier.post(URL, [event])
        assert carrier.post(URL, [event]) == posting
        came = arrived(posting)
        await Jasmin().verify(came, carrier.config)
        (item,) = told(Jasmin(), came, carrier.config)
        assert item is not None
        assert item.word == word
        first_level = word.startswith("ESME_")
        assert item.occur_time == (None if first_level else event.occur_time)
        if id_field == "id" or not first_level:
            assert item.provider_message_id == event.provider_message_id


async def test_the_simulated_carrier_is_not_believed_with_other_credentials() -> None:
    carrier, other = SimulatedJasmin(), SimulatedJasmin()
    came = arrived(carrier.post(URL, [Event("1", "+15005550010", "DELIVRD", "", RECEIVED)]))
    with pytest.raises(Unverified):
        await Jasmin().verify(came, other.config)
    other.believe({})
    bare = arrived(other.post(URL, [Event("1", "+15005550010", "DELIVRD", "", RECEIVED)]))
    await Jasmin().verify(bare, {})
