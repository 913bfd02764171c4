"""Transformations: what may be lost, what may be gained, and who says so (DESIGN §2).

``move-sort-pack``: grading, washing, cooling, packing, repacking, merging. Mass is kept: nothing is
gained beyond what scales explain; losses have a cause.
``process``: pressing, drying, cooking. Mass by mass, with water as the only gain; water beyond the
product's range, or a yield outside it, is marked, so that water is no way to launder mass.
``assemble``: pieces against the product's recipe.
``top-up``: a silo's remainder and an intake make the same lot anew.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from traceability.core.facts import Holding
from traceability.core.quantity import Quantity, unit
from traceability.core.rules import balance
from traceability.core.rules.balance import Source
from traceability.core.rules.case import Case
from traceability.core.rules.flow import (
    claim_lot,
    held_by_acting,
    make_holding,
    may_make,
)
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
    drawn_lots = [source.holding.lot_key for source in sources]
    kept = drawn_lots if kind == "move-sort-pack" else []
    inputs = [source.holding.claims for source in sources]
    made: list[Holding] = []
    for n, make in enumerate(body.makes):
        held_by_acting(case, make, n)
        if (make.product, make.lot) not in kept:
            may_make(case, make, n)
        claim_lot(case, make, n, drawn=kept, again=kind == "top-up")
        claims = carried(make.claims, inputs)
        for claim in make.claims:
            if claim not in claims:
                case.alert("claim.not-carried", n, claim)
        made.append(make_holding(case, make, n, claims=claims))
    if kind == "assemble":
        _assemble(case, sources, made)
        return
    if kind == "top-up":
        _top_up(case, sources, made)
    _mass_balance(case, sources, made)


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
        out = balance.total(
            balance.mass(case, h.product, h.made, h.unit, f"/makes/{h.n}/quantity") for h in made
        )
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
    rest = drawn + gained - out - lost
    if rest < 0:
        if drawn + gained < out:
            case.refuse("balance.gain", "/makes")
        case.refuse("balance.attribution", "/data/losses")
    if rest * 1000 > drawn * case.state.thresholds.unexplained_loss:
        case.alert("loss-unexplained")
    if kind == "process":
        _judge_process(case, drawn, out, gains.get("water") or 0)


def _one_dimension(case: Case, sources: Sequence[Source], made: Sequence[Holding]) -> bool:
    codes = {source.unit for source in sources} | {holding.unit for holding in made}
    for member in ("losses", "gains"):
        for line in getattr(case.body.data, member):
            if line.quantity is not None:
                codes.add(Quantity.parse(line.quantity).unit.code)
    return len({unit(code).dimension for code in codes}) == 1


def _judge_process(case: Case, drawn: int, out: int, water: int) -> None:
    for make in case.body.makes:
        product = case.state.product(make.product)
        process = product.data.process if product else None
        if process is None:
            if water:
                case.refuse("balance.water", "/data/gains")
            continue
        if process.water_max is None and water:
            case.refuse("balance.water", "/data/gains")
        if process.water_max is not None and water > Fraction(process.water_max) * out:
            case.alert("process.water")
        dry = out - water
        low = process.yield_min is not None and dry < Fraction(process.yield_min) * drawn
        high = process.yield_max is not None and dry > Fraction(process.yield_max) * drawn
        if low or high:
            case.alert("process.yield")


def _assemble(case: Case, sources: Sequence[Source], made: Sequence[Holding]) -> None:
    balance.attributed_causes(case, "losses", LOSSES["assemble"])
    balance.attributed_causes(case, "gains", GAINS["assemble"])
    needed: dict[str, Fraction | None] = {}
    for holding in made:
        product = case.state.product(holding.product)
        if product is None or not product.data.recipe:
            case.refuse("assemble.recipe", f"/makes/{holding.n}/product", product=holding.product)
        size = unit(product.data.unit).base
        for ingredient in product.data.recipe:
            part = Quantity.parse(ingredient.quantity).base
            before = needed.get(ingredient.product, Fraction(0))
            needed[ingredient.product] = (
                None
                if holding.made is None or before is None
                else before + Fraction(part * holding.made, size)
            )
    drawn: dict[str, int | None] = {}
    for source in sources:
        before_drawn = drawn.get(source.holding.product, 0)
        drawn[source.holding.product] = (
            None if source.amount is None or before_drawn is None else before_drawn + source.amount
        )
    for product_id in drawn:
        if product_id not in needed:
            case.refuse("assemble.foreign-part", "/draws", product=product_id)
    for product_id, need in needed.items():
        have = drawn.get(product_id, 0)
        if need is None or have is None:
            continue
        if have < need:
            case.refuse("assemble.short", "/draws", product=product_id)
        if (have - need) * 1000 > have * case.state.thresholds.unexplained_loss:
            lost = balance.lost_of(case, product_id)
            if lost is not None and have - need > lost:
                case.alert("loss-unexplained")


def _top_up(case: Case, sources: Sequence[Source], made: Sequence[Holding]) -> None:
    if len(made) != 1:
        case.refuse("top-up.one", "/makes")
    key = made[0].lot_key
    remainder = [source for source in sources if source.holding.lot_key == key]
    balance.whole(case, remainder)
    if not remainder and case.state.lot(key) is not None:
        # A silo that ran empty begins a new lot; else its ancestry would be cut off.
        case.refuse("top-up.remainder", "/draws", lot=key[1])
