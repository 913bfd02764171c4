"""Signs of copied labels, noticed as scans are written, and kept.

Alerts follow from records, and are computed again whenever records say more (ADR 002). Scans are no
records: nobody signed them, they are counted and forgotten after thirteen months. So a sign in them
is put down once, with the hour at which it first showed, and ends as scans end. What depends on
records as well (``after-use``) is not put down: a correction must be able to take it back.

To notice costs one question for some hundred labels, since few are scanned oftener than a package
or in two places; only of those are the counts read.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, delete, func, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from traceability.ledger.provinces import MIDDLES
from traceability.ledger.scan_signs import FIRST, Scanned, signs
from traceability.storage.engine import Database
from traceability.storage.tables import ScanRow, ScanSignRow, table_of

_SCAN: Final = table_of(ScanRow)
_SIGN: Final = table_of(ScanSignRow)
_LABEL: Final = (_SCAN.c.product, _SCAN.c.lot, _SCAN.c.serial)


def notice(
    connection: Connection, database: Database, labels: Sequence[tuple[str, str, str]], now: int
) -> int:
    """Put down the signs that the counts of some labels show now (Unix milliseconds); those that
    are put down already stay as they are. Returns how many signs these labels have."""
    found = [
        {"product": product, "lot": lot, "serial": serial, "code": sign.code, "hour": sign.hour}
        | {"noticed": now}
        for (product, lot, serial), scans in _striking(connection, labels)
        for sign in signs(scans, MIDDLES)
    ]
    if found:
        insert = sqlite.insert if database.is_sqlite else postgresql.insert
        connection.execute(insert(_SIGN).on_conflict_do_nothing(), found)
    return len(found)


def forget(connection: Connection, oldest: int) -> None:
    """Drop signs that first showed before an hour (hours since 1970)."""
    connection.execute(delete(_SIGN).where(_SIGN.c.hour < oldest))


def noticed(connection: Connection) -> int:
    """How many signs there are, of all labels."""
    return int(connection.execute(select(func.count()).select_from(_SIGN)).scalar_one())


def _striking(
    connection: Connection, labels: Sequence[tuple[str, str, str]]
) -> list[tuple[tuple[str, str, str], list[Scanned]]]:
    """Those of some labels that can have a sign at all, with their counts."""
    candidates = connection.execute(
        select(*_LABEL)
        .where(tuple_(*_LABEL).in_(labels), _SCAN.c.count > 0)
        .group_by(*_LABEL)
        .having(
            or_(
                func.sum(_SCAN.c.count) > min(FIRST.in_window, FIRST.in_all),
                func.count(_SCAN.c.place.distinct()) > 1,
            )
        )
    ).all()
    if not candidates:
        return []
    rows: Any = connection.execute(
        select(*_LABEL, _SCAN.c.hour, _SCAN.c.place, _SCAN.c.count)
        .where(tuple_(*_LABEL).in_([tuple(each) for each in candidates]), _SCAN.c.count > 0)
        .order_by(*_LABEL, _SCAN.c.hour, _SCAN.c.place)
    )
    return [
        (label, [Scanned(*row[3:]) for row in each])
        for label, each in groupby(rows, lambda row: (row[0], row[1], row[2]))
    ]
