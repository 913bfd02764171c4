"""Makes the harvest registers of the three cooperatives of this season, each as its clerk keeps it.

The harvests stand below, one a line; edit them, then run this file. The registers differ on
purpose: headings, their order, dates and numbers as values or as text, one row of headings or two,
merged cells, sums by month, signatures. All people and firms are invented.
"""

import sys
import tomllib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.worksheet import Worksheet

from traceability.exchange.workbook import stable_bytes

HERE: Final = Path(__file__).parent
MADE: Final = datetime(2026, 11, 20, tzinfo=UTC)
SEASON: Final = "Hè Thu 2026"

# Ngày giờ | thửa | kg | số lô | chứng nhận
CAU_DUC: Final = """
11/09/2026 15:30 | CD-01-1 |     672 | CD01-0911    | VietGAP
11/09/2026 15:30 | CD-02-1 |     819 | CD02-0911    | VietGAP
12/09/2026 06:30 | CD-01-1 |   1.008 | CD01-0912    | VietGAP
12/09/2026 06:30 | CD-02-1 |   1.342 | CD02-0912    | VietGAP
12/09/2026 06:30 | CD-03-1 |   652,5 | CD03-0912-1  | VietGAP, hữu cơ
12/09/2026 06:30 | CD-03-2 |     962 | CD03-0912-2  | VietGAP, hữu cơ
20/09/2026 15:30 | CD-05-1 |   1.078 | CD05-0920    | VietGAP
20/09/2026 15:30 | CD-06-1 | 1.198,5 | CD06-0920    | VietGAP
21/09/2026 06:30 | CD-04-1 |     685 | CD04-0921    | VietGAP
21/09/2026 06:30 | CD-05-1 |   734,5 | CD05-0921    | VietGAP
21/09/2026 06:30 | CD-06-1 |   1.098 | CD06-0921    | VietGAP
01/10/2026 15:30 | CD-08-1 |   811,5 | CD08-1001    | VietGAP
01/10/2026 15:30 | CD-09-1 |   777,5 | CD09-1001    | VietGAP
02/10/2026 06:30 | CD-07-1 | 1.311,5 | CD07-1002-1  | VietGAP
02/10/2026 06:30 | CD-07-2 |   1.018 | CD07-1002-2  | VietGAP
02/10/2026 06:30 | CD-08-1 |     789 | CD08-1002    | VietGAP
02/10/2026 06:30 | CD-09-1 |     732 | CD09-1002    | VietGAP
13/10/2026 15:30 | CD-12-1 |   1.290 | CD12-1013    | VietGAP
14/10/2026 06:30 | CD-10-1 |   896,5 | CD10-1014    | VietGAP
14/10/2026 06:30 | CD-11-1 | 1.409,5 | CD11-1014-1  | VietGAP
14/10/2026 06:30 | CD-11-2 |   1.128 | CD11-1014-2  | VietGAP
14/10/2026 06:30 | CD-12-1 |   1.225 | CD12-1014    | VietGAP
26/10/2026 15:30 | CD-13-1 | 1.445,5 | CD13-1026    | VietGAP
27/10/2026 06:30 | CD-13-1 |   789,5 | CD13-1027    | VietGAP
27/10/2026 06:30 | CD-14-1 |     774 | CD14-1027    | VietGAP
27/10/2026 06:30 | CD-15-1 | 1.084,5 | CD15-1027    | VietGAP
"""

# Ngày | thửa | số trái | kg | chứng nhận. NR-05-1 ngày 23/09: gõ nhầm 1.250 thành 1.520.
NAM_ROI: Final = """
09/09/2026 | NR-01-1 |  616 |   770,5 | VietGAP
09/09/2026 | NR-02-1 |  620 |     775 | VietGAP
09/09/2026 | NR-03-1 |  630 |   787,5 | VietGAP
10/09/2026 | NR-01-1 |  752 |     940 | VietGAP
10/09/2026 | NR-02-1 |  390 |   487,5 | VietGAP
10/09/2026 | NR-03-1 |  428 |     536 | VietGAP
22/09/2026 | NR-06-1 |  503 |     629 | VietGAP
23/09/2026 | NR-04-1 |  526 |   658,5 | VietGAP, hữu cơ
23/09/2026 | NR-04-2 |  636 |   795,5 | VietGAP, hữu cơ
23/09/2026 | NR-05-1 | 1000 |   1.520 | VietGAP
23/09/2026 | NR-06-1 |  552 |     690 | VietGAP
07/10/2026 | NR-07-1 |  568 |   710,5 | VietGAP
07/10/2026 | NR-08-1 |  619 |     774 | VietGAP
07/10/2026 | NR-09-1 |  558 |   697,5 | VietGAP
08/10/2026 | NR-07-1 |  551 |     689 | VietGAP
08/10/2026 | NR-08-1 |  782 |   978,5 | VietGAP
08/10/2026 | NR-09-1 |  663 |     829 | VietGAP
21/10/2026 | NR-11-1 |  779 |     974 | VietGAP
22/10/2026 | NR-10-1 |  435 |   544,5 | VietGAP
22/10/2026 | NR-10-2 |  422 |   528,5 | VietGAP
22/10/2026 | NR-11-1 |  718 |   898,5 | VietGAP
03/11/2026 | NR-12-1 |  740 |   925,5 | VietGAP
04/11/2026 | NR-12-1 |  628 |     786 | VietGAP
04/11/2026 | NR-13-1 |  572 |   715,5 | VietGAP
"""

