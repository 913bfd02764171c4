"""What a cell of a register says: text, dates, hours, amounts, units, claims.

Every function takes what stands in a cell and returns its meaning, or raises ``ImportRowError``
with a ``sheet.…`` code and what the sentence about it needs. Where a cell could mean two things,
a rule decides, and the rules are these:

- **Amounts as text are Vietnamese**: the full stop (or a space) parts thousands, in groups of
  three; the comma begins the decimals. "1.234" is 1234, "1.234,5" is 1234.5, "1,234" is 1.234.
  What this reading does not allow ("12.5", "1,234.5", "1,2,3", "12.34,5") is refused, never
  guessed: whoever writes 12.5 for twelve and a half would mean 1.125 by "1.125", and be read as
  a thousand times that.
- **Amounts as numbers** are what the spreadsheet program shows at its full precision, 15
  significant digits: the cell 1250.1 is "1250.1", and 0.1 + 0.2 is "0.3".
- **Dates as text are day first**; a year of two digits lies in this century. A bare number is no
  date, even where Excel could read it as one.
"""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from traceability.core import ids
from traceability.core.errors import GocError, ImportRowError
from traceability.core.quantity import Quantity
from traceability.exchange.headings import UNIT_EXAMPLES, UNITS, fold
from traceability.exchange.workbook import Flaw, Value

MAX_TEXT: Final = 80
MAX_NOTE: Final = 300
MAX_SHOWN: Final = 40  #: so much of a cell is repeated in a message
MAX_DECIMALS: Final = 9
EARLIEST_YEAR: Final = 2000
LATEST_YEAR: Final = 2100

_GROUPED: Final = re.compile(r"([1-9][0-9]{0,2}(?:[. ][0-9]{3})+|[0-9]+)(?:,([0-9]+))?").fullmatch
_WITH_UNIT: Final = re.compile(r"([-+]?[0-9][0-9., ]*?) ?([^\W\d_][^\d]*)").fullmatch
_DAY_FIRST: Final = re.compile(
    r"(?:ngày\s+)?([0-9]{1,2})\s*(?:[/.-]|tháng)\s*([0-9]{1,2})\s*(?:[/.-]|năm)\s*([0-9]{4}|[0-9]{2})"
    r"(?:[ ,T]+(.+))?",
    re.IGNORECASE,
).fullmatch
_YEAR_FIRST: Final = re.compile(
    r"([0-9]{4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})(?:[ T]+(.+))?"
).fullmatch
_CLOCK: Final = re.compile(
    r"([0-9]{1,2})\s*(?:[:hg.]|giờ)\s*(?:([0-9]{1,2})\s*(?:phút|p)?(?::([0-9]{2}))?)?",
    re.IGNORECASE,
).fullmatch
_NOTHING: Final = frozenset({"", "khong", "khong co", "chua", "chua co", "none", "no"})
_MARKS: Final = frozenset({"x", "co", "v", "ok", "yes", "1", "dat"})
_CLAIMS: Final = {
    "vietgap": "vietgap",
    "viet gap": "vietgap",
    "globalgap": "globalgap",
    "global gap": "globalgap",
    "globalg a p": "globalgap",
    "huu co": "organic",
    "organic": "organic",
}
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*").fullmatch


def shown(value: object) -> str:
    """As much of a cell as a message repeats."""
    text = tidy(str(value))
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def tidy(text: str) -> str:
    """One line in Unicode's composed form, without characters that nobody can see."""
    visible = (
        " " if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Zs") else char
        for char in unicodedata.normalize("NFC", text)
        if unicodedata.category(char) not in ("Cf", "Cs", "Co", "Cn")
    )
    return " ".join("".join(visible).split())


def sound(value: Value) -> Value:
    """``value``, unless the cell has no value of its own: ``sheet.cell.…`` says why."""
    if value is Flaw.UNCOMPUTED:
        raise ImportRowError("sheet.cell.formula")
    if value is Flaw.SHARED:
        raise ImportRowError("sheet.amount.merged")
    if isinstance(value, Flaw):
        raise ImportRowError("sheet.cell.error")
    return value


def text(value: Value, limit: int = MAX_TEXT) -> str:
    """A name or a code; a whole number is written without a point.

    A date is refused: spreadsheet programs make one of the code 3-11, and the code is lost.
    """
    value = sound(value)
    if isinstance(value, date | time | timedelta):
        raise ImportRowError("sheet.text.date", value=shown(value))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    line = tidy(str(value))
    if len(line) > limit:
        raise ImportRowError("sheet.text.too-long", limit=limit)
    return line


def note(value: Value) -> str:
    """A remark, which may also be a day or a number."""
    value = sound(value)
    return text(value if isinstance(value, str | int | float) else str(value), MAX_NOTE)


def lot(value: Value) -> str:
    """A lot code: 1 to 20 letters, digits and signs of GS1's set 82."""
    code = text(value)
    if not ids.is_lot(code):
        raise ImportRowError("sheet.lot.letters", value=shown(code))
    return code


def day(value: Value) -> tuple[str, str | None]:
    """A calendar day as YYYY-MM-DD, and the hour HH:MM:SS if the cell has one."""
    value = sound(value)
    clock_text: str | None = None
    if isinstance(value, datetime):
        found = value.date()
        if value.time() != time():  # a day alone comes as its midnight
            clock_text = _whole_seconds(value.time())
    elif isinstance(value, date):
        found = value
    elif isinstance(value, str):
        found, rest = _written_day(tidy(value))
        clock_text = clock(rest) if rest else None
    else:
        raise ImportRowError("sheet.date.not-a-date", value=shown(value))
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise ImportRowError("sheet.date.year", year=found.year)
    return found.isoformat(), clock_text


