"""Labels: every one is read back by a real decoder, prints modules that GS1 allows, clips nothing.

The decoder is zxing-cpp, which phones' scanners resemble; SVGs are drawn by resvg first.
"""

import io
import re
from datetime import date

import numpy as np
import pytest
import resvg_py
import zxingcpp
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from PIL import Image, ImageDraw, ImageFilter

from labels import mark
from labels.digital_link import DigitalLink
from labels.label import LotLabel
from labels.qr import AIM_MODULE, SMALLEST_MODULE, dots_for, encode
from labels.scene import Code, Words
from labels.typeface import FILES, FONTS, LETTERS, clean, rise
from traceability.core.errors import FormatError
from traceability.core.ids import restricted_gtin

GTIN = "08931234567897"
HOST = "goc.example"
DAY = date(2026, 11, 22)
MM_PER_INCH = 25.4
VIETNAMESE = (
    "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
)


def label(
    name: str = "Khóm Cầu Đúc loại 1",
    maker: str = "HTX Nông nghiệp Thạnh Thắng, Cần Thơ",
    lot: str = "CD-20261122-01",
    serial: str | None = None,
    gtin: str = GTIN,
    host: str = HOST,
    **more: object,
) -> LotLabel:
    uri = DigitalLink(host, gtin, lot, serial).uri
    return LotLabel(uri, gtin, lot, name, maker, serial, **more)  # type: ignore[arg-type]


SHORT = label("Ổi", "Vườn Năm Bé", lot="1")
PLAIN = label(net_content="1,2 kg", harvest_date=DAY, packed_date=date(2026, 11, 23))
SERIAL = label("Bưởi Năm Roi", "Hợp tác xã Phú Hữu", serial="0A9K2M7QX41TVB", harvest_date=DAY)
RESTRICTED = label("Chanh không hạt", "HTX Đông Thạnh", gtin=restricted_gtin(123456))
ENGLISH = label("Queen pineapple", "Thanh Thang Cooperative", language="en", packed_date=DAY)
LONGEST = label(
    "Nước ép khóm Cầu Đúc nguyên chất không đường đóng chai thủy tinh thanh trùng 250 ml " * 2,
    "Công ty Cổ phần Chế biến Nông sản Thực phẩm Xuất khẩu Hậu Giang Xanh, Khu công nghiệp Tân Phú "
    "Thạnh, thành phố Cần Thơ",
    lot="NEK/2026-11-22%A?B+C",
    serial="zzzzzzzzzzzzzzzzzzzz",
    host="truyxuat.nongsan-haugiang.com.vn",
    net_content="24 chai × 250 ml",
    harvest_date=DAY,
    packed_date=DAY,
)
LABELS = {
    "short": SHORT,
    "plain": PLAIN,
    "serial": SERIAL,
    "restricted": RESTRICTED,
    "english": ENGLISH,
    "longest": LONGEST,
}
every_label = pytest.mark.parametrize("one", LABELS.values(), ids=LABELS.keys())
every_dpi = pytest.mark.parametrize("dpi", [203, 300, 600])


def picture(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png))
    image.load()
    return image


def scanned(image: Image.Image) -> list[str]:
    found = zxingcpp.read_barcodes(image.convert("L"))
    return [code.text for code in found]


def drawn(svg: str, dpi: int) -> Image.Image:
    return picture(bytes(resvg_py.svg_to_bytes(svg_string=svg, dpi=dpi, background="white")))


def texts(one: LotLabel, width_mm: float = 50, height_mm: float | None = None) -> list[str]:
    scene = one.scene(300, width_mm, height_mm)
    return [item.text for item in scene.items if isinstance(item, Words)]


# -- the symbol ------------------------------------------------------------------------------


@every_label
@every_dpi
@pytest.mark.parametrize("width", [25, 35, 50, 100])
def test_a_scanner_reads_exactly_the_uri(one: LotLabel, dpi: int, width: int) -> None:
    assert scanned(picture(one.png(dpi, width))) == [one.uri]


@every_label
@every_dpi
def test_a_black_and_white_label_scans_too(one: LotLabel, dpi: int) -> None:
    image = picture(one.png(dpi, colour=False))
    assert image.mode == "1"
    assert scanned(image) == [one.uri]


