"""PDF written as it goes (ISO 32000-1): what has been written is forgotten, but for its place.

A library that holds the whole document needs memory for every label; here only the offsets of
objects remain, so that a million labels print as ten do. The bytes depend on what is drawn alone:
there is no date and no chance in them.

Objects are numbered as they come; the catalogue and the tree of pages, which are known last, have
the first two numbers.

What remains is little, and can be kept beside what was written (``mark``): from all marks another
process goes on with the document, and writes the very bytes that would have followed.
"""

import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from hashlib import sha256
from typing import Final

import orjson

from labels.pdf_font import Font, font_objects
from labels.picture import Picture
from labels.typeface import FILES, Weight

POINTS: Final = 72 / 25.4  # to a millimetre
_CATALOGUE, _PAGES = 1, 2
FONTS: Final[dict[Weight, str]] = {"regular": "F0", "strong": "F1"}


class Document:
    """A document that grows by pages; ``take`` hands out what has been written since."""

    def __init__(self, title: str, language: str, marks: Iterable[bytes] = ()) -> None:
        """``marks``: all that a document of the same title gave, to go on behind the last."""
        self._written: list[bytes] = []
        self._at = 0
        self._offsets = [0, 0, 0]  # by number; the first is the head of the list of free ones
        self._pages: list[int] = []
        self._once: dict[str, int] = {}
        self._marked = len(self._offsets), 0, 0
        self._title, self._language = title, language
        for mark in marks:
            self._recall(mark)
        if not self._at:
            self._write(b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n")
        self._fonts = self.once("fonts", self._all_fonts)

    def take(self) -> bytes:
        """What has been written since this was last asked."""
        data = b"".join(self._written)
        self._written.clear()
        return data

    def mark(self) -> bytes:
        """What has come to be known since this was last asked: where objects lie, which are pages,
        and those that are written once. Asked together with ``take``."""
        offsets, pages, once = self._marked
        self._marked = self._known
        told = {
            "at": self._at,
            "offsets": self._offsets[offsets:],
            "pages": self._pages[pages:],
            "once": dict(list(self._once.items())[once:]),
        }
        return orjson.dumps(told)

    def once(self, name: str, make: Callable[[], int]) -> int:
        """The number of an object that is made at first, however often it is asked for."""
        if name not in self._once:
            self._once[name] = make()
        return self._once[name]

    def form(self, drawing: bytes, size: tuple[float, float], uses: set[int]) -> int:
        """A drawing (in millimetres, y downward) that pages show by its number."""
        head = (
            f"/Type /XObject /Subtype /Form /BBox [0 0 {size[0]:g} {size[1]:g}] "
            f"/Resources {self._resources(uses)} "
        )
        return self.stream(head, drawing)

    def picture(self, picture: Picture) -> int:
        """An image, written once however often it is asked for."""
        head = (
            f"/Type /XObject /Subtype /Image /Width {picture.width} /Height {picture.height} "
            "/ColorSpace /DeviceRGB /BitsPerComponent 8 "
        )
        return self.once(_name(picture), lambda: self.stream(head, picture.pixels))

    def page(self, drawing: bytes, size: tuple[float, float], uses: set[int]) -> None:
        """A page of ``size`` mm with a drawing that shows the forms and images ``uses``."""
        width, height = (side * POINTS for side in size)
        upright = f"{POINTS:.6f} 0 0 {-POINTS:.6f} 0 {height:.4f} cm\n".encode()
        content = self.stream("", upright + drawing)
        box = f"[0 0 {width:.4f} {height:.4f}]"
        page = (
            f"<< /Type /Page /Parent {_PAGES} 0 R /MediaBox {box} /Contents {content} 0 R "
            f"/Resources {self._resources(uses)} >>"
        )
        self._pages.append(self.add(page.encode()))

    def finish(self) -> None:
        """The tree of pages, the catalogue and the table of all objects."""
        kids = " ".join(f"{number} 0 R" for number in self._pages)
        self._object(
            _PAGES, f"<< /Type /Pages /Count {len(self._pages)} /Kids [{kids}] >>".encode()
        )
        catalogue = (
            f"<< /Type /Catalog /Pages {_PAGES} 0 R /Lang {text_string(self._language)} "
            "/ViewerPreferences << /PrintScaling /None /DisplayDocTitle true >> >>"
        )
        self._object(_CATALOGUE, catalogue.encode())
        info = self.add(f"<< /Title {text_string(self._title)} >>".encode())
        start = self._at
        rows = "".join(f"{offset:010d} 00000 n \n" for offset in self._offsets[1:])
        self._write(
            f"xref\n0 {len(self._offsets)}\n0000000000 65535 f \n{rows}"
            f"trailer\n<< /Size {len(self._offsets)} /Root {_CATALOGUE} 0 R /Info {info} 0 R >>\n"
            f"startxref\n{start}\n%%EOF\n".encode()
        )

    def add(self, body: bytes) -> int:
        """An object; its number."""
        self._offsets.append(0)
        self._object(len(self._offsets) - 1, body)
        return len(self._offsets) - 1

    def stream(self, head: str, data: bytes) -> int:
        """A stream with these entries in its dictionary, compressed; its number."""
        packed = zlib.compress(data, 6)
        entries = f"<< {head}/Filter /FlateDecode /Length {len(packed)} >>\nstream\n"
        return self.add(entries.encode() + packed + b"\nendstream")

    @property
    def _known(self) -> tuple[int, int, int]:
        """How much a mark would have to say."""
        return len(self._offsets), len(self._pages), len(self._once)

    def _recall(self, mark: bytes) -> None:
        told = orjson.loads(mark)
        self._at = told["at"]
        self._offsets += told["offsets"]
        self._pages += told["pages"]
        self._once |= told["once"]
        self._marked = self._known

    def _all_fonts(self) -> int:
        fonts = {name: self._font(weight) for weight, name in FONTS.items()}
        listed = " ".join(f"/{name} {number} 0 R" for name, number in fonts.items())
        return self.add(f"<< {listed} >>".encode())

    def _font(self, weight: Weight) -> int:
        parts: Font = font_objects(FILES[weight])
        file = self.stream(f"/Length1 {len(parts.file)} ", parts.file)
        unicode = self.stream("", parts.to_unicode)
        descriptor = self.add(parts.descriptor(file).encode())
        descendant = self.add(parts.descendant(descriptor).encode())
        return self.add(parts.whole(descendant, unicode).encode())

    def _resources(self, uses: set[int]) -> str:
        shown = " ".join(f"/X{number} {number} 0 R" for number in sorted(uses))
        return f"<< /Font {self._fonts} 0 R /XObject << {shown} >> >>"

    def _object(self, number: int, body: bytes) -> None:
        self._offsets[number] = self._at
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, body))

    def _write(self, data: bytes) -> None:
        self._written.append(data)
        self._at += len(data)


@lru_cache(maxsize=8)
def _name(picture: Picture) -> str:
    return f"picture {picture.width} {sha256(picture.pixels).hexdigest()}"


def text_string(text: str) -> str:
    """A text for people, as PDF writes it: UTF-16 with its mark, in hexadecimal."""
    return f"<{(chr(0xFEFF) + text).encode('utf-16-be').hex().upper()}>"
