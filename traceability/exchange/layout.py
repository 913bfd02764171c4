"""Finds the table in a sheet that people laid out: where its headings are, which rows count.

A register has titles above and signatures below, headings over one row or two, again on every
page, sums by day or month, rows that number the columns, section titles, merged cells. What is no
harvest is left out here, by these rules:

- The headings are the row, or two rows, among the first ``SEARCHED`` with the most known columns,
  at least ``ENOUGH``; of equals the uppermost.
- A row that repeats ``ENOUGH`` known headings, one that counts the columns (1) (2) (3), and one
  that says "Tổng cộng …" and has neither day nor plot are no harvests.
- Nor is a row with at most one of the required columns filled and no amount, nor any row below
  the last with an amount or three required columns: section titles, remarks, signatures.
- What is merged downwards stands in every row of the block, but for an amount, which belongs to
  the rows together, so that nobody knows how much is whose.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

from traceability.exchange.cells import shown
from traceability.exchange.headings import REQUIRED, Column, Heading, choose, fold, read_heading
from traceability.exchange.workbook import Flaw, Grid, Row, Value

SEARCHED: Final = 40
ENOUGH: Final = 3

_SUM: Final = (
    "tong cong", "tong so", "tong san luong", "tong khoi luong", "tong ngay", "tong thang",
    "tong vu", "cong thang", "cong ngay", "cong vu", "cong don", "cong chuyen", "cong mang",
    "cong trang", "luy ke", "mang sang", "chuyen sang", "grand total",
)  # fmt: skip
# At the beginning or set apart: “phục vụ: …” names no season.
_SEASON: Final = re.compile(
    r"(?:^|\s{2}|[.…_;,])\s*(?:mùa vụ|vụ|season)\s*:(.*)$", re.IGNORECASE
).search
_BARE_SUM: Final = frozenset({"tong", "cong", "total", "sum", "subtotal"})
_DITTO: Final = frozenset({'"', "''", "”", "“", "〃", "nt", "-nt-", "như trên", "//"})
_REPEATABLE: Final = frozenset(
    {Column.DATE, Column.FARM, Column.PLOT, Column.PRODUCT, Column.VARIETY, Column.SEASON,
     Column.UNIT, Column.CLAIMS}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """The headings of a sheet: the last row they take, and which column is where."""

    bottom: int
    columns: Mapping[Column, Heading]
    doubtful: tuple[Heading, ...]  #: as good as the one that was chosen for the same column
    unused: tuple[str, ...]  #: headings that mean nothing here, such as STT


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table that is meant to be a harvest."""

    number: int
    values: Mapping[Column, Value]


def find_table(grid: Grid) -> Table | None:
    """The headings, or None where no row of the first ``SEARCHED`` has ``ENOUGH`` of them."""
    best: Table | None = None
    for number in list(grid.rows)[:SEARCHED]:
        above, below = grid.rows[number], grid.rows.get(number + 1)
        for bottom, texts in _candidates(number, above, below):
            table = _understood(bottom, texts)
            if _worth(table) > (_worth(best) if best else (ENOUGH - 1, True)):
                best = table
    return best


def _worth(table: Table) -> tuple[int, bool]:
    amount = table.columns.get(Column.AMOUNT)
    return len(table.columns), amount is not None and amount.unit is not None


def _candidates(
    number: int, above: Row, below: Row | None
) -> Iterator[tuple[int, Mapping[int, str]]]:
    upper = {position: value for position, value in above.items() if isinstance(value, str)}
    yield number, upper
    if not below or not all(
        isinstance(value, str) and not any(map(str.isdigit, value)) for value in below.values()
    ):
        return
    joined = dict(upper)
    for position, value in below.items():
        both = f"{upper.get(position, '')} {value}".strip()
        joined[position] = both if read_heading(position, both) else str(value)
    if any(joined[position] != upper.get(position) for position in below):
        yield number + 1, joined


def _understood(bottom: int, texts: Mapping[int, str]) -> Table:
    known: list[Heading] = []
    unused: list[str] = []
    for position, written in sorted(texts.items()):
        heading = read_heading(position, written)
        if heading is None:
            unused.append(shown(written))
        else:
            known.append(heading)
    columns, doubtful = choose(known)
    used = {heading.position for heading in (*columns.values(), *doubtful)}
    unused += [shown(heading.text) for heading in known if heading.position not in used]
    return Table(bottom, columns, tuple(doubtful), tuple(unused))


