"""Labels of lots, drawn from what a verification of their public bundles finds."""

from dataclasses import dataclass
from typing import Final

from api.language import Language
from api.lot import check, dates_of, link_of, page_of
from api.pages import Made
from api.web.format import amount
from labels.label import LotLabel
from labels.qr import encode
from traceability.core.errors import LedgerError
from traceability.ledger.ledger import Ledger
from traceability.settings import Settings

_HOUR: Final = (("cache-control", "public, max-age=3600"), ("vary", "Accept-Language"))
_DAY: Final = (("cache-control", "public, max-age=86400"),)


@dataclass(frozen=True, slots=True)
class Look:
    """How a label is drawn: dots per inch, width in millimetres, in colour or not, language."""

    dpi: int
    width: int
    colour: bool
    language: Language


def label_png(ledger: Ledger, settings: Settings, gtin: str, lot: str, look: Look) -> Made:
    """A label as PNG. Raises ``FormatError("label.…")`` for what cannot be printed so."""
    label, size = _label(ledger, settings, gtin, lot, look)
    return Made(label.png(look.dpi, look.width, colour=look.colour), "image/png", size, 200, _HOUR)


def label_svg(ledger: Ledger, settings: Settings, gtin: str, lot: str, look: Look) -> Made:
    """A label as SVG."""
    label, size = _label(ledger, settings, gtin, lot, look)
    drawn = label.svg(look.width, colour=look.colour).encode()
    return Made(drawn, "image/svg+xml", size, 200, _HOUR)


def symbol_svg(ledger: Ledger, settings: Settings, gtin: str, lot: str) -> Made:
    """The symbol alone; ``lot.unknown`` where there is no such lot."""
    with ledger.reading() as now:
        if now.reader.lot((gtin, lot)) is None:
            raise LedgerError("lot.unknown", lot=lot)
    uri = link_of(settings, gtin, lot).uri
    return Made(encode(uri).svg(uri).encode(), "image/svg+xml", None, 200, _DAY)


def _label(
    ledger: Ledger, settings: Settings, gtin: str, lot: str, look: Look
) -> tuple[LotLabel, int]:
    language = look.language
    found = check(ledger, gtin, lot)
    page = page_of(ledger, settings, found, language)
    net, dates = page.product.net_content, dates_of(page)
    label = LotLabel(
        uri=link_of(settings, gtin, lot).uri,
        gtin=gtin,
        lot=lot,
        product_name=str(page.product.name),
        maker=page.producer.name or settings.domain,
        net_content=None if net is None else amount(net, language),
        **dates._asdict(),
        language=language,
    )
    return label, found.size
