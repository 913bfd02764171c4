"""Errors set right in the open, and records denied (DESIGN §2).

A party corrects its own records only. Three ways:

* ``void``: once, and only while nothing was drawn from any output. All outputs are drawn, whoever
  holds them (refused crates are back with the shipper), and the inputs are made anew, each as it
  was. The lots that the record began may be begun again. An intake that a late shipment closed is
  voided after that shipment.
* ``outputs`` (harvest, acquire, transform): what remains of the named outputs is drawn, and made
  anew as it should have been: what it should have been in all, less what others have drawn. Never
  upward once something was drawn, and upward only for what comes from outside (harvest, acquire).
  Where more was drawn than there should have been, nothing remains and a shortfall is marked, until
  a later correction says that there was enough. Lot and product change only while nothing was
  drawn, the product of a transformation never: its balance was judged by it.
* ``restated``: a record without holdings (diary, inspection) is stated anew, by type.

Later draws name the correction. Registry statements are superseded, not corrected; keys, recalls
and corrections are never corrected.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from traceability.core.facts import (
    GONE,
    AlertKey,
    Crop,
    Holding,
    HoldingKey,
    Inspection,
    Link,
    LotKey,
    RecordEntry,
)
from traceability.core.quantity import Quantity
from traceability.core.rules.authority import named_in
from traceability.core.rules.balance import Source, draw_all, in_words, same_dimension, whole
from traceability.core.rules.budget import judge_surplus
from traceability.core.rules.case import Case
from traceability.core.rules.farming import LAST, check_amounts, judge_place, restate_diary
from traceability.core.rules.flow import (
    check_printed,
    claim_lot,
    declare_lot,
    held_by_acting,
    make_holding,
    may_make,
)
from traceability.core.rules.made import book, count_corrected, count_given_back, lot_of
from traceability.core.rules.papers import judge_claims
from traceability.core.rules.timing import check_past, day_of
from traceability.core.rules.units import carry_units, same_lots

_GOODS: Final = frozenset(
    {"harvest", "acquire", "transform", "ship", "receive", "consume", "count"}
)
_OUTPUTS: Final = frozenset({"harvest", "acquire", "transform"})
_MAKING: Final = frozenset({"harvest", "transform"})  #: what adds to lots (``rules.made``)
_RESTATED: Final = frozenset({"diary", "inspect"})


def correct(case: Case) -> None:
    """A correction of one earlier record of the same party."""
    data, state = case.body.data, case.state
    entry = state.record(data.corrects)
    original = state.body(data.corrects) if entry else None
    if entry is None or original is None:
        case.refuse("correct.unknown", "/data/corrects", record=data.corrects)
    if not state.stands_for(case.acting, entry.acting):
        case.refuse("correct.foreign", "/data/corrects", record=data.corrects)
    ways = [bool(data.void), bool(data.outputs), data.restated is not None]
    if sum(ways) != 1:
        case.refuse("correct.one-way", "/data")
    if state.voided(entry.index):
        case.refuse("correct.voided", "/data/corrects", record=data.corrects)
    allowed = _OUTPUTS if data.outputs else _RESTATED if data.restated else _GOODS | {"diary"}
    if entry.type not in allowed:
        case.refuse("correct.type", "/data/corrects", type=entry.type)
    kind = "void" if data.void else "correct"
    case.effects.links.append(Link(case.index, entry.index, kind))
    if data.restated is not None or entry.type == "diary":
        if case.body.draws or case.body.makes:
            case.refuse("correct.no-goods", "/draws")
        _restate(case, entry, original.body)
    elif data.void:
        _void(case, entry, original.body)
        judge_surplus(case)
    else:
        _correct_outputs(case, entry)
        judge_surplus(case)


def dispute(case: Case) -> None:
    """A party that a record names denies it; the record stays, and is marked."""
    data, state = case.body.data, case.state
    entry = state.record(data.record)
    original = state.body(data.record) if entry else None
    if entry is None or original is None:
        case.refuse("dispute.unknown", "/data/record", record=data.record)
    named = named_in(original.body)
    if entry.type == "receive":  # it speaks of what the shipper sent
        named.update(_shippers(case, original.body))
    named.discard(entry.iss)
    if not _names_hidden(original.body) and not any(
        state.stands_for(case.acting, party) for party in named
    ):
        case.refuse("dispute.not-named", "/data/record", record=data.record)
    case.effects.links.append(Link(case.index, entry.index, "dispute"))
    case.effects.opened.append(AlertKey(entry.index, -1, "disputed", str(case.index)))


def _names_hidden(body: Any) -> bool:
    """Whether the record names a party that was not disclosed to us: it may be the one."""
    if any(make.undisclosed("holder") for make in getattr(body, "makes", ())):
        return True
    return bool(body.type == "acquire" and body.data.source.undisclosed("party"))


def live_of(case: Case, index: int, n: int) -> tuple[Holding, Holding | None]:
    """Output ``n`` of a record, and the holding in which what remains of it lives (None: gone)."""
    root = case.state.holding((index, n))
    if root is None:
        case.refuse("correct.output", "/data/outputs", n=n)
    if root.live is None:
        return root, root
    return root, None if root.live == GONE else case.state.holding(root.live)


def _shippers(case: Case, receipt: Any) -> set[str]:
    sources = (_input(case, draw)[0] for draw in receipt.draws)
    return {source.shipper for source in sources if source.shipper is not None}


def _void(case: Case, entry: RecordEntry, original: Any) -> None:
    outputs = range(len(getattr(original, "makes", ())))
    pairs = [live_of(case, entry.index, n) for n in outputs]
    expected: set[HoldingKey] = set()
    for root, live in pairs:
        drawn = root.used or (live is not None and live.left != live.made)
        if drawn or case.state.closed_by(entry.index) is not None:
            case.refuse("correct.drawn", "/data/void", lot=root.lot)
        if live is not None:
            expected.add(live.key)
    sources = draw_all(case, own=frozenset(expected))
    if {source.holding.key for source in sources} != expected:
        case.refuse("correct.remainder", "/draws")
    whole(case, sources)
    crops = _crops_of_record(case, entry)
    for root, live in pairs:
        case.effects.moved.append((root.key, 0, GONE))
        _reopen(case, root, entry)
        if entry.type in _MAKING:
            total = _total(crops, root, live)
            count_corrected(case, (live or root).lot_key, root.unit, total, 0)
    inputs = [_input(case, draw) for draw in getattr(original, "draws", ())]
    makes = case.body.makes
    if len(makes) != len(inputs):
        case.refuse("correct.inputs", "/makes", lines=len(inputs))
    for n, (make, (source, amount)) in enumerate(zip(makes, inputs, strict=True)):
        wanted = None if make.quantity is None else Quantity.parse(make.quantity)
        same = (make.of, make.product, make.lot) == (n, source.product, source.lot)
        known = make.holder is not None and source.holder is not None
        if not same or (known and make.holder != source.holder):
            case.refuse("correct.inputs", f"/makes/{n}", lines=len(inputs))
        if wanted is not None and source.made is not None:  # else its unit is not known to us
            same_dimension(case, wanted, source.unit, f"/makes/{n}/quantity")
        if wanted is not None and amount is not None and wanted.base != amount:
            case.refuse("correct.inputs", f"/makes/{n}/quantity", lines=len(inputs))
        held = make_holding(case, make, n, claims=source.claims, holder=source.holder)
        held.ship, held.shipper = source.ship, source.shipper
        held.sent_from, held.at = source.sent_from, source.at
        held.place = make.place or source.place
        if entry.type == "transform":
            count_given_back(case, entry, source, amount)
    carry_units(case, sources, same_lots(sources, case.effects.made))
    _restate_crops(case, [replace(crop, amount=0) for crop in crops])


def _total(crops: Sequence[Crop], root: Holding, live: Holding | None) -> int | None:
    """What there was of an output in all, by the last correction: of a harvest as it was stated,
    of a transformation what was drawn of it and what remained (which is no less)."""
    for crop in crops:
        if crop.n == root.n:
            return crop.amount
    if live is None:
        return root.used
    return None if live.made is None else root.used + live.made


def _reopen(case: Case, root: Holding, entry: RecordEntry) -> None:
    """A lot that the voided record began may be begun again: its code may be printed already."""
    lot = lot_of(case, root.lot_key)
    if lot is not None and lot.index == entry.index:
        book(case, lot, opened=case.at.time)


def _correct_outputs(case: Case, entry: RecordEntry) -> None:
    drawn = draw_all(case)
    whole(case, drawn)
    sources = {source.holding.key: source for source in drawn}
    anew: dict[HoldingKey, Holding] = {}
    makes = {make.of: (n, make) for n, make in enumerate(case.body.makes)}
    if len(makes) != len(case.body.makes):
        case.refuse("correct.inputs", "/makes", lines=len(case.body.makes))
    crops = {crop.n: crop for crop in _crops_of_record(case, entry)}
    restated: list[Crop] = []
    named: set[int] = set()
    for position, should in enumerate(case.body.data.outputs):
        if should.n in named:
            case.refuse("correct.output", f"/data/outputs/{position}", n=should.n)
        named.add(should.n)
        line = makes.pop(should.n, None)
        amount = _should_be(case, should, position)
        base = None if amount is None else amount.base
        root, live = live_of(case, entry.index, should.n)
        if amount is not None and root.made is not None:
            same_dimension(case, amount, root.unit, f"/data/outputs/{position}/quantity")
        source = sources.pop(live.key, None) if live is not None else None
        held = _correct_output(case, entry, (root, live), base, source, line)
        if live is not None and held is not None:
            anew[live.key] = held
        crop = crops.get(should.n)
        if entry.type in _MAKING:
            before = (live or root).lot_key
            after = before if line is None else (line[1].product, line[1].lot)
            total = _total(() if crop is None else (crop,), root, live)
            _count(case, root.unit, (before, total), (after, base))
        if crop is not None:
            product = crop.product if line is None else line[1].product
            restated.append(replace(crop, amount=base, product=product))
    if makes or sources:
        case.refuse("correct.remainder", "/draws")
    carry_units(case, drawn, anew)
    _restate_crops(case, restated)


def _count(
    case: Case, unit: str, before: tuple[LotKey, int | None], after: tuple[LotKey, int | None]
) -> None:
    """What was counted of one lot is counted as it should have been, perhaps of another."""
    if before[0] == after[0]:
        count_corrected(case, before[0], unit, before[1], after[1])
    else:
        count_corrected(case, before[0], unit, before[1], 0)
        count_corrected(case, after[0], unit, 0, after[1])


def _correct_output(
    case: Case,
    entry: RecordEntry,
    output: tuple[Holding, Holding | None],
    should: int | None,
    source: Source | None,
    line: tuple[int, Any] | None,
) -> Holding | None:
    """Returns what the output was made anew as, if anything of it was."""
    root, live = output
    n, left = root.n, live.left if live is not None else 0
    if live is not None and left != 0 and source is None:
        case.refuse("correct.remainder", "/draws")
    drawn: int | None = root.used
    if live is not None:
        known = live.made is not None and left is not None
        drawn = root.used + live.made - left if known else None  # type: ignore[operator]
    held: Holding | None = None
    if drawn is None or should is None:
        remains: int | None = None
    else:
        remains = max(should - drawn, 0)
        if should > drawn + (left or 0):
            if drawn:
                case.refuse("correct.upward", f"/data/outputs/{n}", lot=root.lot)
            if entry.type == "transform":
                case.refuse("correct.upward-made", f"/data/outputs/{n}", lot=root.lot)
        case.answer(entry.index, "shortfall", n)  # of an earlier correction
        if should < drawn:
            case.effects.opened.append(AlertKey(entry.index, n, "shortfall", str(case.index)))
    if line is None:
        if remains:
            case.refuse("correct.remainder", "/makes")
    else:
        position, make = line
        held_by_acting(case, make, position)
        if (make.product, make.lot) != (live or root).lot_key:
            if drawn:
                case.refuse("correct.lot-drawn", f"/makes/{position}", lot=root.lot)
            _other_lot(case, entry, make, position, root)
        held = make_holding(case, make, position, claims=(live or root).claims)
        held.at = root.at
        if held.made is not None and root.made is not None:
            pointer = f"/makes/{position}/quantity"
            same_dimension(case, Quantity.parse(make.quantity), root.unit, pointer)
            if remains is not None and held.made != remains:
                text = in_words(remains, held.unit)
                case.refuse("correct.sum", pointer, lot=make.lot, left=text)
    case.effects.moved.append((root.key, drawn or 0, GONE if held is None else held.key))
    return held


def _other_lot(case: Case, entry: RecordEntry, make: Any, position: int, root: Holding) -> None:
    """The lot code or the product was wrong, and nothing was drawn yet."""
    if entry.type == "acquire":
        check_printed(case, make)
        declare_lot(case, make)
        return
    if entry.type == "transform" and make.product != root.product:
        case.refuse("correct.type", f"/makes/{position}/product", type=entry.type)
    may_make(case, make.product, f"/makes/{position}/product")
    claim_lot(case, make, position, drawn=())


def _restate(case: Case, entry: RecordEntry, original: Any) -> None:
    restated = case.body.data.restated
    if entry.type == "inspect":
        if restated.inspect is None:
            case.refuse("correct.restated", "/data/restated", type=entry.type)
        _restate_inspection(case, entry, original, restated.inspect)
        return
    found = [each for each in case.state.diaries_at(original.place) if each.index == entry.index]
    if not found:
        case.refuse("correct.unknown", "/data/corrects", record=case.body.data.corrects)
    before = found[0]
    if case.body.data.void:
        restate_diary(case, before, replace(before, void=True, restated=case.index))
        return
    data = restated.diary
    if data is None or (restated.place is not None and restated.place != original.place):
        case.refuse("correct.restated", "/data/restated", type=entry.type)
    date = before.date
    if restated.at is not None:
        check_past(case, restated.at, "/data/restated/at")
        date = day_of(case, restated.at, original.place)
    check_amounts(data)
    after = replace(
        before, date=date, activity=data.activity, input=data.input, dose=data.dose,
        phi=data.phi, restated=case.index,
    )  # fmt: skip
    restate_diary(case, before, after)


def _restate_inspection(case: Case, entry: RecordEntry, original: Any, data: Any) -> None:
    for subject in {subject_of(about): None for about in original.about}:
        for known in case.state.inspections_of(subject):
            if known.index == entry.index:
                case.effects.inspections.append(
                    Inspection(entry.index, subject, data.kind, data.result, known.by_auditor)
                )
        if data.result == "fail":
            case.effects.opened.append(AlertKey(entry.index, -1, "inspect.failed", subject))
        else:
            case.answer(entry.index, "inspect.failed", detail=subject)


def subject_of(about: Any) -> str:
    """How facts name what a record speaks of."""
    if about.product is not None and about.lot is not None:
        return f"lot:{about.product}:{about.lot}"
    if about.place is not None:
        return f"place:{about.place}"
    if about.record is not None:
        return f"record:{about.record}"
    return f"party:{about.party}"


def _crops_of_record(case: Case, entry: RecordEntry) -> list[Crop]:
    if entry.type != "harvest":
        return []
    return [crop for crop in case.state.crops_of(entry.acting) if crop.index == entry.index]


def _restate_crops(case: Case, crops: Sequence[Crop]) -> None:
    case.effects.crops.extend(crops)
    for crop in crops:
        judge_claims(case, crop)
    for place in sorted({crop.place for crop in crops}):
        here = [crop for crop in crops if crop.place == place]
        if case.state.crops_at(place)[-LAST:]:
            judge_place(case, place, crops=here)


def _input(case: Case, draw: Any) -> tuple[Holding, int | None]:
    name, _, output = draw.from_.rpartition(".")
    entry = case.state.record(name)
    holding = case.state.holding((entry.index, int(output))) if entry else None
    if holding is None:
        case.refuse("draw.unknown", "/data/corrects", holding=draw.from_)
    return holding, None if draw.quantity is None else Quantity.parse(draw.quantity).base


def _should_be(case: Case, should: Any, position: int) -> Quantity | None:
    if should.quantity is None:
        if "quantity" not in should.hidden:
            case.refuse("quantity.missing", f"/data/outputs/{position}/quantity")
        return None
    return Quantity.parse(should.quantity)


__all__ = ["GONE", "correct", "dispute", "live_of", "subject_of"]
