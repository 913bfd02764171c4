"""Designs of labels: each is read back by a real decoder in every form, and clips nothing."""

import io
from datetime import date

import numpy as np
import pytest
import resvg_py
from PIL import Image

from labels.bounds import days
from labels.design import Design, Unit
from labels.digital_link import DigitalLink
from labels.encoders import LARGEST_BAR, LOWEST_BARS, SMALLEST_BAR, encode_bulk, gs1_128
from labels.picture import LARGEST_FILE, LARGEST_SIDE, Picture
from labels.qr import Correction, encode
from labels.scene import Code, Frame, Linear, Photo, Scene, Words
from labels.typeface import rise
from tests.printed import (
    DESIGNS,
    GTIN,
    HOST,
    LOT,
    design,
    expected,
    scanned,
    serial,
    sign,
    units,
    worn,
)
from traceability.core.errors import FormatError

every_design = pytest.mark.parametrize("one", DESIGNS.values(), ids=DESIGNS.keys())
every_dpi = pytest.mark.parametrize("dpi", [203, 300, 600])
MM_PER_INCH = 25.4


def first(one: Design) -> Unit:
    return next(units(one, 1))


def picture(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("L")


def drawn(svg: str, dpi: int) -> Image.Image:
    return picture(bytes(resvg_py.svg_to_bytes(svg_string=svg, dpi=dpi, background="white")))


def texts(scene: Scene) -> list[str]:
    return [item.text for item in scene.items if isinstance(item, Words)]


# -- symbols -------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(20))
@pytest.mark.parametrize("correction", ["L", "M", "Q", "H"])
def test_both_encoders_make_symbols_of_one_size_that_say_the_same(
    n: int, correction: Correction
) -> None:
    uri = DigitalLink(HOST, GTIN, LOT, serial(n)).uri
    fast, slow = encode_bulk(uri, correction), encode(uri, correction)
    assert fast.side == slow.side
    assert fast.content == slow.content == uri
    for symbol in (fast, slow):
        assert scanned(symbol.image(4, 4)) == [("]Q1", uri)]


@pytest.mark.parametrize(
    ("content", "code"), [("x" * 2332, "label.too-much"), ("lô", "link.character")]
)
def test_the_fast_encoder_refuses_what_the_other_refuses(content: str, code: str) -> None:
    with pytest.raises(FormatError) as refusal:
        encode_bulk(content)
    assert refusal.value.code == code


def test_the_bars_of_an_sscc_are_gs1_128() -> None:
    bars = gs1_128("(00)189312340000000018")
    assert bars.side == 11 * 13 + 13  # start, FNC1, ten pairs, check, and a stop of 13 modules
    assert sum(length for _, length in bars.runs()) == sum(bars.modules)
    image = Image.new("L", (bars.side + 20, 40), 255)
    for start, length in bars.runs():
        image.paste(0, (10 + start, 0, 10 + start + length, 40))
    wide = image.resize((image.width * 2, 80), Image.Resampling.NEAREST)
    assert scanned(wide) == [("]C1", "(00)189312340000000018")]


def test_what_is_no_element_string_makes_no_bars() -> None:
    with pytest.raises(FormatError) as refusal:
        gs1_128("(00)12")
    assert refusal.value.code == "label.too-much"


# -- every design, every form --------------------------------------------------------------------


@every_design
@every_dpi
@pytest.mark.parametrize("colour", [True, False])
def test_a_scanner_reads_every_design_as_png(one: Design, dpi: int, colour: bool) -> None:
    unit = first(one)
    assert scanned(picture(one.png(unit, dpi, colour=colour))) == expected(unit)


@every_design
@pytest.mark.parametrize("dpi", [203, 300])
def test_a_scanner_reads_every_design_as_svg(one: Design, dpi: int) -> None:
    unit = first(one)
    assert scanned(drawn(one.svg(unit), dpi)) == expected(unit)


@every_design
@pytest.mark.parametrize("form", ["colour", "black and white", "svg"])
def test_a_worn_label_still_scans(one: Design, form: str) -> None:
    unit = first(one)
    if form == "svg":
        image = drawn(one.svg(unit), 203)
    else:
        image = picture(one.png(unit, 203, colour=form == "colour"))
    for how, seen in worn(image).items():
        assert scanned(seen) == expected(unit), how


@every_design
@pytest.mark.parametrize("dpi", [None, 203, 300, 600])
def test_modules_are_as_gs1_allows_and_bars_are_high_enough(one: Design, dpi: int | None) -> None:
    scene = one.set(first(one), dpi).scene
    modules = [(scene.code.module, 0.396, 0.990)]
    for item in scene.items:
        if isinstance(item, Linear):
            modules.append((item.module, SMALLEST_BAR, LARGEST_BAR))
            assert item.height >= LOWEST_BARS
            assert min(item.x, scene.width - item.x - item.length) >= 10 * item.module - 1e-6
    for module, least, most in modules:
        assert least - 1e-9 <= module <= most + 1e-9
        if dpi is not None:
            assert module * dpi / MM_PER_INCH == pytest.approx(round(module * dpi / MM_PER_INCH))


def boxes(scene: Scene) -> list[tuple[float, float, float, float, str]]:
    found = []
    for item in scene.items:
        if isinstance(item, Words):
            top = item.y - rise(item.text, item.weight) * item.size
            found.append((item.x, top, item.right, item.y + 0.05 * item.size, item.text))
        elif isinstance(item, Code):
            quiet = 4 * item.module
            right, low = item.x + item.side + quiet, item.y + item.side + quiet
            found.append((item.x - quiet, item.y - quiet, right, low, "code"))
        elif isinstance(item, Linear):
            right, low = item.x + item.length, item.y + item.height
            found.append((item.x, item.y, right, low, "bars"))
        elif isinstance(item, Photo):
            right, low = item.x + item.width, item.y + item.height
            found.append((item.x, item.y, right, low, "picture"))
    return found


@every_design
@pytest.mark.parametrize("dpi", [None, 203, 300])
def test_no_text_touches_another_or_enters_a_quiet_zone(one: Design, dpi: int | None) -> None:
    scene = one.set(first(one), dpi).scene
    found = boxes(scene)
    for left, top, right, bottom, what in found:
        margin = 0.0 if what == "code" else 0.5
        assert min(left, top) >= margin - 1e-6, what
        assert right <= scene.width - margin + 1e-6, what
        assert bottom <= scene.height - margin + 1e-6, what
    for n, (left, top, right, bottom, words) in enumerate(found):
        for left2, top2, right2, bottom2, words2 in found[:n]:
            apart = (
                right <= left2 + 1e-6
                or right2 <= left + 1e-6
                or bottom <= top2 + 0.25
                or bottom2 <= top + 0.25
            )
            assert apart, (words, words2)


@every_design
def test_no_text_is_too_small_to_read(one: Design) -> None:
    scene = one.set(first(one), 203).scene
    assert all(item.size >= 1.65 for item in scene.items if isinstance(item, Words))


def test_the_labels_of_a_run_look_alike() -> None:
    one = DESIGNS["sticker"]
    keys = [one.set(unit, 203).key for unit in units(one, 200)]
    assert keys.count(max(keys, key=keys.count)) >= 190


@pytest.mark.parametrize("letters", ["W" * 20, "1" * 20, "i", "%" * 20, "WWWWWWWiiiiiii"])
@pytest.mark.parametrize("dpi", [None, 203])
def test_any_serial_finds_room(letters: str, dpi: int | None) -> None:
    one = DESIGNS["retail"]
    unit = Unit(DigitalLink(HOST, GTIN, LOT, letters).uri, letters)
    scene = one.set(unit, dpi).scene
    assert letters in "".join(texts(scene))
    for item in scene.items:
        if isinstance(item, Words):
            assert item.right <= scene.width - 0.5
    code = scene.code
    beside = [item for item in scene.items if isinstance(item, Words) and item.text in letters]
    assert all(item.x >= code.x - 0.01 for item in beside)


# -- what labels say -----------------------------------------------------------------------------


def test_a_sticker_says_what_a_buyer_reads_and_what_a_person_types() -> None:
    one = DESIGNS["sticker"]
    unit = first(one)
    scene = one.set(unit, None).scene
    said = texts(scene)
    joined = " ".join(said)
    for words in ("Khóm Cầu", "Thạnh Thắng", "1,2 kg", "22/11/2026", "23/11/2026"):
        assert words in joined
    assert {f"(01) {GTIN}", f"(10) {LOT}", HOST, "VietGAP", "OCOP 4 sao"} <= set(said)
    assert f"{unit.serial}" in "".join(said)
    frames = [item for item in scene.items if isinstance(item, Frame)]
    assert len(frames) == 2
    assert any(isinstance(item, Photo) for item in scene.items)


def test_marks_stand_in_their_frames() -> None:
    scene = DESIGNS["sticker"].set(first(DESIGNS["sticker"]), None).scene
    for frame in (item for item in scene.items if isinstance(item, Frame)):
        inside = [
            item
            for item in scene.items
            if isinstance(item, Words)
            and frame.x < item.x
            and item.right < frame.x + frame.width
            and frame.y < item.y < frame.y + frame.height
        ]
        assert [item.text in {"VietGAP", "OCOP 4 sao"} for item in inside] == [True]


def test_nothing_claims_a_certificate_that_the_caller_did_not_name() -> None:
    for one in DESIGNS.values():
        if not one.marks:
            assert "GAP" not in " ".join(texts(one.set(first(one), None).scene))


def test_a_pallet_shows_its_sscc_in_figures_under_the_bars() -> None:
    one = DESIGNS["pallet"]
    unit = first(one)
    scene = one.set(unit, 203).scene
    (bars,) = (item for item in scene.items if isinstance(item, Linear))
    (figures,) = (
        item for item in scene.items if isinstance(item, Words) and item.text.startswith("(00)")
    )
    assert figures.text == f"(00){unit.sscc}"
    assert figures.y > bars.y + bars.height
    assert "Số lượng" in texts(scene)


def test_the_pallet_svg_names_the_pallet_to_those_who_cannot_see_it() -> None:
    one = DESIGNS["pallet"]
    unit = first(one)
    svg = one.svg(unit)
    assert f"<title>Tem pa-lét: Khóm Cầu Đúc loại 1, SSCC {unit.sscc}</title>" in svg
    assert unit.uri in svg


def test_a_label_without_a_serial_is_the_label_of_a_lot() -> None:
    unit = Unit(DigitalLink(HOST, GTIN, LOT).uri)
    assert scanned(picture(DESIGNS["retail"].png(unit, 203))) == [("]Q1", unit.uri)]


# -- refusals ------------------------------------------------------------------------------------


def refused(code: str, make: object) -> None:
    with pytest.raises(FormatError) as refusal:
        make()  # type: ignore[operator]
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("label.size", {"width_mm": 10}),
        ("label.size", {"height_mm": float("nan")}),
        ("label.text", {"product_name": " "}),
        ("label.text", {"quantity": "x" * 201}),
        ("label.letter", {"maker": "HTX 🍍"}),
        ("label.letter", {"maker": "HTX \ue200"}),
        ("label.marks", {"marks": ("A",) * 5}),
        ("label.marks", {"marks": ("",)}),
        ("label.marks", {"marks": ("x" * 25,)}),
        ("label.mismatch", {"lot": None}),
        ("link.value", {"lot": "lô 1"}),
        ("gtin.check-digit", {"gtin": "08931234567890"}),
    ],
)
def test_a_design_that_cannot_be_printed_is_refused(code: str, more: dict[str, object]) -> None:
    refused(code, lambda: design("retail", **more))


