"""Transformations: what may be lost, what may be gained, and who says so (DESIGN §2).

``move-sort-pack``: grading, washing, cooling, packing, repacking, merging. Mass is kept: nothing is
gained beyond what scales explain; losses have a cause. Who washes or repacks a lot keeps its code,
for as much as was drawn of that lot: what is mixed in from others needs a lot of one's own. No crop
becomes another one.
``process``: pressing, drying, cooking. Mass by mass, with water as the only gain; water beyond the
product's range, or a yield outside it, is marked, so that water is no way to launder mass.
The range and the share of water are those of each product, by its own mass.
``assemble``: pieces against the product's recipe.
``top-up``: a silo's remainder and an intake make the same lot anew.
A loss whose cause is *unknown*, or that nobody attributed, is marked beyond a threshold.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from traceability.core.facts import Holding, LotKey
from traceability.core.quantity import Dimension, Quantity, unit
from traceability.core.registry_records import Process
from traceability.core.rules import balance
from traceability.core.rules.balance import Source
from traceability.core.rules.budget import judge_surplus
from traceability.core.rules.case import Case
from traceability.core.rules.flow import (
    claim_lot,
    held_by_acting,
    make_holding,
    may_make,
)
from traceability.core.rules.made import count_made, count_worked
from traceability.core.rules.papers import carried

LOSSES: Final = {
    "move-sort-pack": frozenset(
        {"reject", "trim", "shrinkage", "scale", "spoilage", "spill", "dead", "damaged", "sample",
         "water", "residue", "unknown"}
    ),
    "process": frozenset(
        {"reject", "trim", "shrinkage", "scale", "spoilage", "spill", "damaged", "sample", "water",
         "drying", "residue", "unknown"}
    ),
    "assemble": frozenset({"reject", "trim", "damaged", "sample", "residue", "unknown"}),
    "top-up": frozenset({"scale", "spill", "spoilage", "shrinkage", "drying", "unknown"}),
}  # fmt: skip
GAINS: Final = {
    "move-sort-pack": frozenset({"scale"}),
    "process": frozenset({"water", "scale"}),
    "assemble": frozenset[str](),
    "top-up": frozenset({"scale"}),
}


def transform(case: Case) -> None:
    """Own holdings become own holdings."""
    body = case.body
    sources = balance.draw_all(case)
    kind = body.data.kind
    kept = _kept_lots(case, sources) if kind == "move-sort-pack" else []
    inputs = [source.holding.claims for source in sources]
    made: list[Holding] = []
    for n, make in enumerate(body.makes):
        held_by_acting(case, make, n)
        if (make.product, make.lot) not in kept:
            may_make(case, make.product, f"/makes/{n}/product")
        claim_lot(case, make, n, drawn=kept, again=kind == "top-up")
        made.append(make_holding(case, make, n, claims=carried(make.claims, inputs)))
    count_worked(case, sources)
    for held in made:
        count_made(case, held)
    judge_surplus(case)
    if kind == "assemble":
        _assemble(case, sources, made)
        if _nominal_ratio(case, sources, made) > 1:
            case.refuse("balance.gain", "/makes")
        return
    if kind == "top-up":
        _top_up(case, sources, made)
    _mass_balance(case, sources, made)
    if kind == "move-sort-pack":
        _keep_crops(case, sources, made)


def _keep_crops(case: Case, sources: Sequence[Source], made: Sequence[Holding]) -> None:
    """Sorting and packing turn no pomelo into pineapple: of each crop comes out no more than went
    in of it, or of goods whose crop nobody has stated."""
    drawn = _by_crop(case, ((each.holding.product, each.amount) for each in sources))
    slack = 1000 + case.state.thresholds.scale_gain
    for crop, out in _by_crop(case, ((each.product, each.made) for each in made)).items():
        if crop is None:
            continue
        into = [drawn[each] for each in (crop, None) if each in drawn]
        amount = balance.total(into)
        if not into or (amount is not None and out is not None and out * 1000 > amount * slack):
            case.refuse("transform.crop", "/makes", crop=crop)


def _by_crop(case: Case, goods: Iterable[tuple[str, int | None]]) -> dict[str | None, int | None]:
    """Amounts by the crop that the product states (None: none); None where one is not shown."""
    found: dict[str | None, list[int | None]] = {}
    for product, amount in goods:
        statement = case.state.product(product)
        crop = statement.data.crop if statement is not None else None
        found.setdefault(crop, []).append(amount)
    return {crop: balance.total(amounts) for crop, amounts in found.items()}


def _kept_lots(case: Case, sources: Sequence[Source]) -> list[LotKey]:
    """The drawn lots whose code the record may keep: no more is made of each than was drawn."""
    drawn = balance.by_lot((source.holding.lot_key, source.amount) for source in sources)
    made: list[tuple[LotKey, int | None]] = []
    for n, make in enumerate(case.body.makes):
        found = balance.amount_of(case, make, f"/makes/{n}")
        made.append(((make.product, make.lot), None if found is None else found.base))
    out = balance.by_lot(made)
    slack = 1000 + case.state.thresholds.scale_gain
    return [
        key
        for key, amount in drawn.items()
        if amount is None or (again := out.get(key, 0)) is None or again * 1000 <= amount * slack
    ]


def _mass_balance(case: Case, sources: Sequence[Source], made: Sequence[Holding]) -> None:
    kind = case.body.data.kind
    in_mass = kind == "process"
    if not in_mass and not _one_dimension(case, sources, made):
        case.refuse("balance.unit", "/makes")
    losses = balance.attributed(case, "losses", LOSSES[kind], in_mass)
    gains = balance.attributed(case, "gains", GAINS[kind], in_mass)
    if in_mass:
        drawn = balance.total(
            balance.mass(case, s.holding.product, s.amount, s.unit, f"/draws/{n}/quantity")
            for n, s in enumerate(sources)
        )
        masses = [
            balance.mass(case, h.product, h.made, h.unit, f"/makes/{h.n}/quantity", up=True)
            for h in made
        ]
        out = balance.total(masses)
    else:
        # Pieces into pieces, litres into litres, kilograms into kilograms as weighed.
        drawn = balance.total(source.amount for source in sources)
        out = balance.total(holding.made for holding in made)
    lost, gained = balance.total(losses.values()), balance.total(gains.values())
    if drawn is None or out is None or lost is None or gained is None:
        return  # not disclosed to us
    allowance = drawn * case.state.thresholds.scale_gain // 1000
    if (gains.get("scale") or 0) > allowance:
        case.refuse("balance.gain", "/data/gains")
    if not in_mass:
        _judge_nominal(case, sources, made)
    rest = drawn + gained - out - lost
    if rest < 0:
        if drawn + gained < out:
            case.refuse("balance.gain", "/makes")
        case.refuse("balance.attribution", "/data/losses")
    unknown = rest + (losses.get("unknown") or 0)
    if unknown * 1000 > drawn * case.state.thresholds.unexplained_loss:
        case.alert("loss-unexplained")
    if in_mass:
        by_product: dict[str, int] = {}
        for holding, mass in zip(made, masses, strict=True):
            by_product[holding.product] = by_product.get(holding.product, 0) + (mass or 0)
        _judge_process(case, drawn, by_product, gains.get("water") or 0)


def _judge_nominal(case: Case, sources: Sequence[Source], made: Sequence[Holding]) -> None:
    """Pieces of one product that become pieces of another keep about their mass: else a thing of a
    kilogram could be counted on as a thing of a tonne."""
    products = {source.holding.product for source in sources}
    if all(holding.product in products for holding in made):
        return
    rules = case.state.thresholds
    gain = (_nominal_ratio(case, sources, made) - 1) * 1000
    if gain > rules.nominal_gain_limit:
        case.refuse("balance.gain", "/makes")
    if gain > rules.nominal_gain:
        case.alert("process.yield")


def _nominal_ratio(case: Case, sources: Sequence[Source], made: Sequence[Holding]) -> Fraction:
    """Made mass by drawn mass, as weighed or nominal; 1 where either is not known."""
    drawn = balance.total(
        balance.nominal(case, each.holding.product, each.amount, each.unit) for each in sources
    )
    out = balance.total(
        balance.nominal(case, each.product, each.made, each.unit, up=True) for each in made
    )
    return Fraction(1) if not drawn or out is None else Fraction(out, drawn)


def _one_dimension(case: Case, sources: Sequence[Source], made: Sequence[Holding]) -> bool:
    codes = {source.unit for source in sources if source.amount is not None}
    codes.update(holding.unit for holding in made if holding.made is not None)
    for member in ("losses", "gains"):
        for line in getattr(case.body.data, member):
            if line.quantity is not None:
                codes.add(Quantity.parse(line.quantity).unit.code)
    return len({unit(code).dimension for code in codes}) <= 1


def _judge_process(case: Case, drawn: int, out: Mapping[str, int], water: int) -> None:
    """``out`` is the mass of each product. Added water is shared out among the products that allow
    any, by their mass."""
    processes = {product: _process_of(case, product) for product in out}
    allowed = {
        product: Fraction(process.water_max) * out[product]
        for product, process in processes.items()
        if process is not None and process.water_max is not None
    }
    if water and not allowed:
        case.refuse("balance.water", "/data/gains")
    if water > sum(allowed.values()):
        case.alert("process.water")
    wet = sum(out[product] for product in allowed)
    for product, process in processes.items():
        if process is None:
            continue
        share = Fraction(water * out[product], wet) if product in allowed and wet else Fraction(0)
        dry = out[product] - share
        low = process.yield_min is not None and dry < Fraction(process.yield_min) * drawn
        high = process.yield_max is not None and dry > Fraction(process.yield_max) * drawn
        if low or high:
            case.alert("process.yield")


def _process_of(case: Case, product: str) -> Process | None:
    statement = case.state.product(product)
    process: Process | None = statement.data.process if statement else None
    return process


def _assemble(case: Case, sources: Sequence[Source], made: Sequence[Holding]) -> None:
    balance.attributed(case, "losses", LOSSES["assemble"], False)
    balance.attributed_causes(case, "gains", GAINS["assemble"])
    needed = _needed(case, made)
    drawn = balance.total_by((each.holding.product, each.amount) for each in sources)
    for product in drawn:
        if product not in needed:
            case.refuse("assemble.foreign-part", "/draws", product=product)
    for source in sources:
        need = needed[source.holding.product]
        if source.amount is not None and unit(source.unit).dimension is not need.dimension:
            case.refuse("balance.unit", "/draws")
    for product, need in needed.items():
        have = drawn.get(product, 0)
        if need.amount is None or have is None:
            continue
        if have < need.amount:
            case.refuse("assemble.short", "/draws", product=product)
        lost = balance.lost_of(case, product, need.dimension)
        if lost is None:
            continue
        if lost > have - need.amount:
            case.refuse("balance.attribution", "/data/losses")
        rest = have - need.amount - lost
        if rest * 1000 > have * case.state.thresholds.unexplained_loss:
            case.alert("loss-unexplained")


class _Need(NamedTuple):
    """So much of a part, in base units; None where the quantity made is not disclosed."""

    amount: Fraction | None
    dimension: Dimension


def _needed(case: Case, made: Sequence[Holding]) -> dict[str, _Need]:
    """What the recipes of the assembled products ask for, part by part."""
    needed: dict[str, _Need] = {}
    for holding in made:
        product = case.state.product(holding.product)
        if product is None or not product.data.recipe:
            case.refuse("assemble.recipe", f"/makes/{holding.n}/product", product=holding.product)
        whole = unit(product.data.unit)
        if holding.made is not None and unit(holding.unit).dimension is not whole.dimension:
            case.refuse("balance.unit", f"/makes/{holding.n}/quantity")
        for ingredient in product.data.recipe:
            part = Quantity.parse(ingredient.quantity)
            before = needed.get(ingredient.product, _Need(Fraction(0), part.dimension))
            if before.dimension is not part.dimension:
                case.refuse("balance.unit", f"/makes/{holding.n}/product")
            amount = (
                None
                if holding.made is None or before.amount is None
                else before.amount + Fraction(part.base * holding.made, whole.base)
            )
            needed[ingredient.product] = _Need(amount, part.dimension)
    return needed


def _top_up(case: Case, sources: Sequence[Source], made: Sequence[Holding]) -> None:
    if len(made) != 1:
        case.refuse("top-up.one", "/makes")
    key = made[0].lot_key
    remainder = [source for source in sources if source.holding.lot_key == key]
    balance.whole(case, remainder)
    if not remainder and case.state.lot(key) is not None:
        # A silo that ran empty begins a new lot; else its ancestry would be cut off.
        case.refuse("top-up.remainder", "/draws", lot=key[1])
