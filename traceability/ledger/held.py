"""A holding as questions about the ledger answer it, and amounts as people read them."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from traceability.core import b64
from traceability.core.errors import FormatError
from traceability.core.facts import HoldingKey
from traceability.core.quantity import Dimension, Quantity, unit
from traceability.ledger.reading import Reading
from traceability.storage.dialect import Row


def columns(holding: str, record: str) -> str:
    """What ``held_of`` takes, of a row of ``holding`` and that of the record that made it."""
    h, r = holding, record
    return f"""
        {h}.idx, {h}.n, {r}.digest, {r}.type, {r}.iss, {r}.acting, {r}.at, {r}.time, {h}.product,
        {h}.lot, {h}.holder, {h}.place, {h}.unit, {h}.made, {h}.remaining, {h}.pieces,
        {h}.pieces_remaining, {h}.claims, {h}.ship, {h}.shipper
    """


#: For ``held_of``; what follows is a condition on ``h`` (holding) and ``r`` (its record).
HELD: Final = f"SELECT {columns('h', 'r')} FROM holding h JOIN record r ON r.idx = h.idx"  # noqa: S608
_FINE: Final = {  # a unit of each dimension that says every amount
    Dimension.MASS: "MGM",
    Dimension.VOLUME: "MLT",
    Dimension.COUNT: "H87",
    Dimension.LENGTH: "CMT",
    Dimension.AREA: "CMK",
}


class Held(NamedTuple):
    """A holding and the record that made it. ``made`` and ``left`` in base units of ``unit``'s
    dimension, None where not disclosed; ``at`` claimed, ``time`` accepted, Unix milliseconds;
    ``ship`` and ``shipper``: the shipment's index and sender, while it is in transit."""

    key: HoldingKey
    record: str
    type: str
    iss: str
    acting: str
    at: int
    time: int
    product: str
    lot: str
    holder: str | None
    place: str | None
    unit: str
    made: int | None
    left: int | None
    pieces: int | None
    pieces_left: int | None
    claims: tuple[str, ...]
    ship: int | None
    shipper: str | None

    @property
    def name(self) -> str:
        """The holding's name, ``<digest>.<n>``, by which a draw names it."""
        return f"{self.record}.{self.key[1]}"

    @property
    def parties(self) -> frozenset[str]:
        """Those who signed for it, hold it, or sent it."""
        named = (self.iss, self.acting, self.holder, self.shipper)
        return frozenset(party for party in named if party is not None)


def held_of(row: Row) -> Held:
    """The holding of a row of ``HELD``."""
    idx, n, digest, *rest = row
    found: list[Any] = [(idx, n), b64.encode(bytes(digest)), *rest]
    found[-3] = tuple(found[-3].split())
    return Held._make(found)


def held_at(now: Reading, keys: Iterable[HoldingKey]) -> list[Held]:
    """The holdings with these keys, in log order."""
    among = now.among("h.idx", "h.n")
    return [
        held_of(row)
        for row in now.rows(f"{HELD} WHERE {among} ORDER BY h.idx, h.n", now.pack(keys))
    ]


def amount_text(base: int | None, code: str) -> str | None:
    """An amount in its own unit, or in a finer one where that cannot say it (7 of a dozen)."""
    if base is None:
        return None
    try:
        return Quantity.of(base, code).text
    except FormatError:
        return Quantity.of(base, _FINE[unit(code).dimension]).text
