"""What the database does for each query: a test fails where it reads a whole table.

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

    def __init__(self, cursor: Any, plan: Plan, is_sqlite: bool) -> None:
        self._cursor = cursor
        self._plan = plan
        self._steps = _sqlite_steps if is_sqlite else _postgres_steps

    def execute(self, statement: str, parameters: Any = ()) -> Any:
        steps = self._steps(self._cursor, statement, parameters)
        self._plan.steps += [f"{step} in {statement}" for step in steps]
        return self._cursor.execute(statement, parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def _sqlite_steps(cursor: Any, statement: str, parameters: Any) -> Iterator[str]:
    for *_, detail in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall():
        yield detail


def _postgres_steps(cursor: Any, statement: str, parameters: Any) -> Iterator[str]:
    """The same words for what PostgreSQL does. A page of a list is an index read in its order, up
    to a limit, which is no scan."""
    ((plan,),) = cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters).fetchall()
    waiting = [(plan[0]["Plan"], False)]
    while waiting:
        node, limited = waiting.pop()
        kind, condition = node["Node Type"], node.get("Index Cond")
        if kind == "Seq Scan" or ("Index" in kind and condition is None and not limited):
            yield f"SCAN {node.get('Relation Name') or node['Index Name']}"
        elif "Index" in kind:
            yield f"SEARCH USING INDEX {node['Index Name']} ({condition})"
        limited = kind in ("Limit", "Nested Loop", "Merge Join") and (limited or kind == "Limit")
        waiting += [(each, limited) for each in node.get("Plans", ())]


@contextmanager
def planned(ledger: Ledger) -> Iterator[tuple[Reading, Plan]]:
    """A reading, and what its queries do."""
    plan, database = Plan(), ledger.database
    with database.reading() as connection:
        cursor = _Cursor(database.cursor(connection), plan, database.is_sqlite)
        yield Reading(cursor, database.dialect), plan
