"""Sheets of labels: where the labels of a page lie, in millimetres from its upper left corner.

The measures of the two Avery sheets are those that follow from the size of A4, of the labels and of
the gaps between their columns; both are common and have equals from other makers.
"""

from dataclasses import dataclass
from typing import Final

from traceability.core.errors import FormatError

A4: Final = (210.0, 297.0)
_LARGEST_PAGE: Final = 1000.0  # mm
_MOST: Final = 60  # labels in a row or a column


@dataclass(frozen=True, slots=True)
class Sheet:
    """A grid of ``columns`` by ``rows`` labels; ``left`` and ``top`` are where the first begins.

    ``print.grid`` for a grid that is empty, or does not fit on its page.
    """

    columns: int
    rows: int
    label_width: float
    label_height: float
    left: float = 0.0
    top: float = 0.0
    gap_across: float = 0.0
    gap_down: float = 0.0
    page: tuple[float, float] = A4

    def __post_init__(self) -> None:
        width, height = self.page
        measures = (self.left, self.top, self.gap_across, self.gap_down)
        sound = (
            0 < self.columns <= _MOST
            and 0 < self.rows <= _MOST
            and 0 < width <= _LARGEST_PAGE
            and 0 < height <= _LARGEST_PAGE
            and self.label_width > 0
            and self.label_height > 0
            and all(0 <= measure <= _LARGEST_PAGE for measure in measures)
        )
        if not sound or not self._fits():
            raise FormatError(
                "print.grid",
                columns=self.columns,
                rows=self.rows,
                width=f"{width:g}",
                height=f"{height:g}",
            )

    @property
    def places(self) -> int:
        """Labels on a page."""
        return self.columns * self.rows

    def place(self, n: int) -> tuple[float, float]:
        """The corner of label ``n`` of the page, counted from 0 along the rows."""
        row, column = divmod(n, self.columns)
        return (
            self.left + column * (self.label_width + self.gap_across),
            self.top + row * (self.label_height + self.gap_down),
        )

    @property
    def margins(self) -> tuple[float, float, float, float]:
        """What is left of the page on the left, above, on the right, and below."""
        x, y = self.place(self.places - 1)
        right, low = x + self.label_width, y + self.label_height
        return self.left, self.top, self.page[0] - right, self.page[1] - low

    def _fits(self) -> bool:
        return min(self.margins) >= -0.01


L7160: Final = Sheet(3, 7, 63.5, 38.1, left=7.25, top=15.15, gap_across=2.5)
L7159: Final = Sheet(3, 8, 63.5, 33.9, left=7.25, top=12.9, gap_across=2.5)


def a4_grid(columns: int, rows: int, margin: float = 0.0) -> Sheet:
    """A4 cut into equal labels without gaps, within a ``margin`` on all sides."""
    if not 0 < columns <= _MOST or not 0 < rows <= _MOST or not 0 <= margin < A4[0] / 2:
        width, height = A4
        raise FormatError(
            "print.grid", columns=columns, rows=rows, width=f"{width:g}", height=f"{height:g}"
        )
    width, height = (A4[0] - 2 * margin) / columns, (A4[1] - 2 * margin) / rows
    return Sheet(columns, rows, width, height, left=margin, top=margin)


def free_grid(
    columns: int,
    rows: int,
    size: tuple[float, float],
    corner: tuple[float | None, float | None] = (None, None),
    gaps: tuple[float, float] = (0.0, 0.0),
) -> Sheet:
    """Labels of one ``size`` on A4. ``corner``: where the first begins, from the left and from
    above; in the middle of the page where that is not said. ``gaps``: across and down."""
    (width, height), (across, down) = size, gaps
    left, top = (
        max(0.0, (side - count * label - (count - 1) * gap) / 2) if at is None else at
        for at, side, count, label, gap in (
            (corner[0], A4[0], columns, width, across),
            (corner[1], A4[1], rows, height, down),
        )
    )
    return Sheet(columns, rows, width, height, left, top, across, down)


def single(width: float, height: float) -> Sheet:
    """A page for each label: a roll, or a large label."""
    return Sheet(1, 1, width, height, page=(width, height))
