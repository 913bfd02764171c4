"""What was made of a lot, as its labels are counted against it (DESIGN §2, ``label``).

Only the lot's maker changes it, and only by making:

* a harvest or a transformation adds what it makes of the lot;
* a transformation takes away what it draws of it. So a wash that keeps the code makes nothing new,
  and what was packed under another code needs its labels there, and no longer here: over all lots
  of a maker, labels never outrun goods;
* a correction leaves it as it should have been, a void as it was before.

Shipments, receipts, sales, stocktakes and whatever others do with the goods leave it alone: labels
stay on goods that change hands. What was acquired is declared and never adds. Of amounts in another
dimension than the lot's first nothing is counted, and where an amount is not disclosed the sum is
unknown (``None``).

What was labelled ahead of packing becomes the maker's when the labeller makes the lot. When another
makes it first, or in another dimension, these labels come to nothing.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from traceability.core.facts import Holding, Lot, LotKey, RecordEntry
from traceability.core.rules.balance import Source, dimension_of
from traceability.core.rules.case import Case

MOST: Final = 4 * 10**18  #: base units to which a sum is counted: it fits 64 bits


def lot_of(case: Case, key: LotKey) -> Lot | None:
    """The lot as this record leaves it so far, be there only labels for it."""
    for lot in reversed(case.effects.lots):
        if lot.key == key:
            return lot
    return case.state.lot_entry(key)


def book(case: Case, lot: Lot, **changes: Any) -> Lot:
    """Notes what becomes of a lot; returns it as it then is."""
    if any(lot is each for each in case.effects.lots):  # this record's own: nobody has seen it yet
        for name, value in changes.items():
            setattr(lot, name, value)
        return lot
    changed = replace(lot, **changes)
    case.effects.lots.append(changed)
    return changed


def begin_lot(case: Case, key: LotKey, place: str | None, before: Lot | None) -> None:
    """The acting party makes the lot first. ``before``: it was declared, or labelled ahead."""
    lot = Lot(*key, case.acting, place, case.at.time, case.index)
    if before is not None and before.labelled:
        if is_one(case, case.acting, before.labeller):
            lot.unit, lot.labelled = before.unit, before.labelled
        else:
            lose_labels(case, key)
    case.effects.lots.append(lot)


def is_one(case: Case, party: str | None, other: str | None) -> bool:
    """Whether two parties are one, before and after a succession."""
    if party is None or other is None:
        return False
    return case.state.stands_for(party, other) or case.state.stands_for(other, party)


def lose_labels(case: Case, key: LotKey) -> None:
    """All labels of a lot so far come to nothing."""
    case.effects.labels.extend(
        replace(label, lost=case.index) for label in case.state.labels_of(key) if label.lost is None
    )


def count_made(case: Case, held: Holding) -> None:
    """A harvest or a transformation makes so much of a lot."""
    lot = _own(case, held.lot_key)
    if lot is not None:
        _add(case, lot, held.made, held.unit)


def count_worked(case: Case, sources: Iterable[Source]) -> None:
    """A transformation draws so much of its own lots."""
    for source in sources:
        lot = _own(case, source.holding.lot_key)
        if lot is not None:
            amount = None if source.amount is None else -source.amount
            _add(case, lot, amount, source.unit)


def count_corrected(
    case: Case, key: LotKey, unit: str, before: int | None, after: int | None
) -> None:
    """An output that was counted as ``before`` should have been ``after``."""
    lot = _own(case, key)
    if lot is not None:
        amount = None if before is None or after is None else after - before
        _add(case, lot, amount, unit)


def count_given_back(case: Case, entry: RecordEntry, source: Holding, amount: int | None) -> None:
    """A transformation that took so much of a lot is void. It is given back if it was taken: by who
    was the lot's maker then, or had succeeded it by then."""
    lot = lot_of(case, source.lot_key)
    if lot is None or lot.maker is None or lot.index > entry.index:
        return
    if _stood_for(case, entry, lot.maker):
        _add(case, lot, amount, source.unit)


def _stood_for(case: Case, entry: RecordEntry, maker: str) -> bool:
    """Whether who acted in an earlier record stood for ``maker`` when that was accepted."""
    todo, seen = [entry.acting], {entry.acting}
    while todo:
        party = todo.pop()
        if party == maker:
            return True
        then = [each for each in case.state.statements("party", party) if each.index < entry.index]
        fresh = set(then[-1].data.succeeds) - seen if then else set[str]()
        seen |= fresh
        todo += sorted(fresh)
    return False


def _own(case: Case, key: LotKey) -> Lot | None:
    lot = lot_of(case, key)
    if lot is None or lot.maker is None:
        return None
    if lot.maker != case.acting and not case.state.stands_for(case.acting, lot.maker):
        return None
    return lot


def _add(case: Case, lot: Lot, amount: int | None, unit: str) -> None:
    if lot.unit is None:
        lot = book(case, lot, unit=unit)
    elif lot.unit != unit and dimension_of(lot.unit) is not dimension_of(unit):
        if lot.made != 0 or amount is None or amount <= 0:
            return
        if lot.labelled and lot.index != case.index:
            return
        # Nothing was made in the dimension of the labels that came ahead, and nothing will be.
        if lot.labelled:
            lose_labels(case, lot.key)
        lot = book(case, lot, unit=unit, labelled=0)
    if lot.made is None:
        return
    made = None if amount is None else max(-MOST, min(MOST, lot.made + amount))
    book(case, lot, made=made)
