"""QR Code symbols (ISO/IEC 18004) of Digital Link URIs: encoding, size in print, drawing.

A printed symbol is only as good as its modules. GS1 asks for a module (X-dimension) of at least
0.396 mm, 0.495 mm as the aim and 0.990 mm at most, for a Digital Link on goods for retail, with a
quiet zone of four modules (GS1 General Specifications, section 5.12.3, symbol specification
table 1, addendum for Digital Link). A printer sets whole dots, so at 203 dpi four dots are needed
where three would be 0.375 mm.

Mixing modes keeps symbols small: host names are bytes, but keys, lots in capitals and serials fit
the denser numeric and alphanumeric modes.
"""

import io
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Final, Literal
from xml.sax.saxutils import escape

import qrcode  # type: ignore[import-untyped]
from PIL import Image
from qrcode import constants
from qrcode.exceptions import DataOverflowError  # type: ignore[import-untyped]
from qrcode.util import (  # type: ignore[import-untyped]
    ALPHA_NUM,
    MODE_8BIT_BYTE,
    MODE_ALPHA_NUM,
    MODE_NUMBER,
    QRData,
)

from traceability.core.errors import FormatError

SMALLEST_MODULE: Final = 0.396  # mm
AIM_MODULE: Final = 0.495
LARGEST_MODULE: Final = 0.990
QUIET: Final = 4  # modules of white on every side
MM_PER_INCH: Final = 25.4

Correction = Literal["L", "M", "Q", "H"]
_CORRECTION: Final[dict[Correction, int]] = {
    "L": constants.ERROR_CORRECT_L,
    "M": constants.ERROR_CORRECT_M,
    "Q": constants.ERROR_CORRECT_Q,
    "H": constants.ERROR_CORRECT_H,
}

