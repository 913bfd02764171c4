"""Labels: how origin is forged, and so a maker never has more of them than goods (DESIGN §2).

* A lot is labelled by its maker, whoever holds the goods by then. A lot that was only taken in is
  declared, and nobody's to label.
* ``count`` labels of ``net`` content stand for so much of the lot, in its own dimension or by the
  product's mass per unit, rounded up; not for less than the product's own net content. Over the
  whole lot they stand for no more than ``budget`` allows. Bags may weigh a little more than they
  say: net content is nominal.
* Before packing, labels reserve *ahead* what will be packed: own holdings, of other lots, that are
  there and that no other labels wait for. So may be labelled what nobody has made yet, by who may
  make it; when another makes the lot first, such labels come to nothing.
* Labels that will not be used are voided by index, which counts from 0 in each label record; what
  they stood for may be labelled anew. What was voided once frees nothing twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final, NoReturn

from traceability.core.facts import Holding, Label, Lot, LotKey, Reserve
from traceability.core.quantity import MAX_BASE, Dimension, Quantity, unit
from traceability.core.rules.balance import (
    amount_of,
    dimension_of,
    in_words,
    own_holding,
    same_dimension,
)
from traceability.core.rules.budget import backing, claims_on, is_closed, judge_surplus
from traceability.core.rules.case import Case
from traceability.core.rules.flow import may_make
from traceability.core.rules.made import MOST, book, is_one, lot_of

MAX_RECORDS: Final = 1000  #: label records of one lot
MAX_RANGES: Final = 1000  #: of voided labels of one record
MAX_LOT_RANGES: Final = 5000  #: of voided labels of all records of a lot: each scan reads them
MAX_RESERVES: Final = 120  #: that one lot has, and that lie on one holding

Ranges = tuple[tuple[int, int], ...]


def label(case: Case) -> None:
    """Labels for a lot, or the end of labels of an earlier record."""
    about, data = case.body.about[0], case.body.data
    others = (about.place, about.record, about.party)
    if about.product is None or about.lot is None or any(each is not None for each in others):
        case.refuse("label.one-lot", "/about/0")
    key = about.product, about.lot
    printed = data.count is not None, data.net is not None, data.key is not None
    if data.voids is None:
        if not all(printed) or data.spans:
            case.refuse("label.says", "/data")
        _print(case, key)
    else:
        if any(printed) or data.ahead:
            case.refuse("label.says", "/data")
        _void(case, key)
        judge_surplus(case)


# -- printing --------------------------------------------------------------------------------------
def _print(case: Case, key: LotKey) -> None:
    data = case.body.data
    lot = _lot_to_label(case, key)
    net = Quantity.parse_positive(data.net)
    if lot.unit is None or (lot.maker is None and not lot.labelled):
        lot.unit = _unit_of_first(case, key, net)
    if len(case.state.labels_of(key)) >= MAX_RECORDS:
        case.refuse("label.records", "/about/0", lot=key[1], limit=MAX_RECORDS)
    each = _content(case, lot, net)
    reserves = _reserves(case, lot)
    labelled = lot.labelled + data.count * each
    allowed = _allowed(case, lot, reserves)
    if labelled > allowed:
        most = max((allowed - lot.labelled) // each, 0)
        case.refuse("label.over", "/data/count", lot=key[1], most=most)
    book(case, lot, labelled=labelled)  # a copy, with the unit and the labeller that it got here
    found = Label(
        case.index, case.record.name, *key, case.acting, data.count, data.net, each, data.key
    )
    case.effects.labels.append(found)
    case.effects.reserves.extend(reserves)


def _lot_to_label(case: Case, key: LotKey) -> Lot:
    """The lot as it may be changed here. Raises where the acting party may not label it."""
    data = case.body.data
    lot = lot_of(case, key)
    if lot is not None and lot.maker is not None:
        if not case.state.stands_for(case.acting, lot.maker):
            case.refuse("lot.foreign", "/about/0/lot", lot=key[1])
        if data.ahead and is_closed(case, lot):
            hours = case.state.thresholds.lot_open // 3_600_000
            case.refuse("lot.closed", "/data/ahead", lot=key[1], hours=hours)
        return replace(lot)
    if key[1] in (".", ".."):
        case.refuse("lot.dots", "/about/0/lot")
    if lot is not None and lot.labelled and not is_one(case, case.acting, lot.labeller):
        case.refuse("label.foreign", "/about/0/lot", lot=key[1])
    if not data.ahead and not (lot is not None and lot.labelled):
        code = "label.declared" if lot is not None and lot.opened else "label.no-lot"
        case.refuse(code, "/data/ahead", lot=key[1])
    may_make(case, key[0], "/about/0/product")
    if lot is None:
        return Lot(*key, None, None, 0, case.index, labeller=case.acting)
    return replace(lot, labeller=lot.labeller if lot.labelled else case.acting)


def _unit_of_first(case: Case, key: LotKey, net: Quantity) -> str:
    """The unit of a lot of which nothing has been made: that of its first labels."""
    statement = case.state.product(key[0])
    natural = statement.data.unit if statement is not None else net.unit.code
    if net.dimension not in (dimension_of(natural), Dimension.MASS):
        case.refuse("quantity.of-product", "/data/net", unit=net.unit.code, expected=natural)
    return net.unit.code


def _content(case: Case, lot: Lot, net: Quantity) -> int:
    """What one label stands for, in base units of the lot: no less than a unit of the product has
    by its own statement, in whatever dimension either is said."""
    exact = _in_unit_of(case, lot, lot.product, net.base, net.unit.code)
    if exact is None:
        _refuse_unit(case, lot, net.unit.code, "/data/net")
    each = ceil(exact)
    statement = case.state.product(lot.product)
    stated = None if statement is None else statement.data.net_content
    if stated is not None:
        whole = Quantity.parse(stated)
        least = _in_unit_of(case, lot, lot.product, whole.base, whole.unit.code)
        if least is not None and each < least:
            case.refuse("label.net", "/data/net", expected=stated)
    return each


def _refuse_unit(case: Case, lot: Lot, code: str, pointer: str) -> NoReturn:
    case.refuse("label.unit", pointer, lot=lot.lot, held=lot.unit or code, unit=code)


def _in_unit_of(case: Case, lot: Lot, product: str, amount: int, code: str) -> Fraction | None:
    """So much of a product (base units of ``code``) in base units of the lot's own unit: by mass,
    where the dimensions differ; None where a product does not say what a unit of it weighs."""
    held = lot.unit or code
    if dimension_of(held) is dimension_of(code):
        return Fraction(amount)
    mass = Fraction(amount)
    for of, measured, towards in ((product, code, True), (lot.product, held, False)):
        if dimension_of(measured) is Dimension.MASS:
            continue
        ratio = _mass_per_base(case, of, measured)
        if ratio is None:
            return None
        mass = mass * ratio if towards else mass / ratio
    return mass


def _mass_per_base(case: Case, product: str, code: str) -> Fraction | None:
    statement = case.state.product(product)
    stated = None if statement is None else statement.data.mass_per_unit
    if statement is None or stated is None:
        return None
    natural, mass = unit(statement.data.unit), Quantity.parse(stated).base
    return (
        Fraction(mass, natural.base) if mass and natural.dimension is dimension_of(code) else None
    )


def _allowed(case: Case, lot: Lot, reserves: Sequence[Reserve]) -> int:
    """For how much, in all, the lot's labels may stand; where an amount is not disclosed, for as
    much as is counted at all: that cannot be checked here."""
    if lot.made is None:
        return MOST
    if lot.labelled <= lot.made and not reserves and not case.state.reserves_for(lot.key):
        return lot.made
    backed = backing(case, lot, reserves)
    return MOST if backed is None else min(lot.made + backed, MOST)


# -- reserving -------------------------------------------------------------------------------------
def _reserves(case: Case, lot: Lot) -> list[Reserve]:
    ahead = case.body.data.ahead
    if ahead and len(case.state.reserves_for(lot.key)) + len(ahead) > MAX_RESERVES:
        case.refuse("label.reserves", "/data/ahead", limit=MAX_RESERVES)
    found: list[Reserve] = []
    for n, line in enumerate(ahead):
        pointer = f"/data/ahead/{n}"
        holding = own_holding(case, line, pointer)
        if holding.lot_key == lot.key:
            case.refuse("label.own-lot", f"{pointer}/from", lot=lot.lot)
        if any(holding.key == other.source for other in found):
            case.refuse("draw.twice", f"{pointer}/from", holding=line.from_)
        if len(case.state.reserves_on(holding.key)) >= MAX_RESERVES:
            case.refuse("label.reserves", f"{pointer}/from", limit=MAX_RESERVES)
        amount = _amount(case, lot, line, holding, pointer)
        worth = None
        if amount is not None:
            exact = _in_unit_of(case, lot, holding.product, amount, holding.unit)
            if exact is None:
                _refuse_unit(case, lot, holding.unit, f"{pointer}/quantity")
            worth = min(floor(exact), MAX_BASE)
        reserve = Reserve(case.index, n, holding.key, *lot.key, case.acting, amount, worth)
        found.append(reserve)
    return found


def _amount(case: Case, lot: Lot, line: Any, holding: Holding, pointer: str) -> int | None:
    """What the line reserves of a holding, which must be there and be nobody else's to wait for."""
    wanted = amount_of(case, line, pointer)
    if wanted is None:
        return None
    where = f"{pointer}/quantity"
    code = wanted.unit.code if holding.made is None else holding.unit
    same_dimension(case, wanted, code, where)
    if holding.left is None:
        return wanted.base
    if wanted.base > holding.left:
        left = in_words(holding.left, code)
        case.refuse("draw.over", where, lot=holding.lot, asked=wanted.text, left=left)
    claimed = claims_on(case, holding.key, lot.key)
    if claimed is not None and wanted.base > holding.left - claimed:
        left = in_words(max(holding.left - claimed, 0), code)
        case.refuse("label.reserved", where, lot=holding.lot, asked=wanted.text, left=left)
    return wanted.base


