"""Crates and pallets: where they are, and what is in them (DESIGN §2, ``unit``).

``whole``       packed, and in the hands of its holder
``in-transit``  on its way to its holder
``unseen``      it came with a shipment that was received, and nobody said what became of it
``emptied``     whole as far as anybody said, but nothing of its goods is left
``opened``      taken apart
``missing``     it did not come; ``damaged``: it came so

Who holds a unit, who packed it, whom it went to last, auditors and the operator may know what is in
it. Whoever scans an
SSCC is told which lots lie in it, and no amounts: the page of each lot is public anyway.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from traceability.core.facts import LotKey, Unit
from traceability.core.quantity import Dimension, unit
from traceability.ledger.held import amount_text
from traceability.ledger.pages import Page, bounded, cursor, place_of
from traceability.ledger.reading import Reading
from traceability.ledger.viewer import Viewer
from traceability.storage.dialect import Row

UnitState = Literal[
    "whole", "in-transit", "unseen", "emptied", "opened", "missing", "damaged"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Content:
    """So much of a lot in a unit, on all its levels; None where an amount is not known."""

    product: str
    lot: str
    quantity: str | None
    count: str | None


@dataclass(frozen=True, slots=True)
class Packing:
    """A unit, what state it is in, what it stands in, what stands in it, and the goods in all."""

    unit: Unit
    state: UnitState
    outer: Unit | None
    inner: tuple[Unit, ...]
    contents: tuple[Content, ...]


def unit_of(now: Reading, name: str, viewer: Viewer) -> Packing | None:
    """The unit that a record (its digest) packed, for who may know; else None."""
    entry = now.reader.record(name)
    found = now.reader.units([entry.index]) if entry is not None else []
    if not found or not _may_know(found[0], viewer):
        return None
    return _packing(now, found[0])


def units_of(
    now: Reading,
    party: str,
    *,
    number: str | None = None,
    transit: bool | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[Packing]:
    """The units in a party's hands or on their way to it that stand in no other, oldest first.
    ``number``: only those that bear it, in whatever they stand. Raises
    ``LedgerError("cursor.malformed")`` for ``after``."""
    conditions = ["holder = ?", "opened IS NULL", "idx > ?"]
    parameters: list[str | int] = [party, *place_of(after, -1)]
    if number is None:
        conditions.append("parent IS NULL")
    else:
        conditions.append("number = ?")
        parameters.append(number)
    if transit is not None:
        conditions.append(f"ship IS {'NOT ' if transit else ''}NULL")
    size = bounded(limit)
    rows = now.rows(
        f"SELECT idx FROM unit WHERE {' AND '.join(conditions)} ORDER BY idx LIMIT ?",  # noqa: S608
        *parameters,
        size + 1,
    )
    indices = [index for (index,) in rows]
    items = tuple(_packing(now, each) for each in now.reader.units(indices[:size]))
    return Page(items, cursor(indices[size - 1]) if len(indices) > size else None)


def scanned_unit(now: Reading, sscc: str) -> list[Packing]:
    """What was packed under an SSCC last, by each party that gave it, who gave it first coming
    first: one, unless somebody copied it."""
    rows = now.rows("SELECT idx FROM unit WHERE number = ? AND sscc = 1 ORDER BY idx", sscc)
    found = now.reader.units([index for (index,) in rows])
    newest = {each.party: each for each in found}  # a number is used again while it has not left
    return [_packing(now, each) for each in newest.values()]


def _may_know(one: Unit, viewer: Viewer) -> bool:
    concerned = one.party, one.holder, one.consignee
    known = viewer.party is not None and viewer.party in concerned
    return viewer.sees_all or known


def _packing(now: Reading, one: Unit) -> Packing:
    goods = _goods(now, one)
    outer = now.reader.units([one.parent]) if one.parent is not None else []
    return Packing(
        one,
        _state(one, [row[-1] for row in goods]),
        outer[0] if outer else None,
        tuple(now.reader.units_within([one.index])),
        tuple(_summed(goods)),
    )


def _goods(now: Reading, one: Unit) -> list[Row]:
    """What lies in a unit, on all its levels, and what is left of the holdings it is a part of."""
    tree = level = [one.index]
    while level:
        found = f"SELECT idx FROM unit WHERE {now.among('parent')}"  # noqa: S608
        level = [index for (index,) in now.rows(found, now.pack(level))]
        tree = [*tree, *level]
    return now.rows(
        "SELECT p.product, p.lot, p.unit, p.amount, p.pieces, h.remaining FROM packed p"  # noqa: S608
        " JOIN holding h ON h.idx = p.source_idx AND h.n = p.source_n"
        f" WHERE {now.among('p.idx')} ORDER BY p.idx, p.n",
        now.pack(tree),
    )


def _state(one: Unit, left: Sequence[int | None]) -> UnitState:
    match one.outcome:
        case "missing" | "damaged":
            return one.outcome
        case "opened":
            return "opened"
    there = any(each is None or each > 0 for each in left)
    if one.ship is not None:
        return "in-transit" if there else "unseen"
    return "whole" if there else "emptied"


def _summed(goods: Sequence[Row]) -> list[Content]:
    sums: dict[tuple[LotKey, Dimension], tuple[str, int | None, int | None]] = {}
    for product, lot, code, amount, pieces, _ in goods:
        key = (str(product), str(lot)), unit(str(code)).dimension
        first, before, counted = sums.get(key, (str(code), 0, 0))
        sums[key] = first, _plus(before, amount), _plus(counted, pieces)
    return [
        Content(*lot, amount_text(amount, code), f"{pieces} H87" if pieces else None)
        for (lot, _), (code, amount, pieces) in sums.items()
    ]


def _plus(one: int | None, other: object) -> int | None:
    return None if one is None or not isinstance(other, int) else one + other
