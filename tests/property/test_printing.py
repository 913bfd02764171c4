"""Laws of printing: whatever a serial is, its label scans and keeps its words inside."""

import io
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from labels.application_identifiers import CHARACTERS_82
from labels.design import Unit
from labels.digital_link import DigitalLink
from labels.encoders import encode_bulk
from labels.qr import encode
from labels.scene import Words
from labels.typeface import blanks, evenly, filled
from labels.zpl import acs, z64
from tests import printers
from tests.printed import DESIGNS, GTIN, HOST, LOT, scanned

codes = st.text(CHARACTERS_82, min_size=1, max_size=20).filter(lambda text: text.strip("."))
words = st.text("aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạẮẶỘỮ 0123456789-.,", min_size=1, max_size=80)


@settings(max_examples=60, deadline=None)
@given(serial=codes, kind=st.sampled_from(["retail", "upright", "crate"]))
def test_any_serial_scans_and_stays_on_its_label(serial: str, kind: str) -> None:
    unit = Unit(DigitalLink(HOST, GTIN, LOT, serial).uri, serial)
    one = replace(DESIGNS[kind], width_mm=70, height_mm=80) if kind == "upright" else DESIGNS[kind]
    image = Image.open(io.BytesIO(one.png(unit, 203, colour=False)))
    assert scanned(image) == [("]Q1", unit.uri)]
    scene = one.set(unit, 203).scene
    said = [item for item in scene.items if isinstance(item, Words)]
    assert serial in "".join(item.text for item in said)
    assert all(item.right <= scene.width - 0.5 for item in said)


@settings(max_examples=40, deadline=None)
@given(name=words.filter(str.strip), maker=words.filter(str.strip))
def test_any_words_stay_on_the_label(name: str, maker: str) -> None:
    one = replace(DESIGNS["crate"], product_name=name, maker=maker)
    unit = Unit(DigitalLink(HOST, GTIN, LOT, "0A9K2M7QX41TVBC").uri, "0A9K2M7QX41TVBC")
    scene = one.set(unit, None).scene
    for item in scene.items:
        if isinstance(item, Words):
            assert item.x >= 0.5
            assert item.right <= scene.width - 0.5
            assert item.y <= scene.height - 0.5


@settings(max_examples=60, deadline=None)
@given(serial=codes)
def test_both_encoders_agree_on_the_size_of_a_symbol(serial: str) -> None:
    uri = DigitalLink(HOST, GTIN, LOT, serial).uri
    assert abs(encode_bulk(uri).side - encode(uri).side) <= 4  # they may cut modes differently


@given(letters=codes, count=st.integers(1, 5))
def test_blanks_are_filled_with_the_very_letters(letters: str, count: int) -> None:
    assert filled(blanks(letters), letters) == letters
    assert "".join(evenly(letters, count)) == letters
    assert "".join(filled(line, letters) for line in evenly(blanks(letters), count)) == letters


@given(data=st.binary(min_size=1, max_size=400), rows=st.integers(1, 8), row=st.integers(1, 60))
def test_compressed_dots_are_the_same_dots(data: bytes, rows: int, row: int) -> None:
    total = rows * row
    ink = (data * (total // len(data) + 1))[:total]
    for field in (acs(ink, row), z64(ink)):
        image = printers.graphic(field, total, row)
        assert bytes(255 - byte for byte in image.tobytes()) == ink
