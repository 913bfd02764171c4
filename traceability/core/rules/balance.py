"""What is drawn and made: nothing from nothing, nothing twice (DESIGN §1.1, §2).

* A draw names an existing output of an earlier record, at most what is left of it, held by the
  party that draws (or by one that it succeeded), once per record, in the holding's own dimension.
* What is in transit is drawn by its ``receive`` alone.
* Per transformation: what was drawn and gained equals what was made and lost. The ledger computes
  the difference; the signer attributes it, and cannot attribute more than there is.
Amounts that were not disclosed to us make a sum unknown (``None``), never zero.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from traceability.core import quantity
from traceability.core.errors import FormatError
from traceability.core.facts import Drawn, Holding, HoldingKey, LotKey
from traceability.core.quantity import Dimension, Quantity
from traceability.core.rules.case import Case
from traceability.core.rules.timing import check_order


class Source(NamedTuple):
    """A draw with the holding it draws on; ``amount`` in base units, None if undisclosed."""

    holding: Holding
    amount: int | None
    unit: str


def amount_of(case: Case, line: Any, pointer: str) -> Quantity | None:
    """The line's positive quantity; None where it is signed but undisclosed."""
    if line.quantity is None:
        if "quantity" not in line.hidden:
            case.refuse("quantity.missing", f"{pointer}/quantity")
        return None
    return Quantity.parse_positive(line.quantity)


def pieces_of(case: Case, line: Any, pointer: str) -> int | None:
    """The count beside a weighed mass, in pieces."""
    if line.count is None:
        return None
    count = Quantity.parse_positive(line.count)
    if count.dimension is not Dimension.COUNT:
        case.refuse("quantity.count", f"{pointer}/count", text=line.count)
    return count.base


def dimension_of(unit: str) -> Dimension:
    """The dimension of a unit code that has been checked before."""
    return quantity.unit(unit).dimension


def in_words(base: int, unit: str) -> str:
    """So many base units for a sentence: in ``unit``, or in pieces where that cannot say it."""
    try:
        return Quantity.of(base, unit).text
    except FormatError:
        return f"{base} H87" if dimension_of(unit) is Dimension.COUNT else f"{base}"


def draw_all(
    case: Case, transit: bool = False, own: frozenset[HoldingKey] = frozenset()
) -> list[Source]:
    """Judges all draws of the record, and books them. ``transit``: the record is the receipt of a
    shipment. ``own``: what the record may take back whoever holds it, since it voids the record of
    the same party that made it."""
    sources: list[Source] = []
    drawn = case.effects.drawn
    seen: set[tuple[int, int]] = set()
    state, acting = case.state, case.acting
    for n, draw in enumerate(case.body.draws):
        pointer = f"/draws/{n}"
        name, _, output = draw.from_.rpartition(".")
        entry = state.record(name)
        holding = state.holding((entry.index, int(output))) if entry else None
        if holding is None:
            case.refuse("draw.unknown", f"{pointer}/from", holding=draw.from_)
        if holding.key in seen:
            case.refuse("draw.twice", f"{pointer}/from", holding=draw.from_)
        seen.add(holding.key)
        owner = holding.holder
        if holding.key not in own:
            if owner is not None and owner != acting and not state.stands_for(acting, owner):
                case.refuse("draw.foreign", f"{pointer}/from", lot=holding.lot)
            if holding.ship is not None and not transit:
                case.refuse("draw.in-transit", f"{pointer}/from", lot=holding.lot)
        if holding.ship is None and transit:
            case.refuse("receive.not-shipped", f"{pointer}/from", lot=holding.lot)
        wanted = amount_of(case, draw, pointer)
        pieces = pieces_of(case, draw, pointer)
        amount, unit = None, holding.unit
        if wanted is not None:
            amount = wanted.base
            if holding.made is None:  # what was made is not disclosed to us, and so not its unit
                unit = wanted.unit.code
            same_dimension(case, wanted, unit, f"{pointer}/quantity")
            if holding.left is not None and amount > holding.left:
                left = in_words(holding.left, unit)
                case.refuse(
                    "draw.over",
                    f"{pointer}/quantity",
                    lot=holding.lot,
                    asked=wanted.text,
                    left=left,
                )
        check_order(case, holding.at, f"{pointer}/from")
        drawn.append(Drawn(case.index, n, holding.key, amount, pieces))
        sources.append(Source(holding, amount, unit))
    return sources


def own_holding(case: Case, line: Any, pointer: str) -> Holding:
    """The holding that a line speaks of without drawing on it: the acting party's, and not on its
    way."""
    name, _, output = line.from_.rpartition(".")
    entry = case.state.record(name)
    holding = case.state.holding((entry.index, int(output))) if entry else None
    if holding is None:
        case.refuse("draw.unknown", f"{pointer}/from", holding=line.from_)
    owner = holding.holder
    if owner is not None and not case.state.stands_for(case.acting, owner):
        case.refuse("draw.foreign", f"{pointer}/from", lot=holding.lot)
    if holding.ship is not None:
        case.refuse("draw.in-transit", f"{pointer}/from", lot=holding.lot)
    return holding


def whole(case: Case, sources: Sequence[Source]) -> None:
    """Refuses unless every draw takes all that is left of its holding."""
    for n, source in enumerate(sources):
        left = source.holding.left
        if left is not None and source.amount is not None and source.amount != left:
            text = in_words(left, source.unit)
            case.refuse("draw.not-whole", f"/draws/{n}/quantity", lot=source.holding.lot, left=text)


def same_dimension(case: Case, found: Quantity, held: str, pointer: str) -> None:
    """Refuses a quantity that does not measure what the holding is kept in."""
    if found.unit.code != held and found.dimension is not dimension_of(held):
        case.refuse("draw.unit", pointer, unit=found.unit.code, held=held)


