"""Harvest registers as cooperatives keep them, and files that are no such thing."""

import io
import re
import struct
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from traceability.core.errors import CODES, FormatError
from traceability.exchange.headings import SPELLINGS, Column, fold
from traceability.exchange.spreadsheets import (
    HarvestRow,
    HarvestSheet,
    read_harvests,
    write_harvest_template,
)
from traceability.exchange.workbook import MAX_BYTES, MAX_ROWS
from traceability.text import has_text

HEADINGS = ("Ngày thu hoạch", "Nông hộ", "Mã thửa", "Sản phẩm", "Sản lượng", "Đơn vị")
GOOD = (date(2026, 9, 12), "CD-07", "CD-07-1", "Khóm Cầu Đúc", 1250.5, "kg")


def book_of(*rows: Sequence[Any], arrange: Callable[[Worksheet], None] | None = None) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    if arrange is not None:
        arrange(sheet)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read(*rows: Sequence[Any], arrange: Callable[[Worksheet], None] | None = None) -> HarvestSheet:
    return read_harvests(book_of(*rows, arrange=arrange))


def one(**cells: Any) -> HarvestSheet:
    """The register with the one good row, but for some cells by heading."""
    row: dict[str, Any] = {**dict(zip(HEADINGS, GOOD, strict=True)), **cells}
    return read(tuple(row), tuple(row.values()))


def quantity_of(sheet: HarvestSheet) -> str:
    assert not sheet.errors, [error.sentence("en") for error in sheet.errors]
    (row,) = sheet.rows
    return row.quantity


def faults(sheet: HarvestSheet) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.code) for error in sheet.errors]


def with_part(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same package with one part changed, or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", 8) as new:
        names = old.namelist()
        for each in names:
            new.writestr(each, change(old.read(each)) if each == name else old.read(each))
        if name not in names:
            new.writestr(name, change(b""))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


# -- a plain register --------------------------------------------------------------------------
def test_a_row_is_read_as_it_was_written() -> None:
    headings = (*HEADINGS, "Giống", "Vụ", "Số trái", "Số lô", "Chứng nhận", "Ghi chú")
    rest = ("Queen", "Hè Thu 2026", 1020, "CD07-0912", "VietGAP", "  hái\nbuổi  sáng ")
    sheet = read(headings, (*GOOD, *rest))
    assert sheet.errors == ()
    assert sheet.rows == (
        HarvestRow(
            row=2, day="2026-09-12", clock=None, farm="CD-07", plot="CD-07-1",
            product="Khóm Cầu Đúc", quantity="1250.5 KGM", count="1020 H87", variety="Queen",
            season="Hè Thu 2026", lot="CD07-0912", claims=("vietgap",), note="hái buổi sáng",
        ),
    )  # fmt: skip
    assert sheet.rows[0].at() == "2026-09-12T12:00:00+07:00"
    assert sheet.rows[0].at("06:30:00") == "2026-09-12T06:30:00+07:00"


def test_columns_may_stand_in_any_order_with_others_between_them() -> None:
    sheet = read(
        ("STT", "Đơn vị", "Sản phẩm", "Ký nhận", "Mã thửa", "Sản lượng", "Nông hộ", "Ngày hái"),
        (1, "kg", "Khóm", "x", "T1", 10, "H1", date(2026, 9, 1)),
    )
    assert sheet.errors == ()
    assert (sheet.rows[0].plot, sheet.rows[0].quantity) == ("T1", "10 KGM")
    assert sheet.unused == ("STT", "Ký nhận")


@pytest.mark.parametrize(
    "headings",
    [
        ("NGÀY THU HOẠCH", "NÔNG HỘ", "MÃ THỬA", "SẢN PHẨM", "SẢN LƯỢNG", "ĐVT"),
        ("ngay thu hoach", "nong ho", "ma thua", "san pham", "san luong", "don vi"),
        ("  Ngày   thu hoạch ", "Nông  hộ", "Mã thửa:", "Sản phẩm*", "Sản lượng.", "Đơn vị tính"),
        ("Ngày\nthu hoạch", "Thành viên", "Thửa", "Tên sản phẩm", "Khối lượng", "Đơn vị"),
        ("Ngày", "Họ và tên", "Thửa đất", "Nông sản", "Trọng lượng", "ĐVT"),
        ("Ngày thu hoạch (ngày/tháng/năm)", "Hộ", "Vườn", "Cây trồng", "Số lượng", "Đơn vị"),
        ("Harvest date", "Farm", "Plot", "Product", "Quantity", "Unit"),
        tuple(part.encode().decode() for part in HEADINGS),
    ],
)
def test_headings_are_known_in_many_spellings(headings: tuple[str, ...]) -> None:
    sheet = read(headings, GOOD)
    assert sheet.errors == ()
    assert sheet.rows[0].quantity == "1250.5 KGM"


def test_headings_typed_with_combining_accents_are_the_same_headings() -> None:
    import unicodedata

    decomposed = tuple(unicodedata.normalize("NFD", heading) for heading in HEADINGS)
    assert decomposed != HEADINGS
    assert len(read(decomposed, GOOD).rows) == 1


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Khối lượng (kg)", "1250.5 KGM"),
        ("Khối lượng (Kg)", "1250.5 KGM"),
        ("KHỐI LƯỢNG - KG", "1250.5 KGM"),
        ("Sản lượng, kg", "1250.5 KGM"),
        ("Sản lượng kg", "1250.5 KGM"),
        ("Sản lượng (tấn)", "1250.5 TNE"),
        ("Sản lượng (tạ)", "125050 KGM"),
        ("Số kg", "1250.5 KGM"),
    ],
)
def test_the_unit_may_stand_in_the_heading(heading: str, expected: str) -> None:
    sheet = read((*HEADINGS[:4], heading), GOOD[:5])
    assert quantity_of(sheet) == expected


