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
from dataclasses import replace
from typing import Any, Final

from traceability.core import ids, moment
from traceability.core.claims import Make
from traceability.core.facts import GONE, Crop, Holding, Link, Lot, LotKey
from traceability.core.quantity import Dimension, Quantity, unit
from traceability.core.rules.balance import (
    Source,
    amount_of,
    attributed_causes,
    by_lot,
    difference_by_lot,
    draw_all,
    in_words,
    pieces_of,
    units_by_lot,
    whole,
)
from traceability.core.rules.budget import judge_surplus
from traceability.core.rules.case import Case
from traceability.core.rules.farming import LAST, check_farmed, intervals, judge_crop
from traceability.core.rules.geography import check_speed
from traceability.core.rules.made import begin_lot, book, count_made, lot_of
from traceability.core.rules.papers import judge_claims
from traceability.core.rules.timing import day_of
from traceability.core.rules.units import carry_units, receive_units, same_lots, ship_units

FARMED: Final = frozenset({"plot", "pond", "house", "herd"})
GAINS: Final = frozenset({"scale", "unknown"})  #: goods do not grow between two scales


def harvest(case: Case) -> None:
    """Lots come into being, held by the producer."""
    body, state = case.body, case.state
    check_farmed(case, body.place)
    place = state.place(body.place)
    if place is not None and place.data.kind not in FARMED:
        case.refuse("place.not-farmed", "/place", place=body.place)
    crops: list[Crop] = []
    date = day_of(case, body.at, body.place)
    for n, make in enumerate(body.makes):
        held_by_acting(case, make, n)
        may_make(case, make.product, f"/makes/{n}/product")
        claim_lot(case, make, n, drawn=())
        held = make_holding(case, make, n, claims=make.claims)
        count_made(case, held)
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
    judge_surplus(case)
    case.effects.crops.extend(crops)
    known = [*state.crops_at(body.place)[-LAST:], *crops]
    closed = intervals(state.diaries_at(body.place))
    for crop in crops:
        judge_crop(case, crop, known, closed)
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
        check_printed(case, make)
        declare_lot(case, make)
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
    made: list[Holding] = []
    for n, make in enumerate(body.makes):
        if make.holder is None and "holder" not in make.hidden:
            case.refuse("ship.consignee", f"/makes/{n}/holder")
        held = make_holding(
            case, make, n, claims=claims.get((make.product, make.lot), ()), transit=True
        )
        held.sent_from = body.place or sources[0].holding.place
        made.append(held)
    keeps(case, sources, made, "ship.sum")
    ship_units(case, sources, made)


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
    made: list[Holding] = []
    for n, make in enumerate(body.makes):
        owner = case.acting if make.outcome == "accepted" else shipper
        if make.holder is not None and owner is not None and make.holder != owner:
            case.refuse("receive.holder", f"/makes/{n}/holder", outcome=make.outcome)
        held = make_holding(
            case, make, n, claims=claims.get((make.product, make.lot), ()), holder=owner
        )
        made.append(held)
    losses = difference_by_lot(case, "losses", sources)
    gains = difference_by_lot(case, "gains", sources)
    attributed_causes(case, "gains", GAINS)
    keeps(case, sources, made, "receive.sum", losses, gains)
    receive_units(case, sources, made)
    _judge_differences(case, sources, losses, gains)
    check_speed(case, sources)


def consume(case: Case) -> None:
    """Goods leave the ledger; a meal's hours and retained samples are what the forms ask for."""
    draw_all(case)
    for meal in case.body.data.meals:
        for sample in meal.samples:
            Quantity.parse_positive(sample.quantity)
            _check_hours(sample.taken, sample.discarded)
        _check_hours(meal.prepared, meal.cooked, meal.portioned, meal.served)


def _check_hours(*times: str | None) -> None:
    for time in times:
        if time is not None:
            moment.parse_time(time)


def count(case: Case) -> None:
    """A stocktake: what was found takes the place of what the ledger knew."""
    sources = draw_all(case)
    whole(case, sources)
    claims = claims_by_lot(sources)
    made: list[Holding] = []
    for n, make in enumerate(case.body.makes):
        held_by_acting(case, make, n)
        made.append(make_holding(case, make, n, claims=claims.get((make.product, make.lot), ())))
    losses = difference_by_lot(case, "losses", sources)
    gains = difference_by_lot(case, "gains", sources)
    attributed_causes(case, "gains", GAINS)
    keeps(case, sources, made, "count.sum", losses, gains)
    carry_units(case, sources, same_lots(sources, made))
    known = by_lot((source.holding.lot_key, source.amount) for source in sources)
    unknown = difference_by_lot(case, "losses", sources, "unknown")
    rules = case.state.thresholds
    for key, before in known.items():
        gain, lost = gains.get(key), unknown.get(key)
        if gain and before and gain * 1000 > before * rules.scale_gain:
            case.refuse("count.gain", "/data/gains", lot=key[1])
        if lost and before and lost * 1000 > before * rules.unexplained_loss:
            case.alert("loss-unexplained")


# -- what the types share ----------------------------------------------------------------------
def held_by_acting(case: Case, make: Make, n: int) -> None:
    """What a party harvests, acquires, transforms or counts, it holds itself."""
    if make.holder is None:
        if "holder" not in make.hidden:
            case.refuse("make.holder", f"/makes/{n}/holder")
    elif make.holder != case.acting:
        case.refuse("make.holder", f"/makes/{n}/holder")