# Ngày giờ | thửa | kg | số lô | chứng nhận
CHANH: Final = """
15/09/2026 16:00 | CH-01-1 | 375,5 | CH01-0915     | VietGAP
15/09/2026 16:00 | CH-02-1 | 351,5 | CH02-0915     | VietGAP
15/09/2026 16:00 | CH-03-1 | 369,5 | CH03-0915     | VietGAP
16/09/2026 08:15 | CH-01-1 |   431 | CH01-0916     | VietGAP
16/09/2026 08:15 | CH-02-1 | 467,5 | CH02-0916     | VietGAP
16/09/2026 08:15 | CH-03-1 | 383,5 | CH03-0916     | VietGAP
28/09/2026 16:00 | CH-04-1 | 484,5 | CH04-0928     | VietGAP
28/09/2026 16:00 | CH-06-1 | 489,5 | CH06-0928     | VietGAP
29/09/2026 08:15 | CH-04-1 |   376 | CH04-0929     | VietGAP
29/09/2026 08:15 | CH-05-1 | 398,5 | CH05-0929-1   | VietGAP, GlobalGAP
29/09/2026 08:15 | CH-05-2 |   492 | CH05-0929-2   | VietGAP, GlobalGAP
29/09/2026 08:15 | CH-06-1 |   472 | CH06-0929     | VietGAP
07/10/2026 16:00 | CH-07-1 |   311 | CH07-1007     | VietGAP
07/10/2026 16:00 | CH-08-1 |   357 | CH08-1007     | VietGAP
08/10/2026 08:15 | CH-07-1 |   257 | CH07-1008     | VietGAP
08/10/2026 08:15 | CH-08-1 | 412,5 | CH08-1008     | VietGAP
08/10/2026 08:15 | CH-09-1 |   328 | CH09-1008-1   | VietGAP
08/10/2026 08:15 | CH-09-2 |   453 | CH09-1008-2   | VietGAP
25/10/2026 16:00 | CH-10-1 |   436 | CH10-1025     | VietGAP
25/10/2026 16:00 | CH-11-1 | 390,5 | CH11-1025     | VietGAP
26/10/2026 08:15 | CH-10-1 | 460,5 | CH10-1026     | VietGAP
26/10/2026 08:15 | CH-11-1 | 353,5 | CH11-1026     | VietGAP
26/10/2026 08:15 | CH-12-1 |   295 | CH12-1026     | VietGAP
"""


def main(folder: Path = HERE) -> None:
    """Write the three registers into ``folder``."""
    names = farmers()
    for file, title, draw in (
        ("so-thu-hoach-cau-duc.xlsx", "Thu hoạch khóm", cau_duc),
        ("so-thu-hoach-nam-roi.xlsx", "Sổ bưởi 2026", nam_roi),
        ("so-thu-hoach-chanh.xlsx", "Chanh", chanh),
    ):
        book = Workbook()
        sheet = book.worksheets[0]
        sheet.title = title
        draw(sheet, names)
        (folder / file).write_bytes(stable_bytes(book, MADE))


def farmers() -> dict[str, str]:
    """The name of each farm by its number, from the registry."""
    with (HERE / "registry.toml").open("rb") as file:
        parties = tomllib.load(file)["party"]
    return {
        party["number"]: party["person"].removesuffix(" (hư cấu)")
        for party in parties
        if "farm" in party["roles"]
    }


def cau_duc(sheet: Worksheet, names: dict[str, str]) -> None:
    """A tidy register: member codes beside names, dates with hours, numbers, one sum."""
    put(sheet, ["HTX KHÓM NẮNG VÀNG (hư cấu)"], bold=True)
    put(sheet, ["SỔ THEO DÕI THU HOẠCH", None, None, None, f"Vụ: {SEASON}"], bold=True)
    put(sheet, [])
    put(sheet, ["STT", "Ngày giờ thu hoạch", "Mã hộ", "Họ và tên", "Mã thửa", "Sản phẩm", "Giống",
                "Sản lượng (kg)", "Số lô", "Chứng nhận", "Ghi chú"], bold=True)  # fmt: skip
    total = 0.0
    for number, (when, plot, mass, lot, claims) in enumerate(rows(CAU_DUC), start=1):
        total += number_of(mass)
        put(sheet, [number, moment_of(when), plot[:5], names[plot[:5]], plot, "Khóm Cầu Đúc",
                    "Queen", number_of(mass), lot, claims, None])  # fmt: skip
        sheet.cell(sheet.max_row, 2).number_format = "dd/mm/yyyy hh:mm"
    put(sheet, [None, "Tổng cộng", None, None, None, None, None, total], bold=True)
    put(sheet, [])
    put(sheet, [None, None, "Người lập sổ", None, None, None, None, "Giám đốc"])
    widths(sheet, (5, 18, 9, 20, 11, 16, 9, 14, 14, 18, 20))