def test_a_number_of_pieces_beside_a_weight_is_a_count() -> None:
    sheet = read((*HEADINGS[:4], "Khối lượng (kg)", "Số lượng"), (*GOOD[:5], 1020))
    assert (sheet.rows[0].quantity, sheet.rows[0].count) == ("1250.5 KGM", "1020 H87")


def test_pieces_alone_are_the_amount() -> None:
    sheet = read((*HEADINGS[:4], "Số trái"), (*GOOD[:4], 320))
    assert (sheet.rows[0].quantity, sheet.rows[0].count) == ("320 H87", None)


def test_a_member_code_is_taken_before_a_name() -> None:
    sheet = read(("Họ và tên", "Mã hộ", *HEADINGS[2:], "Ngày"), ("Tống Văn Mẫu", "CD-07",
                 *GOOD[2:], GOOD[0]))  # fmt: skip
    assert sheet.rows[0].farm == "CD-07"
    assert sheet.unused == ("Họ và tên",)


def test_no_spelling_stands_for_two_columns() -> None:
    every = [
        (fold(spelling), column)
        for column, groups in SPELLINGS.items()
        for group in groups
        for spelling in group
    ]
    assert len({spelling for spelling, _ in every}) == len({*every})
    assert {column for _, column in every} == set(Column)


# -- amounts -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (1250.1, "1250.1 KGM"),
        (0.1 + 0.2, "0.3 KGM"),
        (1250.0, "1250 KGM"),
        (1e3, "1000 KGM"),
        (99.2, "99.2 KGM"),
        (123456789.125, "123456789.125 KGM"),
        (0.000001, "0.000001 KGM"),
        (7, "7 KGM"),
    ],
)
def test_a_number_is_what_the_spreadsheet_shows(cell: float, expected: str) -> None:
    assert quantity_of(one(**{"Sản lượng": cell})) == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1.234,5", "1234.5 KGM"),
        ("1.234", "1234 KGM"),  # the full stop parts thousands …
        ("1,234", "1.234 KGM"),  # … and the comma begins the decimals, always
        ("1.234.567", "1234567 KGM"),
        ("12,50", "12.50 KGM"),
        ("1 234,5", "1234.5 KGM"),
        ("1\N{NO-BREAK SPACE}234", "1234 KGM"),
        ("  850 ", "850 KGM"),
        ("0850", "850 KGM"),
        ("0,5", "0.5 KGM"),
        ("1.250 kg", "1250 KGM"),
        ("1.250kg", "1250 KGM"),
        ("+12", "12 KGM"),
        ("850\N{ZERO WIDTH SPACE}", "850 KGM"),
    ],
)
def test_an_amount_as_text_is_read_the_vietnamese_way(cell: str, expected: str) -> None:
    assert quantity_of(one(**{"Sản lượng": cell})) == expected


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1,2,3", "sheet.amount.not-a-number"),
        ("1,234.5", "sheet.amount.not-a-number"),
        ("12.34,5", "sheet.amount.not-a-number"),
        ("1.2345.678", "sheet.amount.not-a-number"),
        ("12 34", "sheet.amount.not-a-number"),
        ("12.5", "sheet.amount.point"),
        ("0.500", "sheet.amount.point"),
        ("hai tạ", "sheet.amount.not-a-number"),
        ("1e5", "sheet.amount.not-a-number"),
        ("0x10", "sheet.amount.not-a-number"),
        ("NaN", "sheet.amount.not-a-number"),
        ("Infinity", "sheet.amount.not-a-number"),
        ("١٢", "sheet.amount.not-a-number"),
        ("１２", "sheet.amount.not-a-number"),
        ("½", "sheet.amount.not-a-number"),
        (True, "sheet.amount.not-a-number"),
        (date(2026, 9, 1), "sheet.amount.not-a-number"),
        (-5, "sheet.amount.not-positive"),
        (-0.5, "sheet.amount.not-positive"),
        ("-5", "sheet.amount.not-positive"),
        ("−5", "sheet.amount.not-positive"),
        ("-5 kg", "sheet.amount.not-positive"),
        (0, "sheet.amount.not-positive"),
        ("0,000", "sheet.amount.not-positive"),
        (10**13, "sheet.amount.too-large"),
        (1e300, "sheet.amount.too-large"),
        ("9" * 39, "sheet.amount.too-large"),
        (10 / 3, "sheet.amount.digits"),
        (1e-300, "sheet.amount.digits"),
        ("0," + "1" * 9, "sheet.amount.digits"),
        ("1," + "0" * 31 + "1", "sheet.amount.digits"),
    ],
)
def test_what_is_no_amount_is_refused_and_never_guessed(cell: Any, code: str) -> None:
    sheet = one(**{"Sản lượng": cell})
    assert sheet.rows == ()
    assert faults(sheet) == [(2, "Sản lượng", code)]


