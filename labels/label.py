"""The label of a lot: the symbol that leads to its origin, and what people read without a phone.

The symbol carries exactly the URI that is given. What stands beside it in words is checked
against that URI, so that no label can say one lot and lead to another.
"""

from dataclasses import dataclass
from datetime import date

from labels import raster, vector
from labels.bounds import Language, check_dpi, check_side, checked_text, day, days
from labels.column import Content
from labels.digital_link import DigitalLink
from labels.layout import arrange
from labels.qr import Correction, encode
from labels.scene import Scene
from traceability.core.errors import FormatError
from traceability.core.ids import gtin14, is_restricted
from traceability.text import text


@dataclass(frozen=True, slots=True)
class LotLabel:
    """What one label says; it draws itself as PNG or SVG.

    ``uri`` is the GS1 Digital Link of the symbol; ``gtin`` (8 to 14 digits), ``lot`` and
    ``serial`` must be the ones in it (``label.mismatch``). ``net_content`` is written as it is
    to be read, such as "1,5 kg". Numbers from a restricted range, or marked ``restricted``, get
    a line that says at which host they hold.
    """

    uri: str
    gtin: str
    lot: str
    product_name: str
    maker: str
    serial: str | None = None
    net_content: str | None = None
    harvest_since: date | None = None
    harvest_date: date | None = None
    packed_date: date | None = None
    use_by: date | None = None
    restricted: bool = False
    language: Language = "vi"
    correction: Correction = "M"

    def __post_init__(self) -> None:
        link = DigitalLink.parse(self.uri)
        object.__setattr__(self, "gtin", gtin14(self.gtin))
        if (link.gtin, link.lot, link.serial) != (self.gtin, self.lot, self.serial):
            raise FormatError("label.mismatch", "/uri")
        object.__setattr__(self, "restricted", self.restricted or is_restricted(self.gtin))
        for field in ("product_name", "maker", "net_content"):
            value: str | None = getattr(self, field)
            if value is None:
                continue
            object.__setattr__(self, field, checked_text(value, field))

    def png(
        self,
        dpi: int = 300,
        width_mm: float = 50,
        height_mm: float | None = None,
        *,
        colour: bool = True,
    ) -> bytes:
        """The label as a PNG of ``width_mm`` at ``dpi``, as high as it needs or ``height_mm``.

        Without ``colour`` it is of black and white dots only, for a thermal printer. Modules are
        whole dots and never under GS1's 0.396 mm. ``label.too-narrow``, ``label.too-low`` and
        ``label.size`` say what cannot be printed.
        """
        check_dpi(dpi)
        return raster.png(self.scene(dpi, width_mm, height_mm), dpi, colour=colour)

    def svg(
        self, width_mm: float = 50, height_mm: float | None = None, *, colour: bool = True
    ) -> str:
        """The label as an SVG document with title and description; letters are outlines."""
        return vector.svg(self.scene(None, width_mm, height_mm), colour=colour)

    def scene(self, dpi: int | None, width_mm: float, height_mm: float | None = None) -> Scene:
        """Where everything stands at this size; ``dpi`` is ``None`` for outlines."""
        for side in (width_mm, height_mm):
            if side is not None:
                check_side(side)
        content = self._content()
        title = self._say("svg-title", product=self.product_name, lot=self.lot)
        description = self._say("svg-description", maker=self.maker, uri=self.uri)
        return arrange(content, width_mm, height_mm, dpi, title, description, self.language)

    def _content(self) -> Content:
        host = DigitalLink.parse(self.uri).domain
        facts = (
            ("net-content", self.net_content),
            ("harvested", days(self.harvest_since, self.harvest_date)),
            ("packed", day(self.packed_date)),
            ("use-by", day(self.use_by)),
        )
        numbers = (("01", self.gtin), ("10", self.lot), ("21", self.serial))
        return Content(
            symbol=encode(self.uri, self.correction),
            name=self.product_name,
            maker=self.maker,
            facts=tuple((self._say(key), value) for key, value in facts if value),
            numbers=tuple((ai, value) for ai, value in numbers if value),
            call=self._say("scan"),
            host=host,
            note=self._say("restricted", host=host) if self.restricted else "",
        )

    def _say(self, key: str, /, **params: object) -> str:
        return text(self.language, f"label.{key}", **params)
