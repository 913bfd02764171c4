"""The closure of a lot: all records that its bundle needs (DESIGN §3), found in the database.

``core.closure`` states what each record wants beside it. Here it is answered, with two kinds of
records: those on the lot's *way* (what it was made of, back to harvests and acquisitions, the
custody of a holding, late shipments, corrections) and the *evidence* beside it. Every want that is
public (leaf class 1) is answered for both, so that a verifier finds nothing left out. What is not
public is answered so far as it serves:

* diaries of a plot, for harvests on the way: of the 200 days before, and any that an alert names;
* inspections, of lots, records and plots on the way; of a plot, 200 days to either side of harvest;
* other harvests of a plot: where a yield is in doubt, those of the season;
* what opened or answered an alert of any record that is shown.

A lot that is named alone is meant as its maker made it; a holding of it adds the way to its holder.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from traceability.core import moment
from traceability.core.closure import wanted
from traceability.core.errors import LedgerError
from traceability.core.facts import Crop
from traceability.core.rules.budget import SURPLUS
from traceability.core.thresholds import DAY, FIRST
from traceability.ledger.holdings import key_of
from traceability.ledger.reading import Reading
from traceability.ledger.records import Kept, records_at
from traceability.ledger.trace import origins

DIARY_DAYS: Final = 200  #: before a harvest; longer than any pre-harvest interval in use
SEASON_DAYS: Final = 400  #: before a harvest; longer than any season
LIMIT: Final = 5_000  #: records on a way, beyond which it is cut

_STATED: Final = frozenset({"party", "consent", "place", "product"})


@dataclass(frozen=True, slots=True)
class Closure:
    """``indexes`` of all records, in log order; ``way``: those of them by which the target came to
    be. ``cut``: the way goes further back than was asked for."""

    indexes: tuple[int, ...]
    way: tuple[int, ...]
    cut: bool
    records: Mapping[int, Kept] = field(repr=False)


def closure(
    now: Reading,
    gtin: str,
    lot: str,
    holding: str | None = None,
    depth: int | None = None,
    limit: int = LIMIT,
) -> Closure:
    """The closure of a lot, or of one holding of it (``<digest>.<n>``); at most ``depth`` records
    back, and no further once ``limit`` records are on the way.

    Raises ``LedgerError``: ``lot.unknown``, ``holding.unknown`` (also for one of another lot).
    """
    start = [index for index, _ in origins(now, gtin, lot)]
    if not start:
        raise LedgerError("lot.unknown", lot=lot)
    if holding is not None:
        key = key_of(now, holding)
        held = now.reader.holding(key) if key is not None else None
        if held is None or held.lot_key != (gtin, lot):
            raise LedgerError("holding.unknown", holding=holding[:60])
        start.insert(0, held.index)
    return closure_of(now, start, depth, limit)


def closure_of(
    now: Reading, start: Iterable[int], depth: int | None = None, limit: int = LIMIT
) -> Closure:
    """The closure of the records at these indexes."""
    search = _Search(now, depth, limit)
    search.run(start)
    kept = _founded(search.records[index] for index in sorted(search.records))
    return Closure(tuple(kept), tuple(sorted(search.way)), search.cut, kept)


class _Search:
    """Takes all that is to be looked at, asks for what that wants, and goes on with the answers."""

    def __init__(self, now: Reading, depth: int | None, limit: int) -> None:
        self._now = now
        self._depth = depth
        self._limit = limit
        self.cut = False
        self.records: dict[int, Kept] = {}
        self.way: dict[int, int] = {}  # index -> steps from the target
        self._asked: set[tuple[str, str]] = set()

    def run(self, start: Iterable[int]) -> None:
        begun = list(dict.fromkeys(start))
        self.cut = len(begun) > self._limit
        self._next_way = dict.fromkeys(begun[: self._limit], 0)
        self._next: set[int] = {0, 1}
        while self._next_way or self._next:
            way, others = self._next_way, self._next
            self._next_way, self._next = {}, set()
            way = {index: steps for index, steps in way.items() if index not in self.way}
            others = {index for index in others if index not in self.records}
            self.way.update(way)
            fresh = sorted(others.union(way) - self.records.keys())
            self.records.update(records_at(self._now, fresh))
            self._registry(fresh)
            self._linked(fresh, way)
            self._alerted(fresh, way)
            self._drawn(way)
            self._farmed(way)

    # -- for all records: what is public about them, and what the rules look at ------------------
    def _registry(self, fresh: Iterable[int]) -> None:
        wants = {
            want for index in fresh for want in wanted(self.records[index].record)
        } - self._asked
        self._asked |= wants
        by_kind: dict[str, list[str]] = {}
        for kind, key in sorted(wants):
            by_kind.setdefault(kind, []).append(key)
        stated = [
            (kind, "rules" if kind == "rules" else key)
            for kind, key in wants
            if kind in _STATED or kind == "rules"
        ]
        among = self._now.among
        self._find(f"statement WHERE {among('kind', 'subject')}", stated)
        certificates = by_kind.get("certificates", ())
        self._find(f"statement WHERE kind = 'certificate' AND {among('party')}", certificates)
        self._find(f"party_key WHERE {among('party')}", by_kind.get("keys", ()))
        revoked = by_kind.get("revocation", ())
        self._find(f"party_key WHERE revoked IS NOT NULL AND {among('kid')}", revoked, "revoked")
        # What a correction, a dispute or a late shipment names; draws are looked at below.
        named = [
            name for index in fresh if (name := _names(self.records[index].record.body)) is not None
        ]
        self._next.update(entry.index for entry in self._now.reader.records(named).values())

    def _find(self, where: str, keys: Iterable[object], column: str = "idx") -> None:
        wanted_keys = list(keys)
        if wanted_keys:
            found = self._now.rows(
                f"SELECT {column} FROM {where}",  # noqa: S608
                self._now.pack(wanted_keys),
            )
            self._next.update(index for (index,) in found)

    def _linked(self, fresh: Iterable[int], way: Mapping[int, int]) -> None:
        """Who spoke of them later: corrections, disputes, confirmations; late shipments."""
        found = self._now.rows(
            f"SELECT about, idx, kind FROM link WHERE {self._now.among('about')}",  # noqa: S608
            self._now.pack({*fresh, *way}),
        )
        for about, index, kind in found:
            if about in way and kind in ("closes", "correct", "void"):
                self._next_way[index] = way[about]
            elif kind != "closes":
                self._next.add(index)

    def _alerted(self, fresh: Iterable[int], way: Mapping[int, int]) -> None:
        """What opened and answered their alerts; and what a harvest's alert speaks of."""
        doubted: list[int] = []
        for alert in self._now.reader.alerts({*fresh, *way}):
            key = alert.key
            if key.code == SURPLUS:  # labels are in no bundle; the ledger states this alone
                continue
            self._next.update({alert.opened, *(() if alert.closed is None else (alert.closed,))})
            if key.index in way and key.code == "harvest.interval":
                self._next.add(int(key.detail))
            elif key.index in way and key.code == "harvest.yield":
                doubted.append(key.index)
        places = {self.records[index].record.body.place for index in doubted}  # type: ignore[attr-defined]
        if doubted:
            crops = self._now.reader.crops(places)
            own = [crop for crop in crops if crop.index in doubted]
            self._next.update(
                crop.index for crop in crops if any(_of_season(crop, each) for each in own)
            )

    # -- for the way alone ----------------------------------------------------------------------
    def _drawn(self, way: Mapping[int, int]) -> None:
        """What they were made of."""
        steps_of: dict[int, int] = {}
        corrected: dict[str, int] = {}
        beyond: dict[str, int] = {}
        room = self._limit - len(self.way)  # for the records that these drew on
        for index, steps in sorted(way.items()):
            body: Any = self.records[index].record.body
            far = self._depth is not None and steps >= self._depth
            if body.type == "correct":
                # It draws on what it corrects, and a void makes anew what that drew on: neither can
                # lie beyond the cut.
                corrected[body.data.corrects] = steps_of[index] = steps
            elif not getattr(body, "draws", ()):
                continue
            elif far or room < 0:
                self.cut = True
                beyond.update((draw.from_[:43], steps + 1) for draw in body.draws)
            else:
                room -= len(body.draws)
                steps_of[index] = steps
        for entry in self._now.reader.records(corrected).values():
            steps = corrected[entry.name]
            self._next_way.setdefault(entry.index, steps)
            steps_of.setdefault(entry.index, steps)
        for entry in self._now.reader.records(beyond).values():
            if entry.type == "correct":  # public: it must not be left out
                self._next_way.setdefault(entry.index, beyond[entry.name])
        found = self._now.rows(
            f"SELECT DISTINCT idx, source_idx FROM draw WHERE {self._now.among('idx')}",  # noqa: S608
            self._now.pack(steps_of),
        )
        for index, source in found:
            steps = steps_of[index] + 1
            self._next_way[source] = min(steps, self._next_way.get(source, steps))

    def _farmed(self, way: Mapping[int, int]) -> None:
        """Diaries of the plots, and inspections of all on the way."""
        subjects: set[str] = set()
        harvests: dict[str, list[str]] = {}
        for index in way:
            record = self.records[index].record
            body: Any = record.body
            subjects.add(f"record:{record.name}")
            subjects.update(f"lot:{make.product}:{make.lot}" for make in getattr(body, "makes", ()))
            if body.type == "harvest":
                harvests.setdefault(body.place, []).append(moment.local_date(body.at))
        inspected = self._now.rows(
            f"SELECT idx FROM inspection WHERE {self._now.among('subject')}",  # noqa: S608
            self._now.pack(sorted(subjects)),
        )
        self._next.update(index for (index,) in inspected)
        if not harvests:
            return
        for entry in self._now.reader.diaries(harvests):
            if any(0 <= _days(entry.date, date) <= DIARY_DAYS for date in harvests[entry.place]):
                self._next.add(entry.index)
        visited = self._now.rows(
            "SELECT i.idx, i.subject, r.at FROM inspection i JOIN record r ON r.idx = i.idx"  # noqa: S608
            f" WHERE {self._now.among('i.subject')}",
            self._now.pack(f"place:{place}" for place in harvests),
        )
        for index, subject, at in visited:
            dates = harvests[subject.removeprefix("place:")]
            if any(abs(at - moment.parse_time(f"{date}T12:00:00+07:00")) <= DIARY_DAYS * DAY
                   for date in dates):  # fmt: skip
                self._next.add(index)


