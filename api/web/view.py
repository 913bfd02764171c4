"""What the consumer page shows, as plain frozen values: no HTML, no storage, no language.

The ledger fills a ``LotPage``; ``api/web/render.py`` turns it into Vietnamese or English. Three
rules shape the model:

* **Never more than was checked.** The verdict follows from its checks (``api/web/verdict.py``);
  nobody sets it.
* **Words of people stay theirs.** A ``str`` is what a record says and is shown as it stands; a
  ``Phrase`` is ours and is looked up in the catalogue of the reader's language.
* **Every field that the law asks for has its place**: the ten of Circular 02/2024/TT-BKHCN and
  the minimum of Decree 37/2026/NĐ-CP, Art. 32 (``LotPage``, ``Product``, ``Party``, ``Step``).
  What is not known stays empty and is not shown, or is named as not known.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from api.web.evidence import (
    Alert,
    Certificate,
    CertificateState,
    Correction,
    Dispute,
    Inspection,
    Notice,
    Proof,
)
from api.web.flow import Fact, Goods, Origin, Party, Picture, Place, Product, Step, StepKind
from api.web.province_map import Way
from api.web.verdict import Check, CheckKind, Outcome, State, Verdict
from api.web.words import Amount, Phrase, Value, Words
from traceability.ledger.scan_signs import Code

__all__ = [
    "Alert",
    "Amount",
    "Certificate",
    "CertificateState",
    "Check",
    "CheckKind",
    "Correction",
    "Dispute",
    "Fact",
    "Goods",
    "Home",
    "HomeLabel",
    "Inspection",
    "LotPage",
    "Mark",
    "Notice",
    "Origin",
    "Outcome",
    "Party",
    "Phrase",
    "Picture",
    "Place",
    "Problem",
    "Product",
    "ProductPage",
    "Proof",
    "Reason",
    "State",
    "Step",
    "StepKind",
    "Value",
    "Verdict",
    "Words",
]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a verdict that is not green, with what it means where a rule says so."""

    title: Words
    meaning: Words | None = None
    on: date | None = None
    stated: bool = False


_COMPLETING: Final = frozenset(
    {StepKind.HARVEST, StepKind.SORT, StepKind.PACK, StepKind.PROCESS, StepKind.ASSEMBLE}
)


