"""Runs as PDF: every label of every sheet is read back, and a run can be stopped and resumed."""

import io
import re
import tracemalloc

import numpy as np
import pytest
import resvg_py
from PIL import Image, ImageChops, ImageFilter

from labels.design import Design, Unit
from labels.printing import Part, Sheets, print_run
from labels.sheets import A4, L7159, L7160, Sheet, a4_grid, single
from tests.printed import (
    DESIGNS,
    design,
    expected,
    page_texts,
    pages,
    printed,
    run,
    scanned,
    units,
    worn,
)
from traceability.core.errors import FormatError

MM_PER_INCH = 25.4
DPI = 200


def refused(code: str, make: object) -> None:
    with pytest.raises(FormatError) as refusal:
        make()  # type: ignore[operator]
    assert refusal.value.code == code


# -- sheets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sheet", "places", "size"), [(L7160, 21, (63.5, 38.1)), (L7159, 24, (63.5, 33.9))]
)
def test_avery_sheets_lie_in_the_middle_of_a4(
    sheet: Sheet, places: int, size: tuple[float, float]
) -> None:
    assert sheet.places == places
    assert (sheet.label_width, sheet.label_height) == size
    x, y = sheet.place(places - 1)
    assert x + size[0] + sheet.left == pytest.approx(A4[0])
    assert y + size[1] + sheet.top == pytest.approx(A4[1])


def test_labels_of_a_sheet_do_not_overlap() -> None:
    for sheet in (L7160, L7159, a4_grid(2, 4), a4_grid(3, 8, 5)):
        corners = [sheet.place(n) for n in range(sheet.places)]
        for n, (x, y) in enumerate(corners):
            for x2, y2 in corners[:n]:
                aside = abs(x - x2) >= sheet.label_width - 1e-9
                assert aside or abs(y - y2) >= sheet.label_height - 1e-9


@pytest.mark.parametrize(
    "make",
    [
        lambda: Sheet(3, 8, 63.5, 38.1),
        lambda: Sheet(4, 1, 63.5, 38.1),
        lambda: Sheet(0, 1, 10, 10),
        lambda: Sheet(1, 1, 10, 10, left=-1),
        lambda: Sheet(1, 1, float("nan"), 10),
        lambda: Sheet(1, 1, 2000, 10, page=(2000, 10)),
        lambda: a4_grid(0, 4),
        lambda: a4_grid(2, 4, 105),
    ],
)
def test_a_grid_that_does_not_fit_its_page_is_refused(make: object) -> None:
    refused("print.grid", make)


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("print.position", lambda: Sheets(L7160, first=22)),
        ("print.position", lambda: Sheets(L7160, first=0)),
        ("print.offset", lambda: Sheets(L7160, shift=(0, 11))),
        ("print.offset", lambda: Sheets(L7160, shift=(float("nan"), 0))),
        ("print.cut-marks", lambda: Sheets(a4_grid(2, 4, 2.9), cut_marks=True)),
        ("print.cell", lambda: printed(design(), 1, Sheets(L7159))),
        ("print.start", lambda: list(print_run(design(), [], Sheets(L7160), -1))),
        ("print.start", lambda: run(design(), 5, Sheets(L7160), start=6)),
    ],
)
def test_a_run_that_cannot_be_printed_is_refused(code: str, make: object) -> None:
    refused(code, make)


# -- what is printed -----------------------------------------------------------------------------

FITTING = {
    "retail": L7160,
    "sticker": L7160,
    "english": L7160,
    "low": L7159,
    "small": a4_grid(4, 9),
    "upright": Sheet(6, 4, 30, 60, left=10, top=20, gap_across=2, gap_down=3),
    "crate": a4_grid(2, 4),
    "pallet": a4_grid(2, 2),
    "mixed": single(101.6, 152.4),
}


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("dpi", [203, 300])
def test_every_label_of_every_sheet_scans(name: str, dpi: int) -> None:
    one, sheet = DESIGNS[name], FITTING[name]
    count = sheet.places + 1
    found = []
    for image in pages(printed(one, count, Sheets(sheet)), dpi):
        for n in range(sheet.places):
            x, y = sheet.place(n)
            left, top, right, low = (
                round(mm * dpi / MM_PER_INCH)
                for mm in (x, y, x + sheet.label_width, y + sheet.label_height)
            )
            found.append(scanned(image.crop((left, top, right, low))))
    assert [each for each in found if each] == [expected(unit) for unit in units(one, count)]