def _names(body: Any) -> str | None:
    """The record that a record speaks of, other than by a draw."""
    match body.type:
        case "correct":
            name: str | None = body.data.corrects
        case "dispute":
            name = body.data.record
        case "ship":
            name = body.data.closes
        case _:
            name = None
    return name


def _founded(records: Iterable[Kept]) -> dict[int, Kept]:
    """The records, in log order, without inspections of nothing that is among them: such as one
    that answered another by a subject which is not on the way."""
    known: set[object] = set()
    found: dict[int, Kept] = {}
    for kept in records:
        body: Any = kept.record.body
        if body.type == "inspect" and not any(
            subject in known
            for each in body.about
            for subject in ((each.product, each.lot), each.place, each.record, each.party)
        ):
            continue
        found[kept.index] = kept
        known.add(kept.record.name)
        known.update((make.product, make.lot) for make in getattr(body, "makes", ()))
        if body.type in ("party", "place"):
            known.add(getattr(body.data, body.type))
    return found


def _of_season(crop: Crop, doubted: Crop) -> bool:
    """Whether a harvest counts towards the yield of the season of another, as the rules see it."""
    if crop.place != doubted.place or crop.index > doubted.index:
        return False
    days = _days(crop.date, doubted.date)
    if abs(days) > SEASON_DAYS:
        return False
    if crop.season is not None and doubted.season is not None:
        return crop.season == doubted.season
    return abs(days) <= FIRST.season_days


def _days(first: str, second: str) -> int:
    return moment.days_between(first, second)