def nam_roi(sheet: Worksheet, names: dict[str, str]) -> None:
    """Typed as on paper: names, dates and numbers as text, sums by month, no lot numbers."""
    put(sheet, ["HTX BƯỞI BẾN XANH (hư cấu) - SỔ THU HOẠCH BƯỞI"], bold=True)
    put(sheet, [])
    headings = ["Ngày", "Thành viên", "Thửa", "Tên sản phẩm", "Số trái", "Khối lượng", "ĐVT",
                "Tiêu chuẩn", "Ghi chú"]  # fmt: skip
    put(sheet, headings, bold=True)
    put(sheet, [f"({position})" for position in range(1, len(headings) + 1)])
    for month, lines in groupby(rows(NAM_ROI), key=lambda row: row[0][3:5]):
        put(sheet, [f"Tháng {int(month)}"], bold=True)
        total = 0.0
        for day, plot, fruits, mass, claims in lines:
            total += number_of(mass)
            put(sheet, [day, names[plot[:5]], plot, "Bưởi Năm Roi", fruits, mass, "kg", claims])
        put(sheet, ["Cộng tháng", None, None, None, None, spoken(total), "kg"], bold=True)
    put(sheet, [])
    put(sheet, [None, "Thư ký", None, None, "Châu Thành, ngày 10 tháng 11 năm 2026"])
    widths(sheet, (12, 20, 11, 18, 9, 12, 7, 20, 20))


def chanh(sheet: Worksheet, _: dict[str, str]) -> None:
    """Two rows of headings, days merged over their rows, an hour of its own, blank rows."""
    put(sheet, ["HTX CHANH GIÓ SÔNG (hư cấu)"], bold=True)
    put(sheet, ["Thời gian", None, "Nông hộ", None, "Thu hoạch", None, None, "Vụ"], bold=True)
    put(sheet, ["Ngày", "Giờ", "Mã nông hộ", "Mã thửa", "Sản lượng (kg)", "Số lô",
                "Chứng nhận"], bold=True)  # fmt: skip
    for block in ("A2:B2", "C2:D2", "E2:G2", "H2:H3"):
        sheet.merge_cells(block)
    for _day, lines in groupby(rows(CHANH), key=lambda row: row[0][:10]):
        numbers: list[int] = []
        for when, plot, mass, lot, claims in lines:
            moment = moment_of(when)
            put(sheet, [moment.date(), moment.time(), plot[:5], plot, number_of(mass), lot, claims,
                        SEASON])  # fmt: skip
            numbers.append(sheet.max_row)
            sheet.cell(numbers[-1], 1).number_format = "dd/mm/yyyy"
            sheet.cell(numbers[-1], 2).number_format = "hh:mm"
        for number in numbers[1:]:
            sheet.cell(number, 1).value = None
        if numbers[1:]:
            sheet.merge_cells(f"A{numbers[0]}:A{numbers[-1]}")
        put(sheet, [])
    widths(sheet, (12, 8, 12, 12, 14, 15, 22, 14))


def rows(text: str) -> Iterator[list[str]]:
    """The lines of a table above, cell by cell."""
    for line in text.strip().splitlines():
        yield [cell.strip() for cell in line.split("|")]


def number_of(written: str) -> float:
    """A Vietnamese number as the cell of a spreadsheet holds it."""
    return float(written.replace(".", "").replace(",", "."))


def spoken(number: float) -> str:
    """A number as a Vietnamese clerk types it."""
    return f"{number:,.1f}".translate(str.maketrans(",.", ".,")).removesuffix(",0")


def moment_of(written: str) -> datetime:
    """ "12/09/2026 06:30" as spreadsheets keep it, without a zone."""
    day, month, year = (int(part) for part in written[:10].split("/"))
    hour, minute = (int(part) for part in written[11:].split(":"))
    return datetime.combine(date(year, month, day), time(hour, minute))


def put(sheet: Worksheet, cells: Sequence[Any], bold: bool = False) -> None:
    """Append a row; an empty one stays empty."""
    sheet.append(list(cells))
    if bold:
        for cell in sheet[sheet.max_row]:
            cell.font = Font(bold=True)
            cell.alignment = Alignment(wrap_text=True, vertical="center")


def widths(sheet: Worksheet, sizes: Sequence[int]) -> None:
    """Set the widths of the first columns."""
    for letter, size in zip("ABCDEFGHIJKL", sizes, strict=False):
        sheet.column_dimensions[letter].width = size


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