def _written_day(line: str) -> tuple[date, str | None]:
    parts: tuple[int, int, int]
    if match := _DAY_FIRST(line):
        year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
        parts, rest = (year, int(match[2]), int(match[1])), match[4]
    elif match := _YEAR_FIRST(line):
        parts, rest = (int(match[1]), int(match[2]), int(match[3])), match[4]
    else:
        raise ImportRowError("sheet.date.not-a-date", value=shown(line))
    try:
        return date(*parts), rest
    except ValueError as fault:
        raise ImportRowError("sheet.date.no-such-day", value=shown(line)) from fault


def clock(value: Value) -> str:
    """An hour as HH:MM:SS: "07:30", "7h30", "7 giờ", or a cell formatted as time."""
    value = sound(value)
    if isinstance(value, datetime):  # a time typed as "30/12/1899 07:30" underneath
        value = value.time()
    if isinstance(value, time):
        return _whole_seconds(value)
    if isinstance(value, timedelta) and timedelta() <= value < timedelta(days=1):
        minutes, second = divmod(value.seconds, 60)
        return time(minutes // 60, minutes % 60, second).isoformat()
    match = _CLOCK(tidy(value)) if isinstance(value, str) else None
    hour, minute, second = (int(part or 0) for part in match.groups()) if match else (99, 0, 0)
    try:
        return _whole_seconds(time(hour, minute, second))
    except ValueError as fault:
        raise ImportRowError("sheet.clock.not-a-time", value=shown(value)) from fault


def _whole_seconds(value: time) -> str:
    return value.replace(microsecond=0).isoformat()


def amount(value: Value) -> tuple[str, str | None]:
    """An exact decimal ("1234.5") and the unit written after it, if one is."""
    value = sound(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ImportRowError("sheet.amount.not-a-number", value=shown(value))
    if isinstance(value, str):
        line = tidy(value).removeprefix("+")
        with_unit = _WITH_UNIT(line)
        number, unit = (with_unit[1], with_unit[2]) if with_unit else (line, None)
        return _vietnamese(number, line), unit
    if isinstance(value, float):
        exact = Decimal(f"{value:.15g}")
        if not exact.is_finite():
            raise ImportRowError("sheet.amount.not-a-number", value=shown(value))
    elif abs(value) < 10**15:
        exact = Decimal(value)
    else:
        raise ImportRowError("sheet.amount.too-large")
    if exact < 0:
        raise ImportRowError("sheet.amount.not-positive")
    if exact.adjusted() > 15 or exact.adjusted() < -15:
        raise ImportRowError("sheet.amount.too-large" if exact > 1 else "sheet.amount.digits")
    return f"{exact:f}", None


def _vietnamese(number: str, line: str) -> str:
    if number.startswith(("-", "−", "–")):
        raise ImportRowError("sheet.amount.not-positive")
    match = _GROUPED(number)
    if match is None:
        if re.fullmatch(r"[0-9]+\.[0-9]{1,6}", number):
            comma = number.replace(".", ",")
            raise ImportRowError("sheet.amount.point", value=shown(line), comma=comma)
        raise ImportRowError("sheet.amount.not-a-number", value=shown(line))
    if len(line) > MAX_SHOWN or len(match[2] or "") > MAX_DECIMALS:
        raise ImportRowError("sheet.amount.digits")
    whole = re.sub(r"[. ]", "", match[1]).lstrip("0") or "0"
    return f"{whole}.{match[2]}" if match[2] else whole


def unit(written: str) -> tuple[str, int]:
    """The UN/ECE code of a unit as people write it, and the factor that comes with it."""
    known = UNITS.get(fold(written))
    if known is None:
        raise ImportRowError("sheet.unit.unknown", value=shown(written), known=UNIT_EXAMPLES)
    return known


def quantity(number: str, written_unit: str) -> str:
    """The quantity string "<amount> <UNIT>" of an amount and a unit as written; above zero."""
    code, factor = unit(written_unit)
    if factor != 1:  # tạ and yến: an exact multiple, written plainly
        scaled = Decimal(number) * factor
        number = f"{scaled.normalize():f}" if scaled else "0"
    try:
        return Quantity.parse_positive(f"{number} {code}").text
    except GocError as fault:
        raise ImportRowError(_AMOUNT_FAULTS.get(fault.code, "sheet.amount.digits")) from fault


_AMOUNT_FAULTS: Final = {
    "quantity.zero": "sheet.amount.not-positive",
    "quantity.too-large": "sheet.amount.too-large",
    "quantity.malformed": "sheet.amount.too-large",  # more than 12 digits before the point
}


def claims(value: Value) -> tuple[str, ...]:
    """The claims of a cell, as slugs: "VietGAP, hữu cơ" gives ("vietgap", "organic")."""
    found: list[str] = []
    value = sound(value)
    lines = value.splitlines() if isinstance(value, str) else [value]
    for part in re.split(r"[,;/+&]| và ", ",".join(text(line, MAX_NOTE) for line in lines)):
        words = fold(part)
        if words in _NOTHING:
            continue
        if words in _MARKS:
            raise ImportRowError("sheet.claims.which", value=shown(part))
        slug = _CLAIMS.get(words, words.replace(" ", "-"))
        if len(slug) > 40 or not _SLUG(slug):
            raise ImportRowError("sheet.claims.unclear", value=shown(part))
        if slug not in found:
            found.append(slug)
    if len(found) > 8:
        raise ImportRowError("sheet.claims.unclear", value=shown(value))
    return tuple(found)