@every_label
@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize("colour", [True, False])
def test_a_worn_label_still_scans(one: LotLabel, dpi: int, colour: bool) -> None:
    """Photographed small, askew, out of focus and in bad light."""
    image = picture(one.png(dpi, colour=colour)).convert("L")
    image = image.resize((round(image.width * 0.6), round(image.height * 0.6)))
    image = image.rotate(3, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    image = image.filter(ImageFilter.GaussianBlur(0.6))
    grain = np.random.default_rng(7).normal(0, 14, (image.height, image.width))
    dim = 30 + 0.75 * np.asarray(image, dtype=float) + grain
    assert scanned(Image.fromarray(dim.clip(0, 255).astype(np.uint8))) == [one.uri]


@every_label
@pytest.mark.parametrize("width", [30, 50, 100])
@pytest.mark.parametrize("dpi", [180, 300])
def test_the_drawing_as_svg_scans(one: LotLabel, width: int, dpi: int) -> None:
    assert scanned(drawn(one.svg(width), dpi)) == [one.uri]


def finder_run(image: Image.Image) -> int:
    """The length in pixels of the upper edge of the upper left finder: seven modules of dark."""
    (code,) = zxingcpp.read_barcodes(image.convert("L"))
    dark = np.asarray(image.convert("L")) < 128
    at = code.position.top_left
    longest = 0
    for row in range(max(0, at.y - 6), at.y + 7):
        column = at.x + 6
        if not dark[row, column]:
            continue
        left, right = column, column
        while dark[row, left - 1]:
            left -= 1
        while dark[row, right + 1]:
            right += 1
        longest = max(longest, right - left + 1)
    return longest


@every_label
@every_dpi
@pytest.mark.parametrize("width", [35, 50, 100])
def test_modules_are_whole_dots_of_at_least_the_least_that_gs1_allows(
    one: LotLabel, dpi: int, width: int
) -> None:
    image = picture(one.png(dpi, width))
    dots, rest = divmod(finder_run(image), 7)
    assert rest == 0
    resolution = image.info["dpi"][0]
    assert resolution == pytest.approx(dpi, abs=0.02)
    assert 0.396 <= dots * MM_PER_INCH / resolution <= 0.990


def test_three_dots_at_203_dpi_are_too_few() -> None:
    assert dots_for(SMALLEST_MODULE, 203) == 4
    assert dots_for(SMALLEST_MODULE, 300) == 5
    assert dots_for(SMALLEST_MODULE, 600) == 10


@every_label
@every_dpi
@pytest.mark.parametrize("width", [35, 50, 100])
def test_nothing_stands_in_the_quiet_zone(one: LotLabel, dpi: int, width: int) -> None:
    scene = one.scene(dpi, width)
    dots = dpi / MM_PER_INCH
    dark = np.asarray(picture(one.png(dpi, width, colour=False)).convert("L")) < 128
    module = round(scene.code.module * dots)
    left, top = round(scene.code.x * dots), round(scene.code.y * dots)
    side = scene.code.symbol.side * module
    quiet = 4 * module
    assert min(left, top, dark.shape[1] - left - side) >= quiet - 1
    zone = dark[
        max(0, top - quiet) : top + side + quiet, max(0, left - quiet) : left + side + quiet
    ]
    inside = dark[top : top + side, left : left + side]
    assert zone.sum() == inside.sum() > 0


@every_label
def test_paper_stays_white_and_modules_black_where_there_is_colour(one: LotLabel) -> None:
    colours = picture(one.png(300)).convert("RGB").getcolors(maxcolors=65)
    assert colours is not None
    assert {(255, 255, 255), (0, 0, 0)} <= {colour for _, colour in colours}
    assert len(one.png(300)) < 40_000


def test_a_symbol_alone_scans_as_png_and_as_svg() -> None:
    symbol = encode(PLAIN.uri)
    assert scanned(picture(symbol.png(203))) == [PLAIN.uri]
    svg = symbol.svg("Lô <1>", module_mm=0.5)
    assert scanned(drawn(svg, 300)) == [PLAIN.uri]
    assert "<title>Lô &lt;1&gt;</title>" in svg
    assert svg.count("<path") == 1
    assert f'width="{(symbol.side + 8) * 0.5:g}mm"' in svg


@pytest.mark.parametrize(
    "content",
    ["https://a/01/08931234567897", "A", "0123456789" * 40, "x" * 2331, "HTTPS://GOC.EXAMPLE/01/"],
)
@pytest.mark.parametrize("correction", ["L", "M"])
def test_any_content_that_fits_is_carried(content: str, correction: str) -> None:
    symbol = encode(content, correction)  # type: ignore[arg-type]
    assert scanned(picture(symbol.png(300))) == [content]


def test_mixed_modes_make_the_symbol_smaller() -> None:
    uri = DigitalLink("goc.example", GTIN, "CD-20261122-01", "0A9K2M7QX41TVB").uri
    assert encode(uri).side == 33  # as bytes alone: 37
    assert encode(uri.replace("0A9K2M7QX41TVB", "0a9k2m7qx41tvb")).side == 37


@pytest.mark.parametrize(
    ("content", "code"), [("x" * 2332, "label.too-much"), ("lô", "link.character")]
)
def test_what_no_symbol_carries_is_refused(content: str, code: str) -> None:
    with pytest.raises(FormatError) as refusal:
        encode(content)
    assert refusal.value.code == code


# -- the words -------------------------------------------------------------------------------


def test_a_label_says_what_a_buyer_reads() -> None:
    said = " ".join(texts(PLAIN))
    for words in ("Khóm Cầu Đúc", "Thạnh Thắng", "1,2 kg", "22/11/2026", "23/11/2026"):
        assert words in said
    assert "Thu hoạch" in said
    assert "Quét để xem nguồn gốc" in said
    assert f"(01) {GTIN}" in texts(PLAIN)
    assert "(10) CD-20261122-01" in texts(PLAIN)
    assert HOST in texts(PLAIN)


def test_a_unit_shows_its_serial() -> None:
    assert "(21) 0A9K2M7QX41TVB" in texts(SERIAL)


def test_an_english_label_speaks_english() -> None:
    said = " ".join(texts(ENGLISH))
    assert "Scan for origin" in said
    assert "Packed 22/11/2026" in said
    assert "nguồn gốc" not in said


def test_a_restricted_number_says_where_it_holds() -> None:
    assert "Mã số chỉ có giá trị tại goc.example" in " ".join(texts(RESTRICTED))
    assert "Mã số" not in " ".join(texts(PLAIN))
    assert "Mã số chỉ có giá trị" in " ".join(texts(label(restricted=True)))


@every_label
@pytest.mark.parametrize(
    "size", [(20, None), (25, None), (35, None), (50, None), (100, None), (100, 50)]
)
def test_no_text_leaves_the_label_or_touches_another(
    one: LotLabel, size: tuple[float, float | None]
) -> None:
    scene = one.scene(None, *size)
    boxes = []
    for item in scene.items:
        if isinstance(item, Words):
            top = item.y - rise(item.text, item.weight) * item.size
            boxes.append((item.x, top, item.right, item.y + 0.05 * item.size, item.text))
        elif isinstance(item, Code):
            boxes.append((item.x, item.y, item.x + item.side, item.y + item.side, "code"))
    for left, top, right, bottom, _ in boxes:
        assert left >= 0.5
        assert top >= 0.5
        assert right <= scene.width - 0.5
        assert bottom <= scene.height - 0.5
    for n, (left, top, right, bottom, words) in enumerate(boxes):
        for left2, top2, right2, bottom2, words2 in boxes[:n]:
            apart = (
                right <= left2 or right2 <= left or bottom <= top2 + 0.25 or bottom2 <= top + 0.25
            )
            assert apart, f"{words} runs into {words2}"


def test_long_texts_shrink_and_wrap_before_anything_is_left_out() -> None:
    long = label("Nước ép khóm Cầu Đúc nguyên chất không đường 250 ml")
    assert "…" not in "".join(texts(long))
    assert "…" in "".join(texts(LONGEST, 50))
    assert "…" not in "".join(text for text in texts(LONGEST) if text.startswith("("))


def test_a_number_too_long_for_one_line_is_broken_and_not_shortened() -> None:
    said = "".join(texts(LONGEST, 30))
    assert "(10) NEK/2026-11-22%A?B+C" in said
    assert "(21) zzzzzzzzzzzzzzzzzzzz" in said


@pytest.mark.parametrize("dpi", [203, 300])
def test_the_usual_roll_of_50_by_30_mm_is_enough(dpi: int) -> None:
    png = PLAIN.png(dpi, 50, 30, colour=False)
    image = picture(png)
    assert image.size == (round(50 * dpi / MM_PER_INCH), round(30 * dpi / MM_PER_INCH))
    assert scanned(image) == [PLAIN.uri]


def test_letters_written_in_two_pieces_are_put_together() -> None:
    assert texts(label("Kho\u0301m Ca\u0302\u0300u")) == texts(label("Khóm Cầu"))


def test_the_typeface_has_every_vietnamese_letter_and_no_more_than_it_says() -> None:
    spans = (span.partition("-") for span in LETTERS.split())
    listed = {n for a, _, b in spans for n in range(int(a, 16), int(b or a, 16) + 1)}
    for file in FILES.values():
        assert set(TTFont(file).getBestCmap()) == listed
        assert file.stat().st_size < 60_000
    assert clean(VIETNAMESE + VIETNAMESE.upper()) == VIETNAMESE + VIETNAMESE.upper()
    assert "Be Vietnam Pro" in (FONTS / "README.md").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text(encoding="utf-8")


def test_the_svg_speaks_to_those_who_cannot_see_it() -> None:
    svg = label("Gạo <ST25> & nếp").svg()
    assert "<title>Tem truy xuất nguồn gốc: Gạo &lt;ST25&gt; &amp; nếp, lô CD-20261122-01" in svg
    assert f"<desc>Cơ sở: HTX Nông nghiệp Thạnh Thắng, Cần Thơ. Mã QR dẫn đến {PLAIN.uri}" in svg
    assert 'role="img" lang="vi"' in svg
    assert "<text" not in svg


def test_svg_modules_are_large_enough() -> None:
    scales = re.findall(
        r'crispEdges" transform="translate\([^)]*\) scale\(([0-9.]+)\)', PLAIN.svg()
    )
    assert [AIM_MODULE <= float(scale) <= 0.990 for scale in scales] == [True]


def test_the_same_label_is_the_same_bytes() -> None:
    assert PLAIN.png(203) == PLAIN.png(203)
    assert PLAIN.svg() == PLAIN.svg()


# -- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["gtin", "lot", "serial", "missing serial"])
def test_a_label_cannot_say_one_lot_and_lead_to_another(change: str) -> None:
    uri = DigitalLink(HOST, GTIN, "A", "1").uri
    gtin = "08931234567880" if change == "gtin" else GTIN
    lot = "B" if change == "lot" else "A"
    serial = {"serial": "2", "missing serial": None}.get(change, "1")
    with pytest.raises(FormatError) as refusal:
        LotLabel(uri, gtin, lot, "Khóm", "HTX", serial)
    assert refusal.value.code == "label.mismatch"


def test_a_letter_that_the_typeface_lacks_is_refused_not_printed_as_a_hole() -> None:
    with pytest.raises(FormatError) as refusal:
        label("Khóm 🍍")
    assert refusal.value.code == "label.letter"
    assert refusal.value.params["point"] == "U+1F34D"


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_a_name_is_neither_empty_nor_endless(name: str) -> None:
    with pytest.raises(FormatError) as refusal:
        label(name)
    assert refusal.value.code == "label.text"


@pytest.mark.parametrize(
    ("dpi", "width", "height", "code"),
    [
        (100, 50, None, "label.dpi"),
        (203, 10, None, "label.size"),
        (203, 50, 400, "label.size"),
        (203, float("nan"), None, "label.size"),
        (203, 18, None, "label.too-narrow"),
        (203, 50, 20, "label.too-low"),
    ],
)
def test_a_size_that_cannot_be_printed_is_refused(
    dpi: int, width: float, height: float | None, code: str
) -> None:
    with pytest.raises(FormatError) as refusal:
        SERIAL.png(dpi, width, height)
    assert refusal.value.code == code


# -- the mark --------------------------------------------------------------------------------


def areas(image: Image.Image, value: int) -> int:
    """How many connected areas of ``value`` there are in a picture of 0 and 255."""
    work = image.copy()
    count = 0
    while (spots := np.argwhere(np.asarray(work) == value)).size:
        ImageDraw.floodfill(work, (int(spots[0][1]), int(spots[0][0])), 128)
        count += 1
    return count


@pytest.mark.parametrize("pixels", [40, 64, 94, 189])
def test_the_mark_is_one_piece_with_a_vein_at_the_sizes_that_are_printed(pixels: int) -> None:
    """5 and 8 mm at 203 dpi, 8 mm at 300 and 600 dpi."""
    shape = mark.picture(pixels).point(lambda grey: 255 if grey > 127 else 0)
    assert areas(shape, 255) == 1
    assert areas(shape, 0) == 2  # the ground, and the vein


def test_the_mark_as_svg_is_the_mark_as_pixels() -> None:
    raster = np.asarray(mark.picture(128), dtype=float)
    svg = mark.svg(colour="#000").replace("<svg ", '<svg width="128" height="128" ')
    vector = 255 - np.asarray(drawn(svg, 96).convert("L"), dtype=float)
    assert np.abs(raster - vector).mean() < 2