def test_half_a_fruit_is_refused() -> None:
    assert faults(one(**{"Sản lượng": 12.5, "Đơn vị": "trái"})) == [
        (2, "Sản lượng", "sheet.amount.digits")
    ]


def test_a_message_says_where_what_and_what_to_do() -> None:
    (error,) = one(**{"Sản lượng": "1,2,3"}).errors
    assert error.sentence("vi") == (
        "Dòng 2, cột Sản lượng: “1,2,3” không phải là số. Ghi ví dụ 1.234,5."
    )
    assert error.sentence("en") == (
        "Row 2, column Sản lượng: “1,2,3” is not a number. Write it as 1.234,5, for example."
    )


def test_an_unclear_point_is_answered_with_the_number_to_write() -> None:
    (error,) = one(**{"Sản lượng": "12.5"}).errors
    assert "Hãy ghi 12,5" in error.sentence("vi")


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("kg", "1250.5 KGM"), ("Kg", "1250.5 KGM"), ("KG.", "1250.5 KGM"), ("ký", "1250.5 KGM"),
        ("tạ", "125050 KGM"), ("yến", "12505 KGM"), ("Tấn", "1250.5 TNE"), ("lít", "1250.5 LTR"),
        ("gam", "1250.5 GRM"), ("KGM", "1250.5 KGM"),
    ],
)  # fmt: skip
def test_units_are_known_as_people_write_them(unit: str, expected: str) -> None:
    assert quantity_of(one(**{"Đơn vị": unit})) == expected


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"Đơn vị": "thùng"}, "Đơn vị", "sheet.unit.unknown"),
        ({"Đơn vị": "chục"}, "Đơn vị", "sheet.unit.unknown"),  # ten, twelve or fourteen
        ({"Đơn vị": None}, "Đơn vị", "sheet.unit.missing"),
        ({"Sản lượng": "12 rổ", "Đơn vị": None}, "Sản lượng", "sheet.unit.unknown"),
        ({"Sản lượng": "12 tạ"}, "Sản lượng", "sheet.unit.conflict"),
    ],
)
def test_a_unit_that_is_not_clear_is_refused(cells: dict[str, Any], column: str, code: str) -> None:
    assert faults(one(**cells)) == [(2, column, code)]


def test_a_unit_in_the_heading_must_agree_with_the_one_in_its_column() -> None:
    sheet = read((*HEADINGS[:4], "Sản lượng (kg)", "Đơn vị"), (*GOOD[:5], "tạ"))
    assert faults(sheet) == [(2, "Đơn vị", "sheet.unit.conflict")]


