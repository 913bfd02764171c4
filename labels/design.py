"""Designs: what all labels of a run have in common, and how one of them is drawn.

Three kinds. The *retail* sticker goes on what a buyer takes home; the *crate* label is the same
composition, larger, with the lot among the facts and a symbol for reading at arm's length; the
*pallet* label carries the SSCC as GS1-128. Each label of a run has its own ``Unit``: an address,
with a serial or an SSCC. A design is laid out once for all units whose symbol and serial take
the same room, so that a run costs little more than its symbols.
"""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final, Literal

from labels import raster, vector
from labels.bounds import Language, check_dpi, check_side, checked_text, day, days
from labels.column import COMFORT, Content
from labels.digital_link import read
from labels.encoders import Encoder, encode_bulk, gs1_128
from labels.layout import arrange
from labels.logistic import arrange_pallet
from labels.picture import Picture
from labels.qr import AIM_MODULE, Correction, Symbol
from labels.scene import Scene
from labels.typeface import blanks, clean, has_blanks
from traceability.core.errors import FormatError
from traceability.core.ids import gtin14, is_lot, is_restricted, sscc
from traceability.text import text

Kind = Literal["retail", "crate", "pallet"]

SIZES: Final[dict[Kind, tuple[float, float]]] = {
    "retail": (63.5, 38.1),
    "crate": (100.0, 70.0),
    "pallet": (105.0, 148.0),
}
LONGEST_MARK: Final = 24
MOST_MARKS: Final = 4
_COMFORT: Final[dict[Kind, float]] = {"retail": COMFORT, "crate": 0.99, "pallet": 0.99}


@dataclass(frozen=True, slots=True)
class Unit:
    """One label of a run: the address in its symbol, and the serial or SSCC that is in it."""

    uri: str
    serial: str | None = None
    sscc: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """The room that a unit takes: modules of its symbol, and blanks for its serial.

    ``letters`` are the serial or the SSCC itself where a layout serves this unit only.
    """

    side: int
    host: str
    letters: str


@dataclass(frozen=True, slots=True)
class Setting:
    """A unit set on its label.

    Scenes with the same ``key`` have one ``template`` and differ in symbols and serial alone.
    """

    key: Key
    scene: Scene
    template: Scene

    @property
    def shared(self) -> bool:
        """Whether others may have the same template: only then is it worth keeping."""
        return not self.key.letters or has_blanks(self.key.letters)