def may_make(case: Case, product: str, pointer: str) -> None:
    """The product exists, and its owner lets this party make it."""
    statement = case.state.product(product)
    if statement is None:
        case.refuse("product.unknown", pointer, product=product)
    data, maker = statement.data, case.acting
    if data.withdrawn:
        case.refuse("product.withdrawn", pointer, product=product)
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
    case.refuse("product.maker", pointer, product=product)


def claim_lot(case: Case, make: Make, n: int, drawn: Sequence[LotKey], again: bool = False) -> None:
    """Creates the lot, or adds to it where that is allowed. ``drawn``: lots whose code the record
    may keep (cooling, washing); ``again``: the lot is made anew (a silo)."""
    key = (make.product, make.lot)
    place = make.place or case.body.place
    lot = lot_of(case, key)
    if lot is None or not lot.opened:
        begin_lot(case, key, place, lot)
        return
    if key in drawn:
        return
    if lot.maker is None:
        # Others only declared that they had it: its true maker comes late, and it is the maker's.
        begin_lot(case, key, place, lot)
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


def check_printed(case: Case, make: Make) -> None:
    """A GTIN that nobody registered is as printed on the goods, and typed or scanned at the door:
    its check digit holds."""
    if case.state.product(make.product) is None:
        ids.gtin14(make.product)


def declare_lot(case: Case, make: Make) -> None:
    """Notes a lot that nobody on the ledger is known to have made: it is taken from nobody."""
    key = (make.product, make.lot)
    place = make.place or case.body.place
    lot = lot_of(case, key)
    if lot is None:
        case.effects.lots.append(Lot(*key, None, place, case.at.time, case.index))
    elif not lot.opened:
        book(case, lot, place=place, opened=case.at.time, index=case.index)


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
    if make.lot in (".", ".."):  # no address can carry them: a browser drops such a segment
        case.refuse("lot.dots", f"{pointer}/lot")
    amount = amount_of(case, make, pointer)
    pieces = pieces_of(case, make, pointer)
    for date in (make.packed, make.expires):
        if date is not None:
            moment.parse_date(date)
    for claim in make.claims:
        if claim not in claims:
            case.alert("claim.not-carried", n, claim)
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
    made: Sequence[Holding],
    code: str,
    losses: Mapping[LotKey, int | None] | None = None,
    gains: Mapping[LotKey, int | None] | None = None,
) -> None:
    """Refuses unless, lot by lot, what was drawn (and gained) is what was made (and lost)."""
    drawn = by_lot((source.holding.lot_key, source.amount) for source in sources)
    for held in made:
        if held.lot_key not in drawn:
            case.refuse("make.not-drawn", "/makes", lot=held.lot)
    units = units_by_lot(case, sources, made)
    outputs = by_lot((held.lot_key, held.made) for held in made)
    for key, amount in drawn.items():
        lost = (losses or {}).get(key, 0)
        gained = (gains or {}).get(key, 0)
        out = outputs.get(key, 0)
        if amount is None or lost is None or gained is None or out is None:
            continue
        if amount + gained != out + lost:
            case.refuse(
                code,
                "/makes",
                lot=key[1],
                drawn=in_words(amount, units[key]),
                made=in_words(out + lost - gained, units[key]),
            )


def _close_acquire(case: Case, sources: Sequence[Source]) -> None:
    name = case.body.data.closes
    pointer = "/data/closes"
    entry = case.state.record(name)
    acquired = case.state.body(name) if entry else None
    if entry is None or acquired is None or entry.type != "acquire":
        case.refuse("ship.closes", pointer, record=name)
    source: Any = acquired.body.data.source  # type: ignore[attr-defined]
    if source.kind != "unrecorded" or case.state.voided(entry.index):
        case.refuse("ship.closes", pointer, record=name)
    if source.party and not case.state.stands_for(case.acting, source.party):
        case.refuse("ship.closes", pointer, record=name)
    if case.state.closed_by(entry.index) is not None:
        case.refuse("ship.closed", pointer, record=name)
    if case.body.makes:
        case.refuse("ship.closes-makes", "/makes")
    if case.body.data.units:
        case.refuse("unit.closes", "/data/units")
    roots = [
        case.state.holding((entry.index, n))
        for n in range(len(acquired.body.makes))  # type: ignore[attr-defined]
    ]
    outputs = [_as_corrected(case, root) for root in roots if root is not None]
    received = by_lot((each.lot_key, each.made) for each in outputs)
    shipped = by_lot((source.holding.lot_key, source.amount) for source in sources)
    if set(received) != set(shipped):
        case.refuse("ship.closes-lots", "/draws", record=name)
    units_by_lot(case, sources, outputs)
    for key, amount in shipped.items():
        got = received[key]
        if amount and got is not None:
            gap = abs(amount - got)
            if gap * 1000 > got * case.state.thresholds.closing_gap:
                # Else a kilogram that is proven would vouch for a tonne that is not.
                case.refuse("ship.closes-amount", "/draws", lot=key[1])
            _tolerate(case, gap, amount)
    case.effects.links.append(Link(case.index, entry.index, "closes"))


def _as_corrected(case: Case, root: Holding) -> Holding:
    """An output as the last correction states it: its lot, and how much there was in all."""
    live = None if root.live in (None, GONE) else case.state.holding(root.live)
    if root.live is None or live is None:
        return root if root.live is None else replace(root, made=root.used)
    return replace(live, made=None if live.made is None else root.used + live.made)


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
