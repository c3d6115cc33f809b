"""SMPP receipt texts: the standard's own form, and every way in which carriers were seen to write it."""

from datetime import UTC, datetime, timedelta

import pytest

from messagestatus_server.providers.smpp_text import read_date, read_receipt, read_zone, stat_word

NOW = datetime(2026, 2, 4, 12, 20, tzinfo=UTC)
RECEIVED = int(NOW.timestamp()) * 1_000_000
DONE = int(datetime(2026, 2, 4, 12, 15, tzinfo=UTC).timestamp()) * 1_000_000
HOUR = 3_600_000_000


def at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc, arg-type]


def test_the_form_of_the_standard_is_read_whole() -> None:
    """SMPP 3.4, appendix B."""
    written = (
        "id:0123456789 sub:001 dlvrd:001 submit date:2602041200 done date:2602041215 "
        "stat:DELIVRD err:000 Text:Hello, world"
    )
    receipt = read_receipt(written, RECEIVED)
    assert receipt is not None
    assert receipt.message_id == "0123456789"
    assert (receipt.stat, receipt.error, receipt.text) == ("DELIVRD", "000", "Hello, world")
    assert (receipt.submitted, receipt.delivered) == ("001", "001")
    assert (receipt.submit_date, receipt.done_date) == ("2602041200", "2602041215")
    assert receipt.occur_time == DONE


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(
            "id:1 submit date:2602041200 done date:2602041215 stat:DELIVRD err:000 text:hi",
            ("1", "DELIVRD", "000", "hi"),
            id="no sub and dlvrd (jsmpp 62, cloudhopper-smpp 105)",
        ),
        pytest.param(
            "id:1 sub:001 dlvrd:001 submit date:2602041200 done date:2602041215 stat:DELIVRD err:000",
            ("1", "DELIVRD", "000", ""),
            id="no text (jsmpp 67)",
        ),
        pytest.param(
            "id:1 sub:1 dlvrd:1 submit date:2602041200 done date:2602041215 stat:DELIVRD err:0 text:",
            ("1", "DELIVRD", "0", ""),
            id="short numbers (gosmpp 124)",
        ),
        pytest.param(
            "id:1 sub:001 dlvrd:001 submit date:2602041200 done date:2602041215 stat:DELIVRD err:0000 text:x",
            ("1", "DELIVRD", "0000", "x"),
            id="an error of four digits (php-smpp 70)",
        ),
        pytest.param(
            "id: 1 stat: DELIVRD err: 0 text: x", ("1", "DELIVRD", "0", "x"), id="blanks (php-smpp 29)"
        ),
        pytest.param("id:1 stat:UNDELIV err:null text:x", ("1", "UNDELIV", "", "x"), id="null (vumi 873)"),
        pytest.param("id:1 stat:UNDELIV err:nul text:x", ("1", "UNDELIV", "", "x"), id="nul (vumi 873)"),
        pytest.param(
            "id:1 stat:UNDELIV err:04B text:x", ("1", "UNDELIV", "04B", "x"), id="letters (jasmin 514)"
        ),
        pytest.param("id:1 stat:FAILED err:001", ("1", "FAILED", "001", ""), id="FAILED (vumi 897)"),
        pytest.param("id:1 stat:DELIVRD Text:Y", ("1", "DELIVRD", "", "Y"), id="Text"),
        pytest.param("ID:1 STAT:DELIVRD TEXT:Y", ("1", "DELIVRD", "", "Y"), id="upper case"),
        pytest.param("stat:EXPIRED err:021 id:9 text:y", ("9", "EXPIRED", "021", "y"), id="another order"),
        pytest.param("text:y stat:EXPIRED id:9", ("9", "EXPIRED", "", "y"), id="the text first"),
        pytest.param("id:9", ("9", "", "", ""), id="an id alone"),
        pytest.param("id:00000A1F stat:DELIVRD", ("00000A1F", "DELIVRD", "", ""), id="a hexadecimal id"),
        pytest.param("id:0000002591 stat:DELIVRD", ("0000002591", "DELIVRD", "", ""), id="a padded id"),
        pytest.param(
            "id:6f5a-4c_9e stat:DELIVRD", ("6f5a-4c_9e", "DELIVRD", "", ""), id="an id with other characters"
        ),
        pytest.param("id:1\r\nstat:DELIVRD\r\nerr:000", ("1", "DELIVRD", "000", ""), id="lines"),
        pytest.param("id:1,stat:DELIVRD,err:000", ("1", "DELIVRD", "000", ""), id="commas"),
        pytest.param("id:1 stat:DELIVRD err:000\0", ("1", "DELIVRD", "000", ""), id="the end of a C string"),
        pytest.param("id:1 stat:2", ("1", "DELIVRD", "", ""), id="a message_state for a status"),
        pytest.param(
            "id:1 stat:UNDELIV text:my id:2 stat:DELIVRD",
            ("1", "UNDELIV", "", "my id:2 stat:DELIVRD"),
            id="a text that looks like fields",
        ),
    ],
)
def test_every_known_variant_is_read(written: str, expected: tuple[str, ...]) -> None:
    receipt = read_receipt(written, RECEIVED)
    assert receipt is not None
    assert (receipt.message_id, receipt.stat, receipt.error, receipt.text) == expected


