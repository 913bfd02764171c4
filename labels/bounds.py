"""What a label may measure and say, whichever label it is."""

from datetime import date
from typing import Final, Literal

from labels.typeface import clean
from traceability.core.errors import FormatError

Language = Literal["vi", "en"]

LONGEST_TEXT: Final = 200  # characters
DPI: Final = range(150, 1201)
SIDES: Final = (15.0, 300.0)  # mm


def checked_text(text: str, field: str) -> str:
    """``text`` as the typeface writes it; ``label.text``, or ``label.letter``."""
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise FormatError("label.text", f"/{field}", limit=LONGEST_TEXT)
    return clean(text)


def check_dpi(dpi: int) -> None:
    """``label.dpi`` for a resolution that no printer has."""
    if dpi not in DPI:
        raise FormatError("label.dpi", low=DPI.start, high=DPI.stop - 1)


def check_side(side: float) -> None:
    """``label.size`` for a side of a label, in millimetres, that no label has."""
    if not SIDES[0] <= side <= SIDES[1]:
        raise FormatError("label.size", low=f"{SIDES[0]:g}", high=f"{SIDES[1]:g}")


def days(first: date | None, last: date | None) -> str | None:
    """A span of days as it is written in Vietnam: 18–20/11/2026, 28/10–20/11/2026."""
    if first is None or last is None or first >= last:
        return day(last)
    form = "%d" if (first.year, first.month) == (last.year, last.month) else "%d/%m"
    return f"{first:{form if first.year == last.year else '%d/%m/%Y'}}–{day(last)}"


def day(of: date | None) -> str | None:
    """A date as it is written in Vietnam."""
    return None if of is None else f"{of:%d/%m/%Y}"
