"""Crates and pallets: what is packed together, and where that goes (DESIGN §2, ``unit``).

A unit draws nothing and makes nothing: it says that parts of holdings lie together. Goods are
balanced by draws alone, and a unit is worth what its holder says it is; so no draw is ever refused
for a unit, and whoever cooks what came in a crate need not tell the ledger to open it.

* A unit is packed by who holds the goods, from holdings and from other units of its own; a part of
  a holding is packed once, and no more is packed than there is. Units nest, to a depth.
* Its number is an SSCC, which is never given again once the unit has left, or the packer's own,
  which is free again once the unit has left, or nothing of what it held is.
* ``opens`` takes units apart. A unit that stands in another is opened with it or after it.
* ``ship`` may name units: then the goods in them are among those drawn, and the units travel.
* ``receive`` may say what became of each. An accepted unit is the receiver's, as it was packed; a
  refused one the shipper's again. Where a crate is named that stood on a pallet, the pallet was
  taken apart. What is missing or damaged is no unit any more, nor is what nobody looked at.
* A stocktake and a correction make goods anew: units go with them, and where the same goods are not
  made anew, they are opened.

In a bundle units are not shown, as labels are not (``core.excerpt``): no balance and no origin
rests on them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NoReturn

from traceability.core import ids
from traceability.core.facts import Holding, HoldingKey, LotKey, Packed, Unit
from traceability.core.rules.balance import (
    Source,
    amount_of,
    by_lot,
    dimension_of,
    in_words,
    own_holding,
    pieces_of,
    same_dimension,
)
from traceability.core.rules.case import Case
from traceability.core.rules.timing import check_order
from traceability.core.units import Held

DEEPEST: Final = 5  #: units in units: a bag in a box in a crate on a pallet in a container
MOST_INSIDE: Final = 2000  #: units in one, on all levels, and in one shipment
MOST_ON_HOLDING: Final = 1000  #: units around parts of one holding


def unit(case: Case) -> None:
    """Packs a unit, or opens some."""
    data = case.body.data
    packs = bool(data.contents or data.units)
    named = data.kind is not None, (data.sscc is None) != (data.number is None)
    said = data.kind is not None or data.sscc is not None or data.number is not None
    if packs == bool(data.opens) or (packs and not all(named)) or (not packs and said):
        case.refuse("unit.says", "/data")
    if packs:
        _pack(case)
    else:
        _open_named(case)


# -- packing and opening ---------------------------------------------------------------------------
def _pack(case: Case) -> None:
    data = case.body.data
    number = _number(case)
    contents = _contents(case)
    children = _own_units(case, data.units, "/data/units")
    inside = 0
    for depth, level in enumerate(_levels(case, children), start=2):
        inside += len(level)
        if depth > DEEPEST:
            case.refuse("unit.depth", "/data/units", limit=DEEPEST)
        if inside > MOST_INSIDE:
            case.refuse("unit.size", "/data/units", limit=MOST_INSIDE)
    case.effects.units[case.index] = Unit(
        case.index, case.record.name, case.acting, number, data.sscc is not None, data.kind,
        case.acting, contents=tuple(contents),
    )  # fmt: skip
    for child in children:
        case.effects.units[child.index] = replace(child, parent=case.index)


def _number(case: Case) -> str:
    """The unit's number, which no other unit of the party goes by."""
    data = case.body.data
    number: str = data.number if data.sscc is None else ids.sscc(data.sscc)
    for other in case.state.units.numbered(case.acting, number):
        if other.sscc != (data.sscc is not None):
            continue
        if (other.sscc and other.sent is not None) or _has_goods(case, other):
            pointer = "/data/sscc" if other.sscc else "/data/number"
            case.refuse("unit.number", pointer, number=number, record=other.name)
        around = [each.index for each in _around(case, other)]
        _fall_open(case, *reversed(around), other.index)  # its goods are gone: it was opened
    return number


def _has_goods(case: Case, top: Unit) -> bool:
    """Whether anything of what a unit held is still there."""
    held = (case.state.holding(each.source) for one in _tree(case, [top]) for each in one.contents)
    return any(each is None or each.left is None or each.left > 0 for each in held)


def _contents(case: Case) -> list[Packed]:
    lines = case.body.data.contents
    holdings: dict[HoldingKey, Holding] = {}
    for n, line in enumerate(lines):
        pointer = f"/data/contents/{n}/from"
        holding = own_holding(case, line, pointer.removesuffix("/from"))
        if holding.key in holdings:
            case.refuse("draw.twice", pointer, holding=line.from_)
        check_order(case, holding.at, pointer)
        holdings[holding.key] = holding
    packed = case.state.units.packed_of([*holdings])
    found: list[Packed] = []
    for n, (line, holding, held) in enumerate(zip(lines, holdings.values(), packed, strict=True)):
        pointer = f"/data/contents/{n}"
        amount, code = _amount(case, line, holding, held, pointer)
        pieces = pieces_of(case, line, pointer)
        found.append(Packed(holding.key, *holding.lot_key, code, amount, pieces))
    return found