def season_above(grid: Grid, table: Table) -> str | None:
    """The season that a line above the headings names, as the template's “Vụ: ……” does once it
    is filled in."""
    for number, row in grid.rows.items():
        if number >= table.bottom:
            break
        for position, value in row.items():
            match = _SEASON(normalize("NFC", value)) if isinstance(value, str) else None
            if match is None:
                continue
            named = match[1].strip(" .…_-–")
            if not named:  # perhaps it was written into the cell beside
                beside = row.get(position + 1)
                named = beside.strip(" .…_-–") if isinstance(beside, str) else ""
            if named:
                return named
    return None


def split_rows(grid: Grid, table: Table) -> tuple[list[Line], list[int]]:
    """The harvests below the headings, in order, and the numbers of all other rows."""
    lines: list[Line] = []
    skipped: list[int] = []
    values = _by_column(grid, table)
    last = max((number for number, row in values.items() if _is_harvest(row)), default=0)
    previous: Mapping[Column, Value] = {}
    for number, row in values.items():
        if (
            _is_furniture(grid.rows[number], row)
            or (not _is_harvest(row) and number > last)
            or (_filled(row) <= 1 and not _has_amount(row))
        ):
            skipped.append(number)
            continue
        line = Line(number, _without_ditto(row, previous))
        lines.append(line)
        previous = line.values
    return lines, skipped


def _by_column(grid: Grid, table: Table) -> dict[int, dict[Column, Value]]:
    """The rows below the headings by what their cells say, merged blocks filled in."""
    places = {heading.position: column for column, heading in table.columns.items()}
    rows = {
        number: {places[position]: value for position, value in row.items() if position in places}
        for number, row in grid.rows.items()
        if number > table.bottom
    }
    numbers = list(rows)
    done: dict[int, int] = {}  # position -> the last row that a block has filled
    for merge in sorted(grid.merges, key=lambda each: (each.left, each.top)):
        first = max(merge.top, table.bottom + 1, done.get(merge.left, 0) + 1)
        value = grid.rows.get(merge.top, {}).get(merge.left)
        column = places.get(merge.left)
        if column is None or value is None or first != merge.top or merge.top == merge.bottom:
            continue
        done[merge.left] = merge.bottom
        shared = column in (Column.AMOUNT, Column.COUNT)
        for number in numbers[bisect_left(numbers, first) : bisect_right(numbers, merge.bottom)]:
            rows[number][column] = Flaw.SHARED if shared else value
    return rows


def _has_amount(row: Mapping[Column, Value]) -> bool:
    value = row.get(Column.AMOUNT)
    if isinstance(value, str):  # "1.250 kg", but not "Vị Thanh, ngày 30 tháng 9"
        return value.lstrip(" +-−~")[:1].isdigit()
    return value is not None


def _filled(row: Mapping[Column, Value]) -> int:
    return sum(column in row for column in REQUIRED)


def _is_harvest(row: Mapping[Column, Value]) -> bool:
    return _has_amount(row) or _filled(row) >= ENOUGH


def _is_furniture(as_written: Row, row: Mapping[Column, Value]) -> bool:
    texts = {position: value for position, value in as_written.items() if isinstance(value, str)}
    if len(_understood(0, texts).columns) >= ENOUGH:
        return True
    marks = [fold(str(value)) for value in as_written.values()]
    if len(marks) >= ENOUGH and marks == [str(n + 1) for n in range(len(marks))]:
        return True
    sums = {value for value in texts.values() if _is_sum(value)}
    return bool(sums) and all(
        row.get(column) is None or row[column] in sums for column in (Column.DATE, Column.PLOT)
    )


def _is_sum(written: str) -> bool:
    # By whole phrases, and only where day and plot are missing: people are called Tống and Cộng.
    words = fold(written)
    return words in _BARE_SUM or words.startswith(_SUM)


def _without_ditto(
    row: Mapping[Column, Value], previous: Mapping[Column, Value]
) -> Mapping[Column, Value]:
    """The row with what its ditto marks repeat from the row before."""
    resolved = dict(row)
    for column in _REPEATABLE & row.keys():
        value = row[column]
        if isinstance(value, str) and value.strip().casefold() in _DITTO:
            if column in previous:
                resolved[column] = previous[column]
            else:
                del resolved[column]
    return resolved
