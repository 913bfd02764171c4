"""Opens an .xlsx that anybody may have sent, within bounds (ECMA-376; issue 2 §8 and §9).

An .xlsx is a zip of XML parts, so three things can hurt: a small file that unpacks into a huge
one, XML that multiplies itself by entities, and XML that openpyxl does not expect. Before openpyxl
sees a byte, the zip's own directory must stay within ``MAX_PARTS`` and ``MAX_UNPACKED`` (Python's
``zipfile`` never unpacks more of a part than the directory says), no part but pictures may bear a
document type, and none that is named as XML a NUL byte (which UTF-16 would bring, and with it a
document type that a search for ASCII does not find). Macros are refused, never run.

openpyxl's own read-only mode is not enough for registers as people keep them: it forgets merged
cells, cannot tell an empty cell from a formula that no spreadsheet program ever computed, and
loses a whole sheet for one broken number. ``_Rows`` reads the same rows by the same parser and
keeps these apart.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from io import BytesIO
from itertools import islice
from typing import IO, Any, Final
from xml.etree.ElementTree import Element, iterparse

from openpyxl import Workbook, load_workbook
from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import (
    FORMULA_TAG,
    MERGE_TAG,
    ROW_TAG,
    VALUE_TAG,
    WorkSheetParser,
)

from traceability.core.errors import FormatError, GocError

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_UNPACKED: Final = 24 * 1024 * 1024
MAX_PART: Final = 2 * 1024 * 1024  #: any part but sheets, shared strings and pictures
MAX_PARTS: Final = 500
MAX_SHEETS: Final = 60
MAX_ROWS: Final = 5_000  #: rows with anything in them, on one sheet
MAX_COLUMNS: Final = 60
MAX_MERGES: Final = 5_000
MAX_TAGS: Final = 1_300_000  #: in all parts together; 5,000 rows of 60 cells take 1.2 million
MAX_TAGS_IN_ROW: Final = 100_000  #: Excel's 16,384 cells, each with a value
MAX_DEPTH: Final = 32

_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")  # .xls, or an .xlsx behind a password
_LARGE_PARTS: Final = ("xl/worksheets/", "xl/sharedStrings.xml", "xl/media/")
_SHEET_ELEMENT: Final = re.compile(rb"<(?:[^\s<>/:]{1,40}:)?sheet[\s/>]")


class Flaw(Enum):
    """What stands in a cell instead of a value."""

    UNCOMPUTED = "a formula whose result was never stored"
    ERROR = "an error such as #REF!"
    BROKEN = "something that is not a value"
    SHARED = "an amount that merged cells give to several rows together"


Value = str | int | float | bool | datetime | date | time | timedelta | Flaw
Row = Mapping[int, Value]  #: column, from 1 -> value; cells without one are absent


@dataclass(frozen=True, slots=True)
class Merge:
    """A block of merged cells, both corners included, counted from 1."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Grid:
    """What stands on a sheet: rows with anything in them, by number, in order; merged blocks."""

    title: str
    rows: Mapping[int, Row]
    merges: tuple[Merge, ...]


class Book:
    """An opened .xlsx. Raises ``FormatError`` with a ``sheet.…`` code for what it cannot be."""

    def __init__(self, data: bytes) -> None:
        _check_package(data)
        try:
            self._book = load_workbook(
                BytesIO(data), read_only=True, data_only=True, keep_links=False
            )
        except Exception as fault:  # openpyxl raises whatever a broken part makes it stumble over
            raise FormatError("sheet.unreadable") from fault
        self._sheets: dict[str, Any] = {
            sheet.title: sheet
            for sheet in self._book.worksheets
            if isinstance(sheet, ReadOnlyWorksheet) and sheet.sheet_state == "visible"
        }

    @property
    def titles(self) -> tuple[str, ...]:
        """The visible worksheets, in their order."""
        return tuple(self._sheets)

    def head(self, title: str, rows: int) -> Grid:
        """The first ``rows`` rows with anything in them, without merged blocks."""
        return Grid(title, dict(islice(self._read(title).rows(), rows)), ())

    def grid(self, title: str) -> Grid:
        """All of a sheet; ``sheet.too-many-rows`` beyond ``MAX_ROWS``."""
        reader = self._read(title)
        found: dict[int, Row] = {}
        for number, row in reader.rows():
            if len(found) == MAX_ROWS:
                raise FormatError("sheet.too-many-rows", limit=MAX_ROWS)
            found[number] = row
        return Grid(title, found, tuple(reader.merges))

    def _read(self, title: str) -> "_Rows":
        sheet = self._sheets[title]
        return _Rows(
            sheet._get_source(),
            sheet._shared_strings,
            data_only=True,
            epoch=self._book.epoch,
            date_formats=self._book._date_formats,  # type: ignore[attr-defined]
            timedelta_formats=self._book._timedelta_formats,  # type: ignore[attr-defined]
        )