@pytest.mark.parametrize("name", DESIGNS)
def test_a_worn_print_still_scans(name: str) -> None:
    one = DESIGNS[name]
    (unit,) = units(one, 1)
    (page,) = pages(printed(one, 1, Sheets(single(one.width_mm, one.height_mm))), 203)
    for how, seen in worn(page).items():
        assert scanned(seen) == expected(unit), how


def ink_begins(first: int, **more: object) -> tuple[float, float]:
    """Where the ink of one label at position ``first`` begins on its page, in millimetres."""
    format = Sheets(L7160, first, **more)  # type: ignore[arg-type]
    (page,) = pages(printed(design(), 1, format), DPI)
    dark = np.argwhere(np.asarray(page) < 128)
    down, across = dark.min(axis=0) * MM_PER_INCH / DPI
    return float(across), float(down)


def test_a_half_used_sheet_is_filled_from_any_position() -> None:
    across, down = ink_begins(1)
    across5, down5 = ink_begins(5)
    assert across5 - across == pytest.approx(63.5 + 2.5, abs=0.15)
    assert down5 - down == pytest.approx(38.1, abs=0.15)


def test_the_first_sheet_takes_what_is_free_and_later_ones_all() -> None:
    document = pages(printed(design(), 20, Sheets(L7160, first=5)), 72)
    assert len(document) == 2
    assert len(pages(printed(design(), 17, Sheets(L7160, first=5)), 72)) == 1


def test_a_shift_moves_every_label() -> None:
    across, down = ink_begins(1)
    across2, down2 = ink_begins(1, shift=(1.5, -2.0))
    assert across2 - across == pytest.approx(1.5, abs=0.15)
    assert down2 - down == pytest.approx(-2.0, abs=0.15)


def test_cut_marks_stand_in_the_margins_on_request_only() -> None:
    plain, marked = (
        np.asarray(pages(printed(design(), 21, Sheets(L7160, cut_marks=cut)), DPI)[0])
        for cut in (False, True)
    )
    changed = np.argwhere(plain != marked) * MM_PER_INCH / DPI
    x, y = L7160.place(20)
    right, low = x + L7160.label_width, y + L7160.label_height
    for down, across in changed:
        inside = L7160.left - 0.2 < across < right + 0.2 and L7160.top - 0.2 < down < low + 0.2
        assert not inside
    above = changed[changed[:, 0] < L7160.top][:, 1]
    edges = {n * 66.0 + 7.25 + side for n in range(3) for side in (0, 63.5)}
    assert all(np.abs(above - edge).min() < 0.2 for edge in edges)
    beside = changed[changed[:, 1] > right][:, 0]
    assert all(np.abs(beside - (15.15 + 38.1 * n)).min() < 0.2 for n in range(8))


def test_a_smaller_label_stands_in_the_middle_of_its_place() -> None:
    sheet = a4_grid(2, 4)
    (page,) = pages(printed(DESIGNS["crate"], 1, Sheets(sheet)), DPI)
    (alone,) = pages(printed(DESIGNS["crate"], 1, Sheets(single(100, 70))), DPI)
    begins = [np.argwhere(np.asarray(image) < 128).min(axis=0) for image in (page, alone)]
    down, across = (begins[0] - begins[1]) * MM_PER_INCH / DPI
    assert across == pytest.approx((sheet.label_width - 100) / 2, abs=0.2)
    assert down == pytest.approx((sheet.label_height - 70) / 2, abs=0.2)


def test_the_text_of_a_sheet_can_be_searched() -> None:
    one = DESIGNS["sticker"]
    (text,) = page_texts(printed(one, 2, Sheets(L7160)))
    for words in ("Thạnh Thắng, Cần Thơ", "Quét để xem", "Thu hoạch", "OCOP 4 sao"):
        assert text.count(words) == 2
    for unit in units(one, 2):
        assert f"{unit.serial}" in text


@pytest.mark.parametrize(
    "name",
    ["aàảãáạăằẳẵắặâầẩẫấậ", "bcdđeèẻẽéẹêềểễếệghiìỉĩíị", "oòỏõóọôồổỗốộơờởỡớợ", "uùủũúụưừửữứựyỳỷỹýỵ"],
)
def test_every_vietnamese_letter_is_drawn_and_found(name: str) -> None:
    for letters in (name, name.upper()):
        text = "".join(page_texts(printed(design(product_name=letters), 1, Sheets(L7160))))
        assert letters in re.sub(r"\s", "", text)


