"""Scenes drawn in the operators of PDF, in millimetres with y downward.

Symbols are paths of whole modules, filled at once, so that no seam shows between them at any zoom;
letters are text.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from labels import mark
from labels.outline import commands
from labels.pdf import FONTS, Document
from labels.pdf_font import font_objects
from labels.qr import Symbol
from labels.raster import COLOURS
from labels.scene import Code, Frame, Item, Linear, Mark, Photo, Rule, Tone, Words
from labels.typeface import FILES, Weight

_DARK: Final = re.compile(rb"\x01+")
_OPERATORS: Final = {"M": "m", "L": "l", "C": "c"}


def drawing(items: Iterable[Item], document: Document, uses: set[int]) -> bytes:
    """The operators that draw ``items``; the images that they show are added to ``uses``."""
    return "".join(_item(item, document, uses) for item in items).encode()


def _item(item: Item, document: Document, uses: set[int]) -> str:
    if isinstance(item, Words):
        codes = _codes(item.weight)
        hexadecimal = "".join(codes[letter] for letter in item.text)
        return (
            f"{_ink(item.tone)} rg BT /{FONTS[item.weight]} {_n(item.size)} Tf "
            f"1 0 0 -1 {_n(item.x)} {_n(item.y)} Tm <{hexadecimal}> Tj ET\n"
        )
    if isinstance(item, Code):
        place = f"{item.module:.6f} 0 0 {item.module:.6f} {_n(item.x)} {_n(item.y)}"
        return f"q 0 g {place} cm\n{_modules(item.symbol)}f Q\n"
    if isinstance(item, Linear):
        bars = "".join(f"{start} 0 {length} 1 re\n" for start, length in item.bars.runs())
        place = f"{item.module:.6f} 0 0 {_n(item.height)} {_n(item.x)} {_n(item.y)}"
        return f"q 0 g {place} cm\n{bars}f Q\n"
    if isinstance(item, Rule):
        box = " ".join(_n(side) for side in (item.x, item.y, item.length, item.thickness))
        return f"{_ink('quiet')} rg {box} re f\n"
    if isinstance(item, Frame):
        return _frame(item)
    if isinstance(item, Mark):
        scale = f"{item.size / mark.VIEW:.6f}"
        place = f"{scale} 0 0 {scale} {_n(item.x)} {_n(item.y)}"
        return f"q {_ink('leaf')} rg {place} cm\n{_mark()}f* Q\n"
    return _photo(item, document, uses)


def _frame(item: Frame) -> str:
    half = item.thickness / 2
    corner = f"{_n(item.x + half)} {_n(item.y + half)}"
    size = f"{_n(item.width - item.thickness)} {_n(item.height - item.thickness)}"
    return f"{_ink('leaf')} RG {_n(item.thickness)} w {corner} {size} re S\n"


def _photo(item: Photo, document: Document, uses: set[int]) -> str:
    number = document.picture(item.picture)
    uses.add(number)
    place = f"{_n(item.width)} 0 0 {_n(-item.height)} {_n(item.x)} {_n(item.y + item.height)}"
    return f"q {place} cm /X{number} Do Q\n"


def _modules(symbol: Symbol) -> str:
    """The dark modules as runs along the rows, each a box one module high."""
    return "".join(
        f"{found.start()} {y} {found.end() - found.start()} 1 re\n"
        for y, row in enumerate(symbol.modules)
        for found in _DARK.finditer(bytes(row))
    )


@lru_cache(maxsize=1)
def _mark() -> str:
    pieces = []
    for command, numbers in commands(mark.PATH):
        if command == "Z":
            pieces.append("h")
            continue
        step = 6 if command == "C" else 2
        pieces += [
            " ".join(f"{number:g}" for number in numbers[at : at + step])
            + f" {_OPERATORS[command]}"
            for at in range(0, len(numbers), step)
        ]
    return "\n".join(pieces) + "\n"


@lru_cache(maxsize=2)
def _codes(weight: Weight) -> dict[str, str]:
    return dict(font_objects(FILES[weight]).codes)


@lru_cache(maxsize=8)
def _ink(tone: Tone) -> str:
    channels = bytes.fromhex(COLOURS[tone][1:])
    return " ".join(_n(channel / 255) for channel in channels)


def _n(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")