# -- days and hours ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cell", "day", "clock"),
    [
        (date(2026, 11, 22), "2026-11-22", None),
        (datetime.combine(date(2026, 11, 22), time()), "2026-11-22", None),
        (datetime.combine(date(2026, 11, 22), time(7, 30)), "2026-11-22", "07:30:00"),
        ("22/11/2026", "2026-11-22", None),
        ("5/9/2026", "2026-09-05", None),  # the day comes first
        ("22-11-2026", "2026-11-22", None),
        ("22.11.2026", "2026-11-22", None),
        ("22/11/26", "2026-11-22", None),
        ("2026-11-22", "2026-11-22", None),
        ("ngày 22 tháng 11 năm 2026", "2026-11-22", None),
        ("22/11/2026 7h30", "2026-11-22", "07:30:00"),
        ("2026-11-22T06:05:04", "2026-11-22", "06:05:04"),
    ],
)
def test_a_day_may_be_written_in_many_ways(cell: Any, day: str, clock: str | None) -> None:
    (row,) = one(**{"Ngày thu hoạch": cell}).rows
    assert (row.day, row.clock) == (day, clock)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("hôm qua", "sheet.date.not-a-date"),
        ("22/11", "sheet.date.not-a-date"),
        (46348, "sheet.date.not-a-date"),  # a day, as Excel counts; but nobody says so
        (True, "sheet.date.not-a-date"),
        (time(7, 30), "sheet.date.not-a-date"),
        ("31/09/2026", "sheet.date.no-such-day"),
        ("11/22/2026", "sheet.date.no-such-day"),
        ("29/02/2026", "sheet.date.no-such-day"),
        ("22/11/0026", "sheet.date.year"),
        ("22/11/2206", "sheet.date.year"),
        (date(1926, 11, 22), "sheet.date.year"),
        ("22/11/2026 25:00", "sheet.clock.not-a-time"),
    ],
)
def test_what_is_no_day_is_refused(cell: Any, code: str) -> None:
    assert faults(one(**{"Ngày thu hoạch": cell})) == [(2, "Ngày thu hoạch", code)]


@pytest.mark.parametrize(
    ("cell", "clock"),
    [("07:30", "07:30:00"), ("7h30", "07:30:00"), ("7 giờ", "07:00:00"), ("7g5", "07:05:00"),
     ("7 giờ 30 phút", "07:30:00"), (time(7, 30), "07:30:00"), ("15:04:05", "15:04:05")],
)  # fmt: skip
def test_an_hour_may_have_its_own_column(cell: Any, clock: str) -> None:
    (row,) = one(**{"Giờ": cell}).rows
    assert row.at() == f"2026-09-12T{clock}+07:00"


@pytest.mark.parametrize("cell", ["sáng", "24:00", "7h60", 0.3125, -1])
def test_what_is_no_hour_is_refused(cell: Any) -> None:
    assert faults(one(**{"Giờ": cell})) == [(2, "Giờ", "sheet.clock.not-a-time")]


def test_a_book_that_counts_days_from_1904_says_the_same_days() -> None:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.worksheets[0]
    sheet.append(HEADINGS)
    sheet.append(GOOD)
    file = io.BytesIO()
    book.save(file)
    assert read_harvests(file.getvalue()).rows[0].day == "2026-09-12"


# -- names, codes, claims ----------------------------------------------------------------------
def test_codes_that_are_numbers_are_written_without_a_point() -> None:
    (row,) = one(**{"Mã thửa": 12.0, "Nông hộ": 7, "Số lô": 91201}).rows
    assert (row.plot, row.farm, row.lot) == ("12", "7", "91201")


def test_a_code_that_became_a_date_is_refused() -> None:
    assert faults(one(**{"Mã thửa": date(2026, 11, 3)})) == [(2, "Mã thửa", "sheet.text.date")]


@pytest.mark.parametrize("lot", ["CD 0912", "LÔ-1", "A" * 21, "A#1"])
def test_a_lot_code_has_the_letters_of_gs1(lot: str) -> None:
    assert faults(one(**{"Số lô": lot})) == [(2, "Số lô", "sheet.lot.letters")]


@pytest.mark.parametrize(
    ("cell", "claims"),
    [
        ("VietGAP", ("vietgap",)),
        ("viet gap; GlobalG.A.P.", ("vietgap", "globalgap")),
        ("VietGAP và hữu cơ", ("vietgap", "organic")),
        ("VietGAP\nVietGAP", ("vietgap",)),
        ("OCOP 4 sao", ("ocop-4-sao",)),
        ("Không", ()),
        ("-", ()),
        (None, ()),
    ],
)
def test_certificates_become_claims(cell: Any, claims: tuple[str, ...]) -> None:
    assert one(**{"Chứng nhận": cell}).rows[0].claims == claims


def test_a_mark_does_not_say_which_certificate() -> None:
    assert faults(one(**{"Chứng nhận": "x"})) == [(2, "Chứng nhận", "sheet.claims.which")]


