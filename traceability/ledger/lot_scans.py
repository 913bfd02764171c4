"""What the scans of a lot's labels tell its maker and auditors: how many there were, how many of
serials that nobody printed, and which labels show signs of a copy.

Answers come in pages, by serial, so that a lot of ten million labels can be looked through. Days
are those of Vietnam.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, false, func, select, tuple_, union

from traceability.core.moment import VIETNAM
from traceability.ledger.pages import Page, bounded, cursor, place_of
from traceability.ledger.reading import looking
from traceability.ledger.scan_signs import FIRST, HOUR, Scanned, Sign
from traceability.storage.engine import Database
from traceability.storage.tables import LotRow, ScanRow, ScanSignRow, table_of

MOST_DAYS: Final = 100  #: counts by day and place of one label, the latest ones
_EAST: Final = VIETNAM // 60  # hours
_SCAN: Final = table_of(ScanRow)
_SIGN: Final = table_of(ScanSignRow)
_KEY: Final = (_SIGN.c.product, _SIGN.c.lot)
_LOT: Final = table_of(LotRow)


@dataclass(frozen=True, slots=True)
class DayCount:
    """``count`` scans on a day (days since 1970) at a coarse place."""

    day: int
    place: str
    count: int


@dataclass(frozen=True, slots=True)
class LabelScans:
    """A label with signs: each with the hour that showed it, all of its scans, and when and where
    the latest were."""

    serial: str
    signs: tuple[Sign, ...]
    count: int
    days: tuple[DayCount, ...]


@dataclass(frozen=True, slots=True)
class LotScans:
    """``count`` scans of ``labels`` labels, ``invented`` ones of serials that were never printed,
    and the labels that show signs."""

    count: int
    labels: int
    invented: int
    suspects: Page[LabelScans]


@dataclass(frozen=True, slots=True)
class LotSigns:
    """A lot of whose labels so many show signs; when one was noticed last (Unix milliseconds)."""

    product: str
    lot: str
    labels: int
    noticed: int


def lot_scans(
    database: Database,
    product: str,
    lot: str,
    used: int | None,
    after: str | None = None,
    limit: int = 50,
) -> LotScans:
    """The scans of a lot. ``used``: as ``used_at``. Raises ``LedgerError("cursor.malformed")``."""
    (begun,) = place_of(after, "")
    size = bounded(limit)
    with looking(database) as connection:
        count, labels, invented = connection.execute(
            select(
                func.coalesce(func.sum(_SCAN.c.count).filter(_SCAN.c.serial != ""), 0),
                func.count(_SCAN.c.serial.distinct()).filter(_SCAN.c.serial != ""),
                func.coalesce(func.sum(_SCAN.c.count).filter(_SCAN.c.serial == ""), 0),
            ).where(_SCAN.c.product == product, _SCAN.c.lot == lot, _SCAN.c.count > 0)
        ).one()
        found = union(
            select(_SIGN.c.serial).where(
                _SIGN.c.product == product, _SIGN.c.lot == lot, _SIGN.c.serial > begun
            ),
            select(_SCAN.c.serial).where(_late(product, lot, used), _SCAN.c.serial > begun),
        ).subquery()
        serials = connection.execute(
            select(found.c.serial).order_by(found.c.serial).limit(size + 1)
        ).scalars()
        wanted = list(serials)
        shown = wanted[:size]
        suspects = tuple(_suspects(connection, product, lot, used, shown))
    following = cursor(shown[-1]) if len(wanted) > size else None
    return LotScans(int(count), int(labels), int(invented), Page(suspects, following))


def signs_of(database: Database, product: str, lot: str, used: int | None) -> dict[str, int]:
    """How many labels of a lot show each sign."""
    with looking(database) as connection:
        rows = connection.execute(
            select(_SIGN.c.code, func.count())
            .where(_SIGN.c.product == product, _SIGN.c.lot == lot)
            .group_by(_SIGN.c.code)
        ).all()
        late = connection.execute(
            select(func.count(_SCAN.c.serial.distinct())).where(_late(product, lot, used))
        ).scalar_one()
    return {str(code): int(count) for code, count in (*rows, ("after-use", late)) if count}


def lots_with_signs(
    database: Database, party: str | None = None, after: str | None = None, limit: int = 20
) -> Page[LotSigns]:
    """Lots with signs that were put down, those first in which one was noticed last; of those that
    a party made or labelled, or of all. Raises ``LedgerError("cursor.malformed")``."""
    noticed, product, lot = place_of(after, 2**62, "", "")
    size = bounded(limit)
    last = func.max(_SIGN.c.noticed)
    query = (
        _of_party(select(*_KEY, func.count(_SIGN.c.serial.distinct()), last), party)
        .group_by(*_KEY)
        .having(tuple_(-last, *_KEY) > tuple_(-int(noticed), product, lot))
        .order_by(last.desc(), *_KEY)
        .limit(size + 1)
    )
    with looking(database) as connection:
        found = [LotSigns(*row) for row in connection.execute(query)]
    items = tuple(found[:size])
    if len(found) <= size:
        return Page(items, None)
    return Page(items, cursor(items[-1].noticed, items[-1].product, items[-1].lot))


def count_with_signs(database: Database, party: str | None = None) -> int:
    """How many lots there are in ``lots_with_signs``."""
    lots = _of_party(select(*_KEY).distinct(), party).subquery()
    with looking(database) as connection:
        return int(connection.execute(select(func.count()).select_from(lots)).scalar_one())


def _of_party(query: Select[Any], party: str | None) -> Select[Any]:
    """Of a question about signs, what regards the lots of a party; all, without one."""
    if party is None:
        return query
    own = select(_LOT.c.product, _LOT.c.lot).where(
        (_LOT.c.maker == party) | (_LOT.c.labeller == party)
    )
    return query.where(tuple_(*_KEY).in_(own))


def _late(product: str, lot: str, used: int | None) -> ColumnElement[bool]:
    """That a scan was made long after all of its lot was used up."""
    if used is None:
        return false()
    return (
        (_SCAN.c.product == product)
        & (_SCAN.c.lot == lot)
        & (_SCAN.c.serial != "")
        & (_SCAN.c.count > 0)
        & (_SCAN.c.hour > _last(used))
    )


def _last(used: int) -> int:
    return used // HOUR + FIRST.after_use


def _suspects(
    connection: Connection, product: str, lot: str, used: int | None, serials: Sequence[str]
) -> Iterator[LabelScans]:
    signs: dict[str, list[Sign]] = {serial: [] for serial in serials}
    put_down = select(_SIGN.c.serial, _SIGN.c.code, _SIGN.c.hour).where(
        _SIGN.c.product == product, _SIGN.c.lot == lot, _SIGN.c.serial.in_(serials)
    )
    code: Any
    for serial, code, hour in connection.execute(put_down.order_by(_SIGN.c.hour, _SIGN.c.code)):
        signs[serial].append(Sign(code, hour))
    counts = (
        select(_SCAN.c.serial, _SCAN.c.hour, _SCAN.c.place, _SCAN.c.count)
        .where(_SCAN.c.product == product, _SCAN.c.lot == lot, _SCAN.c.serial.in_(serials))
        .where(_SCAN.c.count > 0)
        .order_by(_SCAN.c.serial, _SCAN.c.hour)
    )
    scans: dict[str, list[Scanned]] = {
        serial: [Scanned(*row[1:]) for row in rows]
        for serial, rows in groupby(connection.execute(counts), lambda row: str(row[0]))
    }
    for serial in serials:
        scanned = scans.get(serial, [])
        if used is not None:
            late = [each.hour for each in scanned if each.hour > _last(used)]
            signs[serial] += [Sign("after-use", hour) for hour in late[:1]]
        yield LabelScans(
            serial,
            tuple(signs[serial]),
            sum(each.count for each in scanned),
            _days(scanned),
        )


def _days(scans: Iterable[Scanned]) -> tuple[DayCount, ...]:
    counts: Counter[tuple[int, str]] = Counter()
    for each in scans:
        counts[(each.hour + _EAST) // 24, each.place] += each.count
    days = [DayCount(day, place, count) for (day, place), count in sorted(counts.items())]
    return tuple(days[-MOST_DAYS:])
