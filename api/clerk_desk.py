"""What a cooperative's people see of complaints and of signs of copied labels: the values of the
pages under /app.

The same answers as the JSON API gives (``api.complaints``, ``ledger.lot_scans``), to the same
people.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from api import clerk
from api.complaints import Seen, listed, may_answer, may_erase, one, whose
from api.deps import Services
from api.lot import viewer_at
from api.web.format import in_vietnam
from traceability.ledger.complaints import Complaint, State
from traceability.ledger.labels import may_know
from traceability.ledger.lot_scans import (
    LabelScans,
    count_with_signs,
    lot_scans,
    lots_with_signs,
)
from traceability.ledger.pages import Page
from traceability.ledger.provinces import ABROAD, COUNTRY, NAMES
from traceability.ledger.scan_signs import HOUR
from traceability.ledger.tokens import Principal
from traceability.text import text

PAGE: Final = 20  #: complaints, or lots, of a page
OF_LOT: Final = 5  #: labels with signs that the page of a lot shows at once, and complaints
DAYS: Final = 4  #: days and places of a label that it shows, the latest
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for somebody: complaints without an answer, lots whose labels show signs."""

    complaints: int
    lots: int


@dataclass(frozen=True, slots=True)
class Case:
    """A complaint on a page. ``state``: ``seen`` where it was read and not answered; ``place`` is
    empty where nobody said any; ``in_ledger``: there is a page of its lot for who asks."""

    seen: Seen
    name: str
    created: datetime
    place: str
    state: str
    may_answer: bool
    may_erase: bool
    in_ledger: bool = False

    @property
    def told(self) -> Complaint:
        """The complaint itself."""
        return self.seen.complaint

    @property
    def answered(self) -> datetime | None:
        """When it was answered last."""
        return None if self.told.answered is None else in_vietnam(self.told.answered)

    @property
    def remarked(self) -> datetime | None:
        """When an auditor remarked last."""
        return None if self.told.remarked is None else in_vietnam(self.told.remarked)


@dataclass(frozen=True, slots=True)
class SignedLot:
    """A lot in the list of those with signs, and how many of its labels show any."""

    gtin: str
    lot: str
    name: str
    labels: int
    noticed: datetime


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label with signs: each by its text, with the hour since when; when and where it was counted
    lately, latest and most first, and how many such counts there are besides."""

    serial: str
    count: int
    signs: tuple[tuple[str, datetime], ...]
    days: tuple[tuple[date, str, int], ...]
    more: int


@dataclass(frozen=True, slots=True)
class LotReports:
    """What came in about a lot. ``scans`` of its labels, ``invented`` of serials that it has not;
    ``next``: the cursor of further ``suspects``; ``more``: there are further ``cases``."""

    scans: int
    invented: int
    suspects: tuple[Suspect, ...]
    next: str | None
    cases: tuple[Case, ...]
    more: bool


def waiting(using: Services, asking: Principal) -> Waiting:
    """What waits for who asks."""
    party = whose(asking)
    return Waiting(
        using.desk.complaints.open(party), count_with_signs(using.ledger.database, party)
    )


def cases(
    using: Services,
    asking: Principal,
    language: str,
    *,
    product: str | None = None,
    lot: str | None = None,
    state: State | None = None,
    after: str | None = None,
    limit: int,
) -> Page[Case]:
    """The complaints that somebody may see, newest first."""
    found = listed(
        using.desk.complaints, asking, product=product, lot=lot, state=state, after=after,
        limit=limit,
    )  # fmt: skip
    return Page(tuple(_case(using, asking, each, language) for each in found.items), found.next)


def case(using: Services, asking: Principal, id_: str, language: str) -> Case:
    """One complaint; ``complaint.unknown``."""
    seen = one(using.desk.complaints, asking, id_)
    return _case(using, asking, seen, language, in_ledger=_in_ledger(using, asking, seen.complaint))


def signed_lots(
    using: Services, asking: Principal, after: str | None, language: str
) -> Page[SignedLot]:
    """Lots whose labels show signs, those first in which one was noticed last."""
    ledger = using.ledger
    found = lots_with_signs(ledger.database, whose(asking), after, PAGE)
    items = tuple(
        SignedLot(
            each.product,
            each.lot,
            clerk.name_of(ledger, each.product, language),
            each.labels,
            in_vietnam(each.noticed),
        )
        for each in found.items
    )
    return Page(items, found.next)


def reports(
    using: Services, asking: Principal, gtin: str, lot: str, after: str | None, language: str
) -> LotReports:
    """What came in about a lot, for who may know how it goes with its labels; ``after``: the label
    after which to go on."""
    used = using.scans.used(gtin, lot)
    found = lot_scans(using.ledger.database, gtin, lot, used, after, OF_LOT)
    told = cases(using, asking, language, product=gtin, lot=lot, limit=OF_LOT)
    return LotReports(
        found.count,
        found.invented,
        tuple(_suspect(each, language) for each in found.suspects.items),
        found.suspects.next,
        told.items,
        told.next is not None,
    )


def place_name(place: str, language: str) -> str:
    """The name of a coarse place, of another country its code; empty where it is not known."""
    if place in NAMES or not place:
        return NAMES.get(place, "")
    if place == COUNTRY:
        return text(language, "clerk.signs.vietnam")
    abroad = text(language, "desk.place.abroad")
    return abroad if place == ABROAD else f"{abroad} ({place})"


def _case(
    using: Services, asking: Principal, seen: Seen, language: str, *, in_ledger: bool = False
) -> Case:
    told = seen.complaint
    return Case(
        seen,
        clerk.name_of(using.ledger, told.product, language),
        in_vietnam(told.created),
        place_name(told.place, language),
        "seen" if told.state == "open" and told.seen is not None else told.state,
        may_answer(asking, told),
        may_erase(asking, told),
        in_ledger,
    )


def _in_ledger(using: Services, asking: Principal, told: Complaint) -> bool:
    with using.ledger.reading() as now:
        entry = now.reader.lot_entry((told.product, told.lot))
        return entry is not None and may_know(
            now, entry, viewer_at(now, told.product, told.lot, asking)
        )


def _suspect(label: LabelScans, language: str) -> Suspect:
    return Suspect(
        label.serial,
        label.count,
        tuple((sign.key, in_vietnam(sign.hour * HOUR)) for sign in label.signs),
        tuple(_days(label, language)),
        max(0, len(label.days) - DAYS),
    )


def _days(label: LabelScans, language: str) -> Iterator[tuple[date, str, int]]:
    latest = sorted(label.days, key=lambda each: (-each.day, -each.count, each.place))
    for each in latest[:DAYS]:
        yield _EPOCH + timedelta(each.day), place_name(each.place, language), each.count
