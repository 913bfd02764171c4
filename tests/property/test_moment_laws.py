"""Laws of times: they round-trip, and agree with the calendar counted by hand."""

from datetime import date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from traceability.core.errors import FormatError
from traceability.core.moment import (
    TIME_PATTERN,
    days_between,
    format_time,
    local_date,
    local_minutes,
    parse_date,
    parse_time,
)

offsets = st.integers(-1439, 1439)
dates = st.dates(date(2000, 1, 1), date(2199, 12, 31))
# a day inside the years, so that every offset stays within them
milliseconds = st.integers(946_684_800_000 + 86_400_000, 7_258_118_399_999 - 86_400_000)


@given(milliseconds, offsets)
def test_a_time_round_trips_at_any_offset(ms: int, offset: int) -> None:
    text = format_time(ms, offset)
    assert parse_time(text) == ms
    local = datetime.fromtimestamp(ms // 1000, timezone(timedelta(minutes=offset)))
    assert local_date(text) == local.date().isoformat()
    assert local_minutes(text) == local.hour * 60 + local.minute


@given(st.from_regex(TIME_PATTERN, fullmatch=True))
def test_whatever_has_the_form_is_read_rightly_unless_the_day_does_not_exist(text: str) -> None:
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    exists = day <= lengths[month - 1]
    try:
        ms = parse_time(text)
    except FormatError:
        assert not exists
        return
    assert exists
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400
    days += sum(lengths[: month - 1]) + day - 1 - 719_162  # days from year 1 to 1970
    seconds = int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])
    rest = text[19:].rstrip("Z")
    offset = 0
    if rest and rest[-6:-5] in ("+", "-"):
        offset = (int(rest[-5:-3]) * 60 + int(rest[-2:])) * (-1 if rest[-6] == "-" else 1)
        rest = rest[:-6]
    fraction = int(rest[1:].ljust(3, "0")) if rest else 0
    assert ms == (days * 86_400 + seconds - offset * 60) * 1000 + fraction


@given(st.one_of(st.text(), st.text(alphabet="0123456789-:.+TZ", max_size=30)))
def test_any_text_is_a_time_or_a_format_error(text: str) -> None:
    codes = []
    for read in (parse_time, local_date, local_minutes, parse_date):
        try:
            read(text)
        except FormatError as error:
            codes.append(error.code)
    assert codes[:3] in ([], ["time.malformed"] * 3, ["date.malformed"])
    assert len(codes) >= 1  # nothing is both a time and a date


@given(st.integers(), st.integers(-2000, 2000))
def test_what_is_written_can_be_read(ms: int, offset: int) -> None:
    try:
        text = format_time(ms, offset)
    except FormatError:
        return
    assert parse_time(text) == ms


@given(dates, dates)
def test_days_between_dates_add_up(first: date, second: date) -> None:
    days = days_between(first.isoformat(), second.isoformat())
    assert first + timedelta(days=days) == second
    assert days_between(second.isoformat(), first.isoformat()) == -days