# -- voiding ---------------------------------------------------------------------------------------
def _void(case: Case, key: LotKey) -> None:
    data = case.body.data
    all_labels = case.state.labels_of(key)
    found = [each for each in all_labels if each.name == data.voids]
    lot = lot_of(case, key)
    if not found or lot is None:
        case.refuse("label.unknown", "/data/voids", record=data.voids, lot=key[1])
    before = found[0]
    if not is_one(case, case.acting, before.party):
        case.refuse("label.foreign", "/data/voids", lot=key[1])
    last = before.count - 1
    for n, span in enumerate(data.spans):
        if not span.first <= span.last <= last:
            case.refuse("label.span", f"/data/spans/{n}", last=last)
    spans = [(span.first, span.last) for span in data.spans] or [(0, last)]
    voided = merged((*before.voided, *spans))
    fresh = labels_in(voided) - labels_in(before.voided)
    if before.lost is not None or not fresh:
        case.refuse("label.voided", "/data/voids")
    if len(voided) > MAX_RANGES:
        case.refuse("label.ranges", "/data/spans", limit=MAX_RANGES)
    more = len(voided) - len(before.voided)
    if more > 0 and sum(len(each.voided) for each in all_labels) + more > MAX_LOT_RANGES:
        case.refuse("label.lot-ranges", "/data/spans", limit=MAX_LOT_RANGES)
    case.effects.labels.append(replace(before, voided=voided))
    book(case, lot, labelled=lot.labelled - fresh * before.each)


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The same indices as ranges that are sorted and apart."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return tuple(found)


def labels_in(ranges: Iterable[tuple[int, int]]) -> int:
    """How many indices lie in ranges that are apart."""
    return sum(last - first + 1 for first, last in ranges)


__all__ = ["label", "labels_in", "merged"]