@dataclass(frozen=True, slots=True)
class Design:
    """What every label of a run says; all of it is checked here, but for what a unit brings.

    ``gtin`` (8 to 14 digits) and ``lot`` must be those in a unit's address; the goods of a pallet
    may be mixed, without either. ``net_content`` and ``quantity`` are written as they are to be
    read; it was harvested from ``harvest_since`` to ``harvest_date``. ``marks`` are words such as
    "VietGAP", which a caller gives only where a certificate covers the goods. Sizes are in
    millimetres, by default ``SIZES``.
    """

    kind: Kind
    product_name: str
    maker: str
    gtin: str | None = None
    lot: str | None = None
    net_content: str | None = None
    quantity: str | None = None
    harvest_since: date | None = None
    harvest_date: date | None = None
    packed_date: date | None = None
    use_by: date | None = None
    marks: tuple[str, ...] = ()
    picture: Picture | None = None
    width_mm: float = 0.0
    height_mm: float = 0.0
    restricted: bool = False
    language: Language = "vi"
    correction: Correction = "M"

    def __post_init__(self) -> None:
        width, height = SIZES[self.kind]
        object.__setattr__(self, "width_mm", self.width_mm or width)
        object.__setattr__(self, "height_mm", self.height_mm or height)
        for side in (self.width_mm, self.height_mm):
            check_side(side)
        if self.gtin is not None:
            object.__setattr__(self, "gtin", gtin14(self.gtin))
            known = self.restricted or is_restricted(gtin14(self.gtin))
            object.__setattr__(self, "restricted", known)
        if (self.gtin is None or self.lot is None) and self.kind != "pallet":
            raise FormatError("label.mismatch", "/gtin" if self.gtin is None else "/lot")
        if self.lot is not None and not is_lot(self.lot):
            raise FormatError("link.value", "/lot", ai="10")
        for name in ("product_name", "maker", "net_content", "quantity"):
            value: str | None = getattr(self, name)
            if value is None:
                continue
            object.__setattr__(self, name, checked_text(value, name))
        marks = tuple(clean(mark) for mark in self.marks)
        if len(marks) > MOST_MARKS or not all(0 < len(mark) <= LONGEST_MARK for mark in marks):
            raise FormatError("label.marks", "/marks", limit=MOST_MARKS, longest=LONGEST_MARK)
        object.__setattr__(self, "marks", marks)

    def set(self, unit: Unit, dpi: int | None, encoder: Encoder = encode_bulk) -> Setting:
        """Where everything stands on the label of ``unit``; ``dpi`` is ``None`` for outlines.

        ``label.mismatch`` where the unit's address leads elsewhere than the label says.
        """
        host = self._check(unit)
        symbol = encoder(unit.uri, self.correction)
        own = (unit.sscc if self.kind == "pallet" else unit.serial) or ""
        letters = blanks(own) if own and self.kind != "pallet" else own
        for waiting in dict.fromkeys((letters, own)):  # the second where the blanks are too narrow
            key = Key(symbol.side, host, waiting)
            template = _template(self, key, dpi)
            scene = template.filled(symbol, None, own)
            if scene is not None:
                break
        else:  # what is laid out with its own letters has no blanks
            raise AssertionError(own)
        title, description = self._words_for(unit)
        return Setting(key, replace(scene, title=title, description=description), template)

    def png(self, unit: Unit, dpi: int = 300, *, colour: bool = True) -> bytes:
        """The label of ``unit`` as a PNG; without ``colour``, of black and white dots."""
        check_dpi(dpi)
        return raster.png(self.set(unit, dpi).scene, dpi, colour=colour)

    def svg(self, unit: Unit, *, colour: bool = True) -> str:
        """The label of ``unit`` as an SVG document; letters are outlines."""
        return vector.svg(self.set(unit, None).scene, colour=colour)

    def _check(self, unit: Unit) -> str:
        """The host of the unit's address, which must lead to what the label says."""
        if self.kind == "pallet" and unit.sscc is None:
            raise FormatError("label.no-sscc", "/sscc")
        link = read(unit.uri)
        gtin = link.value("01")
        told: tuple[str | None, ...] = (gtin, link.value("10"), link.value("21"))
        meant: tuple[str | None, ...] = (self.gtin, self.lot, unit.serial)
        if link.path[0].ai == "00":
            told, meant = (link.value("00"),), (unit.sscc and sscc(unit.sscc),)
        elif self.kind == "pallet":
            told, meant = told[:2], (self.gtin, self.lot)
            sscc(unit.sscc or "")
        if told != meant:
            raise FormatError("label.mismatch", "/uri")
        return link.stem.partition("://")[2].partition("/")[0]

    def _content(self, key: Key) -> Content:
        facts = {
            "lot": self.lot if self.kind != "retail" else None,
            "net-content": self.net_content,
            "quantity": self.quantity,
            "harvested": days(self.harvest_since, self.harvest_date),
            "packed": day(self.packed_date),
            "use-by": day(self.use_by),
        }
        serial = "" if self.kind == "pallet" else key.letters
        numbers = (("01", self.gtin), ("10", self.lot))  # the serial stands under the symbol
        note = self._say("restricted", host=key.host) if self.restricted else ""
        return Content(
            symbol=Symbol("", ((False,) * key.side,) * key.side),
            name=self.product_name,
            maker=self.maker,
            facts=tuple((self._say(what), value) for what, value in facts.items() if value),
            numbers=tuple((ai, value) for ai, value in numbers if value),
            call=self._say("scan"),
            host=key.host,
            note=note,
            code=serial,
            marks=self.marks,
            picture=self.picture,
            comfort=_COMFORT[self.kind],
            aim=AIM_MODULE,
        )

    def _words_for(self, unit: Unit) -> tuple[str, str]:
        """Title and description, for who cannot see the label."""
        about = {"product": self.product_name, "lot": self.lot, "sscc": unit.sscc}
        title = self._say("pallet-title" if self.kind == "pallet" else "svg-title", **about)
        return title, self._say("svg-description", maker=self.maker, uri=unit.uri)

    def _say(self, key: str, /, **params: object) -> str:
        return text(self.language, f"label.{key}", **params)


@lru_cache(maxsize=32)
def _template(design: Design, key: Key, dpi: int | None) -> Scene:
    content, size = design._content(key), (design.width_mm, design.height_mm)
    if design.kind == "pallet":
        bars = gs1_128(f"(00){key.letters}")
        return arrange_pallet(content, bars, size, dpi, "", design.language)
    return arrange(content, *size, dpi, "", "", design.language)