def _amount(
    case: Case, line: Any, holding: Holding, held: Held, pointer: str
) -> tuple[int | None, str]:
    """What the line packs of a holding, in base units, and the unit it is measured in: of what is
    left, and is packed in nothing else."""
    if held.parts >= MOST_ON_HOLDING:
        case.refuse("unit.many", f"{pointer}/from", limit=MOST_ON_HOLDING)
    wanted = amount_of(case, line, pointer)
    if wanted is None:
        return None, holding.unit
    where = f"{pointer}/quantity"
    code = wanted.unit.code if holding.made is None else holding.unit
    same_dimension(case, wanted, code, where)
    if holding.left is None:
        return wanted.base, code
    if wanted.base > holding.left:
        left = in_words(holding.left, code)
        case.refuse("draw.over", where, lot=holding.lot, asked=wanted.text, left=left)
    if not held.undisclosed and wanted.base > holding.left - held.amount:
        left = in_words(max(holding.left - held.amount, 0), code)
        case.refuse("unit.packed", where, lot=holding.lot, asked=wanted.text, left=left)
    return wanted.base, code


def _open_named(case: Case) -> None:
    opens = case.body.data.opens
    found = _own_units(case, opens, "/data/opens", inside=True)
    indices = {each.index for each in found}
    for n, each in enumerate(found):
        if each.parent is not None and each.parent not in indices:
            _refuse_inside(case, each, f"/data/opens/{n}")
    _fall_open(case, *indices)


def _own_units(case: Case, names: Sequence[str], pointer: str, inside: bool = False) -> list[Unit]:
    """Units that a record names: the acting party's, whole, there, and (but where ``inside``) not
    standing in another."""
    found = _named(case, names, pointer)
    for n, each in enumerate(found):
        where = f"{pointer}/{n}"
        if each.holder is not None and not case.state.stands_for(case.acting, each.holder):
            case.refuse("unit.foreign", where, number=each.number)
        if each.opened is not None:
            case.refuse("unit.opened", where, number=each.number)
        if each.ship is not None:
            case.refuse("unit.in-transit", where, number=each.number)
        if each.parent is not None and not inside:
            _refuse_inside(case, each, where)
        entry = case.state.record(each.name)
        if entry is not None:
            check_order(case, entry.at, where)
    return found


def _named(case: Case, names: Sequence[str], pointer: str) -> list[Unit]:
    entries = [case.state.record(name) for name in names]
    case.state.units.load(entry.index for entry in entries if entry is not None)
    found: list[Unit] = []
    for n, (name, entry) in enumerate(zip(names, entries, strict=True)):
        one = None if entry is None else case.state.units.get(entry.index)
        if one is None:
            case.refuse("unit.unknown", f"{pointer}/{n}", record=name)
        if any(one.index == other.index for other in found):
            case.refuse("unit.twice", f"{pointer}/{n}", number=one.number)
        found.append(one)
    return found


def _refuse_inside(case: Case, one: Unit, pointer: str) -> NoReturn:
    outer = case.state.units.get(one.parent or 0)
    case.refuse(
        "unit.inside", pointer, number=one.number, outer=outer.number if outer is not None else "–"
    )


# -- on the way ------------------------------------------------------------------------------------
def ship_units(case: Case, sources: Sequence[Source], made: Sequence[Holding]) -> None:
    """The units that a shipment names go with it."""
    names = case.body.data.units
    if not names:
        return
    tree = _tree(case, _own_units(case, names, "/data/units"))
    if len(tree) > MOST_INSIDE:
        case.refuse("unit.size", "/data/units", limit=MOST_INSIDE)
    drawn = [(each.holding.lot_key, each.amount, each.unit) for each in sources]
    _check_covered(case, tree, drawn, "unit.not-drawn")
    lines = _first_by_lot(made)
    for one in tree:
        moved = _moved(one, lambda each: lines.get(each.lot_key))
        sent = case.index if one.sent is None else one.sent
        to = made[0].holder
        changed = replace(one, holder=to, consignee=to, ship=case.index, sent=sent, contents=moved)
        case.effects.units[one.index] = changed


def receive_units(case: Case, sources: Sequence[Source], made: Sequence[Holding]) -> None:
    """What became of the units of a shipment."""
    lines = case.body.data.units
    if not lines:
        return
    found = _named(case, [line.unit for line in lines], "/data/units")
    ship = sources[0].holding.ship
    indices = {each.index for each in found}
    for n, one in enumerate(found):
        if one.ship != ship or one.opened is not None:
            case.refuse("unit.not-shipped", f"/data/units/{n}/unit", number=one.number)
        around = [each.index for each in _around(case, one)]
        if not indices.isdisjoint(around):
            _refuse_inside(case, one, f"/data/units/{n}/unit")
        _fall_open(case, *reversed(around))
    for outcome in ("accepted", "refused"):
        group = [one for one, line in zip(found, lines, strict=True) if line.outcome == outcome]
        taken = [
            held
            for held, make in zip(made, case.body.makes, strict=True)
            if make.outcome == outcome
        ]
        _set_down(case, _tree(case, group), taken)
    for one, line in zip(found, lines, strict=True):
        if line.outcome in ("missing", "damaged"):
            _fall_open(case, *(each.index for each in _tree(case, [one])), outcome=line.outcome)


