"""The rulebook over an excerpt of the log: the records of one bundle, not all of them.

A replay of the whole log knows everything. An excerpt does not, and five things that were true on
the server would look wrong in it. Each is met so that it can only make the excerpt say less:

* *Unseen draws.* Others may have drawn on a holding by records that are not shown. Where a rule
  asks that all that was left is drawn (a stocktake, a correction, a silo's remainder), the record
  itself says how much that was: the difference to what we know of was drawn out of our sight. So a
  balance never rises by it, and nothing that is shown can be drawn twice.
* *Confirmations and inspections* may name records, lots and places that are not shown besides
  those that are: the former are passed over.
* *Crates and pallets* are not shown, as labels are not: where a shipment or its receipt names any,
  that is passed over. Nothing that is drawn or made rests on them.
* *The cut.* Where a bundle says that it was cut at a depth, a record may draw on records before
  the cut: what it makes is then taken as it says, while who signed it and when is judged as ever.
* What an earlier record not shown would have refused (a nonce used before, a lot begun by another)
  is not seen. That is what audits are for.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from traceability.core.codec import SignedRecord
from traceability.core.facts import GONE, Accepted, Effects, Holding, Lot
from traceability.core.quantity import Quantity, unit
from traceability.core.rules import apply
from traceability.core.rules.authority import authorise
from traceability.core.rules.balance import draw_all
from traceability.core.rules.case import Case
from traceability.core.rules.flow import make_holding
from traceability.core.rules.timing import check_times
from traceability.core.state import State

_CUTTABLE: Final = frozenset({"transform", "ship", "receive", "count", "consume"})


class Excerpt:
    """Judges the records of a bundle in log order, on a state that begins empty.

    ``beyond`` are the indices of the records that draw on something before the cut, ``declared``
    of those that act for another by a consent which only the operator has stated. ``claims`` is
    what goods from beyond the cut are taken to carry: whether they do is not to be seen here.
    """

    def __init__(self, log: str, cut: bool = False, claims: Iterable[str] = ()) -> None:
        self.state = State(log)
        self.cut = cut
        self.claims = tuple(claims)
        self.beyond: list[int] = []
        self.declared: set[int] = set()

    def take(self, record: SignedRecord, at: Accepted) -> Effects:
        """Judges one record and takes it in. Raises ``GocError`` where the rulebook refuses it."""
        kind = record.body.type
        prepare = _PREPARE.get(kind)
        if prepare is not None:
            record = prepare(record, self.state)
        if self.cut and kind in _CUTTABLE and self._draws_unknown(record):
            effects = _judge_beyond(record, at, self.state, self.claims)
            self.beyond.append(at.index)
        else:
            effects = apply(record, at, self.state)
        entry = effects.entry
        if entry.acting != entry.iss:
            consent = self.state.consent(entry.acting, entry.iss)
            if consent is not None and consent.declared:
                self.declared.add(at.index)
        for link in effects.links:
            if link.kind == "confirms":  # by the party itself: the rules see to that
                self.declared.discard(link.about)
        self.state.absorb(effects)
        return effects

    def _draws_unknown(self, record: SignedRecord) -> bool:
        body: Any = record.body
        return any(self.state.record(draw.from_[:43]) is None for draw in body.draws)


def _judge_beyond(
    record: SignedRecord, at: Accepted, state: State, claims: tuple[str, ...]
) -> Effects:
    """A record at the cut: its signer and times are judged, and its draws where we know them."""
    body: Any = record.body
    known = tuple(draw for draw in body.draws if state.record(draw.from_[:43]) is not None)
    case = Case(_with(record, draws=known), at, state)
    if state.record(record.name) is not None:
        case.refuse("record.known", record=record.name)
    if state.seen(body.iss, body.nonce):
        case.refuse("record.replay", "/nonce", nonce=body.nonce)
    authorise(case)
    check_times(case)
    draw_all(case, transit=body.type == "receive")
    for n, make in enumerate(getattr(body, "makes", ())):
        if state.lot((make.product, make.lot)) is None:  # whose it is lies beyond the cut
            lot = Lot(make.product, make.lot, None, make.place or body.place, at.time, at.index)
            case.effects.lots.append(lot)
        taken = getattr(make, "outcome", "") == "accepted"
        make_holding(case, make, n, claims, case.acting if taken else None, body.type == "ship")
    return case.effects


def _trim_consent(record: SignedRecord, state: State) -> SignedRecord:
    data: Any = record.body.data  # type: ignore[attr-defined]
    known = tuple(name for name in data.confirms if state.record(name) is not None)
    if len(known) == len(data.confirms):
        return record
    return _with(record, data=data.model_copy(update={"confirms": known}))


def _trim_inspection(record: SignedRecord, state: State) -> SignedRecord:
    body: Any = record.body
    known = tuple(about for about in body.about if _is_known(about, state))
    # Where nothing is known of all that it is about, it has no place in the bundle: let it fail.
    return record if not known or len(known) == len(body.about) else _with(record, about=known)


def _is_known(about: Any, state: State) -> bool:
    return (
        (about.lot is None or state.lot((about.product or "", about.lot)) is not None)
        and (about.place is None or state.place(about.place) is not None)
        and (about.record is None or state.record(about.record) is not None)
        and (about.party is None or state.party(about.party) is not None)
    )


def _without_units(record: SignedRecord, _: State) -> SignedRecord:
    """Crates and pallets are not shown: nothing that is drawn or made rests on them."""
    data: Any = record.body.data  # type: ignore[attr-defined]
    return _with(record, data=data.model_copy(update={"units": ()})) if data.units else record


def _book_unseen(record: SignedRecord, state: State) -> SignedRecord:
    """A stocktake or a correction draws all that was left."""
    for draw in record.body.draws:  # type: ignore[attr-defined]
        _lower(_source(draw, state), draw)
    return record


def _book_unseen_top_up(record: SignedRecord, state: State) -> SignedRecord:
    """A top-up draws all that was left of the very lot that it makes anew."""
    body: Any = record.body
    if body.data.kind == "top-up":
        lots = {(make.product, make.lot) for make in body.makes}
        for draw in body.draws:
            source = _source(draw, state)
            if source is not None and source.lot_key in lots:
                _lower(source, draw)
    return record


def _book_unseen_correction(record: SignedRecord, state: State) -> SignedRecord:
    """So does a correction of outputs; of an output that it does not draw, nothing was left."""
    body: Any = record.body
    if not body.data.outputs:
        return record  # a void is allowed only while nothing was drawn: that is judged as it is
    _book_unseen(record, state)
    drawn = {source.key for draw in body.draws if (source := _source(draw, state)) is not None}
    entry = state.record(body.data.corrects)
    for should in body.data.outputs if entry is not None else ():
        root = state.holding((entry.index, should.n))  # type: ignore[union-attr]
        if root is None or root.live == GONE:
            continue
        live = root if root.live is None else state.holding(root.live)
        if live is not None and live.key not in drawn:
            live.left = 0
    return record


def _source(draw: Any, state: State) -> Holding | None:
    entry = state.record(draw.from_[:43])
    return None if entry is None else state.holding((entry.index, int(draw.from_[44:])))


def _lower(source: Holding | None, draw: Any) -> None:
    """What the record does not draw had been drawn before, out of our sight; where it does not
    show us how much it draws, we do not know what was left."""
    if source is None or source.left is None:
        return
    if draw.quantity is None:
        source.left = None
        return
    amount = Quantity.parse(draw.quantity)
    if amount.base < source.left and amount.dimension is unit(source.unit).dimension:
        source.left = amount.base


def _with(record: SignedRecord, **changes: Any) -> SignedRecord:
    """The record with another body, for the rules alone: it is still called what it was."""
    return SignedRecord(
        record.body.model_copy(update=changes),
        record.kid,
        record.payload,
        record.signature,
        record.signing_input,
        record.digest,
        record.disclosures,
        record.undisclosed,
    )


_PREPARE: Final[dict[str, Callable[[SignedRecord, State], SignedRecord]]] = {
    "consent": _trim_consent,
    "inspect": _trim_inspection,
    "ship": _without_units,
    "receive": _without_units,
    "count": _book_unseen,
    "transform": _book_unseen_top_up,
    "correct": _book_unseen_correction,
}
