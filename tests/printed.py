"""Designs and units for the tests of printing, and the decoder that reads what comes out."""

import io
from collections.abc import Iterator
from datetime import date
from hashlib import sha256

import pypdfium2  # type: ignore[import-untyped]
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from labels.design import Design, Unit
from labels.digital_link import DigitalLink
from labels.picture import Picture
from labels.printing import Format, Part, print_run
from traceability.core.ids import BASE32, check_digit

GTIN = "08931234567897"
LOT = "CD-20261122-01"
HOST = "goc.example"
SCREEN_DPI = 72


def sign() -> bytes:
    """A maker's picture, with an edge that lets the paper through."""
    image = Image.new("RGBA", (200, 150), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((5, 5, 195, 145), fill="#a33")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def design(kind: str = "retail", **more: object) -> Design:
    """A design with all that a cooperative would say."""
    said: dict[str, object] = {
        "product_name": "Khóm Cầu Đúc loại 1",
        "maker": "HTX Nông nghiệp Thạnh Thắng, Cần Thơ",
        "gtin": GTIN,
        "lot": LOT,
        "net_content": "1,2 kg",
        "harvest_date": date(2026, 11, 22),
        "packed_date": date(2026, 11, 23),
        "use_by": date(2026, 12, 3),
    }
    return Design(kind, **said | more)  # type: ignore[arg-type]


DESIGNS = {
    "retail": design(),
    "sticker": design(marks=("VietGAP", "OCOP 4 sao"), picture=Picture.read(sign())),
    "low": design(height_mm=33.9, marks=("VietGAP",)),
    "small": design(width_mm=50, height_mm=30, packed_date=None),
    "upright": design(width_mm=30, height_mm=60),
    "english": design(language="en", correction="Q"),
    "crate": design("crate", quantity="12 trái", marks=("VietGAP",)),
    "pallet": design("pallet", quantity="48 két × 12 kg", picture=Picture.read(sign())),
    "mixed": design("pallet", gtin=None, lot=None, width_mm=101.6, height_mm=152.4),
}


def serial(n: int) -> str:
    """Fifteen letters that look drawn by chance."""
    number = int.from_bytes(sha256(b"%d" % n).digest(), "big")
    return "".join(BASE32[number >> 5 * place & 31] for place in range(15)).upper()


def units(one: Design, count: int) -> Iterator[Unit]:
    """``count`` labels of a run: with serials, or with SSCCs."""
    for n in range(count):
        if one.kind == "pallet":
            digits = f"18931234{n:09d}"
            code = digits + str(check_digit(digits))
            yield Unit(f"https://{HOST}/00/{code}", sscc=code)
        else:
            yield Unit(DigitalLink(HOST, GTIN, LOT, serial(n)).uri, serial(n))


def expected(unit: Unit) -> list[tuple[str, str]]:
    """What a scanner finds on the label of ``unit``: (AIM identifier, content), in order."""
    found = [("]Q1", unit.uri)]
    return [*found, ("]C1", f"(00){unit.sscc}")] if unit.sscc else found


def scanned(image: Image.Image) -> list[tuple[str, str]]:
    """What a scanner finds: "]C1" is Code 128 that opens with FNC1."""
    codes = zxingcpp.read_barcodes(image.convert("L"))
    return sorted(((code.symbology_identifier, code.text) for code in codes), reverse=True)


def worn(label: Image.Image) -> dict[str, Image.Image]:
    """A label out of focus, held askew, faded, and photographed badly."""
    grey = label.convert("L")
    file = io.BytesIO()
    grey.save(file, "JPEG", quality=40)
    return {
        "blurred": grey.filter(ImageFilter.GaussianBlur(1.2)),
        "askew": grey.rotate(5, Image.Resampling.BICUBIC, expand=True, fillcolor=255),
        "askew the other way": grey.rotate(
            -7, Image.Resampling.BICUBIC, expand=True, fillcolor=255
        ),
        "pale": grey.point(lambda value: 110 + value * 60 // 255),
        "poor": Image.open(file),
    }


def run(one: Design, count: int, format: Format, start: int = 0) -> list[Part]:
    """The parts of a run."""
    return list(print_run(one, units(one, count), format, start))


def printed(one: Design, count: int, format: Format) -> bytes:
    """A whole run."""
    return b"".join(part.data for part in run(one, count, format))


def pages(pdf: bytes, dpi: int) -> list[Image.Image]:
    """The pages of a PDF as a viewer shows them."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=dpi / SCREEN_DPI).to_pil().convert("L") for page in document]


def page_texts(pdf: bytes) -> list[str]:
    """What a reader finds in the pages of a PDF when it searches them."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.get_textpage().get_text_bounded() for page in document]