@pytest.mark.parametrize(
    ("code", "one", "dpi"),
    [
        ("label.too-narrow", design(width_mm=16, height_mm=100), 203),
        ("label.too-low", design(width_mm=50, height_mm=20), 203),
        ("label.bars-too-wide", design("pallet", width_mm=70), 203),
        ("label.too-low", design("pallet", height_mm=70), 300),
        ("label.dpi", design(), 100),
    ],
)
def test_a_size_too_small_for_its_symbols_is_refused(code: str, one: Design, dpi: int) -> None:
    refused(code, lambda: one.png(first(one), dpi))


@pytest.mark.parametrize("other", ["gtin", "lot", "serial", "none"])
def test_a_unit_that_leads_elsewhere_is_refused(other: str) -> None:
    gtin = "08931234567880" if other == "gtin" else GTIN
    lot = "B" if other == "lot" else LOT
    said = {"serial": "2", "none": None}.get(other, "1")
    unit = Unit(DigitalLink(HOST, gtin, lot, "1").uri, said)
    refused("label.mismatch", lambda: design().set(unit, None))


def test_a_pallet_needs_its_own_sscc() -> None:
    one = DESIGNS["pallet"]
    unit, other = units(one, 2)
    refused("label.no-sscc", lambda: one.set(Unit(unit.uri), None))
    refused("label.mismatch", lambda: one.set(Unit(unit.uri, sscc=other.sscc), None))
    broken = f"{unit.sscc}"[:-1] + "x"
    refused("sscc.malformed", lambda: one.set(Unit(unit.uri, sscc=broken), None))


