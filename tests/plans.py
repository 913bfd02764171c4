"""What SQLite does for each query: a test fails where it reads a whole table.

with planned(ledger) as (now, scans):
    trace_back(now, …)
assert scans == []
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from traceability.ledger.ledger import Ledger
from traceability.ledger.reading import Reading
from traceability.storage.dialect import dialect_of

#: Reading what a query was handed, or what it has itself collected, is no reading of a table.
_FINE = re.compile(r"SCAN (json_each|walk|w|[0-9]+ CONSTANT ROWS?)\b")


class _Cursor:
    """A cursor that asks for the plan of each query before it runs it."""

    def __init__(self, cursor: Any, scans: list[str]) -> None:
        self._cursor = cursor
        self._scans = scans

    def execute(self, statement: str, parameters: Any = ()) -> Any:
        plan = self._cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
        self._scans += [
            f"{detail} in {statement}"
            for *_, detail in plan
            if detail.startswith("SCAN") and not _FINE.match(detail)
        ]
        return self._cursor.execute(statement, parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


@contextmanager
def planned(ledger: Ledger) -> Iterator[tuple[Reading, list[str]]]:
    """A reading, and the list of whole tables (or indexes) that its queries read."""
    scans: list[str] = []
    with ledger.database.reading() as connection:
        cursor = _Cursor(connection.connection.cursor(), scans)
        yield Reading(cursor, dialect_of(True)), scans