def test_what_cannot_be_seen_is_not_part_of_a_name() -> None:
    (row,) = one(**{"Nông hộ": "CD\N{RIGHT-TO-LEFT OVERRIDE}-07\N{SOFT HYPHEN}"}).rows
    assert row.farm == "CD-07"


def test_a_name_of_any_length_is_not_taken() -> None:
    assert faults(one(**{"Nông hộ": "a" * 81})) == [(2, "Nông hộ", "sheet.text.too-long")]


# -- rows as people lay them out ---------------------------------------------------------------
def test_titles_blank_rows_sums_and_signatures_are_no_harvests() -> None:
    sheet = read(
        ("HTX KHÓM CẦU ĐÚC (hư cấu)",),
        (),
        ("SỔ THEO DÕI THU HOẠCH", None, "Vụ", "Hè Thu"),
        HEADINGS,
        ("(1)", "(2)", "(3)", "(4)", "(5)", "(6)"),
        ("Tháng 9",),
        GOOD,
        (),
        GOOD,
        ("Tổng cộng", None, None, None, 2501, "kg"),
        HEADINGS,
        GOOD,
        (None, "Cộng", None, None, "=SUM(E7:E12)", "kg"),
        ("Lũy kế", None, None, None, 3751.5, "kg"),
        (),
        (None, None, None, None, "Vị Thanh, ngày 30 tháng 9 năm 2026"),
        ("Người lập sổ", None, None, None, "Giám đốc"),
    )
    assert sheet.errors == ()
    assert [row.row for row in sheet.rows] == [7, 9, 12]
    assert sheet.skipped == (5, 6, 10, 11, 13, 14, 16, 17)


def test_a_farmer_called_like_a_sum_is_no_sum() -> None:
    sheet = one(**{"Nông hộ": "Tống Cộng"})
    assert [row.farm for row in sheet.rows] == ["Tống Cộng"]


def test_an_amount_by_itself_is_asked_about_once() -> None:
    sheet = read(HEADINGS, GOOD, (None, None, None, None, 99, "kg"))
    assert faults(sheet) == [(3, "", "sheet.row.only-amount")]
    assert sheet.errors[0].sentence("vi").startswith("Dòng 3: Dòng này chỉ có số lượng.")


def test_headings_may_take_two_rows() -> None:
    def arrange(sheet: Worksheet) -> None:
        for block in ("A1:A2", "B1:B2", "C1:D1", "E1:F1"):
            sheet.merge_cells(block)

    sheet = read(
        ("Ngày thu hoạch", "Nông hộ", "Vùng trồng", None, "Thu hoạch", None),
        (None, None, "Mã thửa", "Sản phẩm", "Sản lượng", "Đơn vị"),
        GOOD,
        arrange=arrange,
    )
    assert sheet.errors == ()
    assert [row.row for row in sheet.rows] == [3]


def test_a_unit_may_stand_under_its_heading() -> None:
    sheet = read(HEADINGS[:5], (None, None, None, None, "(kg)"), GOOD[:5])
    assert quantity_of(sheet) == "1250.5 KGM"


def test_what_is_merged_downwards_stands_in_every_row() -> None:
    def arrange(sheet: Worksheet) -> None:
        sheet.merge_cells("A2:A4")
        sheet.merge_cells("B2:B3")

    blank = (None, None, "CD-07-2", "Khóm Cầu Đúc", 700, "kg")
    last = (None, "CD-08", "CD-08-1", "Khóm Cầu Đúc", 300, "kg")
    sheet = read(HEADINGS, GOOD, blank, last, arrange=arrange)
    assert sheet.errors == ()
    assert [(row.day, row.farm, row.plot) for row in sheet.rows] == [
        ("2026-09-12", "CD-07", "CD-07-1"),
        ("2026-09-12", "CD-07", "CD-07-2"),
        ("2026-09-12", "CD-08", "CD-08-1"),
    ]


def test_an_amount_merged_over_rows_is_nobodys() -> None:
    sheet = read(
        HEADINGS,
        GOOD,
        (date(2026, 9, 12), "CD-08", "CD-08-1", "Khóm", None, "kg"),
        GOOD,
        arrange=lambda sheet: sheet.merge_cells("E2:E3"),
    )
    assert faults(sheet) == [
        (2, "Sản lượng", "sheet.amount.merged"),
        (3, "Sản lượng", "sheet.amount.merged"),
    ]
    assert [row.row for row in sheet.rows] == [4]


def test_ditto_marks_repeat_the_row_above() -> None:
    sheet = read(HEADINGS, GOOD, ('"', "nt", "CD-07-2", "như trên", 5, "〃"))
    assert sheet.errors == ()
    assert (sheet.rows[1].day, sheet.rows[1].farm, sheet.rows[1].quantity) == (
        "2026-09-12",
        "CD-07",
        "5 KGM",
    )


