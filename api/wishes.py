"""How labels are to be printed: what somebody asks for, and what comes of it in millimetres."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from labels.design import SIZES
from labels.printing import Format, Sheets
from labels.sheets import A4, L7159, L7160, Sheet, free_grid, single
from labels.thermal import UNTUNED, Tuning
from labels.tspl import Tspl
from labels.zpl import Zpl
from traceability.core.errors import FormatError

PDF: Final = "application/pdf"
TEXT: Final = "text/plain; charset=utf-8"
_IN_PART: Final = 100  # labels, or a page, that are drawn and sent at once
MOST_DOTS: Final = 12_000_000  #: of one label that is drawn in dots, some 100 MB while it is drawn
SHEETS: Final[dict[str, Sheet]] = {"L7160": L7160, "L7159": L7159}

Kind = Literal["retail", "crate"]
Form = Literal["pdf", "zpl", "tspl"]
#: A sheet by its name, a page for each label, or A4 in columns by rows.
SheetName = Annotated[str, Field(pattern=r"^(L7160|L7159|single|[1-9]x[1-9]|[1-9]x[1-5][0-9])$")]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the labels of columns by rows lie on A4, in mm: the first from the ``left`` and from
    the ``top`` (None: all in the middle), and the gaps ``across`` and ``down``."""

    left: float | None = None
    top: float | None = None
    across: float = 0.0
    down: float = 0.0


EVEN: Final = Grid()  #: without gaps, in the middle


@dataclass(frozen=True, slots=True)
class Wish:
    """How labels are to be printed. ``start``: how many came already of a file that broke off;
    ``skip``: how many of the record's labels, void or not, are left out of one that is another
    file. ``first``: the first free place of the first sheet, from 1. ``width`` and ``height`` in
    mm, where they are not those of the sheet or of the kind. ``tuning``: of a label printer;
    ``grid``: of a sheet that is columns by rows; ``logo``: whether the maker's picture stands on
    labels, if it has one."""

    kind: Kind
    form: Form
    sheet: SheetName
    first: int
    dpi: int
    start: int
    width: float | None
    height: float | None
    language: Literal["vi", "en"]
    tuning: Tuning = UNTUNED
    skip: int = 0
    grid: Grid = EVEN
    logo: bool = True

    @property
    def media_type(self) -> str:
        """Of what comes out."""
        return PDF if self.form == "pdf" else TEXT

    @property
    def size(self) -> tuple[float, float]:
        """Of a label, in mm."""
        width, height = SIZES[self.kind]
        if self.form == "pdf" and self.sheet in SHEETS:
            sheet = SHEETS[self.sheet]
            width, height = sheet.label_width, sheet.label_height
        elif self.form == "pdf" and (cells := _cells(self.sheet)) is not None:
            (columns, rows), grid = cells, self.grid
            width = (A4[0] - 2 * (grid.left or 0) - (columns - 1) * grid.across) / columns
            height = (A4[1] - 2 * (grid.top or 0) - (rows - 1) * grid.down) / rows
        return self.width or width, self.height or height

    @property
    def format(self) -> Format:
        """Raises ``FormatError("print.…")`` for what cannot be."""
        if self.form != "pdf":
            require_dots(self.size, self.dpi)
        if self.form == "zpl":
            return Zpl(self.dpi, tuning=self.tuning, batch=_IN_PART)
        if self.form == "tspl":
            return Tspl(self.dpi, tuning=self.tuning, batch=_IN_PART)
        cells = _cells(self.sheet)
        if cells is not None:
            corner, gaps = (self.grid.left, self.grid.top), (self.grid.across, self.grid.down)
            sheet = free_grid(*cells, self.size, corner, gaps)
        elif self.grid != EVEN:
            raise FormatError("print.placed")
        else:
            sheet = SHEETS.get(self.sheet) or single(*self.size)
        return Sheets(sheet, self.first, pages_in_part=max(1, _IN_PART // sheet.places))


def require_dots(size: tuple[float, float], dpi: int) -> None:
    """Refuse a label, of a size in mm, of so many dots that drawing one would be dear:
    ``FormatError("print.too-many-dots")``."""
    width, height = size
    if width * height * (dpi / 25.4) ** 2 > MOST_DOTS:
        raise FormatError(
            "print.too-many-dots",
            width=f"{width:g}",
            height=f"{height:g}",
            dpi=dpi,
            limit=MOST_DOTS // 1_000_000,
        )


def _cells(sheet: str) -> tuple[int, int] | None:
    """Columns and rows of a sheet that is called so."""
    columns, by, rows = sheet.partition("x")
    return (int(columns), int(rows)) if by and columns.isdecimal() and rows.isdecimal() else None
