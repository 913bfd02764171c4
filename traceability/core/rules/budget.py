"""How many labels a lot may have (DESIGN §2, ``label``): no more than there are goods.

What a lot's labels stand for is at most what was made of it (``made``) and what they reserve of
other holdings *ahead* of packing. A reserve counts as far as the goods are still there, and as
other lots' labels that wait for goods do not count on the same: of two labels one kilo backs one.
Labels wait for goods while they stand for more than was made of their lot, and until the lot may
not be added to any more.

Where less is made after all than labels stand for (a correction, a void, repacking under another
code), ``label.surplus`` is marked at the output that began the lot, until labels are voided or more
is made. Labels that wait for goods which never come need no mark: a scan says so.
"""

from collections.abc import Iterable
from typing import Final

from traceability.core.facts import AlertKey, HoldingKey, Lot, LotKey, Reserve
from traceability.core.rules.case import Case
from traceability.core.rules.made import is_one, lot_of

SURPLUS: Final = "label.surplus"
_OUTPUTS: Final = 1000  #: more than a record can have


def waiting(lot: Lot) -> int | None:
    """By how much labels outrun goods, in base units; None where that is not known. Goods may come
    back by a heavier scale, so that a maker packs more away than it ever made: that is no label."""
    return None if lot.made is None else max(lot.labelled - max(lot.made, 0), 0)


def is_closed(case: Case, lot: Lot) -> bool:
    """Whether its maker may not add to the lot any more."""
    return bool(lot.opened) and case.at.time - lot.opened > case.state.thresholds.lot_open


def backing(case: Case, lot: Lot, arriving: Iterable[Reserve] = ()) -> int | None:
    """What the reserves of a lot's labels, and those that arrive, are worth now, in base units of
    the lot; None where an amount is not disclosed."""
    if is_closed(case, lot):
        return 0
    reserves = (*case.state.reserves_for(lot.key), *arriving)
    total = 0
    for key, (amount, worth) in _by_holding(case, lot, reserves).items():
        holding = case.state.holding(key)
        claimed = claims_on(case, key, lot.key)
        if holding is None or holding.left is None or amount is None or claimed is None:
            return None
        free = min(amount, max(holding.left - claimed, 0))
        total += (worth or 0) * free // amount
    return total


def claims_on(case: Case, holding: HoldingKey, other_than: LotKey) -> int | None:
    """How much of a holding the labels of other lots wait for, in the holding's base units."""
    lots: dict[LotKey, list[Reserve]] = {}
    for reserve in case.state.reserves_on(holding):
        if reserve.lot_key != other_than:
            lots.setdefault(reserve.lot_key, []).append(reserve)
    total = 0
    for key, reserves in lots.items():
        lot = lot_of(case, key)
        if lot is None or is_closed(case, lot):
            continue
        open_ = waiting(lot)
        found = _by_holding(case, lot, reserves).get(holding)
        if found is None or open_ == 0:
            continue
        amount, worth = found
        if amount is None or open_ is None:
            return None
        total += min(amount, -(-open_ * amount // worth)) if worth else amount
    return total


def judge_surplus(case: Case) -> None:
    """Marks the lots of which this record leaves less than their labels stand for, and closes the
    marks of those of which there is enough again."""
    for key, lot in {each.key: each for each in case.effects.lots}.items():
        before = case.state.lot_entry(key)
        if not waiting(lot) and (before is None or not waiting(before)):
            continue
        marks = [
            alert.key
            for alert in case.state.alerts_of(lot.index)
            if alert.closed is None and (alert.key.code, alert.key.detail) == (SURPLUS, lot.lot)
        ]
        fell = before is not None and _fell(before, lot)
        over = _is_over(case, lot) if fell or marks else None
        if over and fell and not marks:
            case.effects.opened.append(AlertKey(lot.index, _output(case, lot), SURPLUS, lot.lot))
        elif over is False:
            case.effects.closed.extend(marks)


def _is_over(case: Case, lot: Lot) -> bool | None:
    short = waiting(lot)
    if not short:
        return None if short is None else False
    backed = backing(case, lot)
    return None if backed is None else short > backed


def _fell(before: Lot, lot: Lot) -> bool:
    return before.made is not None and lot.made is not None and lot.made < before.made


def _by_holding(
    case: Case, lot: Lot, reserves: Iterable[Reserve]
) -> dict[HoldingKey, tuple[int | None, int | None]]:
    """Amount and worth of reserves by holding; but those of labels that the lot has lost."""
    sums: dict[HoldingKey, tuple[int | None, int | None]] = {}
    for reserve in reserves:
        if not is_one(case, lot.maker or lot.labeller, reserve.party):
            continue
        amount, worth = sums.get(reserve.source, (0, 0))
        sums[reserve.source] = (_plus(amount, reserve.amount), _plus(worth, reserve.worth))
    return sums


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _output(case: Case, lot: Lot) -> int:
    """The output by which its record began the lot; -1 where none is that lot's any more."""
    for n in range(_OUTPUTS):
        holding = case.state.holding((lot.index, n))
        if holding is None:
            break
        if holding.lot_key == lot.key:
            return n
    return -1
