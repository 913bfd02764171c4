"""An empty harvest register for a cooperative to fill in: the table, and a sheet that explains it.

``spreadsheets.read_harvests`` reads what comes back. The bytes are always the same, so that a
copy can be checked in or compared.
"""

from datetime import UTC, datetime
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from traceability.exchange.headings import REQUIRED, Column, name_of
from traceability.exchange.workbook import stable_bytes
from traceability.text import text

_MADE: Final = datetime(2026, 8, 1, tzinfo=UTC)
_ROWS: Final = 500  #: rows that are prepared with formats and choices
_UNITS: Final = "kg,tạ,tấn,lít,trái"
_HEADING_ROW: Final = 4

_ORDER: Final = (
    Column.DATE, Column.FARM, Column.PLOT, Column.PRODUCT, Column.VARIETY, Column.SEASON,
    Column.AMOUNT, Column.UNIT, Column.COUNT, Column.LOT, Column.CLAIMS, Column.NOTE,
)  # fmt: skip
_WIDTHS: Final = {Column.FARM: 24, Column.PRODUCT: 24, Column.NOTE: 32}

_INK: Final = "1F2A1F"
_LEAF: Final = "3F7D3A"
_PALE: Final = "E8F1E4"
_EDGE: Final = Border(*(Side("thin", color="B9C4B4"),) * 4)


def write_harvest_template(language: str = "vi") -> bytes:
    """The .xlsx of an empty register; explanations in ``language``, headings in Vietnamese."""
    book = Workbook()
    table = book.active
    if not isinstance(table, Worksheet):  # openpyxl's new book always has one
        raise AssertionError("a new workbook without a sheet")
    _draw_table(table, language)
    _explain(book.create_sheet(text(language, "sheet.template.guide")), language)
    return stable_bytes(book, _MADE)


def _draw_table(sheet: Worksheet, language: str) -> None:
    sheet.title = text(language, "sheet.template.register")
    sheet["A1"] = text(language, "sheet.template.title")
    sheet["A1"].font = Font(bold=True, size=14, color=_INK)
    sheet["A2"] = text(language, "sheet.template.cooperative")
    for position, column in enumerate(_ORDER, start=1):
        heading = sheet.cell(_HEADING_ROW, position, name_of(column))
        heading.font = Font(bold=True, color="FFFFFF" if column in REQUIRED else _INK)
        heading.fill = PatternFill("solid", fgColor=_LEAF if column in REQUIRED else _PALE)
        heading.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        heading.border = _EDGE
        sheet.column_dimensions[get_column_letter(position)].width = _WIDTHS.get(column, 14)
    sheet.row_dimensions[_HEADING_ROW].height = 30
    sheet.freeze_panes = f"C{_HEADING_ROW + 1}"
    first, last = _HEADING_ROW + 1, _HEADING_ROW + _ROWS
    for row in range(first, last + 1):
        sheet.cell(row, _ORDER.index(Column.DATE) + 1).number_format = "dd/mm/yyyy"
        sheet.cell(row, _ORDER.index(Column.AMOUNT) + 1).number_format = "#,##0.###"
        for column in (Column.FARM, Column.PLOT, Column.LOT):  # as text: 0012 and 3-11 stay
            sheet.cell(row, _ORDER.index(column) + 1).number_format = "@"
    letter = get_column_letter(_ORDER.index(Column.UNIT) + 1)
    choices = DataValidation(type="list", formula1=f'"{_UNITS}"', allow_blank=True)
    choices.add(f"{letter}{first}:{letter}{last}")
    sheet.add_data_validation(choices)
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.print_title_rows = f"{_HEADING_ROW}:{_HEADING_ROW}"


def _explain(sheet: Worksheet, language: str) -> None:
    sheet.column_dimensions["A"].width = 20
    sheet.column_dimensions["B"].width = 90
    sheet["A1"] = text(language, "sheet.template.guide-title")
    sheet["A1"].font = Font(bold=True, size=14, color=_INK)
    for row, column in enumerate(_ORDER, start=3):
        name = sheet.cell(row, 1, name_of(column))
        name.font = Font(bold=True, color=_INK)
        name.alignment = Alignment(vertical="top")
        how = sheet.cell(row, 2, text(language, f"sheet.template.{column}"))
        how.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.cell(len(_ORDER) + 4, 1, text(language, "sheet.template.rows"))
