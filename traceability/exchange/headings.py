"""The headings of a harvest register, in the spellings that cooperatives use.

A heading is compared without case, accents, punctuation or extra spaces; what stands in brackets
or after a comma may be a unit: "Khối lượng (kg)", "SẢN LƯỢNG - tấn". Headings that are not known
(STT, Ký nhận …) are left alone. ``SPELLINGS`` is the list to add to when a register is not
understood; its first spelling is the one that the template prints and that messages use.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Column(StrEnum):
    """What a column of a harvest register says."""

    DATE = "date"
    CLOCK = "clock"
    FARM = "farm"
    PLOT = "plot"
    PRODUCT = "product"
    VARIETY = "variety"
    SEASON = "season"
    AMOUNT = "amount"
    UNIT = "unit"
    COUNT = "count"
    LOT = "lot"
    CLAIMS = "claims"
    NOTE = "note"


#: What a row cannot do without. The unit may stand in the heading or beside the amount instead.
REQUIRED: Final = (Column.DATE, Column.FARM, Column.PLOT, Column.PRODUCT, Column.AMOUNT)

#: Column -> its spellings, best first: where two columns of a register could both be meant, as
#: "Mã hộ" and "Họ và tên" could, the one of the earlier group is taken.
SPELLINGS: Final[Mapping[Column, tuple[tuple[str, ...], ...]]] = {
    Column.DATE: (
        ("Ngày thu hoạch", "Ngày hái", "Ngày cắt", "Ngày thu", "Ngày TH", "Ngày giờ thu hoạch",
         "Thời gian thu hoạch", "Ngày tháng thu hoạch", "Harvest date"),
        ("Ngày", "Ngày tháng", "Ngày tháng năm", "Date"),
    ),
    Column.CLOCK: (("Giờ", "Giờ thu hoạch", "Giờ hái", "Giờ cắt", "Time"),),
    Column.FARM: (
        ("Nông hộ", "Mã nông hộ", "Mã hộ", "Mã thành viên", "Mã số thành viên", "Mã số hộ"),
        ("Thành viên", "Hộ", "Tên hộ", "Nông dân", "Chủ hộ", "Chủ vườn", "Nhà vườn", "Xã viên",
         "Hộ thành viên", "Hộ nông dân", "Tên thành viên", "Tên nông hộ", "Nông hộ thành viên",
         "Nông hộ/Thành viên", "Farm", "Farmer", "Member"),
        ("Họ tên", "Họ và tên"),
    ),
    Column.PLOT: (
        ("Mã thửa", "Mã thửa đất", "Mã vườn", "Mã số thửa", "Mã ruộng", "Plot code"),
        ("Thửa", "Thửa đất", "Số thửa", "Vườn", "Lô đất", "Ruộng", "Plot"),
    ),
    Column.PRODUCT: (
        ("Sản phẩm", "Tên sản phẩm", "Mã sản phẩm", "Product"),
        ("Nông sản", "Loại nông sản", "Mặt hàng", "Tên hàng", "Loại trái cây", "Cây trồng"),
    ),
    Column.VARIETY: (("Giống", "Giống cây", "Tên giống", "Giống cây trồng", "Variety"),),
    Column.SEASON: (("Vụ", "Vụ mùa", "Mùa vụ", "Vụ thu hoạch", "Season"),),
    Column.AMOUNT: (
        ("Sản lượng", "Khối lượng", "Trọng lượng", "Cân nặng", "Sản lượng thu hoạch",
         "Khối lượng thu hoạch", "Sản lượng thực tế", "Khối lượng thực tế", "Khối lượng cân",
         "Quantity", "Weight"),
        ("Số lượng", "SL", "KL", "Số cân", "Số kg", "Kg", "Số ký"),
    ),
    Column.UNIT: (("Đơn vị", "Đơn vị tính", "ĐVT", "Unit"),),
    Column.COUNT: (("Số trái", "Số quả", "Số lượng trái", "Số lượng quả", "Số cái", "Count"),),
    Column.LOT: (
        ("Số lô", "Mã lô", "Số lô hàng", "Mã lô hàng", "Mã lô thu hoạch", "Lot"),
        ("Lô hàng",),
    ),
    Column.CLAIMS: (
        ("Chứng nhận", "Tiêu chuẩn", "Giấy chứng nhận", "Tiêu chuẩn áp dụng", "Certificate"),
    ),
    Column.NOTE: (("Ghi chú", "Chú thích", "Note"),),
}  # fmt: skip

#: How units are written -> their UN/ECE codes and a factor. Tạ and yến become kilograms. "Chục"
#: is left out on purpose: a chục of fruit is 10, 12 or 14 pieces, by the custom of the market.
UNITS: Final[Mapping[str, tuple[str, int]]] = {
    "kg": ("KGM", 1), "kgs": ("KGM", 1), "ki lo": ("KGM", 1), "kilo": ("KGM", 1), "ky": ("KGM", 1),
    "ki lo gam": ("KGM", 1), "kilogam": ("KGM", 1), "kgm": ("KGM", 1), "kilogram": ("KGM", 1),
    "g": ("GRM", 1), "gam": ("GRM", 1), "gr": ("GRM", 1), "gram": ("GRM", 1), "grm": ("GRM", 1),
    "yen": ("KGM", 10), "ta": ("KGM", 100), "tan": ("TNE", 1), "tne": ("TNE", 1), "t": ("TNE", 1),
    "l": ("LTR", 1), "lit": ("LTR", 1), "ltr": ("LTR", 1), "litre": ("LTR", 1),
    "ml": ("MLT", 1), "mlt": ("MLT", 1),
    "trai": ("H87", 1), "qua": ("H87", 1), "cai": ("H87", 1), "con": ("H87", 1),
    "trung": ("H87", 1), "h87": ("H87", 1),
}  # fmt: skip
UNIT_EXAMPLES: Final = "kg, tạ, tấn, lít, trái"


def fold(text: str) -> str:
    """``text`` without case, accents and punctuation, words one space apart: "Sản-Lượng" and
    "SAN LUONG" both give "san luong"."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    kept = (char if char.isalnum() else " " for char in plain if not unicodedata.combining(char))
    return " ".join("".join(kept).split())


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading that was understood: where it stands, what it says, how well it fits."""

    position: int  #: of its column in the sheet, from 1
    text: str  #: as written, one line
    column: Column
    rank: int
    unit: str | None  #: as written in the heading, folded


_RANKS: Final[dict[str, tuple[Column, int]]] = {
    fold(spelling): (column, rank)
    for column, groups in SPELLINGS.items()
    for rank, group in enumerate(groups)
    for spelling in group
}
_BRACKETS: Final = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_TAIL: Final = re.compile(r"^(.*?)\s*[,:/–-]\s*([^,:/–-]+)$")


def read_heading(position: int, text: str) -> Heading | None:
    """What the heading ``text`` says, or None. A unit may stand in brackets or at its end."""
    line = " ".join(text.split())
    for head, tail in _readings(line):
        known = _RANKS.get(fold(head))
        unit = fold(tail) if tail is not None else None
        if known is None or (unit is not None and known[0] not in (Column.AMOUNT, Column.COUNT)):
            continue
        if unit is not None and unit not in UNITS:
            continue
        column, rank = known
        if column is Column.AMOUNT and unit is not None and UNITS[unit][0] == "H87" and rank:
            column, rank = Column.COUNT, 1  # "Số lượng (trái)" beside "Khối lượng (kg)"
        if column is Column.AMOUNT and unit is None and fold(head) in ("kg", "so kg", "so ky"):
            unit = "kg"
        return Heading(position, line, column, rank, unit)
    head = _BRACKETS.sub(" ", line)  # "Ngày thu hoạch (dd/mm/yyyy)": a remark, not a unit
    known = _RANKS.get(fold(head))
    return Heading(position, line, *known, None) if known and head != line else None


def _readings(line: str) -> list[tuple[str, str | None]]:
    readings: list[tuple[str, str | None]] = [(line, None)]
    bracket = _BRACKETS.search(line)
    if bracket:
        readings.append((_BRACKETS.sub(" ", line, count=1), bracket[1]))
    tail = _TAIL.match(line)
    if tail:
        readings.append((tail[1], tail[2]))
    words = line.rsplit(" ", 1)
    if len(words) == 2:
        readings.append((words[0], words[1]))
    return readings


def choose(headings: Sequence[Heading]) -> tuple[dict[Column, Heading], list[Heading]]:
    """The best heading for each column, and those that are equally good and so in doubt.

    A mere "Số lượng" beside a weight says how many pieces there are; pieces without a weight are
    the amount.
    """
    chosen: dict[Column, Heading] = {}
    doubtful: list[Heading] = []
    for heading in sorted(headings, key=lambda each: each.rank):
        taken = chosen.get(heading.column)
        if taken is None:
            chosen[heading.column] = heading
        elif (
            heading.column is Column.AMOUNT
            and heading.unit is None
            and fold(heading.text) in ("so luong", "sl")
            and Column.COUNT not in {each.column for each in headings}
            and Column.COUNT not in chosen
        ):
            chosen[Column.COUNT] = heading
        elif taken.rank == heading.rank:
            doubtful.append(heading)
    if Column.AMOUNT not in chosen and Column.COUNT in chosen:
        pieces = chosen.pop(Column.COUNT)
        chosen[Column.AMOUNT] = replace(pieces, unit=pieces.unit or "trai")
    return chosen, doubtful


def spellings(column: Column) -> str:
    """The accepted spellings of a column, for a message."""
    return ", ".join(f"“{each}”" for group in SPELLINGS[column] for each in group)


def name_of(column: Column) -> str:
    """The heading that the template prints for ``column``."""
    return SPELLINGS[column][0][0]
