"""How often labels are scanned, by hour and coarse place: enough to see copies, and nobody's way.

What is kept of a scan is one count more for (label, hour, coarse place). Neither who scanned nor
with what, no address, no minute, no street: nothing of it is about a person. A place is known where
whoever runs the server has a proxy say it, or where people tell it, after they have opened the page
(``tell``). The judgement over it is ``traceability.ledger.scan_signs``.

``note`` costs a page nothing but a count in memory; ``flush``, called every few seconds by who
serves, writes what has come together in one transaction, and notices signs in it
(``traceability.ledger.scan_notices``). What a crash loses are some seconds of counts. Nobody fills
the database:

* only labels whose serial was proven have counts of their own; all that were invented for a lot
  share one, the empty serial;
* one process keeps so many counts waiting and no more: others are passed over until the next flush;
* a label has so many rows and no more, by when its scans have long been a sign;
* rows end after thirteen months, so that a season can be compared with the one before.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice
from typing import Final, TypeVar

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from traceability import clock
from traceability.core.errors import FormatError
from traceability.ledger.reading import Reading, accounts, looking, reading
from traceability.ledger.remembered import Remembered
from traceability.ledger.scan_notices import forget, notice, noticed
from traceability.ledger.scan_signs import HOUR, Scanned
from traceability.ledger.used import used_at
from traceability.storage.engine import Database
from traceability.storage.tables import ScanRow, table_of

LASTING: Final = 396 * 24  #: hours that a row is kept
MOST_WAITING: Final = 20_000  #: counts of one process between two flushes
MOST_ROWS: Final = 500  #: of one label
_AT_ONCE: Final = 500  # rows of one statement
_USES_KEPT: Final = 4096  # lots of which it is remembered whether they are used up
_USES_FOR: Final = 60_000  # milliseconds
_PLACE: Final = re.compile(r"([A-Z]{2}(-[A-Z0-9]{1,3})?)?")

Label = tuple[str, str, str]  #: product, lot, serial
Row = tuple[str, str, str, int, str]  #: and hour and place
Part = TypeVar("Part")

_SCAN: Final = table_of(ScanRow)


class Scans:
    """The counts in a database. Methods may be called from any thread; all but ``note`` raise
    ``LedgerError`` as the database does."""

    def __init__(
        self,
        database: Database,
        now: Callable[[], int] = clock.now_ms,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._database = database
        self._now = now
        self._most = most_waiting
        self._lock = threading.Lock()
        self._waiting: Counter[Row] = Counter()
        self._used: Remembered[tuple[str, str], int] = Remembered(_USES_KEPT, now, _USES_FOR)

    def note(self, product: str, lot: str, serial: str | None, place: str = "") -> bool:
        """Count a scan now; returns False where it was passed over, as too many wait.

        ``serial``: as ``labels.serials`` has proven it, or None for one that was invented.
        ``place``: a country or a part of one (ISO 3166, ``VN-73``), or empty; ``scan.place`` for
        anything finer.
        """
        if not _PLACE.fullmatch(place):
            raise FormatError("scan.place")
        row = (product, lot, serial or "", self._now() // HOUR, place)
        with self._lock:
            if row not in self._waiting and len(self._waiting) >= self._most:
                return False
            self._waiting[row] += 1
        return True

    def tell(self, product: str, lot: str, serial: str, place: str, counted: str = "") -> bool:
        """Say where a scan was made that was counted a moment ago at ``counted``: it moves from
        there, unless the hour has changed since. Returns and raises as ``note``."""
        if not self.note(product, lot, serial, place):
            return False
        with self._lock:
            self._waiting[product, lot, serial, self._now() // HOUR, counted] -= 1
        return True

    def flush(self) -> int:
        """Write what waits; returns how many rows were written. All wait on where it fails."""
        with self._lock:
            waiting, self._waiting = self._waiting, Counter()
        if not waiting:
            return 0
        try:
            with accounts(self._database) as connection:
                more, less = +waiting, -waiting
                written = sum(
                    _add(connection, self._database, more, rows)
                    for rows in _by(sorted(more), _AT_ONCE)  # one order, so that nobody locks up
                )
                told = sorted({row[:3] for row in more if row[2]})
                for labels in _by(told, _AT_ONCE):
                    notice(connection, self._database, labels, self._now())
            waiting = Counter({row: -count for row, count in less.items()})
            if less:
                with accounts(self._database) as connection:
                    _take(connection, less)
            return written
        except BaseException:
            with self._lock:
                for row, count in waiting.items():
                    if row in self._waiting or len(self._waiting) < self._most:
                        self._waiting[row] += count
            raise

    def of(self, product: str, lot: str, serial: str | None) -> tuple[Scanned, ...]:
        """The counts of a label as they were last written, oldest first; of all serials that were
        invented for a lot, where ``serial`` is None."""
        query = (
            select(_SCAN.c.hour, _SCAN.c.place, _SCAN.c.count)
            .where(_SCAN.c.product == product, _SCAN.c.lot == lot, _SCAN.c.serial == (serial or ""))
            .where(_SCAN.c.count > 0)
            .order_by(_SCAN.c.hour, _SCAN.c.place)
            .limit(2 * MOST_ROWS)  # processes that write at once may go a little beyond
        )
        with looking(self._database) as connection:
            return tuple(Scanned(*row) for row in connection.execute(query))

    def used(self, product: str, lot: str) -> int | None:
        """As ``used_at``, now; remembered for a minute."""
        known = self._used.get((product, lot))
        if known is None:
            with reading(self._database) as now:
                known = used_at(now, product, lot, self._now()) or 0
            self._used.put((product, lot), known)
        return known or None

    def noticed(self) -> int:
        """How many signs there are, of all labels."""
        with looking(self._database) as connection:
            return noticed(connection)

    def sweep(self) -> int:
        """Drop what is too old; returns how many rows."""
        oldest = self._now() // HOUR - LASTING
        with accounts(self._database) as connection:
            forget(connection, oldest)
            return connection.execute(delete(_SCAN).where(_SCAN.c.hour < oldest)).rowcount


def scans_of(now: Reading, labels: Iterable[Label]) -> dict[Label, list[Scanned]]:
    """The counts, oldest first, of those of some labels that were scanned, as they were last
    written. Raises ``LedgerError``."""
    wanted = list(labels)
    found: dict[Label, list[Scanned]] = {}
    if wanted:
        counts = now.rows(
            "SELECT product, lot, serial, hour, place, count FROM scan"  # noqa: S608
            f" WHERE {now.among('product', 'lot', 'serial')} AND count > 0 ORDER BY hour, place",
            now.pack(wanted),
        )
        for product, lot, serial, *count in counts:
            found.setdefault((product, lot, serial), []).append(Scanned(*count))
    return found


def _add(connection: Connection, database: Database, waiting: Counter[Row], rows: list[Row]) -> int:
    """Add the counts of some rows, but for new rows of labels that have enough."""
    full = _full(connection, {row[:3] for row in rows})
    values = [
        dict(zip(("product", "lot", "serial", "hour", "place"), row, strict=True))
        | {"count": waiting[row]}
        for row in rows
        if row[:3] not in full
    ]
    if not values:
        return 0
    insert = sqlite.insert if database.is_sqlite else postgresql.insert
    adding = insert(_SCAN)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=["product", "lot", "serial", "hour", "place"],
            set_={"count": _SCAN.c.count + adding.excluded.count},
        ),
        values,
    )
    return len(values)


def _take(connection: Connection, less: Counter[Row]) -> None:
    """Take counts away that are there."""
    columns = _SCAN.c
    taking = (
        update(_SCAN)
        .where(
            *(column == bindparam(f"in_{column.name}") for column in _SCAN.primary_key),
            columns.count >= bindparam("less"),
        )
        .values(count=columns.count - bindparam("less"))
    )
    names = [f"in_{column.name}" for column in _SCAN.primary_key]
    values = [dict(zip(names, row, strict=True), less=less[row]) for row in sorted(less)]
    if values:
        connection.execute(taking, values)


def _full(connection: Connection, labels: set[Label]) -> set[Label]:
    """Those of some labels that have as many rows as a label may have."""
    found: set[Label] = set()
    for (product, lot), each in groupby(sorted(labels), lambda label: label[:2]):
        query = (
            select(_SCAN.c.serial)
            .where(
                _SCAN.c.product == product,
                _SCAN.c.lot == lot,
                _SCAN.c.serial.in_([serial for *_, serial in each]),
            )
            .group_by(_SCAN.c.serial)
            .having(func.count() >= MOST_ROWS)
        )
        found |= {(product, lot, serial) for (serial,) in connection.execute(query)}
    return found


def _by(rows: Iterable[Part], count: int) -> Iterator[list[Part]]:
    left = iter(rows)
    while part := list(islice(left, count)):
        yield part
