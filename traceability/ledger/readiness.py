"""Before labels are printed: would what the symbol leads to be complete?

The ten fields that Circular 02/2024/TT-BKHCN asks to be published, as anybody sees them who scans
the label: read off the replay of the lot's public bundle (``core.verify``), and the alerts on its
way. What is missing has a code, a number of the circular's list where it belongs to one, and a text
in the catalogues, ``ready.<code>``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from traceability.core.ids import is_restricted
from traceability.core.verdicts import Report
from traceability.core.way import FLOW, Way
from traceability.ledger.alerts import AlertView, open_alerts

#: What may be missing, and the field of the circular that it is, 0 for none.
CODES: Final[dict[str, int]] = {
    "proof": 0,
    "product-name": 1,
    "picture": 2,
    "maker-name": 3,
    "address": 4,
    "stages": 5,
    "stage-place": 5,
    "time": 6,
    "restricted": 7,
    "brand": 8,
    "shelf-life": 9,
    "standards": 10,
    "declared": 0,
    "certificate": 0,
    "alerts": 0,
}
#: Asked for *if any*, or no fault of the record's: worth a look, and no reason not to print.
OPTIONAL: Final = frozenset({"restricted", "brand", "declared"})
#: Open alerts: they are no missing field, and each has a title of its own.
DOUBTS: Final = frozenset({"certificate", "alerts"})


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that is missing, so many times."""

    code: str
    count: int = 1

    @property
    def field(self) -> int:
        """The number of the circular's field, or 0."""
        return CODES[self.code]

    @property
    def needed(self) -> bool:
        """Whether the record is incomplete without it."""
        return self.code not in OPTIONAL


def lacks(report: Report, alerts: Iterable[AlertView], gtin: str, lot: str) -> tuple[Lack, ...]:
    """What is missing of a lot's record, in the order of ``CODES``. ``report``: of its public
    bundle; ``alerts``: all on its way."""
    state = report.state
    if state is None or not report.holds:
        return (Lack("proof"),)
    way = Way(report.records, state, (gtin, lot))
    product = state.product(gtin)
    found = {
        **_of_product(None if product is None else product.data, gtin, way),
        **_of_maker(way),
        **_of_stages(way),
        **_of_doubts(report, alerts),
    }
    return tuple(Lack(code, int(found[code])) for code in CODES if found.get(code))


def is_ready(found: Sequence[Lack]) -> bool:
    """Whether labels may be printed with a good conscience."""
    return not any(lack.needed for lack in found)


def _of_product(data: Any, gtin: str, way: Way) -> dict[str, int]:
    expires = any(
        make.expires and (make.product, make.lot) == way.lot
        for record in way.bodies
        for make in getattr(record, "makes", ())
    )
    claims = {claim for crop in way.crops for claim in crop.claims}
    return {
        "product-name": data is None,
        "picture": data is None or data.picture is None,
        "restricted": is_restricted(gtin),
        "brand": data is None or data.brand is None,
        "shelf-life": not expires
        and (data is None or (data.category == "food" and data.shelf_life is None)),
        "standards": not claims and (data is None or not data.standards),
    }


def _of_maker(way: Way) -> dict[str, int]:
    lot = way.state.lot(way.lot)
    maker = None if lot is None or lot.maker is None else way.state.party(lot.maker)
    address = None if maker is None else maker.address
    return {
        "maker-name": maker is None or not (maker.name or maker.shown),
        "address": address is None or not (address.province and address.commune),
    }


def _of_stages(way: Way) -> dict[str, int]:
    stages = [body for body in way.bodies if body.type in FLOW]
    own = [
        body
        for body in stages
        if any((make.product, make.lot) == way.lot for make in getattr(body, "makes", ()))
    ]
    nowhere = sum(
        body.place is None and not all(make.place for make in getattr(body, "makes", ()))
        for body in stages
        if body.type in ("harvest", "transform", "receive", "acquire")
    )
    return {"stages": not stages, "time": not own, "stage-place": nowhere}


def _of_doubts(report: Report, alerts: Iterable[AlertView]) -> dict[str, int]:
    doubts = open_alerts(alerts)
    papers = sum(alert.code.startswith("certificate.") for alert in doubts)
    declared = report.verdicts["origin"].code == "origin.declared"
    return {"certificate": papers, "alerts": len(doubts) - papers, "declared": declared}
