"""What a party holds: the stock of a packhouse, the crates on their way to a school.

Open holdings only, oldest first, as goods should leave a store; found by an index of those that
something is left of, so that a party's past costs nothing.
"""

from typing import Final

from traceability.core import ids
from traceability.core.facts import HoldingKey
from traceability.ledger.held import HELD, Held, held_of
from traceability.ledger.pages import Page, bounded, cursor, place_of
from traceability.ledger.reading import Reading

#: In the very words of the index (``storage.tables``).
LIVE: Final = "(h.remaining IS NULL OR h.remaining > 0)"


def holdings(
    now: Reading,
    party: str,
    *,
    product: str | None = None,
    lot: str | None = None,
    place: str | None = None,
    transit: bool | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[Held]:
    """A party's open holdings, in log order. ``transit``: only what is on its way to it, or only
    what is there. Raises ``LedgerError("cursor.malformed")`` for ``after``."""
    conditions = ["h.holder = ?", LIVE, "(h.idx, h.n) > (?, ?)"]
    parameters: list[str | int] = [party, *place_of(after, -1, 0)]
    for column, value in (("h.product", product), ("h.lot", lot), ("h.place", place)):
        if value is not None:
            conditions.append(f"{column} = ?")
            parameters.append(value)
    if transit is not None:
        conditions.append(f"h.ship IS {'NOT ' if transit else ''}NULL")
    size = bounded(limit)
    found = now.rows(
        f"{HELD} WHERE {' AND '.join(conditions)} ORDER BY h.idx, h.n LIMIT ?",
        *parameters,
        size + 1,
    )
    items = tuple(held_of(row) for row in found[:size])
    return Page(items, cursor(*items[-1].key) if len(found) > size else None)


def held_of_lot(now: Reading, party: str, product: str, lot: str) -> int | None:
    """How much of a lot a party still holds, with what is on its way to it, in base units of the
    lot's dimension; None where that is not disclosed."""
    [(hidden, left)] = now.rows(
        "SELECT COUNT(*) - COUNT(h.remaining), SUM(h.remaining) FROM holding h"  # noqa: S608
        f" WHERE h.holder = ? AND h.product = ? AND h.lot = ? AND {LIVE}",
        party,
        product,
        lot,
    )
    return None if hidden else int(left or 0)


def holding(now: Reading, name: str) -> Held | None:
    """The holding called ``<digest>.<n>``, open or not."""
    key = key_of(now, name)
    if key is None:
        return None
    found = now.rows(f"{HELD} WHERE h.idx = ? AND h.n = ?", *key)
    return held_of(found[0]) if found else None


def key_of(now: Reading, name: str) -> HoldingKey | None:
    """Index and number of the output called ``<digest>.<n>``; it may not exist all the same."""
    if not ids.is_holding(name):
        return None
    digest, _, n = name.rpartition(".")
    entry = now.reader.record(digest)
    return None if entry is None else (entry.index, int(n))


def shipment(now: Reading, name: str) -> list[Held]:
    """What is still on its way by the shipment ``name`` (a record's digest)."""
    entry = now.reader.record(name) if ids.is_digest(name) else None
    if entry is None:
        return []
    found = now.rows(f"{HELD} WHERE h.ship = ? AND {LIVE} ORDER BY h.idx, h.n", entry.index)
    return [held_of(row) for row in found]
