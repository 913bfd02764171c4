"""Reads the harvest register of a cooperative, and writes an empty one (issue 2 §8).

A register is an .xlsx as people keep it; ``layout`` says which of its rows are harvests,
``headings`` which column is which, ``cells`` what a cell means. ``read_harvests`` gives the rows
that can be taken and, for each fault of the others, one ``RowError`` that says where it is and
what to do. A wrong row takes nothing with it.

What cannot be read as a register at all is a ``FormatError`` with a ``sheet.…`` code. What a row
means to the ledger (who that farm is, whether that plot exists, whether the day is in the future)
is not decided here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from traceability.core.errors import FormatError, ImportRowError
from traceability.exchange import cells
from traceability.exchange.headings import REQUIRED, Column, name_of, spellings
from traceability.exchange.layout import (
    ENOUGH,
    SEARCHED,
    Line,
    Table,
    find_table,
    season_above,
    split_rows,
)
from traceability.exchange.register_template import write_harvest_template
from traceability.exchange.workbook import Book, Value
from traceability.text import sentence_of, text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HarvestRow:
    """One harvest as the register has it; names and codes as written."""

    row: int  #: of the sheet, from 1
    day: str  #: YYYY-MM-DD
    clock: str | None  #: HH:MM:SS, where the register says the hour
    farm: str
    plot: str
    product: str
    quantity: str  #: "1250.5 KGM"
    count: str | None = None  #: "320 H87", where pieces stand beside the weight
    variety: str | None = None
    season: str | None = None
    lot: str | None = None
    claims: tuple[str, ...] = ()  #: slugs such as "vietgap"
    note: str | None = None

    def at(self, usual: str = "12:00:00", offset: str = "+07:00") -> str:
        """When it was harvested (RFC 3339); ``usual`` stands in where the hour is not written."""
        return f"{self.day}T{self.clock or usual}{offset}"


@dataclass(frozen=True, slots=True)
class RowError:
    """One fault: where it is, its code, and the sentence about it in either language."""

    row: int
    column: str  #: the heading as the sheet has it; empty where the fault is in no one column
    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, language: str) -> str:
        """“Dòng 12, cột Sản lượng: …”, or the same in English ("en")."""
        where = "sheet.where.cell" if self.column else "sheet.where.row"
        fault = sentence_of(language, self.code, {"column": self.column, **self.params})
        return text(language, where, row=self.row, column=self.column, fault=fault)


@dataclass(frozen=True, slots=True)
class HarvestSheet:
    """What was read from a register."""

    title: str  #: of the sheet
    rows: tuple[HarvestRow, ...]
    errors: tuple[RowError, ...]
    skipped: tuple[int, ...] = ()  #: rows that are no harvests: sums, titles, signatures
    unused: tuple[str, ...] = ()  #: headings that mean nothing here, such as STT
    season: str | None = None  #: that a line above the table names, for rows that name none


def read_harvests(data: bytes, *, sheet: str | None = None, product: str = "") -> HarvestSheet:
    """Read an .xlsx of at most 5 MB, 5,000 rows and 60 columns.

    ``sheet`` names the worksheet; without it, the book must have just one that looks like a
    register. ``product`` stands in where the register has no column for it, as in a cooperative
    that grows one thing. A missing or doubtful heading is an error of the heading row, and leaves
    no rows. Raises ``FormatError`` for anything that is no such file.
    """
    book = Book(data)
    title = _register(book, sheet)
    grid = book.grid(title)
    table = find_table(grid)
    if table is None:
        raise FormatError("sheet.no-headings", count=ENOUGH, sheets=_listed([title]))
    errors = list(_heading_errors(table, product))
    if errors:
        return HarvestSheet(title, (), tuple(errors), (), table.unused)
    lines, skipped = split_rows(grid, table)
    rows: list[HarvestRow] = []
    for line in lines:
        reader = _LineReader(line, table)
        row = reader.harvest(product)
        errors += reader.errors
        if row is not None:
            rows.append(row)
    season = season_above(grid, table)
    return HarvestSheet(title, tuple(rows), tuple(errors), tuple(skipped), table.unused, season)


def _register(book: Book, wanted: str | None) -> str:
    if wanted is not None:
        if wanted not in book.titles:
            raise FormatError("sheet.no-such-sheet", sheets=_listed(book.titles))
        return wanted
    found = [title for title in book.titles if find_table(book.head(title, SEARCHED)) is not None]
    if not found:
        raise FormatError("sheet.no-headings", count=ENOUGH, sheets=_listed(book.titles))
    if len(found) > 1:
        raise FormatError("sheet.several", sheets=_listed(found))
    return found[0]


def _listed(titles: Iterable[str]) -> str:
    return ", ".join(f"“{cells.shown(title)}”" for title in list(titles)[:10])


def _heading_errors(table: Table, product: str) -> Iterator[RowError]:
    for column in REQUIRED:
        if column not in table.columns and not (column is Column.PRODUCT and product):
            accepted = {"accepted": spellings(column)}
            yield RowError(table.bottom, name_of(column), "sheet.heading.missing", accepted)
    for heading in table.doubtful:
        other = table.columns[heading.column].text
        yield RowError(table.bottom, heading.text, "sheet.heading.twice", {"other": other})


class _LineReader:
    """Reads one line, and keeps every fault that it meets on the way."""

    def __init__(self, line: Line, table: Table) -> None:
        self.errors: list[RowError] = []
        self._line = line
        self._table = table

    def harvest(self, product: str) -> HarvestRow | None:
        """The harvest, or None when there were errors."""
        if self._line.values.keys() <= {Column.AMOUNT, Column.UNIT, Column.COUNT}:
            self.errors.append(RowError(self._line.number, "", "sheet.row.only-amount"))
            return None
        dated = self._take(Column.DATE, cells.day)
        clock = self._take(Column.CLOCK, cells.clock)
        farm = self._take(Column.FARM, cells.text)
        plot = self._take(Column.PLOT, cells.text)
        named = self._take(Column.PRODUCT, cells.text, product)
        quantity = self._quantity()
        count = self._count()
        variety = self._take(Column.VARIETY, cells.text)
        season = self._take(Column.SEASON, cells.text)
        lot = self._take(Column.LOT, cells.lot)
        claims = self._take(Column.CLAIMS, cells.claims)
        note = self._take(Column.NOTE, cells.note)
        if self.errors or not (dated and farm and plot and named and quantity):
            return None
        return HarvestRow(
            row=self._line.number, day=dated[0], clock=clock or dated[1], farm=farm, plot=plot,
            product=named, quantity=quantity, count=count, variety=variety, season=season,
            lot=lot, claims=claims or (), note=note,
        )  # fmt: skip

    def _take(
        self, column: Column, meaning: Callable[[Value], T], missing: T | None = None
    ) -> T | None:
        value = self._line.values.get(column)
        try:
            if value is not None:
                return meaning(value)
            if missing or column not in REQUIRED:
                return missing
            raise ImportRowError("sheet.cell.missing")
        except ImportRowError as fault:
            self._fault(column, fault)
            return None

    def _fault(self, column: Column, fault: ImportRowError) -> None:
        heading = self._table.columns.get(column)
        name = heading.text if heading else name_of(column)
        self.errors.append(RowError(self._line.number, name, fault.code, fault.params))

    def _quantity(self) -> str | None:
        amount = self._take(Column.AMOUNT, cells.amount)
        column = self._take(Column.UNIT, cells.text)
        if amount is None:
            return None
        number, beside = amount
        try:
            return cells.quantity(number, self._unit(beside, column))
        except ImportRowError as fault:
            of_unit = fault.code.startswith("sheet.unit.") and not beside
            in_unit = of_unit and Column.UNIT in self._table.columns
            self._fault(Column.UNIT if in_unit else Column.AMOUNT, fault)
            return None

    def _unit(self, *written: str | None) -> str:
        """The one unit that heading, cell and the unit's own column agree on."""
        heading = self._table.columns[Column.AMOUNT].unit
        units = [each for each in (*written, heading) if each]
        if not units:
            raise ImportRowError("sheet.unit.missing")
        for each in units[1:]:
            if cells.unit(each) != cells.unit(units[0]):
                raise ImportRowError("sheet.unit.conflict", one=units[0], other=each)
        return units[0]

    def _count(self) -> str | None:
        amount = self._take(Column.COUNT, cells.amount)
        if amount is None:
            return None
        number, beside = amount
        unit = beside or self._table.columns[Column.COUNT].unit or "trái"
        try:
            return cells.quantity(number, unit)
        except ImportRowError as fault:
            self._fault(Column.COUNT, fault)
            return None


__all__ = ["HarvestRow", "HarvestSheet", "RowError", "read_harvests", "write_harvest_template"]
