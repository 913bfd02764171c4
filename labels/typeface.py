"""The one typeface of our labels: what it can write, how wide it runs, the outlines of its letters.

The fonts lie in ``labels/fonts`` and travel with the package, so that the same label is the same
picture everywhere; fonts of the machine are never asked. Letters stand side by side without
kerning: the widths that the layout counts with are then exactly those that are drawn, in pixels
and in outlines alike.
"""

import unicodedata
from functools import lru_cache
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any, Final, Literal

from PIL import ImageFont

from traceability.core.errors import FormatError

Weight = Literal["regular", "strong"]

FONTS: Final = Path(__file__).parent / "fonts"
FILES: Final[dict[Weight, Path]] = {
    "regular": FONTS / "BeVietnamPro-Regular.ttf",
    "strong": FONTS / "BeVietnamPro-SemiBold.ttf",
}
UNITS: Final = 1000  # per em
CAP_HEIGHT: Final = 0.74  # of the em
DESCENT: Final = 0.27
ELLIPSIS: Final = "…"

# Latin with every Vietnamese letter, and the signs that names, weights and dates are written with.
LETTERS: Final = (
    "20-7E A0-FF 102-103 110-111 128-129 152-153 160-161 168-169 178 17D-17E 1A0-1A1 1AF-1B0 "
    "1EA0-1EF9 2013-2014 2018-201A 201C-201E 2020 2022 2026 20AB-20AC 2122 2212"
)


def _spans() -> list[tuple[int, int]]:
    pairs = (span.partition("-") for span in LETTERS.split())
    return [(int(first, 16), int(last or first, 16)) for first, _, last in pairs]


_COVERED: Final = frozenset(
    chr(point) for first, last in _spans() for point in range(first, last + 1)
)


def clean(text: str) -> str:
    """``text`` in NFC with single spaces; ``label.letter`` for a letter that the fonts lack.

    A label that shows a hole in a name would be worse than none, so nothing is replaced.
    """
    tidy = " ".join(unicodedata.normalize("NFC", text).split())
    for character in tidy:
        if character not in _COVERED:
            raise FormatError("label.letter", character=character, point=f"U+{ord(character):04X}")
    return tidy


# Letters that are not known yet when a label is laid out: in the private use area, so that no text
# holds them. A code point tells a blank's place among the letters and its width in steps of an em.
_BLANK: Final = 0xE000
_PLACES: Final = 32
_STEP: Final = 0.05
_USUAL: Final = 16
_LAST_STEP: Final = 63


def blanks(letters: str) -> str:
    """As many blanks as ``letters`` (at most 32), each as wide as these are on average, or wider.

    That holds for each of two lines too, cut by ``evenly``. Widths go in coarse steps from one that
    fits nearly all serials of digits and capitals, so that the labels of a run look alike.
    """
    lines = {line for count in (1, 2) for line in evenly(letters, count) if line}
    widest = max(width(line, weight, 1.0) / len(line) for line in lines for weight in FILES)
    step = min(_LAST_STEP, max(_USUAL, ceil(widest / _STEP - 1e-9)))
    return "".join(chr(_BLANK + step * _PLACES + place) for place in range(len(letters)))


def evenly(letters: str, count: int) -> tuple[str, ...]:
    """``letters`` on ``count`` lines of even length."""
    cuts = [len(letters) * n // count for n in range(count + 1)]
    return tuple(letters[start:end] for start, end in pairwise(cuts))


@lru_cache(maxsize=1024)
def has_blanks(text: str) -> bool:
    """Whether ``text`` waits for letters."""
    return any(_is_blank(character) for character in text)


def filled(text: str, letters: str) -> str:
    """``text`` with the ``letters`` that its blanks keep the places of."""
    return "".join(
        letters[(ord(character) - _BLANK) % _PLACES] if _is_blank(character) else character
        for character in text
    )


def _is_blank(character: str) -> bool:
    return _BLANK <= ord(character) < _BLANK + _PLACES * (_LAST_STEP + 1)


@lru_cache(maxsize=64)
def font(weight: Weight, pixels: float) -> ImageFont.FreeTypeFont:
    """The font at ``pixels`` per em, laid out letter by letter."""
    return ImageFont.truetype(str(FILES[weight]), pixels, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def _advance(letter: str, weight: Weight) -> float:
    if _is_blank(letter):
        return (ord(letter) - _BLANK) // _PLACES * _STEP * UNITS
    return font(weight, UNITS).getlength(letter)


def width(text: str, weight: Weight, size: float) -> float:
    """How far ``text`` runs, in the unit of ``size``, the em."""
    return sum([_advance(letter, weight) for letter in text]) * size / UNITS


def rise(text: str, weight: Weight) -> float:
    """How far the ink of ``text`` rises over its baseline, in ems: up to 1.22 with two accents."""
    return -font(weight, UNITS).getbbox(text, anchor="ls")[1] / UNITS


@lru_cache(maxsize=1024)
def outline(text: str, weight: Weight) -> str:
    """SVG path data of ``text`` in font units, y upward, starting at the origin."""
    from fontTools.pens.svgPathPen import SVGPathPen  # type: ignore[import-untyped]
    from fontTools.pens.transformPen import TransformPen  # type: ignore[import-untyped]

    glyphs, names = _glyphs(weight)
    path = SVGPathPen(glyphs, ntos=lambda number: f"{number:g}")
    x = 0
    for character in text:
        glyph = glyphs[names[ord(character)]]
        glyph.draw(TransformPen(path, (1, 0, 0, 1, x, 0)))
        x += glyph.width
    return str(path.getCommands())


@lru_cache(maxsize=2)
def _glyphs(weight: Weight) -> tuple[Any, dict[int, str]]:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # only SVG needs it

    file = TTFont(FILES[weight])
    return file.getGlyphSet(), file.getBestCmap()


if __name__ == "__main__":
    print(",".join(f"U+{first:04X}-{last:04X}" for first, last in _spans()))
