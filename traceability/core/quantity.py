"""Exact quantities with units of UN/ECE Recommendation 20 (common codes).

On the wire a quantity is one string, ``<amount> <unit>``: ``1234.5 KGM``, ``40 H87``. Inside it
is a whole number of its dimension's base unit (milligram, microlitre, piece, micrometre, square
millimetre), in which every unit is a whole number too: sums and comparisons are exact, and no
float, rounding or ``Decimal`` context takes part (DESIGN §2 and §3).

The text is kept as it was written, since zeros at the end say how finely the scale reads: two
texts may be the same ``base``. Which texts are quantities:

* the amount is ``0`` or begins with another digit, has at most 12 digits before the point and,
  after it, at least one and at most as many as the unit is divisible by ten, never above 9;
  no sign, exponent, separator of thousands, or digit outside ASCII;
* one space, and the code of a unit that is known here, in capitals;
* in base units it is at most 10^18, so that it fits 64 bits.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NoReturn

from traceability.core.errors import FormatError

MAX_BASE: Final = 10**18
MAX_WHOLE_DIGITS: Final = 12
MAX_FRACTION_DIGITS: Final = 9


class Dimension(StrEnum):
    """What is measured; the comment names the base unit."""

    MASS = "mass"  # milligram
    VOLUME = "volume"  # microlitre
    COUNT = "count"  # piece
    LENGTH = "length"  # micrometre
    AREA = "area"  # square millimetre


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its code, its dimension, its size in base units, and the digits it may carry."""

    code: str
    dimension: Dimension
    base: int
    digits: int
    """The most digits after the point: all of them are whole base units."""
    scales: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """Base units in the last digit of an amount with 0, 1, … ``digits`` fraction digits."""

    def __post_init__(self) -> None:
        scales = tuple(self.base // 10**n for n in range(self.digits + 1))
        object.__setattr__(self, "scales", scales)


_UNITS: Final[dict[str, Unit]] = {
    unit.code: unit
    for unit in (
        Unit("MGM", Dimension.MASS, 1, 0),  # milligram
        Unit("GRM", Dimension.MASS, 10**3, 3),  # gram
        Unit("KGM", Dimension.MASS, 10**6, 6),  # kilogram
        Unit("DTN", Dimension.MASS, 10**8, 8),  # decitonne: quintal, tạ, 100 kg
        Unit("TNE", Dimension.MASS, 10**9, 9),  # tonne
        Unit("MLT", Dimension.VOLUME, 10**3, 3),  # millilitre
        Unit("LTR", Dimension.VOLUME, 10**6, 6),  # litre
        Unit("HLT", Dimension.VOLUME, 10**8, 8),  # hectolitre
        Unit("MTQ", Dimension.VOLUME, 10**9, 9),  # cubic metre
        Unit("H87", Dimension.COUNT, 1, 0),  # piece
        Unit("PR", Dimension.COUNT, 2, 0),  # pair
        Unit("DZN", Dimension.COUNT, 12, 0),  # dozen
        Unit("MIL", Dimension.COUNT, 10**3, 3),  # thousand
        Unit("CMT", Dimension.LENGTH, 10**4, 4),  # centimetre
        Unit("MTR", Dimension.LENGTH, 10**6, 6),  # metre
        Unit("CMK", Dimension.AREA, 10**2, 2),  # square centimetre
        Unit("MTK", Dimension.AREA, 10**6, 6),  # square metre
        Unit("HAR", Dimension.AREA, 10**10, MAX_FRACTION_DIGITS),  # hectare
    )
}
UNITS: Final[Mapping[str, Unit]] = MappingProxyType(_UNITS)
"""Every unit that is known, by its code."""

UNIT_PATTERN: Final = f"^(?:{'|'.join(_UNITS)})$"
QUANTITY_PATTERN: Final = (
    rf"^(?:0|[1-9][0-9]{{0,{MAX_WHOLE_DIGITS - 1}}})(?:\.[0-9]{{1,{MAX_FRACTION_DIGITS}}})?"
    rf" (?:{'|'.join(_UNITS)})$"
)
"""What every quantity looks like, for schemas; digits by unit and size are checked by ``parse``."""

# For explaining a refusal only: the grammar without its limits. A code that is not known is
# shown to the sender, so it must be no longer than a slip of the pen.
_LOOSE: Final = re.compile(r"(?:0|[1-9][0-9]*)(?:\.([0-9]+))? ([A-Za-z0-9]{1,5})").fullmatch


def unit(code: str) -> Unit:
    """Return the unit with this code; ``FormatError("quantity.unit")`` when there is none."""
    found = _UNITS.get(code)
    if found is None:
        raise FormatError("quantity.unit", unit=code[:5], known=", ".join(_UNITS))
    return found


def _refuse(text: str) -> NoReturn:
    """Say what is wrong with a text that ``Quantity.parse`` did not take."""
    match = _LOOSE(text)
    if match is None:
        raise FormatError("quantity.malformed")
    digits, code = match.groups()
    known = unit(code)
    if digits and len(digits) > known.digits:
        raise FormatError("quantity.too-precise", unit=code, digits=known.digits)
    raise FormatError("quantity.too-large")


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact, non-negative amount of a unit. Make one with ``parse`` or ``of``.

    Equal when written alike; to compare sizes, compare ``base`` within one dimension.
    """

    text: str
    base: int = field(compare=False)
    unit: Unit = field(compare=False)

    @classmethod
    def parse(cls, text: str) -> "Quantity":
        """Read ``<amount> <unit>``.

        Raises ``FormatError``: ``quantity.malformed``, ``quantity.unit`` (with the ``known``
        ones), ``quantity.too-precise`` (with the ``digits`` allowed), ``quantity.too-large``.
        """
        return _read(text)

    @classmethod
    def parse_positive(cls, text: str) -> "Quantity":
        """Read as ``parse`` does, and refuse nothing at all: ``quantity.zero``."""
        quantity = cls.parse(text)
        if not quantity.base:
            raise FormatError("quantity.zero")
        return quantity

    @classmethod
    def of(cls, base: int, unit_code: str) -> "Quantity":
        """Write ``base`` base units in a unit, exactly and with the fewest digits.

        Raises ``FormatError``: ``quantity.unit``; ``quantity.inexact`` when the unit cannot say
        it (7 pieces in dozens); ``quantity.too-large``; ``quantity.malformed`` below zero.
        """
        known = unit(unit_code)
        if base < 0:
            raise FormatError("quantity.malformed")
        whole, rest = divmod(base, known.base)
        if base > MAX_BASE or whole >= 10**MAX_WHOLE_DIGITS:
            raise FormatError("quantity.too-large")
        if not rest:
            return cls(f"{whole} {unit_code}", base, known)
        fraction, lost = divmod(rest, known.scales[-1])
        if lost:
            raise FormatError("quantity.inexact", unit=unit_code)
        digits = f"{fraction:0{known.digits}d}".rstrip("0")
        return cls(f"{whole}.{digits} {unit_code}", base, known)

    @property
    def dimension(self) -> Dimension:
        """What is measured."""
        return self.unit.dimension

    @property
    def amount(self) -> Decimal:
        """The number before the unit, with its zeros at the end."""
        return Decimal(self.text.partition(" ")[0])

    def in_unit(self, code: str) -> "Quantity":
        """Return the same quantity in another unit of its dimension, with the fewest digits.

        Raises ``FormatError``: ``quantity.dimension``, and those of ``of``.
        """
        other = unit(code)
        if other.dimension is not self.unit.dimension:
            raise FormatError("quantity.dimension", unit=code, other=self.unit.code)
        return Quantity.of(self.base, code)

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=8192)  # one quantity is read at its making and at each draw
def _read(text: str) -> Quantity:
    amount, _, code = text.partition(" ")
    unit = _UNITS.get(code)
    if unit is None or not amount.isascii():
        _refuse(text)
    whole, point, fraction = amount.partition(".")
    if not whole.isdigit() or len(whole) > MAX_WHOLE_DIGITS or (whole[0] == "0" and whole != "0"):
        _refuse(text)
    if point:
        if not fraction.isdigit() or len(fraction) > unit.digits:
            _refuse(text)
        base = int(whole + fraction) * unit.scales[len(fraction)]
    else:
        base = int(whole) * unit.base
    if base > MAX_BASE:
        _refuse(text)
    return Quantity(text, base, unit)
