"""What the short names of a season stand for on the ledger: ids of parties, places and papers, and
what has been recorded under which label.

Ids are drawn at random, so that they tell nothing; a season's files keep their short names.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from traceability.core import ids
from traceability.core.errors import FormatError
from traceability.exchange.season import Season

Command = dict[str, Any]  #: claims of a record, or an object inside, by the names on the wire


@dataclass(frozen=True, slots=True)
class Goods:
    """An output that was recorded. ``name`` is how a draw names it, ``holder`` a party's id;
    ``quantity`` and ``count`` are what was made."""

    name: str
    product: str
    lot: str
    holder: str
    quantity: str
    count: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A record: its digest, the command that it was, and the goods that it drew on, in order."""

    name: str
    command: Command
    drawn: tuple[Goods, ...] = ()


@dataclass(slots=True)
class Names:
    """Ids by the season's short names, and what was recorded so far by its labels."""

    party: dict[str, str]
    place: dict[str, str]
    certificate: dict[str, str]
    product: dict[str, str]
    goods: dict[str, Goods] = field(default_factory=dict)
    records: dict[str, Told] = field(default_factory=dict)

    @classmethod
    def draw(cls, season: Season, operator: str, random: Callable[[int], bytes]) -> "Names":
        """Draw ids for all that the season names; the operator has its own already."""
        parties = {party.key: ids.party_id(random(ids.ID_BYTES)) for party in season.parties}
        places = [place.key for place in season.places] + [plot.key for plot in season.plots]
        papers = dict.fromkeys(each.key for each in season.certificates)
        return cls(
            party=parties | {season.operator: operator},
            place={key: ids.place_id(random(ids.ID_BYTES)) for key in places},
            certificate={key: ids.certificate_id(random(ids.ID_BYTES)) for key in papers},
            product={product.key: product.gtin for product in season.products},
        )

    def goods_of(self, label: str) -> Goods:
        """The goods of that name; ``season.malformed`` where none were recorded so far."""
        found = self.goods.get(label)
        if found is None:
            what = f"no goods are called {label} yet"
            raise FormatError("season.malformed", file="flow.toml", what=what)
        return found

    def record_of(self, label: str) -> Told:
        """The record of that name, or the one that made the goods of that name; or
        ``season.malformed``."""
        found = self.records.get(label)
        if found is None:
            what = f"no record is called {label} yet"
            raise FormatError("season.malformed", file="flow.toml", what=what)
        return found


def given(**members: Any) -> Command:
    """The members that say something: neither None nor an empty list."""
    return {name: value for name, value in members.items() if value is not None and value != []}
