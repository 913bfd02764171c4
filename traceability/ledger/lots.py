"""Lots: who made them, how much of it, what remains and with whom, for those who may know.

Anybody may know that a lot exists, who made it, where and when. Amounts are for the parties on the
lot's way, up and down; who holds what, for auditors and the operator, and for a party as far as its
own shipments go: one step back, one step forward.

Anybody may also *declare* to have goods of somebody's lot (``acquire``). That puts nobody on the
lot's way, and is told apart from what descends from its maker.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from traceability.core.facts import Lot
from traceability.core.quantity import unit
from traceability.ledger.held import HELD, Held, amount_text, held_of
from traceability.ledger.holdings import LIVE
from traceability.ledger.pages import Page, bounded, cursor, place_of
from traceability.ledger.reading import Reading
from traceability.ledger.trace import Graph, origins, trace_back, trace_forward
from traceability.ledger.viewer import Viewer
from traceability.storage import tables
from traceability.storage.rows import lot_of

_LOT: Final = f"SELECT {', '.join(tables.table_of(tables.LotRow).columns.keys())} FROM lot"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left of a lot with one holder. ``amount``: base units of ``unit``'s dimension, None
    where not disclosed; ``holder`` None: with others, whom the viewer may not know. ``declared``:
    it does not descend from the lot's maker, as far as the ledger knows."""

    holder: str | None
    transit: bool
    amount: int | None
    unit: str
    own: bool  #: the viewer's, or on the way from or to it
    declared: bool

    @property
    def text(self) -> str | None:
        """The amount as people read it."""
        return amount_text(self.amount, self.unit)


@dataclass(frozen=True, slots=True)
class LotView:
    """A lot as a viewer may see it. ``made``: texts, one for each dimension; None where it may not
    be seen or is not known. ``remaining`` is None for who is not on the lot's way."""

    lot: Lot
    origins: tuple[Held, ...]
    made: tuple[str, ...] | None
    remaining: tuple[Remaining, ...] | None