# Mode -> (its characters, sixths of a bit for one, bits of its length field by size of symbol).
_MODES: Final = (
    (MODE_NUMBER, frozenset(b"0123456789"), 20, (10, 12, 14)),
    (MODE_ALPHA_NUM, frozenset(ALPHA_NUM), 33, (9, 11, 13)),
    (MODE_8BIT_BYTE, frozenset(range(256)), 48, (8, 16, 16)),
)
_LAST_VERSION: Final = (9, 26, 40)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A QR symbol: what it carries, and its modules by row (true is dark), without quiet zone."""

    content: str
    modules: tuple[tuple[bool, ...], ...]

    @property
    def side(self) -> int:
        """Modules along one side."""
        return len(self.modules)

    def outline(self) -> str:
        """The dark area as one SVG path in module units: its edges, to be filled even-odd.

        Edges are followed round whole areas, so that no seam shows between modules.
        """
        return "".join(
            f"M{loop[0][0]} {loop[0][1]}"
            + "".join(f"H{x}" if y == before else f"V{y}" for (_, before), (x, y) in pairwise(loop))
            + "Z"
            for loop in _loops(self.modules)
        )

    def image(self, dots: int, quiet: int = 0) -> Image.Image:
        """The symbol with ``dots`` pixels to a module, mode "1", black on white."""
        flat = bytes(0 if dark else 255 for row in self.modules for dark in row)
        small = Image.frombytes("L", (self.side, self.side), flat)
        padded = Image.new("L", (self.side + 2 * quiet,) * 2, 255)
        padded.paste(small, (quiet, quiet))
        return padded.resize((padded.width * dots,) * 2, Image.Resampling.NEAREST).convert("1")

    def png(self, dpi: int = 300, module_mm: float = AIM_MODULE) -> bytes:
        """The symbol alone with its quiet zone, modules of at least ``module_mm``."""
        file = io.BytesIO()
        image = self.image(dots_for(module_mm, dpi), QUIET)
        image.save(file, "PNG", dpi=(dpi, dpi), optimize=True)
        return file.getvalue()

    def svg(self, title: str, description: str = "", module_mm: float = AIM_MODULE) -> str:
        """The symbol alone with its quiet zone as an SVG document, with words for who cannot see.

        ``description`` falls back to the content.
        """
        side = self.side + 2 * QUIET
        mm = f"{side * module_mm:g}mm"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{mm}" height="{mm}" '
            f'viewBox="0 0 {side} {side}" role="img">'
            f"<title>{escape(title)}</title><desc>{escape(description or self.content)}</desc>"
            f'<rect width="{side}" height="{side}" fill="#fff"/>'
            f'<path transform="translate({QUIET} {QUIET})" shape-rendering="crispEdges" '
            f'fill-rule="evenodd" d="{self.outline()}"/></svg>'
        )


def dots_for(module_mm: float, dpi: int) -> int:
    """The fewest printer dots that make a module of at least ``module_mm`` at ``dpi``."""
    return ceil(module_mm * dpi / MM_PER_INCH - 1e-9)


def encode(content: str, correction: Correction = "M") -> Symbol:
    """The smallest symbol that carries ``content`` (ASCII) at this level of error correction.

    ``label.too-much`` when no symbol holds it, ``link.character`` when it is not ASCII.
    """
    if not content.isascii():
        raise FormatError("link.character")
    data = content.encode("ascii")
    for size, last in enumerate(_LAST_VERSION):
        code = qrcode.QRCode(error_correction=_CORRECTION[correction], border=0)
        for mode, piece in _segments(data, size):
            code.add_data(QRData(piece, mode=mode))
        try:
            code.make(fit=True)
        except (DataOverflowError, ValueError):  # the library raises either when it is too much
            continue
        if code.version <= last:
            break
    else:
        raise FormatError("label.too-much")
    return Symbol(content, tuple(tuple(bool(dark) for dark in row) for row in code.modules))


def _segments(data: bytes, size: int) -> list[tuple[int, bytes]]:
    """``data`` cut into pieces of one mode each, so that the fewest bits are needed.

    Shortest path over (character, mode): staying in a mode costs its bits, entering it costs
    four bits of mode indicator and a length field. In sixths of a bit, to stay with integers.
    """
    best: list[tuple[int, list[int]]] = [(0, [])] * len(_MODES)  # cost and modes, by last mode
    for at, byte in enumerate(data):
        step: list[tuple[int, list[int]]] = []
        for index, (_, allowed, cost, lengths) in enumerate(_MODES):
            if byte not in allowed:
                step.append((1 << 60, []))
                continue
            entry = 6 * (4 + lengths[size])
            total, modes = min(
                (
                    (spent + cost + (0 if at and before == index else entry), path)
                    for before, (spent, path) in enumerate(best)
                ),
                key=lambda choice: choice[0],
            )
            step.append((total, [*modes, index]))
        best = step
    _, path = min(best, key=lambda choice: choice[0])
    pieces: list[tuple[int, bytes]] = []
    start = 0
    for at in range(1, len(path) + 1):
        if at == len(path) or path[at] != path[start]:
            pieces.append((_MODES[path[start]][0], data[start:at]))
            start = at
    return pieces


def _loops(modules: tuple[tuple[bool, ...], ...]) -> list[list[tuple[int, int]]]:
    """The boundary of the dark modules as closed loops of corners, dark on the right hand."""
    side = len(modules)

    def dark(x: int, y: int) -> bool:
        return 0 <= x < side and 0 <= y < side and modules[y][x]

    onward: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for y in range(side):
        for x in range(side):
            if not modules[y][x]:
                continue
            edges = (
                (dark(x, y - 1), (x, y), (x + 1, y)),
                (dark(x + 1, y), (x + 1, y), (x + 1, y + 1)),
                (dark(x, y + 1), (x + 1, y + 1), (x, y + 1)),
                (dark(x - 1, y), (x, y + 1), (x, y)),
            )
            for inside, start, end in edges:
                if not inside:
                    onward.setdefault(start, []).append(end)
    loops = []
    while onward:
        start = at = next(iter(onward))
        corners = [start]
        while True:
            ends = onward[at]
            following = ends.pop()
            if not ends:
                del onward[at]
            if len(corners) > 1 and _straight(corners[-2], at, following):
                corners[-1] = following
            else:
                corners.append(following)
            at = following
            if at == start:
                break
        loops.append(corners[:-1] if corners[-1] == start else corners)
    return loops


def _straight(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    return a[0] == b[0] == c[0] or a[1] == b[1] == c[1]
