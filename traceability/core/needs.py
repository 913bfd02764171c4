"""What the rules will look at in a batch of records, so that it can be fetched all at once.

This is an optimisation and never a condition: a ``State`` asks its ``Reader`` for whatever was not
fetched before. So it lists what most records need, and leaves the rare to the reader. Nothing here
is judged: a name in a draw may be of no record at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from traceability.core.codec import SignedRecord
from traceability.core.facts import LotKey


@dataclass(slots=True)
class Needs:
    """Keys of the look-ups that a batch will make."""

    records: set[str] = field(default_factory=set)  #: names, the batch's own among them
    outputs: set[str] = field(default_factory=set)  #: names of records whose holdings are drawn
    shipments: set[str] = field(default_factory=set)  #: those of them that a ``receive`` draws
    nonces: set[tuple[str, str]] = field(default_factory=set)  #: (party, nonce)
    worked: set[str] = field(default_factory=set)  #: those of them whose lots a ``transform`` works
    lots: set[LotKey] = field(default_factory=set)
    statements: set[tuple[str, str]] = field(default_factory=set)  #: (kind, subject)
    kids: set[str] = field(default_factory=set)
    farmed: set[str] = field(default_factory=set)  #: places whose harvests and diary count
    judged: set[str] = field(default_factory=set)  #: those of them whose alerts may change


def needs(batch: Iterable[SignedRecord]) -> Needs:
    """Say what the rules will look at."""
    wanted = Needs()
    for record in batch:
        body: Any = record.body
        kind, iss = body.type, body.iss
        wanted.records.add(record.name)
        wanted.nonces.add((iss, body.nonce))
        wanted.kids.add(record.kid)
        wanted.statements.add(("party", iss))
        acting = body.acting
        if acting != iss:
            wanted.statements.add(("party", acting))
            wanted.statements.add(("consent", f"{acting}>{iss}"))
        goods = _GOODS.get(kind)
        if goods is None:
            _other(wanted, body)
            continue
        draws, makes = goods
        if draws:
            names = {draw.from_[:43] for draw in body.draws}
            wanted.records |= names
            wanted.outputs |= names
            if kind == "receive":
                wanted.shipments |= names
                wanted.records.update(line.unit for line in body.data.units)
            elif kind == "ship":
                wanted.records.update(body.data.units)
            elif kind == "transform":
                wanted.worked |= names
        if makes:
            _makes(wanted, body)
        if body.place is not None:
            wanted.statements.add(("place", body.place))
            if kind == "harvest":
                wanted.farmed.add(body.place)
    return wanted


#: Whether a type of goods record has draws, and whether what it makes may be new lots.
_GOODS = {
    "harvest": (False, True),
    "acquire": (False, True),
    "transform": (True, True),
    "ship": (True, False),
    "receive": (True, False),
    "consume": (True, False),
    "count": (True, False),
    "correct": (True, False),
}


def _makes(wanted: Needs, body: Any) -> None:
    for make in body.makes:
        wanted.lots.add((make.product, make.lot))
        wanted.statements.add(("product", make.product))


def _other(wanted: Needs, body: Any) -> None:
    if body.type == "diary":
        wanted.statements.add(("place", body.place))
        wanted.farmed.add(body.place)
        wanted.judged.add(body.place)
    elif body.type == "label":
        names = {reserve.from_[:43] for reserve in body.data.ahead}
        wanted.records |= names
        wanted.outputs |= names
        for about in body.about:
            if about.product is not None and about.lot is not None:
                wanted.lots.add((about.product, about.lot))
                wanted.statements.add(("product", about.product))
    elif body.type == "unit":
        names = {line.from_[:43] for line in body.data.contents}
        wanted.outputs |= names
        wanted.records |= names | {*body.data.units, *body.data.opens}
    elif body.type in ("place", "product"):
        wanted.statements.add((body.type, getattr(body.data, body.type)))