def units_by_lot(
    case: Case, sources: Iterable[Source], made: Iterable[Holding]
) -> dict[LotKey, str]:
    """The unit of each lot. A lot has one dimension within a record: milligrams and pieces are
    whole numbers both, and must never be summed or compared."""
    units: dict[LotKey, str] = {}
    lines = [(each.holding.lot_key, each.unit) for each in sources if each.amount is not None]
    lines += [(each.lot_key, each.unit) for each in made if each.made is not None]
    for key, unit in lines:
        known = units.setdefault(key, unit)
        if known != unit and dimension_of(known) is not dimension_of(unit):
            case.refuse("balance.unit", "/makes")
    return units


def by_lot(lines: Iterable[tuple[LotKey, int | None]]) -> dict[LotKey, int | None]:
    """Sums per lot; a sum with an undisclosed part is unknown."""
    return total_by(lines)


_Key = TypeVar("_Key", bound=Hashable)


def total_by(lines: Iterable[tuple[_Key, int | None]]) -> dict[_Key, int | None]:
    """Sums per key; a sum with an undisclosed part is unknown."""
    sums: dict[_Key, int | None] = {}
    for key, amount in lines:
        before = sums.get(key, 0)
        sums[key] = None if amount is None or before is None else before + amount
    return sums


def difference_by_lot(
    case: Case, member: str, sources: Sequence[Source], cause: str | None = None
) -> dict[LotKey, int | None]:
    """``data.losses`` or ``data.gains`` per lot (of one cause, if given); a line without a lot
    belongs to the only one."""
    stated = getattr(case.body.data, member)
    if not stated:
        return {}
    lots = {source.holding.lot_key: source.unit for source in sources}
    lines: list[tuple[LotKey, int | None]] = []
    for n, line in enumerate(stated):
        pointer = f"/data/{member}/{n}"
        if cause not in (None, line.cause):
            continue
        if line.lot is None and len(lots) == 1:
            key = next(iter(lots))
        else:
            matching = [
                key
                for key in lots
                if key[1] == line.lot and (line.product is None or key[0] == line.product)
            ]
            if len(matching) != 1:
                case.refuse("difference.lot", f"{pointer}/lot", lot=line.lot or "–")
            key = matching[0]
        found = amount_of(case, line, pointer)
        if found is not None:
            same_dimension(case, found, lots[key], f"{pointer}/quantity")
        lines.append((key, None if found is None else found.base))
    return by_lot(lines)


def mass(
    case: Case, product: str, amount: int | None, unit: str, pointer: str, up: bool = False
) -> int | None:
    """Milligrams of so much of a product: as weighed, or by the product's mass per unit, rounded
    down, or ``up`` for what is made: not even a part of a milligram comes from nothing."""
    if amount is None:
        return None
    dimension = dimension_of(unit)
    if dimension is Dimension.MASS:
        return amount
    statement = case.state.product(product)
    per_unit = statement.data.mass_per_unit if statement else None
    if statement is None or per_unit is None:
        case.refuse("balance.no-mass", pointer, product=product)
    base = quantity.unit(statement.data.unit)
    if base.dimension is not dimension:
        case.refuse("balance.no-mass", pointer, product=product)
    product_of = amount * Quantity.parse(per_unit).base
    return -(-product_of // base.base) if up else product_of // base.base


def nominal(
    case: Case, product: str, amount: int | None, unit: str, up: bool = False
) -> int | None:
    """As ``mass``, but None where the product's mass per unit does not say."""
    statement = case.state.product(product)
    weighed = dimension_of(unit) is Dimension.MASS
    if not weighed and (statement is None or statement.data.mass_per_unit is None):
        return None
    return mass(case, product, amount, unit, "/makes", up)


def total(amounts: Iterable[int | None]) -> int | None:
    """The sum; unknown when a part is."""
    result = 0
    for amount in amounts:
        if amount is None:
            return None
        result += amount
    return result


def attributed(
    case: Case, member: str, allowed: frozenset[str], in_mass: bool
) -> dict[str, int | None]:
    """Amount per cause in ``data.losses`` or ``data.gains`` of a transformation, in milligrams or
    in base units of the one dimension that all its lines have."""
    attributed_causes(case, member, allowed)
    sums: dict[str, int | None] = {}
    for n, line in enumerate(getattr(case.body.data, member)):
        pointer = f"/data/{member}/{n}"
        found = amount_of(case, line, pointer)
        amount = None if found is None else found.base
        if found is not None and in_mass:
            product = line.product or case.body.makes[0].product
            amount = mass(case, product, found.base, found.unit.code, pointer)
        before = sums.get(line.cause, 0)
        sums[line.cause] = None if amount is None or before is None else before + amount
    return sums


def attributed_causes(case: Case, member: str, allowed: frozenset[str]) -> None:
    """Refuses a cause that the kind of transformation does not allow."""
    for n, line in enumerate(getattr(case.body.data, member)):
        if line.cause not in allowed:
            case.refuse("difference.cause", f"/data/{member}/{n}/cause", cause=line.cause)


def lost_of(case: Case, product: str, dimension: Dimension) -> int | None:
    """What ``data.losses`` attributes to one product to a known cause, in base units."""
    lost = 0
    for n, line in enumerate(case.body.data.losses):
        if line.product == product and line.cause != "unknown":
            found = amount_of(case, line, f"/data/losses/{n}")
            if found is None:
                return None
            if found.dimension is not dimension:
                case.refuse("balance.unit", f"/data/losses/{n}/quantity")
            lost += found.base
    return lost