@dataclass(frozen=True, slots=True)
class LotPage:
    """Everything that the page of one lot shows.

    ``path`` is this page's own path (``/01/…/10/…``), ``link`` the whole label URI, ``json_path``
    where machines read the same. ``restricted``: the GTIN is a restricted-circulation number of
    ``host`` and means nothing elsewhere. ``invented``: a demonstration with invented people.
    ``expired``: the last day to use it is over, in Vietnam. ``numbered``: its labels have serials
    of the ledger's. ``way`` is the map of its way, where its provinces are known.
    ``steps`` are in the order of the flow with parallel branches side by side (all harvests, then
    what happened to each …), so that like steps stand together and can be shown as one stage.
    """

    path: str
    link: str
    host: str
    json_path: str
    gtin: str
    lot: str
    product: Product
    verdict: Verdict
    producer: Party
    proof: Proof
    numbered: bool = False
    restricted: bool = False
    invented: bool = False
    made_on: date | None = None
    expires_on: date | None = None
    expired: bool = False
    shelf_life: str = ""
    origins: tuple[Origin, ...] = ()
    steps: tuple[Step, ...] = ()
    diary: tuple[Step, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    inspections: tuple[Inspection, ...] = ()
    alerts: tuple[Alert, ...] = ()
    notices: tuple[Notice, ...] = ()
    corrections: tuple[Correction, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    declared: tuple[Words, ...] = ()
    way: Way | None = None

    @property
    def harvest_dates(self) -> tuple[date, ...]:
        """Every day on which something in this lot was harvested, in order, each once."""
        return tuple(sorted({day for origin in self.origins for day in origin.harvested}))

    @property
    def origin_areas(self) -> tuple[str, ...]:
        """The communes that the lot comes from, each once."""
        areas = (origin.place.area for origin in self.origins)
        return tuple(dict.fromkeys(area for area in areas if area))

    @property
    def growing_areas(self) -> tuple[Place, ...]:
        """The places with a growing-area code, each code once."""
        return tuple(
            {
                origin.place.growing_area: origin.place
                for origin in self.origins
                if origin.place.growing_area
            }.values()
        )

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the verdict is not green: the checks that say so, or the open alerts behind them."""
        found: list[Reason] = []
        for check in self.verdict.decisive:
            behind = [
                Reason(alert.title, alert.meaning, alert.on, alert.stated)
                for alert in self.alerts
                if alert.regards is check.kind and alert.answered_on is None
            ]
            found += [each for each in behind or [Reason(check.text)] if each not in found]
        return tuple(found)

    @property
    def open_notices(self) -> tuple[Notice, ...]:
        return tuple(notice for notice in self.notices if notice.closed_on is None)

    @property
    def closed_notices(self) -> tuple[Notice, ...]:
        return tuple(notice for notice in self.notices if notice.closed_on is not None)

    @property
    def answered_alerts(self) -> tuple[Alert, ...]:
        return tuple(alert for alert in self.alerts if alert.answered_on is not None)

    @property
    def completed_in(self) -> Place | None:
        """Where the goods were last made what they are (Decree 37/2026: last completion)."""
        made = [step for step in self.steps if step.kind in _COMPLETING and step.place.area]
        return made[-1].place if made else None


#: ``packed`` ``not-yet`` ``void`` ``printed`` (how much was made is not disclosed): of this lot.
#: ``invented``: of no label of it. ``mistyped``: no serial at all. ``foreign``: the lot has no
#: labels of the ledger's. ``unchecked``: this server does not have the keys to tell.
#: ``withdrawn``: its key was stolen, so anybody may have made it. ``specimen``: of a sample that is
#: drawn before any label is printed.
MarkState = Literal[
    "packed",
    "not-yet",
    "void",
    "printed",
    "invented",
    "mistyped",
    "foreign",
    "unchecked",
    "withdrawn",
    "specimen",
]


@dataclass(frozen=True, slots=True)
class Mark:
    """A serial as it is printed on a label, and what it is worth. ``scans``: how often it was
    scanned before, since ``since``; ``signs``: that somebody else may carry it too."""

    serial: str
    state: MarkState
    scans: int = 0
    since: date | None = None
    signs: tuple[Code, ...] = ()

    @property
    def is_ours(self) -> bool:
        """Whether a label of the ledger's has this serial."""
        return self.state in ("packed", "not-yet", "void", "printed")

    @property
    def is_bad(self) -> bool:
        """Whether nobody should take goods for the lot's by this label, whatever the lot is."""
        return self.state in ("void", "invented", "mistyped", "withdrawn", "specimen")


@dataclass(frozen=True, slots=True)
class Problem:
    """A page for a label that leads to no lot: ``kind`` chooses its words.

    ``lot-unknown``: well formed, but nothing of it is on the ledger; ``unit-unknown``: nobody has
    packed a unit under this SSCC. ``link-malformed``, ``sscc-malformed``: the address itself is
    wrong, as ``reason`` says. ``unavailable``: the ledger cannot answer now. ``label``: the path of
    the label, where it names a lot; ``mark``: what is said of it, where it is bad.
    """

    kind: Literal[
        "lot-unknown",
        "link-malformed",
        "sscc-malformed",
        "unavailable",
        "label-ahead",
        "unit-unknown",
    ]
    path: str
    host: str
    gtin: str = ""
    lot: str = ""
    serial: str = ""
    sscc: str = ""
    contact: str = ""
    reason: str = ""
    label: str = ""
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A product whose lot is not said. ``example`` is the address that a lot code completes."""

    path: str
    json_path: str
    host: str
    gtin: str
    product: Product
    stated_by: Party
    example: str
    shelf_life: str = ""
    restricted: bool = False
    invented: bool = False


@dataclass(frozen=True, slots=True)
class UnitLot:
    """A lot in a crate or pallet, and the path of its page."""

    product: str
    lot: str
    path: str


@dataclass(frozen=True, slots=True)
class UnitPage:
    """A crate or pallet whose SSCC was scanned. ``inside``: how many units stand in it; ``copies``:
    how many other parties say that they gave the same number."""

    path: str
    host: str
    sscc: str
    kind: str
    state: str
    packed_by: Party
    lots: tuple[UnitLot, ...]
    inside: int = 0
    copies: int = 0
    invented: bool = False


@dataclass(frozen=True, slots=True)
class HomeLabel:
    """A label on the start page: its lot, and the path of its QR code's picture."""

    product: str
    producer: str
    gtin: str
    lot: str
    path: str
    qr_path: str
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A label of a demonstration to try: what its serial is worth, and where it leads."""

    state: str
    path: str
    serial: str


@dataclass(frozen=True, slots=True)
class Home:
    """The start page of a demonstration server."""

    host: str
    labels: tuple[HomeLabel, ...]
    verifier_key: str
    api_docs_path: str
    checkpoint_path: str = ""
    invented: bool = True
    samples: tuple[Sample, ...] = ()