def _set_down(case: Case, tree: Sequence[Unit], taken: Sequence[Holding]) -> None:
    held = [(each.lot_key, each.made, each.unit) for each in taken]
    _check_covered(case, tree, held, "unit.not-received")
    lines = _first_by_lot(taken)
    for one in tree:
        moved = _moved(one, lambda each: lines.get(each.lot_key))
        changed = replace(_now(case, one), holder=taken[0].holder, ship=None, contents=moved)
        case.effects.units[one.index] = changed


def _check_covered(
    case: Case, tree: Iterable[Unit], lines: Sequence[tuple[LotKey, int | None, str]], code: str
) -> None:
    """Refuses unless the goods in the units are among the lines, lot by lot; as far as amounts are
    disclosed."""
    found = by_lot((key, amount) for key, amount, _ in lines)
    measured = {key: unit for key, amount, unit in reversed(lines) if amount is not None}
    packed: dict[LotKey, int | None] = {}
    for each in (each for one in tree for each in one.contents):
        key = each.lot_key
        if key not in found:
            case.refuse(code, "/data/units", lot=each.lot)
        of = measured.get(key, each.unit)
        if each.amount is not None and dimension_of(of) is not dimension_of(each.unit):
            case.refuse(code, "/data/units", lot=each.lot)
        before = packed.get(key, 0)
        packed[key] = None if before is None or each.amount is None else before + each.amount
    for key, amount in packed.items():
        there = found[key]
        if amount is not None and there is not None and amount > there:
            case.refuse(code, "/data/units", lot=key[1])


def _moved(one: Unit, into: Callable[[Packed], Holding | None]) -> tuple[Packed, ...]:
    """What is in a unit, as parts of other holdings."""
    pairs = ((each, into(each)) for each in one.contents)
    return tuple(
        each if held is None else replace(each, source=held.key, product=held.product, lot=held.lot)
        for each, held in pairs
    )


# -- goods that are made anew ----------------------------------------------------------------------
def same_lots(sources: Sequence[Source], made: Sequence[Holding]) -> dict[HoldingKey, Holding]:
    """What takes the place of each drawn holding: the first that was made of the same lot."""
    lines = _first_by_lot(made)
    keys = ((each.holding.key, each.holding.lot_key) for each in sources)
    return {key: lines[lot] for key, lot in keys if lot in lines}


def carry_units(case: Case, sources: Sequence[Source], anew: Mapping[HoldingKey, Holding]) -> None:
    """Units go with goods that a stocktake or a correction makes anew; where it does not make them
    anew, they are opened, with what they stood in."""
    drawn = [each.holding.key for each in sources]
    touched = {one.index: one for key in drawn for one in case.state.units.on(key)}
    gone = set(drawn) - anew.keys()
    for one in touched.values():
        now = _now(case, one)
        if now.opened is not None:
            continue
        around = [*_around(case, now)]
        if any(each.source in gone for each in now.contents):
            _fall_open(case, *(each.index for each in reversed(around)), now.index)
            continue
        into = next(anew[each.source] for each in now.contents if each.source in anew)
        moved = replace(now, contents=_moved(now, lambda each: anew.get(each.source)))
        for each in (moved, *around):
            changed = replace(each, holder=into.holder, ship=into.ship)
            case.effects.units[each.index] = changed


# -- trees -----------------------------------------------------------------------------------------
def _now(case: Case, one: Unit) -> Unit:
    return case.effects.units.get(one.index, one)


def _within(case: Case, parents: Sequence[int]) -> list[Unit]:
    wanted = set(parents)
    found = [_now(case, each) for each in case.state.units.within(parents)]
    return [each for each in found if each.parent in wanted]


def _levels(case: Case, tops: Sequence[Unit]) -> Iterator[Sequence[Unit]]:
    """Units, then what stands in them, level by level."""
    level = tops
    while level:
        yield level
        level = _within(case, [one.index for one in level])


def _tree(case: Case, tops: Sequence[Unit]) -> list[Unit]:
    """Units and all that stands in them, the outer first."""
    return [one for level in _levels(case, tops) for one in level]


def _around(case: Case, one: Unit) -> Iterator[Unit]:
    """What a unit stands in, from the inside out."""
    parent = _now(case, one).parent
    while parent is not None:
        found = case.effects.units.get(parent) or case.state.units.get(parent)
        if found is None:
            return
        yield found
        parent = found.parent


def _fall_open(case: Case, *indices: int, outcome: str = "opened") -> None:
    """Units are none any more, the outer first; what stood in them stands by itself."""
    for index in indices:
        found = case.effects.units.get(index) or case.state.units.get(index)
        if found is None or found.opened is not None:
            continue
        case.effects.units[index] = replace(found, opened=case.index, outcome=outcome)
        for child in _within(case, [index]):
            case.effects.units[child.index] = replace(child, parent=None)


def _first_by_lot(made: Iterable[Holding]) -> dict[LotKey, Holding]:
    found: dict[LotKey, Holding] = {}
    for each in made:
        found.setdefault(each.lot_key, each)
    return found
