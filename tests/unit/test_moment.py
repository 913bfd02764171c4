"""Times and dates: which are read, and what they mean in milliseconds and at their own place."""

import re
from datetime import date
from typing import Annotated

import pytest
from pydantic import StringConstraints, TypeAdapter, ValidationError

from traceability.core.errors import FormatError
from traceability.core.moment import (
    DATE_PATTERN,
    TIME_PATTERN,
    days_between,
    format_time,
    local_date,
    local_minutes,
    parse_date,
    parse_time,
)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-11-22T06:30:00+07:00", 1_795_303_800_000),
        ("2026-11-21T23:30:00Z", 1_795_303_800_000),
        ("2026-11-21T23:30:00+00:00", 1_795_303_800_000),
        ("2026-11-21T18:00:00-05:30", 1_795_303_800_000),
        ("2026-11-22T06:30:00.5+07:00", 1_795_303_800_500),
        ("2026-11-22T06:30:00.05+07:00", 1_795_303_800_050),
        ("2026-11-22T06:30:00.123+07:00", 1_795_303_800_123),
        ("2000-01-01T00:00:00Z", 946_684_800_000),
        ("2199-12-31T23:59:59.999Z", 7_258_118_399_999),
        ("2024-02-29T12:00:00Z", 1_709_208_000_000),
        ("2026-01-01T00:00:00-00:30", 1_767_227_400_000),
    ],
)
def test_a_time_is_read_as_milliseconds(text: str, ms: int) -> None:
    assert parse_time(text) == ms
    assert type(parse_time(text)) is int


BAD_TIMES = [
    "",
    "2026-11-22",
    "2026-11-22T06:30:00",
    "2026-11-22T06:30+07:00",
    "2026-11-22 06:30:00+07:00",
    "2026-11-22t06:30:00+07:00",
    "2026-11-22T06:30:00z",
    "2026-11-22T06:30:00+0700",
    "2026-11-22T06:30:00+07",
    "2026-11-22T06:30:00+7:00",
    "2026-11-22T06:30:00-00:00",
    "2026-11-22T06:30:00+24:00",
    "2026-11-22T06:30:00+07:60",
    "2026-11-22T06:30:00+07:00:00",
    "2026-11-22T06:30:00.+07:00",
    "2026-11-22T06:30:00.1234+07:00",
    "2026-11-22T06:30:00,5+07:00",
    "2026-11-22T24:00:00+07:00",
    "2026-11-22T06:60:00+07:00",
    "2026-12-31T23:59:60Z",
    "2026-00-22T06:30:00Z",
    "2026-13-22T06:30:00Z",
    "2026-11-00T06:30:00Z",
    "1999-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z",
    "20261122T063000Z",
    "2026-W47-7T06:30:00Z",
    "2026-11-22T06:30:00Z\n",
    " 2026-11-22T06:30:00Z",
    "２026-11-22T06:30:00Z",
    "2026-11-22T06:30:00.٣Z",
    "2026-11-22T06:30:00−07:00",
    "1795303800",
]
DAYS_THAT_DO_NOT_EXIST = ["2026-02-29", "2026-04-31", "2100-02-29", "2026-02-30", "2026-11-31"]


@pytest.mark.parametrize("text", BAD_TIMES + [day + "T06:30:00Z" for day in DAYS_THAT_DO_NOT_EXIST])
def test_any_other_time_is_refused(text: str) -> None:
    for read in (parse_time, local_date, local_minutes):
        with pytest.raises(FormatError) as caught:
            read(text)
        assert caught.value.code == "time.malformed"


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-2", "2026-11-222", "22-11-2026", "2026/11/22", "20261122", "2026-W47-7",
     "2026-11-22\n", " 2026-11-22", "2026-11-22T", "1999-12-31", "2200-01-01", "2026-00-10",
     "2026-13-10", "2026-10-32", "2026-10-00", "２026-11-22", *DAYS_THAT_DO_NOT_EXIST],
)  # fmt: skip
def test_any_other_date_is_refused(text: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse_date(text)
    assert caught.value.code == "date.malformed"


def test_the_patterns_mean_the_same_to_pydantic() -> None:
    times = TypeAdapter(Annotated[str, StringConstraints(pattern=TIME_PATTERN)])
    assert times.validate_python("2026-11-22T06:30:00.5+07:00")
    for text in BAD_TIMES:
        assert not re.compile(TIME_PATTERN).fullmatch(text)
        with pytest.raises(ValidationError):
            times.validate_python(text)
    dates = TypeAdapter(Annotated[str, StringConstraints(pattern=DATE_PATTERN)])
    assert dates.validate_python("2026-11-22")
    with pytest.raises(ValidationError):
        dates.validate_python("2026-11-22\n")


def test_a_time_keeps_its_own_calendar() -> None:
    before_dawn = "2026-11-22T00:15:59+07:00"
    assert local_date(before_dawn) == "2026-11-22"
    assert local_minutes(before_dawn) == 15
    assert local_date("2026-11-21T17:15:59Z") == "2026-11-21"
    assert local_minutes("2026-11-21T17:15:59Z") == 17 * 60 + 15
    assert parse_time(before_dawn) == parse_time("2026-11-21T17:15:59Z")


@pytest.mark.parametrize(
    ("ms", "offset", "text"),
    [
        (1_795_303_800_000, 420, "2026-11-22T06:30:00+07:00"),
        (1_795_303_800_050, 420, "2026-11-22T06:30:00.050+07:00"),
        (1_795_303_800_000, 0, "2026-11-21T23:30:00+00:00"),
        (1_795_303_800_000, -330, "2026-11-21T18:00:00-05:30"),
    ],
)
def test_milliseconds_are_written_at_an_offset(ms: int, offset: int, text: str) -> None:
    assert format_time(ms, offset) == text
    assert parse_time(text) == ms


def test_times_are_written_as_in_vietnam_by_default() -> None:
    assert format_time(0 + 1_795_303_800_000) == "2026-11-22T06:30:00+07:00"


@pytest.mark.parametrize(
    ("ms", "offset"),
    [(0, 0), (-1, 420), (10**13, 0), (10**30, 0), (1_795_303_800_000, 1440)],
)
def test_what_could_not_be_read_again_is_not_written(ms: int, offset: int) -> None:
    with pytest.raises(FormatError) as caught:
        format_time(ms, offset)
    assert caught.value.code == "time.malformed"


def test_days_are_counted_over_leap_years() -> None:
    assert parse_date("2028-02-29") == date(2028, 2, 29)
    assert days_between("2028-02-28", "2028-03-01") == 2
    assert days_between("2026-02-28", "2026-03-01") == 1
    assert days_between("2026-11-22", "2026-11-22") == 0
    assert days_between("2027-01-01", "2026-12-31") == -1
    with pytest.raises(FormatError):
        days_between("2026-11-22", "2026-11-31")
