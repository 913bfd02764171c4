"""What SQLite does for each query: a test fails where it reads a whole table.

with planned(ledger) as (now, scans):
    trace_back(now, …)
assert scans == []
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from traceability.ledger.ledger import Ledger
from traceability.ledger.reading import Reading
from traceability.storage.dialect import dialect_of

#: Reading what a query was handed, or what it has itself collected, is no reading of a table.
_FINE = re.compile(r"SCAN (json_each|walk|w|([0-9]+ )?CONSTANT ROWS?|\(subquery-[0-9]+\))(?!\w)")


@dataclass
class Plan:
    """The steps of all queries, and those among them that read a whole table (or index)."""

    steps: list[str] = field(default_factory=list)

    @property
    def scans(self) -> list[str]:
        return [each for each in self.steps if each.startswith("SCAN") and not _FINE.match(each)]

    def uses(self, index: str) -> bool:
        """Whether a query finds its rows by an index."""
        return any(f"INDEX {index} " in each for each in self.steps)


class _Cursor:
    """A cursor that asks for the plan of each query before it runs it."""

    def __init__(self, cursor: Any, plan: Plan) -> None:
        self._cursor = cursor
        self._plan = plan

    def execute(self, statement: str, parameters: Any = ()) -> Any:
        plan = self._cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
        self._plan.steps += [f"{detail} in {statement}" for *_, detail in plan]
        return self._cursor.execute(statement, parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


@contextmanager
def planned(ledger: Ledger) -> Iterator[tuple[Reading, Plan]]:
    """A reading, and what its queries do."""
    plan = Plan()
    with ledger.database.reading() as connection:
        cursor = _Cursor(connection.connection.cursor(), plan)
        yield Reading(cursor, dialect_of(True)), plan