def test_a_wrong_row_gives_an_error_for_each_fault_and_leaves_the_others() -> None:
    sheet = read(
        HEADINGS,
        GOOD,
        ("31/02/2026", None, "CD-07-1", "Khóm", "1,2,3", "kg"),
        GOOD,
        (date(2026, 9, 13), "CD-07", None, "Khóm", 4, "kg"),
    )
    assert [row.row for row in sheet.rows] == [2, 4]
    assert faults(sheet) == [
        (3, "Ngày thu hoạch", "sheet.date.no-such-day"),
        (3, "Nông hộ", "sheet.cell.missing"),
        (3, "Sản lượng", "sheet.amount.not-a-number"),
        (5, "Mã thửa", "sheet.cell.missing"),
    ]


def test_a_missing_heading_is_named_with_its_spellings() -> None:
    sheet = read((*HEADINGS[:2], *HEADINGS[3:]), (*GOOD[:2], *GOOD[3:]))
    assert sheet.rows == ()
    (error,) = sheet.errors
    assert (error.row, error.column, error.code) == (1, "Mã thửa", "sheet.heading.missing")
    assert "“Thửa đất”" in error.sentence("vi")


def test_two_headings_that_say_the_same_are_asked_about() -> None:
    sheet = read((*HEADINGS, "Khối lượng"), (*GOOD, 4))
    assert faults(sheet) == [(1, "Khối lượng", "sheet.heading.twice")]


def test_a_cooperative_that_grows_one_thing_needs_no_column_for_it() -> None:
    data = book_of((*HEADINGS[:3], *HEADINGS[4:]), (*GOOD[:3], *GOOD[4:]))
    assert read_harvests(data, product="Chanh không hạt").rows[0].product == "Chanh không hạt"
    assert [error.column for error in read_harvests(data).errors] == ["Sản phẩm"]


def test_the_sheet_with_the_register_is_found_among_others() -> None:
    book = Workbook()
    book.worksheets[0].append(["Danh sách thành viên"])
    register = book.create_sheet("Tháng 9")
    register.append(HEADINGS)
    register.append(GOOD)
    file = io.BytesIO()
    book.save(file)
    assert read_harvests(file.getvalue()).title == "Tháng 9"


def test_of_several_registers_one_must_be_named() -> None:
    book = Workbook()
    for title in ("Tháng 9", "Tháng 10"):
        sheet = book.create_sheet(title)
        sheet.append(HEADINGS)
        sheet.append(GOOD)
    file = io.BytesIO()
    book.save(file)
    with pytest.raises(FormatError) as refused:
        read_harvests(file.getvalue())
    assert refused.value.code == "sheet.several"
    assert refused.value.params["sheets"] == "“Tháng 9”, “Tháng 10”"
    assert read_harvests(file.getvalue(), sheet="Tháng 10").title == "Tháng 10"
    with pytest.raises(FormatError) as unknown:
        read_harvests(file.getvalue(), sheet="Tháng 11")
    assert unknown.value.code == "sheet.no-such-sheet"


# -- formulas ----------------------------------------------------------------------------------
def stored(formula: str, value: str, kind: str = "") -> Callable[[bytes], bytes]:
    """Puts a formula with a stored result where E2 is."""
    cell = f'<c r="E2"{kind}><f>{formula}</f>{value}</c>'
    return lambda part: re.sub(rb'<c r="E2".*?</c>', cell.encode(), part)


def test_a_formula_counts_by_its_stored_result() -> None:
    data = with_part(book_of(HEADINGS, GOOD), SHEET, stored("1250+0.5", "<v>1250.5</v>"))
    assert read_harvests(data).rows[0].quantity == "1250.5 KGM"


@pytest.mark.parametrize("value", ["", "<v></v>", "<v/>"])
def test_a_formula_without_a_result_is_explained(value: str) -> None:
    data = with_part(book_of(HEADINGS, GOOD), SHEET, stored("A1*2", value))
    sheet = read_harvests(data)
    assert faults(sheet) == [(2, "Sản lượng", "sheet.cell.formula")]
    assert "lưu lại" in sheet.errors[0].sentence("vi")


def test_a_formula_that_gives_nothing_is_an_empty_cell() -> None:
    data = with_part(book_of(HEADINGS, GOOD), SHEET, stored("IF(1,'')", "<v></v>", ' t="str"'))
    assert faults(read_harvests(data)) == [(2, "Sản lượng", "sheet.cell.missing")]