def test_the_pdf_looks_like_the_svg() -> None:
    """But for edges that fall between two pixels: a letter that is missing would show."""
    one = DESIGNS["sticker"]
    (page,) = pages(printed(one, 1, Sheets(single(one.width_mm, one.height_mm))), 300)
    unit = next(units(one, 1))
    png = resvg_py.svg_to_bytes(svg_string=one.svg(unit), dpi=300, background="white")
    svg = Image.open(io.BytesIO(bytes(png))).convert("L")
    size = min(page.width, svg.width), min(page.height, svg.height)
    soft = ImageFilter.GaussianBlur(2)
    one_side, other = (image.crop((0, 0, *size)).filter(soft) for image in (page, svg))
    difference = np.asarray(ImageChops.difference(one_side, other))
    assert difference.max() < 80
    assert difference.mean() < 5


def test_the_table_of_a_file_says_where_its_objects_lie() -> None:
    pdf = printed(DESIGNS["sticker"], 50, Sheets(L7160))
    (start,) = re.findall(rb"startxref\n(\d+)\n%%EOF\n$", pdf)
    table = pdf[int(start) :].splitlines()
    assert table[0] == b"xref"
    count = int(table[1].split()[1])
    assert f"/Size {count} ".encode() in pdf
    for number in range(1, count):
        offset = int(table[2 + number].split()[0])
        assert pdf[offset:].startswith(b"%d 0 obj\n" % number)


# -- stopping and going on -----------------------------------------------------------------------


def test_a_run_that_was_stopped_goes_on_with_the_same_bytes() -> None:
    format = Sheets(L7160, first=4, pages_in_part=1)
    whole = run(DESIGNS["sticker"], 70, format)
    assert [part.done for part in whole] == [18, 39, 60, 70, 70][: len(whole)]
    for n, part in enumerate(whole[:-1]):
        assert run(DESIGNS["sticker"], 70, format, start=part.done) == whole[n + 1 :]


@pytest.mark.parametrize("name", ["sticker", "crate", "pallet"])
def test_with_the_marks_of_its_parts_a_run_goes_on_and_draws_nothing_twice(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, count = DESIGNS[name], 30
    format = Sheets(single(one.width_mm, one.height_mm), pages_in_part=7)
    whole = run(one, count, format)
    assert [part.is_last for part in whole] == [False] * 4 + [True]
    drawn: list[str] = []
    draws = Design.set

    def counted(self: Design, unit: Unit, dpi: int | None) -> object:
        drawn.append(unit.uri)
        return draws(self, unit, dpi)

    monkeypatch.setattr(Design, "set", counted)
    for n, part in enumerate(whole[:-1], 1):
        drawn.clear()
        marks = [each.mark for each in whole[:n]]
        again = print_run(one, units(one, count), format, part.done, marks)
        assert list(again) == whole[n:]
        assert len(drawn) == count - part.done


def test_a_run_ends_with_its_last_label_or_with_the_table_of_its_file() -> None:
    ends = run(design(), 14, Sheets(single(63.5, 38.1), pages_in_part=7))
    assert [(part.done, part.is_last) for part in ends] == [(7, False), (14, False), (14, True)]
    again = print_run(
        design(), units(design(), 14), Sheets(single(63.5, 38.1), pages_in_part=7), 14,
        [part.mark for part in ends[:2]],
    )  # fmt: skip
    assert list(again) == ends[2:]


def test_an_empty_run_is_a_document_without_pages() -> None:
    assert [part.done for part in run(design(), 0, Sheets(L7160))] == [0]


def test_the_same_run_is_the_same_bytes() -> None:
    assert printed(DESIGNS["crate"], 9, Sheets(a4_grid(2, 4))) == printed(
        DESIGNS["crate"], 9, Sheets(a4_grid(2, 4))
    )


def test_the_memory_of_a_run_does_not_grow_with_its_length() -> None:
    one, format = DESIGNS["low"], Sheets(L7159, pages_in_part=2)

    def most_of(count: int) -> int:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        for part in print_run(one, units(one, count), format):
            assert isinstance(part, Part)
        return tracemalloc.get_traced_memory()[1] - before

    tracemalloc.start()
    try:
        most_of(2500)  # until what is remembered of texts is as much as it may be
        assert most_of(1500) < most_of(150) + 100_000
    finally:
        tracemalloc.stop()
