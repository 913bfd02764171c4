"""The makers of symbols, behind one interface: text in, modules out.

``labels.qr.encode`` is in pure Python and serves single labels; ``encode_bulk`` is the writer of
zxing-cpp, some thirty times as fast, and serves runs. Both mix modes and choose the smallest
symbol, so a label has the same size whichever made it; their masks may differ.

``gs1_128`` makes the linear symbol of logistic units: Code 128 (ISO/IEC 15417) that opens with
FNC1 (GS1 General Specifications, section 5.4). Its module is 0.495 to 0.940 mm wide on a logistic
label, its bars at least 31.75 mm high, with ten modules of white on either side (section 5.12,
symbol specification table 5).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

import zxingcpp

from labels.qr import Correction, Symbol
from traceability.core.errors import FormatError

Encoder = Callable[[str, Correction], Symbol]

SMALLEST_BAR: Final = 0.495  # mm
LARGEST_BAR: Final = 0.940
LOWEST_BARS: Final = 31.75  # mm
QUIET_BARS: Final = 10  # modules of white on either side


@dataclass(frozen=True, slots=True)
class Bars:
    """A linear symbol: what it carries, bracketed, and its modules from the left (true is dark)."""

    content: str
    modules: tuple[bool, ...]

    @property
    def side(self) -> int:
        """Modules along its length, without quiet zones."""
        return len(self.modules)

    def runs(self) -> list[tuple[int, int]]:
        """The dark bars: where each begins and how many modules it has."""
        found: list[tuple[int, int]] = []
        for at, dark in enumerate(self.modules):
            if dark and at and self.modules[at - 1]:
                start, length = found[-1]
                found[-1] = (start, length + 1)
            elif dark:
                found.append((at, 1))
        return found


def encode_bulk(content: str, correction: Correction = "M") -> Symbol:
    """As ``labels.qr.encode``, with the same refusals, made by zxing-cpp."""
    if not content.isascii():
        raise FormatError("link.character")
    try:
        code = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.QRCode, ec_level=correction)
    except ValueError as error:  # the only thing that can be wrong with ASCII: it is too much
        raise FormatError("label.too-much") from error
    return Symbol(content, _rows(code))


def gs1_128(elements: str) -> Bars:
    """The symbol of a bracketed element string, such as ``(00)189312340000000011``.

    Values are checked by who calls; ``label.too-much`` for what GS1-128 does not carry.
    """
    try:
        code = zxingcpp.create_barcode(elements, zxingcpp.BarcodeFormat.Code128, gs1=True)
    except ValueError as error:
        raise FormatError("label.too-much") from error
    return Bars(elements, _rows(code)[0])


def _rows(code: zxingcpp.Barcode) -> tuple[tuple[bool, ...], ...]:
    picture = code.to_image(scale=1, add_quiet_zones=False)  # 0 is dark, 255 is light
    height, width = picture.shape
    flat = [not grey for grey in memoryview(cast(bytes, picture)).tobytes()]
    return tuple(tuple(flat[at : at + width]) for at in range(0, height * width, width))
