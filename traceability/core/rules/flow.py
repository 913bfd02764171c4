"""The flow of goods, but for transformations and corrections (DESIGN §2).

* Only ``harvest``, ``acquire`` and ``transform`` create lots. A lot belongs to the party that made
  it first, which may add to it at the same place for 72 hours; ``acquire`` only declares a lot and
  takes it from nobody.
* A product is made by those whom its owner lets make it.
* ``ship`` makes, per lot, exactly what it draws, in transit to one consignee; ``receive`` draws all
  of one shipment, and its lines sum, lot by lot, to what was shipped. Differences beyond tolerance
  are told to both.
* ``count`` draws all that the ledger knows of a holding; more than a scale explains must come in as
  opening stock, declared.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from traceability.core import moment
from traceability.core.claims import Make
from traceability.core.facts import Crop, Holding, Link, Lot, LotKey
from traceability.core.quantity import Dimension, Quantity, unit
from traceability.core.rules.balance import (
    Source,
    amount_of,
    by_lot,
    difference_by_lot,
    draw_all,
    pieces_of,
    whole,
)
from traceability.core.rules.case import Case
from traceability.core.rules.farming import LAST, check_farmed, judge_crop
from traceability.core.rules.geography import check_speed
from traceability.core.rules.papers import judge_claims

FARMED: Final = frozenset({"plot", "pond", "house", "herd"})


def harvest(case: Case) -> None:
    """Lots come into being, held by the producer."""
    body, state = case.body, case.state
    check_farmed(case, body.place)
    place = state.place(body.place)
    if place is not None and place.data.kind not in FARMED:
        case.refuse("place.not-farmed", "/place", place=body.place)
    crops: list[Crop] = []
    date = moment.local_date(body.at)
    for n, make in enumerate(body.makes):
        held_by_acting(case, make, n)
        may_make(case, make, n)
        claim_lot(case, make, n, drawn=())
        held = make_holding(case, make, n, claims=make.claims)
        crops.append(
            Crop(
                case.index,
                n,
                body.place,
                case.acting,
                make.product,
                date,
                body.data.season,
                held.unit,
                held.made,
                make.claims,
            )
        )
    case.effects.crops.extend(crops)
    known = [*state.crops_at(body.place)[-LAST:], *crops]
    diaries = state.diaries_at(body.place)[-LAST:]
    for crop in crops:
        judge_crop(case, crop, known, diaries)
        if crop.claims:
            judge_claims(case, crop)


def acquire(case: Case) -> None:
    """Goods from outside: declared, not proven."""
    source = case.body.data.source
    if source.kind == "unrecorded":
        if source.party is None and "party" not in source.hidden:
            case.refuse("acquire.supplier", "/data/source/party")
        if source.party is not None and case.state.party(source.party) is None:
            case.refuse("party.unknown", "/data/source/party", party=source.party)
    for n, make in enumerate(case.body.makes):
        held_by_acting(case, make, n)
        if make.claims:
            # Nobody on the ledger made them, so nobody on the ledger can claim for them.
            case.refuse("acquire.claims", f"/makes/{n}/claims")
        if case.state.lot((make.product, make.lot)) is None:
            place = make.place or case.body.place
            case.effects.lots.append(
                Lot(make.product, make.lot, None, place, case.at.time, case.index)
            )
        make_holding(case, make, n)


def ship(case: Case) -> None:
    """The same lots, in transit to one consignee; or a late shipment that closes an ``acquire``."""
    body, state = case.body, case.state
    sources = draw_all(case)
    if body.data.closes is not None:
        _close_acquire(case, sources)
        return
    if not body.makes:
        case.refuse("ship.makes", "/makes")
    consignees = {make.holder for make in body.makes if make.holder is not None}
    if len(consignees) > 1:
        case.refuse("ship.one-consignee", "/makes")
    for consignee in consignees:
        if state.party(consignee) is None:
            case.refuse("party.unknown", "/makes/0/holder", party=consignee)
    claims = claims_by_lot(sources)
    lines: list[tuple[LotKey, int | None]] = []
    for n, make in enumerate(body.makes):
        if make.holder is None and "holder" not in make.hidden:
            case.refuse("ship.consignee", f"/makes/{n}/holder")
        held = make_holding(
            case, make, n, claims=claims.get((make.product, make.lot), ()), transit=True
        )
        held.sent_from = body.place or sources[0].holding.place
        lines.append((held.lot_key, held.made))
    keeps(case, sources, by_lot(lines), "ship.sum")


def receive(case: Case) -> None:
    """One shipment is taken over, refused or found missing, line by line."""
    body = case.body
    sources = draw_all(case, transit=True)
    ships = {source.holding.ship for source in sources}
    if len(ships) != 1:
        case.refuse("receive.one-ship", "/draws")
    shipment = case.state.transit(next(iter(ships)) or 0)
    if {each.key for each in shipment} - {source.holding.key for source in sources}:
        case.refuse("receive.all", "/draws", lines=len(shipment))
    whole(case, sources)
    shipper = sources[0].holding.shipper
    claims = claims_by_lot(sources)
    lines: list[tuple[LotKey, int | None]] = []
    for n, make in enumerate(body.makes):
        owner = case.acting if make.outcome == "accepted" else shipper
        if make.holder is not None and owner is not None and make.holder != owner:
            case.refuse("receive.holder", f"/makes/{n}/holder", outcome=make.outcome)
        held = make_holding(
            case, make, n, claims=claims.get((make.product, make.lot), ()), holder=owner
        )
        lines.append((held.lot_key, held.made))
    losses = difference_by_lot(case, "losses", sources)
    gains = difference_by_lot(case, "gains", sources)
    keeps(case, sources, by_lot(lines), "receive.sum", losses, gains)
    _judge_differences(case, sources, losses, gains)
    check_speed(case, sources)


def consume(case: Case) -> None:
    """Goods leave the ledger."""
    draw_all(case)


def count(case: Case) -> None:
    """A stocktake: what was found takes the place of what the ledger knew."""
    sources = draw_all(case)
    whole(case, sources)
    claims = claims_by_lot(sources)
    lines: list[tuple[LotKey, int | None]] = []
    for n, make in enumerate(case.body.makes):
        held_by_acting(case, make, n)
        held = make_holding(case, make, n, claims=claims.get((make.product, make.lot), ()))
        lines.append((held.lot_key, held.made))
    losses = difference_by_lot(case, "losses", sources)
    gains = difference_by_lot(case, "gains", sources)
    keeps(case, sources, by_lot(lines), "count.sum", losses, gains)
    known = by_lot((source.holding.lot_key, source.amount) for source in sources)
    for key, gain in gains.items():
        before = known[key]
        if gain and before and gain * 1000 > before * case.state.thresholds.scale_gain:
            case.refuse("count.gain", "/data/gains", lot=key[1])


# -- what the types share ----------------------------------------------------------------------
def held_by_acting(case: Case, make: Make, n: int) -> None:
    """What a party harvests, acquires, transforms or counts, it holds itself."""
    if make.holder is None:
        if "holder" not in make.hidden:
            case.refuse("make.holder", f"/makes/{n}/holder")
    elif make.holder != case.acting:
        case.refuse("make.holder", f"/makes/{n}/holder")


def may_make(case: Case, make: Make, n: int) -> None:
    """The product exists, and its owner lets this party make it."""
    statement = case.state.product(make.product)
    if statement is None:
        case.refuse("product.unknown", f"/makes/{n}/product", product=make.product)
    data, maker = statement.data, case.acting
    if data.withdrawn:
        case.refuse("product.withdrawn", f"/makes/{n}/product", product=make.product)
    if data.makers == "anyone" or case.state.stands_for(maker, statement.party):
        return
    if data.makers == "members":
        party = case.state.party(maker)
        if party is not None and any(
            case.state.stands_for(cooperative, statement.party) or cooperative == statement.party
            for cooperative in party.members_of
        ):
            return
    if data.makers == "licensed" and maker in data.licensed:
        return
    case.refuse("product.maker", f"/makes/{n}/product", product=make.product)


def claim_lot(case: Case, make: Make, n: int, drawn: Sequence[LotKey], again: bool = False) -> None:
    """Creates the lot, or adds to it where that is allowed. ``drawn``: lots whose code the record
    may keep (cooling, washing); ``again``: the lot is made anew (a silo)."""
    key = (make.product, make.lot)
    place = make.place or case.body.place
    lot = case.state.lot(key) or next(
        (each for each in case.effects.lots if (each.product, each.lot) == key), None
    )
    if lot is None:
        case.effects.lots.append(Lot(*key, case.acting, place, case.at.time, case.index))
        return
    if key in drawn:
        return
    if lot.maker is None:
        # Others only declared that they had it: its true maker comes late, and it is the maker's.
        case.effects.lots.append(Lot(*key, case.acting, place, case.at.time, case.index))
        return
    if not case.state.stands_for(case.acting, lot.maker):
        case.refuse("lot.foreign", f"/makes/{n}/lot", lot=make.lot)
    if again or lot.index == case.index:
        return
    if lot.place != place and lot.place is not None and place is not None:
        case.refuse("lot.place", f"/makes/{n}/lot", lot=make.lot)
    if case.at.time - lot.opened > case.state.thresholds.lot_open:
        hours = case.state.thresholds.lot_open // 3_600_000
        case.refuse("lot.closed", f"/makes/{n}/lot", lot=make.lot, hours=hours)


def make_holding(
    case: Case,
    make: Make,
    n: int,
    claims: tuple[str, ...] = (),
    holder: str | None = None,
    transit: bool = False,
) -> Holding:
    """Books output ``n``: a holding of so much of the lot."""
    pointer = f"/makes/{n}"
    amount = amount_of(case, make, pointer)
    pieces = pieces_of(case, make, pointer)
    place = make.place
    if place is None and "place" not in make.hidden:
        place = case.body.place
    if place is not None and case.state.place(place) is None:
        case.refuse("place.unknown", f"{pointer}/place", place=place)
    product = case.state.product(make.product)
    if amount is not None and product is not None:
        natural = unit(product.data.unit).dimension
        if amount.dimension not in (natural, Dimension.MASS):
            case.refuse(
                "quantity.of-product",
                f"{pointer}/quantity",
                unit=amount.unit.code,
                expected=product.data.unit,
            )
    base = None if amount is None else amount.base
    code = amount.unit.code if amount is not None else (product.data.unit if product else "KGM")
    holding = Holding(
        case.index,
        n,
        make.product,
        make.lot,
        make.holder or holder,
        place,
        code,
        base,
        base,
        pieces,
        pieces,
        case.happened,
        claims,
        case.index if transit else None,
        case.acting if transit else None,
    )
    case.effects.made.append(holding)
    return holding


def claims_by_lot(sources: Sequence[Source]) -> dict[LotKey, tuple[str, ...]]:
    """The claims of each drawn lot: those that all drawn parts of it carry."""
    claims: dict[LotKey, tuple[str, ...]] = {}
    for source in sources:
        key, own = source.holding.lot_key, source.holding.claims
        before = claims.get(key)
        claims[key] = own if before is None else tuple(c for c in before if c in own)
    return claims


def keeps(
    case: Case,
    sources: Sequence[Source],
    made: Mapping[LotKey, int | None],
    code: str,
    losses: Mapping[LotKey, int | None] | None = None,
    gains: Mapping[LotKey, int | None] | None = None,
) -> None:
    """Refuses unless, lot by lot, what was drawn (and gained) is what was made (and lost)."""
    drawn = by_lot((source.holding.lot_key, source.amount) for source in sources)
    for key in made:
        if key not in drawn:
            case.refuse("make.not-drawn", "/makes", lot=key[1])
    units = {source.holding.lot_key: source.unit for source in sources}
    for key, amount in drawn.items():
        lost = (losses or {}).get(key, 0)
        gained = (gains or {}).get(key, 0)
        out = made.get(key, 0)
        if amount is None or lost is None or gained is None or out is None:
            continue
        if amount + gained != out + lost:
            case.refuse(
                code,
                "/makes",
                lot=key[1],
                drawn=Quantity.of(amount, units[key]).text,
                made=Quantity.of(out, units[key]).text,
            )


def _close_acquire(case: Case, sources: Sequence[Source]) -> None:
    name = case.body.data.closes
    pointer = "/data/closes"
    entry = case.state.record(name)
    acquired = case.state.body(name) if entry else None
    if entry is None or acquired is None or entry.type != "acquire":
        case.refuse("ship.closes", pointer, record=name)
    source: Any = acquired.body.data.source  # type: ignore[attr-defined]
    if source.kind != "unrecorded" or (source.party and source.party != case.acting):
        case.refuse("ship.closes", pointer, record=name)
    if any(link.kind == "closes" for link in case.state.links_to(entry.index)):
        case.refuse("ship.closed", pointer, record=name)
    if case.body.makes:
        case.refuse("ship.closes-makes", "/makes")
    holdings = [
        case.state.holding((entry.index, n))
        for n in range(len(acquired.body.makes))  # type: ignore[attr-defined]
    ]
    received = by_lot((each.lot_key, each.made) for each in holdings if each is not None)
    shipped = by_lot((source.holding.lot_key, source.amount) for source in sources)
    if set(received) != set(shipped):
        case.refuse("ship.closes-lots", "/draws", record=name)
    for key, amount in shipped.items():
        got = received[key]
        if amount and got is not None:
            _tolerate(case, abs(amount - got), amount)
    case.effects.links.append(Link(case.index, entry.index, "closes"))


def _judge_differences(
    case: Case,
    sources: Sequence[Source],
    losses: Mapping[LotKey, int | None],
    gains: Mapping[LotKey, int | None],
) -> None:
    drawn = by_lot((source.holding.lot_key, source.amount) for source in sources)
    for key, amount in drawn.items():
        lost, gained = losses.get(key, 0), gains.get(key, 0)
        if amount and lost is not None and gained is not None:
            _tolerate(case, lost + gained, amount)


def _tolerate(case: Case, difference: int, shipped: int) -> None:
    if difference * 1000 > shipped * case.state.thresholds.receive_tolerance:
        case.alert("receive.difference")
