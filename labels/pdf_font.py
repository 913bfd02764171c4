"""Our fonts inside a PDF: whole, with the width of each glyph and the letter that it stands for.

A composite font with two-byte codes that are the glyphs' numbers (ISO 32000-1, section 9.7), and a
map back to Unicode (section 9.10), so that the text on a label can be searched and copied.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Font:
    """What the objects of one font say."""

    name: str
    file: bytes
    widths: tuple[int, ...]  # in thousandths of an em, by glyph
    codes: Mapping[str, str]  # letter -> its glyph's number as four hexadecimal digits
    box: tuple[int, int, int, int]
    ascent: int
    descent: int
    cap_height: int

    @property
    def to_unicode(self) -> bytes:
        """The map from codes to letters."""
        pairs = sorted(
            (code, letter.encode("utf-16-be").hex().upper()) for letter, code in self.codes.items()
        )
        blocks = "".join(
            f"{len(block)} beginbfchar\n"
            + "".join(f"<{code}> <{letter}>\n" for code, letter in block)
            + "endbfchar\n"
            for block in (pairs[at : at + 100] for at in range(0, len(pairs), 100))
        )
        return (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
            "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
            f"{blocks}endcmap CMapName currentdict /CMap defineresource pop end end\n"
        ).encode()

    def descriptor(self, file: int) -> str:
        """The font's measures; ``file`` is the number of the object that holds it."""
        box = " ".join(str(side) for side in self.box)
        return (
            f"<< /Type /FontDescriptor /FontName /{self.name} /Flags 32 /FontBBox [{box}] "
            f"/ItalicAngle 0 /Ascent {self.ascent} /Descent {self.descent} "
            f"/CapHeight {self.cap_height} /StemV 80 /FontFile2 {file} 0 R >>"
        )

    def descendant(self, descriptor: int) -> str:
        """The font by glyph numbers."""
        widths = " ".join(str(width) for width in self.widths)
        return (
            f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{self.name} "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/FontDescriptor {descriptor} 0 R /CIDToGIDMap /Identity /W [0 [{widths}]] >>"
        )

    def whole(self, descendant: int, to_unicode: int) -> str:
        """The font as text refers to it."""
        return (
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{self.name} /Encoding /Identity-H "
            f"/DescendantFonts [{descendant} 0 R] /ToUnicode {to_unicode} 0 R >>"
        )


@lru_cache(maxsize=2)
def font_objects(path: Path) -> Font:
    """The font in ``path``, a TrueType file of 1000 units to the em."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # only outlines need it

    font = TTFont(path)
    head, metrics = font["head"], font["hmtx"]
    order = font.getGlyphOrder()
    codes = {
        chr(point): f"{font.getGlyphID(name):04X}" for point, name in font.getBestCmap().items()
    }
    return Font(
        name=font["name"].getDebugName(6),
        file=path.read_bytes(),
        widths=tuple(metrics[name][0] for name in order),
        codes=codes,
        box=(head.xMin, head.yMin, head.xMax, head.yMax),
        ascent=font["hhea"].ascent,
        descent=font["hhea"].descent,
        cap_height=font["OS/2"].sCapHeight,
    )