@pytest.mark.parametrize("written", ["", "ACK/", "NACK/0x0000000b/Invalid", "stat:X", "id: stat:X", "\0"])
def test_a_text_without_an_id_is_no_receipt(written: str) -> None:
    assert read_receipt(written, RECEIVED) is None


@pytest.mark.parametrize(
    ("number", "word"),
    [
        ("1", "ENROUTE"),
        ("2", "DELIVRD"),
        ("3", "EXPIRED"),
        ("4", "DELETED"),
        ("5", "UNDELIV"),
        ("6", "ACCEPTD"),
        ("7", "UNKNOWN"),
        ("8", "REJECTD"),
        ("002", "DELIVRD"),
        ("9", "9"),
        ("0", "0"),
        ("DELIVRD", "DELIVRD"),
    ],
)
def test_a_message_state_is_a_word(number: str, word: str) -> None:
    """SMPP 3.4, 5.2.28; what stands in no row stays as it is."""
    assert stat_word(number) == word


@pytest.mark.parametrize(
    ("written", "occur_time"),
    [
        ("2602041215", DONE),
        ("260204121530", DONE + 30_000_000),
        ("202602041215", DONE),
        ("20260204121530", DONE + 30_000_000),
        (str(DONE // 1_000_000 + 7), DONE + 7_000_000),
        ("2602311215", None),
        ("0000000000", 0),
        ("ND", None),
        ("", None),
        ("26-02-04", None),
        ("٢٦٠٢٠٤١٢١٥", None),
        ("9" * 400, None),
    ],
)
def test_a_date_is_read_in_the_way_that_is_nearer_to_its_arrival(
    written: str, occur_time: int | None
) -> None:
    """With seconds: jasmin 70. Ten digits that are seconds since 1970 were seen as well."""
    assert read_date(written, RECEIVED) == occur_time


def test_ten_digits_that_can_be_both_are_what_is_nearer() -> None:
    """1901010000 is the first of January 2019, and a second of March 2030."""
    both = "1901010000"
    assert read_date(both, at(2019, 1, 1)) == at(2019, 1, 1)
    assert read_date(both, at(2030, 3, 30)) == 1_901_010_000_000_000


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("", 0),
        ("UTC", 0),
        ("+02:00", 2),
        ("+0200", 2),
        ("+02", 2),
        ("-05:30", -5.5),
        ("Europe/Rome", 1),
        ("Asia/Kolkata", 5.5),
        ("Nowhere/Land", 0),
        ("../etc/passwd", 0),
        ("+99:00", 0),
    ],
)
def test_the_zone_of_the_route_counts(zone: str, hours: float) -> None:
    """A zone that is not known is UTC, rather than a receipt that is lost."""
    assert NOW.replace(tzinfo=read_zone(zone)).utcoffset() == timedelta(hours=hours)
    assert read_date("2602041215", RECEIVED, zone) == DONE - int(hours * HOUR)


@pytest.mark.parametrize(
    ("written", "known"), [("2602051219", True), ("2602051220", True), ("2602051221", False)]
)
def test_a_date_more_than_a_day_ahead_is_not_known(written: str, known: bool) -> None:
    assert (read_date(written, RECEIVED) is not None) is known


def test_an_old_date_is_known() -> None:
    """Carriers do deliver receipts days late."""
    assert read_date("2601280000", RECEIVED) == at(2026, 1, 28)
