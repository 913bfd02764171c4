"""What a cooperative's people see of the labels of their lots: the values of the pages under /app.

The same answers as the JSON API gives (``ledger.labels``, ``ledger.readiness``), for the same
people, in the order in which a clerk needs them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import orjson

from api.deps import Services
from api.lot import check, page_of, viewer_at
from api.names import party_shown, product_name
from api.pages import Made
from api.web.format import in_vietnam
from api.web.words import Amount
from traceability.core.errors import GocError, LedgerError
from traceability.core.facts import Lot
from traceability.core.quantity import Quantity
from traceability.ledger.alerts import open_alerts
from traceability.ledger.held import amount_text
from traceability.ledger.holdings import held_of_lot
from traceability.ledger.labels import LotLabels, Run, labels_of
from traceability.ledger.ledger import Ledger
from traceability.ledger.lots import is_known, lots, newest, sought
from traceability.ledger.readiness import DOUBTS, Lack, lacks
from traceability.ledger.reading import Reading
from traceability.ledger.tokens import Principal
from traceability.ledger.viewer import viewer_of

PAGE: Final = 10  #: lots of a page: the record of each is verified


@dataclass(frozen=True, slots=True)
class Findings:
    """What the record of a lot says of itself: what it lacks, the codes of the open alerts on its
    way and how often there is each, and its use-by date, where there is one."""

    lacks: tuple[Lack, ...] = ()
    alerts: tuple[tuple[str, int], ...] = ()
    expires: date | None = None

    @property
    def needed(self) -> tuple[Lack, ...]:
        """What must be published and is not there."""
        return tuple(lack for lack in self.lacks if lack.needed)

    @property
    def also(self) -> tuple[Lack, ...]:
        """What is worth a look."""
        return tuple(lack for lack in self.lacks if not lack.needed)


@dataclass(frozen=True, slots=True)
class Card:
    """A lot in the list. ``made`` of it in all, of which its maker holds ``held``, where that is
    known; ``found`` is None where it is still to be packed."""

    gtin: str
    lot: str
    name: str
    maker: str
    day: date | None
    printed: int
    room: Amount | None
    made: Amount | None
    held: Amount | None
    found: Findings | None


@dataclass(frozen=True, slots=True)
class Printed:
    """The labels of a record: so many of ``net`` content, of which some were voided. ``mine``: who
    asks may print and void them; ``withdrawn``: their key was, and none is printed any more."""

    record: str
    day: date
    count: int
    net: str
    voided: int
    mine: bool
    withdrawn: bool

    @property
    def left(self) -> int:
        """How many are there to be printed."""
        return self.count - self.voided


@dataclass(frozen=True, slots=True)
class Page:
    """A lot and its labels. ``made`` of it in all, of which its maker holds ``held``; ``left``: how
    many more labels there may be of ``net``, where that is known; ``found`` is None where the lot
    is still to be packed; ``mine``: who asks may make more."""

    gtin: str
    lot: str
    name: str
    maker: str
    day: date | None
    today: date
    found: Findings | None
    made: Amount | None
    held: Amount | None
    printed: int
    voided: int
    packed: int | None
    waiting: int | None
    left_over: int | None
    room: Amount | None
    net: str | None
    left: int | None
    runs: tuple[Printed, ...]
    mine: bool
    party: str

    @property
    def is_gone(self) -> bool:
        """Whether its maker holds nothing of it any more: whose labels would these be?"""
        return self.found is not None and self.held is not None and not self.held.value

    @property
    def is_stale(self) -> bool:
        """Whether its use-by date is past."""
        expires = None if self.found is None else self.found.expires
        return expires is not None and expires < self.today

    @property
    def withdrawn(self) -> int:
        """How many labels stand whose key was withdrawn."""
        return sum(run.left for run in self.runs if run.withdrawn)

    def run(self, record: str) -> Printed:
        """The labels of a record; ``label.unknown``."""
        for each in self.runs:
            if each.record == record:
                return each
        raise LedgerError("label.unknown", record=record, lot=self.lot)


def who(ledger: Ledger, asking: Principal) -> tuple[str, str]:
    """Who signed in: the party's name (or the token's), and the key of the word for the role."""
    if asking.party is None:
        kind = "auditor" if asking.has("audit") else "admin"
        return asking.name, f"cli.token.{kind}"
    with ledger.reading() as now:
        name = party_shown(now, asking.party).name
    return name or asking.name, f"cli.token.role.{asking.role}"


def cards(
    using: Services, asking: Principal, after: str | None, language: str, wanted: str = ""
) -> tuple[list[Card], str | None]:
    """A page of lots: a party's own, newest first; all, by product, for who sees all; those that
    are ``wanted`` (``ledger.lots.sought``), where anything is. With the cursor of the next page.
    What the record of each says is not in it yet."""
    ledger, viewer = using.ledger, viewer_of(asking)
    with ledger.reading() as now:
        if wanted:
            found = sought(now, wanted, asking.party, limit=PAGE)
        elif asking.party is not None:
            found = newest(now, asking.party, after=after, limit=PAGE)
        else:
            found = lots(now, after=after, limit=PAGE)
        time = ledger.clock()
        made = []
        for each in found.items:
            labels = labels_of(now, *each.key, viewer, time)
            made.append(
                Card(
                    *each.key,
                    name=product_name(now, each.product, language),
                    maker="" if asking.party is not None else party_shown(now, _maker(each)).name,
                    day=_day(each.opened),
                    printed=0 if labels is None else labels.printed - labels.voided,
                    room=None if labels is None else amount_of(labels.room),
                    made=None if labels is None else _amount(each.made, each),
                    held=None if labels is None else _held(now, each),
                    found=Findings() if each.opened else None,
                )
            )
    return made, found.next


def is_anothers(using: Services, code: str) -> bool:
    """Whether a lot that is none of one's own is there all the same; anybody may know that."""
    with using.ledger.reading() as now:
        return is_known(now, code)


