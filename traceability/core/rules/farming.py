"""Farming: yields, pre-harvest intervals, diaries (DESIGN §2, rules that warn).

* A harvest beyond what the plot can bear in a season is marked: the running sum of what the plot
  gave that season against hectares times the crop's threshold.
* A harvest within the pre-harvest interval (thời gian cách ly) of a spraying is marked; a spraying
  of day *d* with an interval of *k* days is over on day *d + k*. When a diary entry arrives late,
  or is corrected, the harvests of its plot are judged again: what a belated paper answers is
  closed, visibly, and a correction of a spraying before a harvest that is on the ledger is itself
  marked.
* Entries that repeat one dose and interval for several different inputs look copied.
Only a plot's last 200 harvests are looked at, so that no plot grows slow. Of its diary every
interval counts, however many entries came since: no number of them washes a spraying away.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple, TypeVar

from traceability.core import moment, quantity
from traceability.core.facts import AlertKey, Crop, DiaryEntry
from traceability.core.quantity import Dimension, Quantity
from traceability.core.rules.case import Case
from traceability.core.rules.papers import settle
from traceability.core.rules.timing import day_of

LAST: Final = 200
SPRAYS: Final = frozenset({"pesticide", "treatment", "vaccination"})
_CODES: Final = ("harvest.interval", "harvest.yield")


class Interval(NamedTuple):
    """From the day ``start`` of a spraying until before ``end``, nothing is to be harvested."""

    start: str
    end: str
    entry: int


def intervals(diaries: Iterable[DiaryEntry]) -> list[Interval]:
    """The pre-harvest intervals of a diary."""
    return [
        Interval(each.date, _after(each.date, each.phi), each.index)
        for each in diaries
        if each.phi and each.activity in SPRAYS and not each.void
    ]


def _after(date: str, days: int) -> str:
    return (moment.parse_date(date) + timedelta(days)).isoformat()


def judge_crop(case: Case, crop: Crop, crops: Sequence[Crop], closed: Sequence[Interval]) -> None:
    """Brings a harvest's farming alerts up to date with the plot's harvests and the intervals of
    its diary. Of one that was corrected to nothing there is nothing to say."""
    wanted = {
        ("harvest.interval", str(entry)) for start, end, entry in closed if start <= crop.date < end
    }
    if crop.amount == 0:
        wanted = set()
    elif _beyond_yield(case, crop, crops):
        wanted.add(("harvest.yield", ""))
    settle(case, crop, _CODES, wanted, None)


def judge_place(
    case: Case, place: str, crops: Iterable[Crop] = (), diaries: Iterable[DiaryEntry] = ()
) -> None:
    """Judges a plot's harvests again with ``crops`` and ``diaries`` restated or new."""
    crops, diaries = list(crops), list(diaries)
    all_crops = _with(case.state.crops_at(place)[-LAST:], crops)
    closed = intervals(_with(case.state.diaries_at(place), diaries))
    for crop in all_crops:
        judge_crop(case, crop, all_crops, closed)


def enter_diary(case: Case) -> None:
    """A new diary entry: who may write it, and what it changes for the plot's harvests."""
    body, data = case.body, case.body.data
    check_farmed(case, body.place)
    check_amounts(data)
    entry = DiaryEntry(
        case.index,
        body.place,
        case.acting,
        day_of(case, body.at, body.place),
        data.activity,
        data.input,
        data.dose,
        data.phi,
    )
    case.effects.diaries.append(entry)
    if entry.activity in SPRAYS:
        _judge_entry(case, entry)
        judge_place(case, body.place, diaries=[entry])


def restate_diary(case: Case, before: DiaryEntry, after: DiaryEntry) -> None:
    """A corrected diary entry takes the place of the old one; it cannot vanish unseen."""
    case.effects.diaries.append(after)
    since = min(before.date, after.date)
    if before.activity in SPRAYS and any(
        crop.date >= since for crop in case.state.crops_at(before.place)[-LAST:]
    ):
        case.effects.opened.append(
            AlertKey(before.index, -1, "diary.restated-after-harvest", str(case.index))
        )
    _judge_entry(case, after)
    judge_place(case, before.place, diaries=[after])


def check_amounts(data: Any) -> None:
    """The amounts of a diary entry are quantities."""
    for member in ("amount", "area"):
        text = getattr(data, member)
        if text is not None:
            Quantity.parse(text)


def check_farmed(case: Case, place: str) -> None:
    """The plot, pond, house or herd must be the acting party's own."""
    statement = case.state.place(place)
    if statement is None:
        case.refuse("place.unknown", "/place", place=place)
    if not case.state.stands_for(case.acting, statement.party):
        case.refuse("place.not-own", "/place", place=place)


def _beyond_yield(case: Case, crop: Crop, crops: Sequence[Crop]) -> bool:
    product = case.state.product(crop.product)
    place = case.state.place(crop.place)
    if product is None or place is None or place.data.area is None:
        return False
    limit = case.state.thresholds.yields.get(product.data.crop or "")
    if limit is None:
        return False
    area = Quantity.parse(place.data.area)
    hectare = quantity.unit("HAR").base
    bearable = limit * quantity.unit("KGM").base * area.base // hectare
    gathered, last = 0, (crop.index, crop.n)
    for other in crops:
        if (other.index, other.n) <= last and _same_season(case, crop, other):
            if other.amount is None or quantity.unit(other.unit).dimension is not Dimension.MASS:
                return False  # not disclosed, or counted: not checkable
            gathered += other.amount
    return gathered > bearable


def _same_season(case: Case, crop: Crop, other: Crop) -> bool:
    if crop.season is not None and other.season is not None:
        same = crop.season == other.season
    else:
        days = abs(moment.days_between(other.date, crop.date))
        same = days <= case.state.thresholds.season_days
    if not same or other.product == crop.product:
        return same
    mine, theirs = case.state.product(crop.product), case.state.product(other.product)
    return bool(mine and theirs and mine.data.crop == theirs.data.crop)


def _judge_entry(case: Case, entry: DiaryEntry) -> None:
    """Brings the alerts at a diary entry itself up to date with how it now stands."""
    sprays = entry.activity in SPRAYS and not entry.void
    wanted = {
        "diary.no-interval": sprays and entry.phi is None,
        "diary.copied": sprays and _looks_copied(case, entry),
    }
    for code, is_so in wanted.items():
        if is_so and not any(
            alert.key.code == code and alert.closed is None
            for alert in case.state.alerts_of(entry.index)
        ):
            case.effects.opened.append(AlertKey(entry.index, -1, code, ""))
        elif not is_so:
            case.answer(entry.index, code)


def _looks_copied(case: Case, entry: DiaryEntry) -> bool:
    if entry.phi is None or entry.dose is None:
        return False
    alike = {
        other.input
        for other in _with(case.state.diaries_at(entry.place)[-LAST:], [entry])
        if other.activity in SPRAYS
        and not other.void
        and (other.phi, other.dose) == (entry.phi, entry.dose)
    }
    return len(alike) >= case.state.thresholds.copied_entries


_Fact = TypeVar("_Fact", bound="Crop | DiaryEntry")


def _with(known: Sequence[_Fact], restated: Iterable[_Fact]) -> list[_Fact]:
    merged: dict[tuple[int, int], _Fact] = {}
    for each in (*known, *restated):
        merged[each.index, getattr(each, "n", 0)] = each
    return [merged[key] for key in sorted(merged)]