def test_a_pallet_may_lead_to_its_lot() -> None:
    one = DESIGNS["pallet"]
    unit = Unit(DigitalLink(HOST, GTIN, LOT).uri, sscc=first(one).sscc)
    assert scanned(picture(one.png(unit, 300))) == expected(unit)
    elsewhere = Unit(DigitalLink(HOST, GTIN, "B").uri, sscc=first(one).sscc)
    refused("label.mismatch", lambda: one.set(elsewhere, None))


# -- pictures ------------------------------------------------------------------------------------


def test_a_picture_lies_on_white_and_keeps_its_shape() -> None:
    kept = Picture.read(sign())
    pixels = np.asarray(kept.image())
    assert tuple(pixels[0, 0]) == (255, 255, 255)
    assert kept.fitted(10, 10) == pytest.approx((10, 7.5))


def encoded(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"not a picture",
        sign()[:200],
        encoded(Image.new("RGB", (8, 8)), "GIF"),
        encoded(Image.new("1", (LARGEST_SIDE + 1, 1)), "PNG"),
        bytes(LARGEST_FILE + 1),
    ],
    ids=["empty", "text", "cut", "gif", "wide", "large"],
)
def test_what_is_no_picture_for_a_label_is_refused(file: bytes) -> None:
    refused("label.picture", lambda: Picture.read(file))


def test_a_photograph_is_made_no_larger_than_it_prints() -> None:
    kept = Picture.read(encoded(Image.new("RGB", (3000, 2000), "#364"), "JPEG"))
    assert (kept.width, kept.height) == (480, 320)


def test_a_photograph_taken_upright_stands_upright() -> None:
    image = Image.new("RGB", (40, 20), "#364")
    turned = Image.Exif()
    turned[0x0112] = 6  # orientation: a quarter to the right
    file = io.BytesIO()
    image.save(file, "JPEG", exif=turned)
    kept = Picture.read(file.getvalue())
    assert (kept.width, kept.height) == (20, 40)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 11, 18), date(2026, 11, 20), "18–20/11/2026"),
        (date(2026, 10, 28), date(2026, 11, 20), "28/10–20/11/2026"),
        (date(2025, 12, 30), date(2026, 1, 2), "30/12/2025–02/01/2026"),
        (date(2026, 11, 20), date(2026, 11, 20), "20/11/2026"),
        (None, date(2026, 11, 20), "20/11/2026"),
        (None, None, None),
    ],
)
def test_days_are_written_as_on_the_page(
    first: date | None, last: date | None, said: str | None
) -> None:
    assert days(first, last) == said
