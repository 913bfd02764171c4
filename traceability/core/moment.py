"""Times and dates as they are written in records: RFC 3339, read without a clock.

A time is written with its offset, since what people mean by it (before dawn, on the harvest
day) depends on where they stood; rules that compare times use Unix milliseconds. The profile of
RFC 3339 §5.6 that is read here: capital ``T`` and ``Z``, seconds, at most three fraction
digits, an offset of ``Z`` or ``±hh:mm`` up to 23:59 and never ``-00:00`` ("offset unknown",
§4.3), a date that exists, a year from 2000 to 2199, and no leap second (§5.7), for which Unix
time has no number. A date is the first ten characters of such a time.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from traceability.core.errors import FormatError

_DATE: Final = r"2[01][0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,3})?"
# Without -00:00, which RFC 3339 keeps for "the offset is not known".
_OFFSET: Final = (
    r"(?:Z|\+(?:[01][0-9]|2[0-3]):[0-5][0-9]"
    r"|-(?:(?:0[1-9]|1[0-9]|2[0-3]):[0-5][0-9]|00:(?:0[1-9]|[1-5][0-9])))"
)
DATE_PATTERN: Final = f"^{_DATE}$"
"""What a date looks like, for schemas; that the day exists is checked by ``parse_date``."""
TIME_PATTERN: Final = f"^{_DATE}T{_CLOCK}{_OFFSET}$"
"""What a time looks like, for schemas; that the day exists is checked by ``parse_time``."""

_is_time: Final = re.compile(TIME_PATTERN).fullmatch
_is_date: Final = re.compile(DATE_PATTERN).fullmatch
_from_iso: Final = datetime.fromisoformat

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
VIETNAM: Final = 420
"""Minutes by which Vietnam's clocks are ahead of UTC."""


def _read(text: str) -> datetime:
    if not _is_time(text):
        raise FormatError("time.malformed")
    try:
        return _from_iso(text)
    except ValueError:  # a day that its month does not have
        raise FormatError("time.malformed") from None


@lru_cache(maxsize=4096)  # often the same: when it happened, and when it was signed
def parse_time(text: str) -> int:
    """Return the Unix time in milliseconds of an RFC 3339 time, or ``time.malformed``."""
    since = _read(text) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def local_date(text: str) -> str:
    """Return the calendar date of a time as written, in its own offset, or ``time.malformed``."""
    parse_time(text)
    return text[:10]


def local_minutes(text: str) -> int:
    """Return the whole minutes since midnight of a time as written, or ``time.malformed``."""
    parse_time(text)
    return int(text[11:13]) * 60 + int(text[14:16])


def format_time(ms: int, offset_minutes: int = VIETNAM) -> str:
    """Write Unix milliseconds as RFC 3339 at an offset, with a fraction only where there is one.

    ``time.malformed`` where the result could not be read again: a year before 2000 or after
    2199, or an offset of a day or more.
    """
    if abs(offset_minutes) >= 24 * 60:
        raise FormatError("time.malformed")
    try:
        local = (_EPOCH + timedelta(milliseconds=ms)).astimezone(
            timezone(timedelta(minutes=offset_minutes))
        )
    except OverflowError:
        raise FormatError("time.malformed") from None
    text = local.isoformat(timespec="milliseconds" if ms % 1000 else "seconds")
    if not _is_time(text):
        raise FormatError("time.malformed")
    return text


def parse_date(text: str) -> date:
    """Return the day of ``YYYY-MM-DD``, from 2000 to 2199, or ``date.malformed``."""
    if not _is_date(text):
        raise FormatError("date.malformed")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FormatError("date.malformed") from None


def days_between(first: str, second: str) -> int:
    """Return the days from one date to another, negative when the second is the earlier."""
    return (parse_date(second) - parse_date(first)).days
