"""How `count` and `sendDate` are read. Namirial, Message status API, "Query parameters"."""

import pytest

from messagestatus_gateway.dialects.namirial import parse_count, parse_send_date

COUNT_TEXT = "count must be an integer between 1 and 100"
DATE_TEXT = "sendDate must be an ISO 8601 timestamp"


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ("default 50", [], 50),
        ("the least", ["1"], 1),
        ("the most", ["100"], 100),
        ("above 100 is silently capped", ["101"], 100),
        ("so is the greatest int64", ["9223372036854775807"], 100),
        ("leading zeros count for nothing", ["0000000000000000000000007"], 7),
    ],
)
def test_count_is_read(rule: str, values: list[str], expected: int) -> None:
    assert parse_count(values) == expected, rule


REFUSED_COUNTS = {
    "zero": ["0"],
    "zeros": ["000"],
    "negative": ["-1"],
    "signed": ["+5"],
    "empty": [""],
    "a word": ["ten"],
    "a fraction": ["1.0"],
    "an exponent": ["1e2"],
    "hexadecimal": ["0x10"],
    "a blank before": [" 5"],
    "a line feed behind": ["5\n"],
    "digits of another script": ["\u0665"],
    "a digit group": ["1_0"],
    "above int64": ["9223372036854775808"],
    "far above int64": ["1" * 5000],
    "repeated": ["5", "5"],
    "repeated, first one good": ["5", "x"],
}


@pytest.mark.parametrize("values", REFUSED_COUNTS.values(), ids=list(REFUSED_COUNTS))
def test_count_is_refused(values: list[str]) -> None:
    with pytest.raises(ValueError, match=f"^{COUNT_TEXT}$"):
        parse_count(values)


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ("the document's example", "2026-12-31T23:59:59Z", "2026-12-31T23:59:59Z"),
        ("a small t", "2026-12-31t23:59:59Z", "2026-12-31T23:59:59Z"),
        ("a small z", "2026-12-31T23:59:59z", "2026-12-31T23:59:59Z"),
        ("a blank for the T", "2026-12-31 23:59:59Z", "2026-12-31T23:59:59Z"),
        ("no zone is UTC", "2026-12-31T23:59:59", "2026-12-31T23:59:59Z"),
        ("no time of day is midnight", "2026-12-31", "2026-12-31T00:00:00Z"),
        ("an offset to the east", "2026-12-31T23:59:59+02:00", "2026-12-31T21:59:59Z"),
        ("an offset to the west", "2026-12-31T23:59:59-01:30", "2027-01-01T01:29:59Z"),
        ("a plus that became a blank", "2026-12-31T23:59:59 02:00", "2026-12-31T21:59:59Z"),
        ("an unknown local offset", "2026-12-31T23:59:59-00:00", "2026-12-31T23:59:59Z"),
        ("a fraction", "2026-12-31T23:59:59.5Z", "2026-12-31T23:59:59.500Z"),
        ("a fraction without a zone", "2026-12-31T23:59:59.123456789", "2026-12-31T23:59:59.123456789Z"),
        (
            "finer than a nanosecond rounds up",
            "2026-12-31T23:59:58.0000000001Z",
            "2026-12-31T23:59:58.000000001Z",
        ),
        ("rounding carries", "2026-12-31T23:59:58.9999999991Z", "2026-12-31T23:59:59Z"),
        ("zeros are nothing to round", "2026-12-31T23:59:58.1230000000000Z", "2026-12-31T23:59:58.123Z"),
        ("a leap day", "2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("after the last year", "9999-12-31T23:59:59-02:00", "9999-12-31T23:59:59.999999999Z"),
        ("before the first year", "0001-01-01T00:00:00+02:00", "0001-01-01T00:00:00Z"),
    ],
)
def test_send_date_is_read(rule: str, value: str, expected: str) -> None:
    time = parse_send_date([value])
    assert time is not None
    assert time.ToJsonString() == expected, rule


def test_no_send_date_is_no_bound() -> None:
    assert parse_send_date([]) is None


REFUSED_DATES = {
    "empty": [""],
    "a word": ["yesterday"],
    "second 60": ["2026-12-31T23:59:60Z"],
    "hour 24": ["2026-12-31T24:00:00Z"],
    "minute 60": ["2026-12-31T23:60:00Z"],
    "a week date": ["2026-W53-4"],
    "an ordinal date": ["2026-365"],
    "a compact date": ["20261231"],
    "a compact time": ["2026-12-31T235959Z"],
    "a compact offset": ["2026-12-31T23:59:59+0200"],
    "an offset of hours": ["2026-12-31T23:59:59+02"],
    "an offset of 24 hours": ["2026-12-31T23:59:59+24:00"],
    "an offset of 60 minutes": ["2026-12-31T23:59:59+01:60"],
    "no seconds": ["2026-12-31T23:59Z"],
    "a comma for the point": ["2026-12-31T23:59:59,5Z"],
    "a point without a fraction": ["2026-12-31T23:59:59.Z"],
    "a zone without a time": ["2026-12-31Z"],
    "an impossible day": ["2026-02-30"],
    "a leap day in a common year": ["2026-02-29"],
    "year 0": ["0000-01-01"],
    "five digits of a year": ["12026-01-01"],
    "epoch seconds": ["1767225599"],
    "a blank before": [" 2026-12-31"],
    "a line feed behind": ["2026-12-31\n"],
    "digits of another script": ["\u0662\u0660\u0662\u0666-12-31"],
    "repeated": ["2026-12-31", "2026-12-31"],
}


@pytest.mark.parametrize("values", REFUSED_DATES.values(), ids=list(REFUSED_DATES))
def test_send_date_is_refused(values: list[str]) -> None:
    with pytest.raises(ValueError, match=f"^{DATE_TEXT}$"):
        parse_send_date(values)