async def findings(using: Services, gtin: str, lot: str) -> Findings:
    """What the record of a lot says, as its public bundle does: kept as its page is."""
    kept = await using.pages.get(("ready", gtin, lot), lambda: _findings(using, gtin, lot))
    said = orjson.loads(kept.plain.body)
    return Findings(
        tuple(Lack(code, count) for code, count in said["lacks"]),
        tuple((code, count) for code, count in said["alerts"]),
        None if said["expires"] is None else date.fromisoformat(said["expires"]),
    )


def _findings(using: Services, gtin: str, lot: str) -> Made:
    found = check(using.ledger, gtin, lot)
    lacking = lacks(found.report, found.alerts, gtin, lot)
    alerts = Counter(alert.code for alert in open_alerts(found.alerts))
    known = found.way is not None and found.report.checkpoint is not None
    page = page_of(using.ledger, using.settings, found, "vi") if known else None
    said = {
        "lacks": [(lack.code, lack.count) for lack in lacking if lack.code not in DOUBTS],
        "alerts": sorted(alerts.items()),
        "expires": None if page is None else page.expires_on,
    }
    return Made(orjson.dumps(said), "application/json", found.size, topics=found.topics)


def page(using: Services, gtin: str, lot: str, asking: Principal, language: str) -> Page:
    """A lot as its page shows it, but for what its record says (``whole``). ``lot.unknown`` where
    it is none that who asks may know of."""
    ledger = using.ledger
    withdrawn = ledger.label_keys.withdrawn()
    with ledger.reading() as now:
        labels = labels_of(now, gtin, lot, viewer_at(now, gtin, lot, asking), ledger.clock())
        entry = now.reader.lot_entry((gtin, lot))
        if labels is None or entry is None:
            raise LedgerError("lot.unknown", lot=lot)
        party = _maker(entry)
        times = _times(now, labels.runs)
        net = _net(now, gtin, labels)
        room = amount_of(labels.room)
        return Page(
            gtin,
            lot,
            name=product_name(now, gtin, language),
            maker=party_shown(now, party).name,
            day=_day(entry.opened),
            today=in_vietnam(ledger.clock()).date(),
            found=Findings() if entry.opened else None,
            made=_amount(entry.made, entry),
            held=_held(now, entry),
            printed=labels.printed,
            voided=labels.voided,
            packed=labels.packed,
            waiting=labels.waiting,
            left_over=labels.left_over,
            room=room,
            net=net,
            left=_left(labels, net),
            runs=tuple(
                Printed(
                    run.label.name,
                    times[run.label.index],
                    run.label.count,
                    run.label.net,
                    run.voided,
                    may_sign(ledger, asking, run.label.party),
                    run.label.key in withdrawn,
                )
                for run in reversed(labels.runs)
            ),
            mine=may_sign(ledger, asking, party),
            party=party,
        )


async def whole(using: Services, gtin: str, lot: str, asking: Principal, language: str) -> Page:
    """A lot with what its record says. Raises as ``page``."""
    found = await using.threads.run(page, using, gtin, lot, asking, language)
    if found.found is None:
        return found
    return replace(found, found=await findings(using, gtin, lot))


def name_of(ledger: Ledger, gtin: str, language: str) -> str:
    """A product's name."""
    with ledger.reading() as now:
        return product_name(now, gtin, language)


def may_sign(ledger: Ledger, asking: Principal, party: str) -> bool:
    """Whether who asks may sign labels of a party."""
    try:
        asking.require_writing(party, "label", ledger.operator)
    except GocError:
        return False
    return True


def amount_of(quantity: str | None) -> Amount | None:
    """A quantity as people read it."""
    return None if quantity is None else Amount.parse(quantity)


def _amount(base: int | None, lot: Lot) -> Amount | None:
    return None if lot.unit is None else amount_of(amount_text(base, lot.unit))


def _held(now: Reading, lot: Lot) -> Amount | None:
    return _amount(held_of_lot(now, _maker(lot), *lot.key), lot)


def _net(now: Reading, gtin: str, labels: LotLabels) -> str | None:
    """The content of the last labels of the lot, else that of the product."""
    if labels.runs:
        return labels.runs[-1].label.net
    stated = now.reader.statements("product", gtin)
    return stated[-1].data.net_content if stated else None


def _left(labels: LotLabels, net: str | None) -> int | None:
    """How many more labels of ``net`` there may be, where room and content are measured alike."""
    if labels.left is not None or labels.room is None or net is None:
        return labels.left
    room, each = Quantity.parse(labels.room), Quantity.parse(net)
    return room.base // each.base if room.dimension is each.dimension else None


def _times(now: Reading, runs: Sequence[Run]) -> Mapping[int, date]:
    found = now.rows(
        f"SELECT idx, time FROM record WHERE {now.among('idx')}",  # noqa: S608
        now.pack({run.label.index for run in runs}),
    )
    return {idx: in_vietnam(time).date() for idx, time in found}


def _maker(lot: Lot) -> str:
    return lot.maker or lot.labeller or ""


def _day(opened: int) -> date | None:
    return in_vietnam(opened).date() if opened else None
