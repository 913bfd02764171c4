"""Numbers, quantities, dates and times as a Vietnamese or an English reader writes them.

Vietnamese: 1.234,5 kg; 22/11/2026; 06:30, 22/11/2026. English: 1,234.5 kg; 22 Nov 2026;
22 Nov 2026, 06:30. Nothing is rounded and nothing is converted: a time is shown with the clock of
the place where it was recorded (its own offset), which is named where it is not Vietnam's.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

from api.web.words import Amount
from traceability.core.moment import VIETNAM
from traceability.text import has_text, text

_NO_BREAK: Final = "\u00a0"  # a number and its unit stay on one line
_VIETNAM: Final = timedelta(minutes=VIETNAM)
_CLOCKS: Final = timezone(_VIETNAM)
_MONTHS: Final = tuple("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())


def number(value: Decimal | int, language: str) -> str:
    """``value`` exactly, in groups of three, without idle zeros: 1234.50 -> "1.234,5"."""
    if isinstance(value, Decimal) and not value.is_finite():
        return str(value)
    plain = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,d}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    if plain == "-0":
        plain = "0"
    if language == "en":
        return plain
    return plain.translate({ord(","): ".", ord("."): ","})


def unit(code: str, language: str) -> str:
    """The sign or word for a UN/ECE Rec 20 code; the code itself where we have no word."""
    key = f"web.unit.{code}"
    return text(language, key) if has_text(language, key) else code


def amount(quantity: Amount, language: str) -> str:
    """A quantity with its unit, or with the product's own word for a piece."""
    word = quantity.piece or unit(quantity.unit, language)
    return f"{number(quantity.value, language)}{_NO_BREAK}{word}"


def day(value: date, language: str) -> str:
    """22/11/2026, or 22 Nov 2026."""
    if language == "en":
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
    return f"{value.day:02d}/{value.month:02d}/{value.year}"


def days(values: Sequence[date], language: str) -> str:
    """The span from the first of ``values`` to the last; empty for none."""
    if not values:
        return ""
    first, last = min(values), max(values)
    if first == last:
        return day(first, language)
    start = day(first, language)
    if first.year == last.year:  # 18–20/11/2026, 28/10–20/11/2026
        separator = " " if language == "en" else "/"
        parts = start.split(separator)
        start = separator.join(parts[: 1 if first.month == last.month else 2])
    return f"{start}–{day(last, language)}"


def in_vietnam(time: int) -> datetime:
    """A time of the ledger (Unix milliseconds) by the clocks of Vietnam."""
    return datetime.fromtimestamp(time / 1000, _CLOCKS)


def clock(value: datetime) -> str:
    """Hours and minutes as recorded, with the offset where it is not Vietnam's."""
    offset = value.utcoffset()
    if offset is None or offset == _VIETNAM:
        return f"{value:%H:%M}"
    sign, minutes = ("-", -offset) if offset < timedelta(0) else ("+", offset)
    hours, rest = divmod(int(minutes.total_seconds()) // 60, 60)
    return f"{value:%H:%M} GMT{sign}{hours}" + (f":{rest:02d}" if rest else "")


def moment(value: datetime, language: str) -> str:
    """06:30, 22/11/2026, or 22 Nov 2026, 06:30."""
    if language == "en":
        return f"{day(value, language)}, {clock(value)}"
    return f"{clock(value)}, {day(value, language)}"


def lasting(start: datetime, end: datetime | None, language: str) -> str:
    """A moment, or the time from ``start`` to ``end``, naming a shared day once."""
    if end is None or end <= start:
        return moment(start, language)
    if start.date() == end.date() and start.utcoffset() == end.utcoffset():
        hours = f"{start:%H:%M}–{clock(end)}"
        on = day(start, language)
        return f"{on}, {hours}" if language == "en" else f"{hours}, {on}"
    whole = moment(start, language)
    if start.year == end.year:  # the year is said once, at the end
        whole = whole.replace(f" {start.year}" if language == "en" else f"/{start.year}", "")
    return f"{whole} – {moment(end, language)}"