@pytest.mark.parametrize(
    "cell",
    ['<c r="E2" t="e"><v>#REF!</v></c>', '<c r="E2"><v>NaN</v></c>', '<c r="E2"><v>abc</v></c>',
     '<c r="E2" t="s"><v>999999</v></c>', '<c r="E2" t="d"><v>yesterday</v></c>'],
)  # fmt: skip
def test_a_broken_cell_is_its_own_fault(cell: str) -> None:
    data = with_part(
        book_of(HEADINGS, GOOD, GOOD),
        SHEET,
        lambda part: re.sub(rb'<c r="E2".*?</c>', cell.encode(), part),
    )
    sheet = read_harvests(data)
    assert faults(sheet) == [(2, "Sản lượng", "sheet.cell.error")]
    assert [row.row for row in sheet.rows] == [3]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_not_a_number_is_no_amount(value: float) -> None:
    sheet = read(HEADINGS, (*GOOD[:4], value, "kg"), GOOD)
    assert [(error.row, error.column) for error in sheet.errors] == [(2, "Sản lượng")]
    assert [row.row for row in sheet.rows] == [3]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("1e999", "sheet.amount.not-a-number"),
        ("1" + "0" * 400, "sheet.amount.too-large"),
        ("1" + "0" * 5000, "sheet.cell.error"),
    ],
)
def test_a_number_beyond_all_bounds_is_no_amount(value: str, code: str) -> None:
    cell = f'<c r="E2"><v>{value}</v></c>'.encode()
    data = with_part(
        book_of(HEADINGS, GOOD), SHEET, lambda part: re.sub(rb'<c r="E2".*?</c>', cell, part)
    )
    assert faults(read_harvests(data)) == [(2, "Sản lượng", code)]


# -- files that are no register ----------------------------------------------------------------
def refusal(data: bytes) -> str:
    with pytest.raises(FormatError) as refused:
        read_harvests(data)
    return refused.value.code


def test_files_of_other_kinds_are_refused_by_what_they_are() -> None:
    assert refusal(b"") == "sheet.empty-file"
    assert refusal("Ngày;Nông hộ\n1;2\n".encode()) == "sheet.not-xlsx"
    assert refusal(b"\xff" * 1000) == "sheet.not-xlsx"
    assert refusal(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512) == "sheet.old-format"
    assert refusal(b"PK\x03\x04 and no more") == "sheet.not-xlsx"
    assert refusal(b"\0" * (MAX_BYTES + 1)) == "sheet.too-large"


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("readme.txt", "no workbook")
    assert refusal(file.getvalue()) == "sheet.not-xlsx"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
    assert refusal(file.getvalue()) == "sheet.unreadable"


def test_a_small_file_that_unpacks_into_a_huge_one_is_refused() -> None:
    data = book_of(HEADINGS, GOOD)
    sheet_bomb = with_part(data, SHEET, lambda part: part + b" " * 30_000_000)
    assert len(sheet_bomb) < 100_000
    assert refusal(sheet_bomb) == "sheet.bomb"
    style_bomb = with_part(data, "xl/styles.xml", lambda part: part + b" " * 3_000_000)
    assert refusal(style_bomb) == "sheet.bomb"
    tag_bomb = with_part(data, SHEET, lambda part: part + b"<c/>" * 1_400_000)
    assert refusal(tag_bomb) == "sheet.bomb"
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        for number in range(600):
            new.writestr(f"xl/worksheets/extra{number}.xml", b"")
    assert refusal(file.getvalue()) == "sheet.bomb"


def test_a_zip_that_lies_about_its_sizes_is_refused() -> None:
    data = with_part(book_of(HEADINGS, GOOD), SHEET, lambda part: part + b" " * 30_000_000)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        real = package.getinfo(SHEET).file_size
    lying = data.replace(struct.pack("<I", real), struct.pack("<I", 1000))
    assert lying != data
    assert refusal(lying) == "sheet.not-xlsx"


def test_entities_and_document_types_are_refused() -> None:
    bomb = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    )
    data = with_part(book_of(HEADINGS, GOOD), SHEET, lambda part: bomb + part)
    assert refusal(data) == "sheet.unreadable"
    wide = with_part(
        book_of(HEADINGS, GOOD), SHEET, lambda part: (bomb + part).decode().encode("utf-16")
    )
    assert refusal(wide) == "sheet.unreadable"