class _Rows(WorkSheetParser):
    """openpyxl's parser of a sheet, which takes rows and merged blocks and leaves all else."""

    merges: list[Merge]

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Row numbers and what stands in the rows, without rows where nothing does."""
        self.merges = []
        try:
            yield from self._rows(self.source)  # type: ignore[arg-type]
        except GocError:
            raise
        except Exception as fault:
            raise FormatError("sheet.unreadable") from fault

    def _rows(self, source: IO[bytes]) -> Iterator[tuple[int, Row]]:
        last = 0
        for element in _parts_of(source):
            if element.tag == MERGE_TAG:
                self.merges = _merges(element)
                continue
            number, row = self._row(element)
            if number <= last:  # a sheet that says two things about one row
                raise FormatError("sheet.unreadable")
            last = number
            if row:
                yield number, row

    def _row(self, element: Element) -> tuple[int, Row]:
        number, cells = self.parse_row(element)  # type: ignore[arg-type]  # stub too narrow
        row: dict[int, Value] = {}
        for cell in cells:
            value = cell["value"]
            if value is None or (isinstance(value, str) and not value.strip()):
                continue
            if not 1 <= cell["column"] <= MAX_COLUMNS:
                raise FormatError("sheet.too-many-columns", limit=MAX_COLUMNS)
            row[cell["column"]] = Flaw.ERROR if cell["data_type"] == "e" else value
        return number, row

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """As openpyxl does, but a broken cell is its own fault, not the sheet's."""
        try:
            cell: dict[str, Any] = super().parse_cell(element)
        except (ValueError, LookupError, OverflowError, TypeError):
            column = range_boundaries(element.get("r"))[0] if element.get("r") else None
            self.col_counter = column or self.col_counter + 1
            return {"column": self.col_counter, "value": Flaw.BROKEN, "data_type": "s"}
        formula = element.find(FORMULA_TAG) is not None
        if formula and cell["value"] is None and element.get("t") != "str":
            stored = element.find(VALUE_TAG)
            if stored is None or not stored.text:
                cell["value"] = Flaw.UNCOMPUTED
        return cell


def _parts_of(source: IO[bytes]) -> Iterator[Element]:
    """The rows and the list of merged blocks, each whole; nothing else is kept in memory."""
    path: list[Element] = []
    tags = 0  # inside the row or list that is being read
    with source:
        for event, element in iterparse(source, ("start", "end")):  # noqa: S314 (no entities here)
            wanted = element.tag in (ROW_TAG, MERGE_TAG)
            if event == "start":
                path.append(element)
                tags = 0 if wanted else tags + 1
                if len(path) > MAX_DEPTH or tags > MAX_TAGS_IN_ROW:
                    raise FormatError("sheet.unreadable")
                continue
            path.pop()
            if wanted:
                yield element
            if wanted or not any(each.tag in (ROW_TAG, MERGE_TAG) for each in path):
                element.clear()
                if path:
                    path[-1].remove(element)
                tags = 0


def _merges(element: Element) -> list[Merge]:
    if len(element) > MAX_MERGES:
        raise FormatError("sheet.too-many-merges", limit=MAX_MERGES)
    found = []
    for merged in element:
        left, top, right, bottom = range_boundaries(merged.get("ref", ""))
        if None not in (left, top, right, bottom):
            found.append(Merge(int(left), int(top), int(right), int(bottom)))  # type: ignore[arg-type]
    return found


def _check_package(data: bytes) -> None:
    """Refuse what is not an .xlsx, or is one that nobody should unpack."""
    if not data:
        raise FormatError("sheet.empty-file")
    if len(data) > MAX_BYTES:
        raise FormatError("sheet.too-large", limit=MAX_BYTES // (1024 * 1024))
    if data.startswith(_OLE):
        raise FormatError("sheet.old-format")
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            _check_parts(package)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError,
            RuntimeError, LookupError) as fault:  # fmt: skip
        raise FormatError("sheet.not-xlsx") from fault


def _check_parts(package: zipfile.ZipFile) -> None:
    parts = package.infolist()
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names or len(names) != len(parts):
        raise FormatError("sheet.not-xlsx")
    if any("vbaproject" in name.lower() for name in names):
        raise FormatError("sheet.macros")
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise FormatError("sheet.bomb", limit=MAX_UNPACKED // (1024 * 1024))
    sheets = tags = 0
    for part in parts:
        if part.file_size > MAX_PART and not part.filename.startswith(_LARGE_PARTS):
            raise FormatError("sheet.bomb", limit=MAX_UNPACKED // (1024 * 1024))
        if part.flag_bits & 1:
            raise FormatError("sheet.old-format")  # encrypted
        if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FormatError("sheet.not-xlsx")
        if part.filename.startswith("xl/media/"):
            continue
        text = package.read(part)
        if part.filename.endswith((".xml", ".rels", ".vml")) and b"\0" in text:
            raise FormatError("sheet.unreadable")
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise FormatError("sheet.unreadable")
        sheets += len(_SHEET_ELEMENT.findall(text))
        tags += text.count(b"<")
    if tags > MAX_TAGS:
        raise FormatError("sheet.bomb", limit=MAX_UNPACKED // (1024 * 1024))
    if sheets > MAX_SHEETS:
        raise FormatError("sheet.too-many-sheets", limit=MAX_SHEETS)


def stable_bytes(book: Workbook, made: datetime) -> bytes:
    """Write ``book`` so that the same book always gives the same bytes.

    openpyxl stamps the present moment into the zip and into the properties; both become ``made``
    (the zip says it in whole even seconds, without an offset).
    """
    raw = BytesIO()
    book.properties.creator = "Gốc"
    book.properties.created = made
    book.save(raw)
    stamp = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
    out = BytesIO()
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            entry = zipfile.ZipInfo(part.filename, made.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0
            text = old.read(part)
            if part.filename == "docProps/core.xml":
                text = stamp.sub(rb"\g<1>" + made.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), text)
            new.writestr(entry, text)
    return out.getvalue()
