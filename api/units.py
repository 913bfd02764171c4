"""Crates and pallets for people and machines: their JSON, their page, their labels."""

from dataclasses import dataclass
from typing import Final, Literal

from api import schemas
from api.lot import Dates, check, dates_of, page_of, page_path
from api.names import party_shown, product_name
from api.pages import Made
from api.web.format import amount
from api.web.render import HTML, render_unit
from api.web.view import UnitLot, UnitPage
from api.web.words import Amount
from api.wishes import PDF, TEXT, require_dots
from labels.design import Design
from labels.design import Unit as OfRun
from labels.printing import Format, Sheets, print_run
from labels.sheets import single
from labels.tspl import Tspl
from labels.zpl import Zpl
from traceability.core.errors import LedgerError
from traceability.core.facts import Unit
from traceability.ledger.ledger import Ledger
from traceability.ledger.reading import Reading
from traceability.ledger.tokens import Principal
from traceability.ledger.units import Packing, scanned_unit, unit_of
from traceability.ledger.viewer import viewer_of
from traceability.settings import DEMO_LOG, Settings
from traceability.text import text

Form = Literal["pdf", "png", "svg", "zpl", "tspl"]
MEDIA: Final[dict[Form, str]] = {
    "pdf": PDF,
    "png": "image/png",
    "svg": "image/svg+xml",
    "zpl": TEXT,
    "tspl": TEXT,
}
_SECOND: Final = (("cache-control", "public, max-age=1"),)
_VARY: Final = ("vary", "Accept, Accept-Language, Accept-Encoding")


# -- for machines ----------------------------------------------------------------------------------
def unit_json(packing: Packing, is_public: bool = False) -> schemas.PackedUnit:
    """A unit; to anybody (``is_public``) without amounts, who holds it, and what else is packed
    with it."""
    one = packing.unit
    return schemas.PackedUnit(
        **_inside(one).model_dump(),
        state=packing.state,
        packed_by=one.party,
        holder=None if is_public or one.opened is not None else one.holder,
        stands_in=None if is_public or packing.outer is None else _inside(packing.outer),
        units=[] if is_public else [_inside(each) for each in packing.inner],
        contents=[
            schemas.UnitContent(
                gtin=each.product,
                lot=each.lot,
                quantity=None if is_public else each.quantity,
                count=None if is_public else each.count,
                href=page_path(each.product, each.lot),
            )
            for each in packing.contents
        ],
    )


def _inside(one: Unit) -> schemas.UnitName:
    return schemas.UnitName(record=one.name, number=one.number, sscc=one.sscc, kind=one.kind)


# -- for who scans ---------------------------------------------------------------------------------
def scanned_json(ledger: Ledger, sscc: str) -> Made:
    """What an SSCC says, as JSON. ``LedgerError("sscc.unknown")``."""
    with ledger.reading() as now:
        found, size = _scanned(now, sscc), now.head().size
    body = schemas.ScannedUnits(units=[unit_json(each, is_public=True) for each in found])
    return Made(body.to_json(), "application/json", size, 200, (*_SECOND, _VARY))


def scanned_page(ledger: Ledger, settings: Settings, sscc: str, language: str) -> Made:
    """The page of an SSCC: which lots lie in it. Raises as ``scanned_json``."""
    with ledger.reading() as now:
        found, size = _scanned(now, sscc), now.head().size
        first = found[0]
        page = UnitPage(
            path=f"/00/{sscc}",
            host=settings.domain,
            sscc=sscc,
            kind=first.unit.kind,
            state=first.state,
            packed_by=party_shown(now, first.unit.party),
            lots=tuple(
                UnitLot(
                    product_name(now, each.product, language),
                    each.lot,
                    page_path(each.product, each.lot),
                )
                for each in first.contents
            ),
            inside=len(first.inner),
            copies=len(found) - 1,
            invented=ledger.log == DEMO_LOG,
        )
    headers = (*_SECOND, _VARY, ("content-language", language))
    return Made(render_unit(page, language), HTML, size, 200, headers)


def _scanned(now: Reading, sscc: str) -> list[Packing]:
    found = scanned_unit(now, sscc)
    if not found:
        raise LedgerError("sscc.unknown", sscc=sscc)
    return found


# -- labels ----------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Look:
    """How a unit's label is drawn: dots per inch, size in mm (None: that of a pallet's label)."""

    form: Form
    dpi: int
    width: float | None
    height: float | None
    language: Literal["vi", "en"]


def known_unit(ledger: Ledger, name: str, asking: Principal) -> Packing:
    """A unit for who may know what is in it; ``LedgerError("unit.unknown")``."""
    with ledger.reading() as now:
        found = unit_of(now, name, viewer_of(asking))
    if found is None:
        raise LedgerError("unit.unknown", record=name)
    return found


def unit_label(ledger: Ledger, settings: Settings, packing: Packing, look: Look) -> bytes:
    """The label of a unit that has an SSCC. ``FormatError`` where it cannot be drawn: ``label.…``,
    ``print.…``."""
    one = packing.unit
    design = _design(ledger, settings, packing, look)
    if look.form in ("png", "zpl", "tspl"):
        require_dots((design.width_mm, design.height_mm), look.dpi)
    sscc = one.number if one.sscc else None
    of_run = OfRun(f"{settings.host}/00/{one.number if one.sscc else '0' * 18}", sscc=sscc)
    if look.form == "png":
        return design.png(of_run, look.dpi)
    if look.form == "svg":
        return design.svg(of_run).encode()
    return b"".join(part.data for part in print_run(design, iter([of_run]), _format(look, design)))


def _format(look: Look, design: Design) -> Format:
    if look.form == "zpl":
        return Zpl(look.dpi)
    if look.form == "tspl":
        return Tspl(look.dpi)
    return Sheets(single(design.width_mm, design.height_mm))


def _design(ledger: Ledger, settings: Settings, packing: Packing, look: Look) -> Design:
    language = look.language
    lots = packing.contents
    one = lots[0] if len(lots) == 1 else None
    dates = Dates()
    if one is not None:
        checked = check(ledger, one.product, one.lot)
        dates = dates_of(page_of(ledger, settings, checked, language))
    with ledger.reading() as now:
        names = [product_name(now, each.product, language) for each in lots]
        who = party_shown(now, packing.unit.party).name
    products = dict.fromkeys(names)
    mixed = text(language, "label.mixed", count=len(lots))
    return Design(
        kind="pallet",
        product_name=next(iter(products)) if len(products) == 1 else mixed,
        maker=who or settings.domain,
        gtin=one.product if one is not None else None,
        lot=one.lot if one is not None else None,
        quantity=_in_words(one.quantity, language) if one is not None else None,
        **dates._asdict(),
        width_mm=look.width or 0.0,
        height_mm=look.height or 0.0,
        language=language,
    )


def _in_words(quantity: str | None, language: str) -> str | None:
    if quantity is None:
        return None
    return amount(Amount.parse(quantity), language)