def lots(
    now: Reading,
    *,
    maker: str | None = None,
    product: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[Lot]:
    """Lots by product and code; of one maker, of one product, or all. Raises
    ``LedgerError("cursor.malformed")`` for ``after``."""
    begun = place_of(after, "", "")
    if product is None:
        conditions, parameters = ["(product, lot) > (?, ?)", "opened > 0"], [*begun]
    else:
        conditions, parameters = ["product = ?", "lot > ?", "opened > 0"], [product, begun[1]]
    if maker is not None:
        conditions.append("maker = ?")
        parameters.append(maker)
    size = bounded(limit)
    found = now.rows(
        f"{_LOT} WHERE {' AND '.join(conditions)} ORDER BY product, lot LIMIT ?",
        *parameters,
        size + 1,
    )
    items = tuple(map(lot_of, found[:size]))
    return Page(items, cursor(items[-1].product, items[-1].lot) if len(found) > size else None)


#: Lots of a maker; and those of its products that it has only labels for so far.
_MINE: Final = (
    f"{_LOT} WHERE maker = ? UNION ALL {_LOT} WHERE opened = 0 AND labeller = ?"  # noqa: S608
    " AND product IN (SELECT subject FROM statement WHERE party = ? AND kind = 'product')"
)
_NEWEST: Final = (
    f"SELECT * FROM ({_MINE}) AS mine WHERE (idx, product, lot) < (?, ?, ?)"  # noqa: S608
    " ORDER BY idx DESC, product DESC, lot DESC LIMIT ?"
)


def newest(now: Reading, maker: str, *, after: str | None = None, limit: int = 20) -> Page[Lot]:
    """The lots of a maker, newest first, with those that it will pack and has labels for. Raises
    ``LedgerError("cursor.malformed")`` for ``after``."""
    place = place_of(after, 2**62, "", "")
    size = bounded(limit)
    found = now.rows(_NEWEST, maker, maker, maker, *place, size + 1)
    items = tuple(map(lot_of, found[:size]))
    if len(found) <= size:
        return Page(items, None)
    return Page(items, cursor(items[-1].index, items[-1].product, items[-1].lot))


def sought(now: Reading, wanted: str, maker: str | None, *, limit: int = 20) -> Page[Lot]:
    """The lots whose code begins with ``wanted``, or of the product of that GTIN, newest first, of
    a maker as in ``newest`` or of all; small and capital letters are the same. What is more than
    ``limit`` has no cursor: who seeks writes more of the code."""
    whose = _LOT if maker is None else _MINE
    conditions = "UPPER(SUBSTR(lot, 1, ?)) = ? OR product = ?"
    if maker is None:
        conditions = f"opened > 0 AND ({conditions})"
    size = bounded(limit)
    found = now.rows(
        f"SELECT * FROM ({whose}) AS mine WHERE {conditions}"  # noqa: S608
        " ORDER BY idx DESC, product DESC, lot DESC LIMIT ?",
        *(() if maker is None else (maker,) * 3),
        len(wanted),
        wanted.upper(),
        wanted.zfill(14),
        size,
    )
    return Page(tuple(map(lot_of, found)), None)


def is_known(now: Reading, code: str) -> bool:
    """Whether anybody has made a lot of this very code."""
    return bool(now.rows("SELECT 1 FROM lot WHERE lot = ? AND opened > 0 LIMIT 1", code))


def lot(now: Reading, gtin: str, code: str, viewer: Viewer) -> LotView | None:
    """One lot, as far as the viewer may see it; None where there is none."""
    known = now.reader.lot((gtin, code))
    if known is None:
        return None
    keys = origins(now, gtin, code)
    found = now.rows(
        f"{HELD} WHERE {now.among('h.idx', 'h.n')} ORDER BY h.idx, h.n", now.pack(keys)
    )
    begun = tuple(held_of(row) for row in found)
    onward = trace_forward(now, keys)
    if not viewer.sees_all and not _stands_on(now, viewer.party, known, begun, onward):
        return LotView(known, tuple(_without_amounts(each) for each in begun), None, None)
    made = _made(now, begun)
    return LotView(known, begun, made, tuple(_remaining(now, known, viewer, onward)))


def in_chain(now: Reading, party: str | None, gtin: str, code: str) -> bool:
    """Whether a party stands on the way of a lot: signed for, held or sent it, something that it
    was made of, or something that was made of it.

    Of a lot whose maker is not known, a party stands on the way only if nobody else declared to
    have any: there is no telling whether it is the same goods.
    """
    known = now.reader.lot((gtin, code))
    if known is None:
        return False
    keys = origins(now, gtin, code)
    found = now.rows(f"{HELD} WHERE {now.among('h.idx', 'h.n')}", now.pack(keys))
    begun = [held_of(row) for row in found]
    return _stands_on(now, party, known, begun, trace_forward(now, keys))


def _stands_on(
    now: Reading, party: str | None, known: Lot, begun: Sequence[Held], onward: Graph
) -> bool:
    if party is None:
        return False
    if known.maker is None:
        return bool(begun) and all(party in each.parties for each in begun)
    if party in onward.parties:
        return True
    return party in trace_back(now, onward.targets).parties


def _made(now: Reading, begun: Sequence[Held]) -> tuple[str, ...] | None:
    """What was made of the lot, as it stands after corrections. Washing, or filling up a silo, adds
    no more than what comes out beyond what went in of the same lot."""
    sums: dict[tuple[int, str], int] = {}
    units: dict[str, str] = {}
    for held in begun:
        root = now.reader.holding(held.key)
        made = held.made
        if root is not None and root.live is not None:
            live = now.reader.holding(root.live)  # None: nothing remained, or it was void
            here = live is not None and live.lot_key == root.lot_key
            remained = live.made if live is not None and here else 0
            made = None if remained is None else root.used + remained
        if made is None:
            return None
        dimension = unit(held.unit).dimension
        at = held.key[0], dimension
        sums[at] = sums.get(at, 0) + made
        units.setdefault(dimension, held.unit)
    again = now.rows(
        "SELECT d.idx, s.unit, d.amount FROM draw d"  # noqa: S608
        " JOIN holding s ON s.idx = d.source_idx AND s.n = d.source_n"
        " JOIN record r ON r.idx = d.idx"
        f" WHERE {now.among('d.idx')} AND r.type = 'transform' AND s.product = ? AND s.lot = ?",
        now.pack({index for index, _ in sums}),
        *((begun[0].product, begun[0].lot) if begun else ("", "")),
    )
    for index, code, amount in again:
        at = index, unit(code).dimension
        if amount is None:
            return None
        if at in sums:
            sums[at] -= amount
    made_of = dict.fromkeys(units, 0)
    for (_, kind), amount in sums.items():
        made_of[kind] += max(amount, 0)
    return tuple(str(amount_text(made_of[each], units[each])) for each in units)


def _remaining(now: Reading, known: Lot, viewer: Viewer, onward: Graph) -> Iterable[Remaining]:
    """What is left, by holder; holders that the viewer may not know are one."""
    found = now.rows(
        "SELECT h.idx, h.n, h.holder, h.ship IS NOT NULL, h.shipper, h.unit, h.remaining"  # noqa: S608
        f" FROM holding h WHERE h.product = ? AND h.lot = ? AND {LIVE} ORDER BY h.idx, h.n",
        known.product,
        known.lot,
    )
    sums: dict[tuple[str | None, bool, bool, bool, str], tuple[int | None, str]] = {}
    for idx, n, holder, transit, shipper, code, left in found:
        own = viewer.party is not None and viewer.party in (holder, shipper)
        shown = holder if own or viewer.sees_all else None
        declared = not onward.cut and (idx, n) not in onward.nodes
        key = (shown, bool(transit), own, declared, unit(code).dimension)
        before, said = sums.get(key, (0, code))
        sums[key] = (None if before is None or left is None else before + left, said)
    for (holder, transit, own, declared, _), (amount, said) in sums.items():
        yield Remaining(holder, transit, amount, said, own, declared)


def _without_amounts(held: Held) -> Held:
    return held._replace(made=None, left=None, pieces=None, pieces_left=None)
