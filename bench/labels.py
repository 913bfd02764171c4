"""A run of labels, against a bare loop over fpdf2 and zxing-cpp that draws the same.

Ten thousand serialised stickers, 21 on a sheet. The bare loop is handed the layout of one label,
finished; it makes each symbol and sets it as an image, which is the library's fastest way (boxes
take three times as long), writes every text with the same fonts, and holds the document until it is
whole. Ours checks every address, lays every serial out, draws symbols as outlines, and hands out
the file in parts. ZPL and
TSPL are measured beside it, with bytes a label and the growth of the process's memory.

``python -m bench.labels ours|bare|zpl|tspl COUNT`` is one run, in a process of its own.
"""

import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from statistics import median
from time import perf_counter
from typing import Any, Final, cast

import orjson
import zxingcpp
from fpdf import FPDF
from PIL import Image

from labels.design import Design, Unit
from labels.digital_link import DigitalLink
from labels.printing import Format, Sheets, print_run
from labels.raster import COLOURS
from labels.scene import Code, Frame, Rule, Words
from labels.sheets import A4, L7160
from labels.tspl import Tspl
from labels.typeface import FILES
from labels.zpl import Zpl
from traceability.core.ids import BASE32

COUNT: Final = 10_000
ROUNDS: Final = 5
GTIN: Final = "08931234567897"
LOT: Final = "CD-20261122-01"
FORMATS: Final[dict[str, Format]] = {"ours": Sheets(L7160), "zpl": Zpl(203), "tspl": Tspl(203)}
DESIGN: Final = Design(
    "retail",
    "Khóm Cầu Đúc loại 1",
    "HTX Nông nghiệp Thạnh Thắng, Cần Thơ",
    GTIN,
    LOT,
    net_content="1,2 kg",
    harvest_date=date(2026, 11, 22),
    packed_date=date(2026, 11, 23),
    marks=("VietGAP",),
)


def run(count: int = COUNT, rounds: int = ROUNDS) -> dict[str, Any]:
    """Measure all of them, each round in turn; the figures."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ("bare", *FORMATS)}
    for n in range(rounds):
        for name in found if n % 2 else reversed(found):
            found[name].append(_in_process(name, count))
    ratios = [a["s"] / b["s"] for a, b in zip(found["ours"], found["bare"], strict=True)]
    return {
        "labels": count,
        "time of ours / bare": round(median(ratios), 3),
        **{
            name: {
                "labels/s": round(count / median(each["s"] for each in rounds_of)),
                "bytes/label": round(rounds_of[0]["bytes"] / count),
                "memory MB": round(median(each["MB"] for each in rounds_of), 1),
            }
            for name, rounds_of in found.items()
        },
    }


def units(count: int) -> Iterator[Unit]:
    """Labels of one lot, with serials that look drawn by chance."""
    for n in range(count):
        number = int.from_bytes(sha256(b"%d" % n).digest(), "big")
        serial = "".join(BASE32[number >> 5 * place & 31] for place in range(15)).upper()
        yield Unit(DigitalLink("goc.example", GTIN, LOT, serial).uri, serial)


def ours(labels: list[Unit], format: Format) -> int:
    """Print; the number of bytes, which are dropped as a file would take them."""
    return sum(len(part.data) for part in print_run(DESIGN, labels, format))


def bare(labels: list[Unit]) -> int:
    """The same sheets by a plain loop."""
    unit = labels[0]
    scene = DESIGN.set(unit, None).scene
    code = scene.code
    words = [each for each in scene.items if isinstance(each, Words)]
    boxes = [each for each in scene.items if isinstance(each, Rule | Frame)]
    pdf = FPDF(unit="mm", format=A4)
    pdf.set_auto_page_break(False)
    for weight, path in FILES.items():
        pdf.add_font(weight, "", str(path))
    for n, each in enumerate(labels):
        if n % L7160.places == 0:
            pdf.add_page()
        x, y = L7160.place(n % L7160.places)
        _bare_symbol(pdf, each.uri, x, y, code)
        for word in words:
            pdf.set_font(word.weight, size=word.size * 72 / 25.4)
            pdf.set_text_color(COLOURS[word.tone])
            text = each.serial if word.text == unit.serial else word.text
            pdf.text(x + word.x, y + word.y, text or "")
        for box in boxes:
            if isinstance(box, Rule):
                pdf.rect(x + box.x, y + box.y, box.length, box.thickness, "F")
            else:
                pdf.rect(x + box.x, y + box.y, box.width, box.height)
    return len(pdf.output())


def _bare_symbol(pdf: FPDF, uri: str, x: float, y: float, code: Code) -> None:
    made = zxingcpp.create_barcode(uri, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = made.to_image(scale=1, add_quiet_zones=False)
    pixels = memoryview(cast(bytes, image)).tobytes()
    picture = Image.frombytes("L", (image.shape[1], image.shape[0]), pixels)
    pdf.image(picture, x + code.x, y + code.y, code.side, code.side)


def _in_process(name: str, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.labels", name, str(count)]
    done = subprocess.run(command, capture_output=True, check=True)
    figures: dict[str, float] = orjson.loads(done.stdout)
    return figures


def _one(name: str, count: int) -> dict[str, float]:
    """One run: its seconds, bytes, and growth of memory after a short run to warm up."""
    labels = list(units(count))
    few = labels[: 2 * L7160.places]
    for_warmth = bare(few) if name == "bare" else ours(few, FORMATS[name])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = perf_counter()
    size = bare(labels) if name == "bare" else ours(labels, FORMATS[name])
    seconds = perf_counter() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert for_warmth < size
    return {"s": seconds, "bytes": size, "MB": grown}


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(orjson.dumps(_one(sys.argv[1], int(sys.argv[2]))).decode())
    else:
        print(orjson.dumps(run(), option=orjson.OPT_INDENT_2).decode())