def test_macros_and_passwords_are_refused() -> None:
    data = book_of(HEADINGS, GOOD)
    assert refusal(with_part(data, "xl/vbaProject.bin", lambda _: b"Sub Auto_Open")) == (
        "sheet.macros"
    )
    encrypted = bytearray(data)
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        start = -1
        while (start := encrypted.find(signature, start + 1)) >= 0:
            encrypted[start + offset] |= 1
    assert refusal(bytes(encrypted)) == "sheet.old-format"


def test_broken_parts_are_refused() -> None:
    data = book_of(HEADINGS, GOOD)
    for name in (SHEET, "xl/workbook.xml", "[Content_Types].xml", "xl/styles.xml"):
        broken = with_part(data, name, lambda part: part[: len(part) // 2])
        assert refusal(broken) == "sheet.unreadable", name
    backwards = with_part(data, SHEET, lambda part: part.replace(b'<row r="2"', b'<row r="1"'))
    assert refusal(backwards) == "sheet.unreadable"


def test_any_byte_of_a_register_may_be_wrong_without_another_error_than_ours() -> None:
    data = book_of(HEADINGS, GOOD)
    answers = set()
    for position in range(0, len(data), 61):
        broken = bytearray(data)
        broken[position] ^= 0x55
        try:
            read_harvests(bytes(broken))
            answers.add("read")
        except FormatError as refused:
            answers.add(refused.code)
    assert "sheet.not-xlsx" in answers


@pytest.mark.parametrize(
    "part", [b"<a>" * 100 + b"</a>" * 100, b"<row>" + b"<c/>" * 100_001 + b"</row>"]
)
def test_rows_that_no_register_has_are_refused(part: bytes) -> None:
    data = with_part(
        book_of(HEADINGS, GOOD),
        SHEET,
        lambda whole: whole.replace(b"</sheetData>", part + b"</sheetData>"),
    )
    assert refusal(data) == "sheet.unreadable"


def test_a_row_that_says_it_is_far_down_takes_no_time() -> None:
    data = with_part(
        book_of(HEADINGS, GOOD),
        SHEET,
        lambda part: part.replace(b'<row r="2"', b'<row r="99999999999"'),
    )
    assert [row.row for row in read_harvests(data).rows] == [99999999999]


def test_a_dimension_that_lies_hides_no_row() -> None:
    data = with_part(
        book_of(HEADINGS, GOOD, GOOD),
        SHEET,
        lambda part: re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:B1"', part),
    )
    assert len(read_harvests(data).rows) == 2


def test_rows_and_columns_are_bounded() -> None:
    assert refusal(book_of(HEADINGS, *[GOOD] * MAX_ROWS)) == "sheet.too-many-rows"
    assert len(read(HEADINGS, *[GOOD] * 50).rows) == 50
    assert refusal(book_of((*HEADINGS, *[None] * 60, "xa"), GOOD)) == "sheet.too-many-columns"


def test_a_book_of_too_many_sheets_is_refused() -> None:
    book = Workbook()
    for number in range(61):
        book.create_sheet(f"T{number}")
    file = io.BytesIO()
    book.save(file)
    assert refusal(file.getvalue()) == "sheet.too-many-sheets"


def test_a_sheet_without_headings_is_refused() -> None:
    assert refusal(book_of(("Danh sách", "thành viên"), ("CD-07", "Mẫu"))) == "sheet.no-headings"
    assert refusal(book_of()) == "sheet.no-headings"


# -- the template, and the texts ---------------------------------------------------------------
def test_the_template_is_an_empty_register_and_always_the_same() -> None:
    data = write_harvest_template()
    assert data == write_harvest_template()
    sheet = read_harvests(data)
    assert (sheet.title, sheet.rows, sheet.errors) == ("Sổ thu hoạch", (), ())
    assert sheet.unused == ()


def test_the_template_can_be_filled_in_and_read_back() -> None:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(write_harvest_template()))
    sheet = book.worksheets[0]
    filled: dict[Any, Any] = dict(zip(HEADINGS, GOOD, strict=True))
    headings = next(row for row in sheet.values if row[0] == HEADINGS[0])
    bottom = [row[0] for row in sheet.values].index(HEADINGS[0]) + 1
    for position, heading in enumerate(headings, start=1):
        if heading in filled:
            sheet.cell(bottom + 1, position, filled[heading])
    file = io.BytesIO()
    book.save(file)
    assert quantity_of(read_harvests(file.getvalue())) == "1250.5 KGM"


def test_every_code_has_its_sentence_in_both_languages() -> None:
    codes = [code for code in CODES if code.startswith("sheet.")]
    assert len(codes) > 30
    missing = [
        (language, code)
        for language in ("vi", "en")
        for code in codes
        if not has_text(language, f"error.{code}")
    ]
    assert missing == []
