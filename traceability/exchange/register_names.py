"""Whom and what a register means: the members of a cooperative, their plots and products, as the
ledger knows them, found by what a clerk writes.

A farm goes by its number, its id, or its name; a plot of that farm by its code or id; a product by
its GTIN, its name, or the beginning of its name where only one of those that the members harvest
begins so ("Khóm" for "Khóm Cầu Đúc tại vườn"). Case, forms of address, what stands in brackets and
spaces do not matter; accents do, since they tell names apart.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, TypeVar

from traceability.core import ids
from traceability.core.errors import ImportRowError, LedgerError
from traceability.ledger.reading import Reading

_BRACKETS: Final = re.compile(r"\([^()]*\)")
_ADDRESS: Final = re.compile(r"^(?:hộ|ông|bà|anh|chị|cô|chú|bác|nông hộ)\s+")
_SHOWN: Final = 12  #: names that a message lists

T = TypeVar("T")


def plain(text: str) -> str:
    """A name as it is compared."""
    bare = _BRACKETS.sub(" ", unicodedata.normalize("NFC", text).casefold())
    return _ADDRESS.sub("", " ".join(bare.split()))


@dataclass(frozen=True, slots=True)
class Farm:
    """A member as registers may call it. ``names``: those of its people, as they are compared."""

    id: str
    number: str | None
    names: frozenset[str] = field(repr=False)

    def called(self) -> str:
        """How to write it so that it cannot be mistaken."""
        return self.number or self.id


@dataclass(frozen=True, slots=True)
class Plot:
    """A place where things grow."""

    id: str
    code: str | None

    def called(self) -> str:
        """How to write it."""
        return self.code or self.id


@dataclass(frozen=True, slots=True)
class Product:
    """A product that members may harvest. ``names``: as they are compared."""

    gtin: str
    name: str
    names: tuple[str, ...]

    def called(self) -> str:
        """How to write it."""
        return self.name


def find_party(now: Reading, wanted: str) -> str:
    """The party of that id, number or name. A person's name is nothing that it goes by here.

    Raises ``LedgerError``: ``import.party``, ``import.parties`` with their ids.
    """
    if ids.is_party(wanted):
        if not now.reader.statements("party", wanted):
            raise LedgerError("import.party", party=wanted)
        return wanted
    rows = now.rows("SELECT DISTINCT subject FROM statement WHERE kind = 'party' ORDER BY subject")
    found = []
    for (party,) in rows:
        data = now.reader.statements("party", party)[-1].data
        if plain(wanted) in {plain(each) for each in (data.name, data.number) if each}:
            found.append(party)
    if not found:
        raise LedgerError("import.party", party=wanted[:80])
    if len(found) > 1:
        raise LedgerError("import.parties", party=wanted[:80], parties=", ".join(found))
    return str(found[0])


class Directory:
    """What a cooperative's register can mean, as of one reading of the ledger."""

    def __init__(self, now: Reading, cooperative: str) -> None:
        self._now = now
        self.cooperative = cooperative
        self._plots: dict[str, list[Plot]] = {}

    # -- finding -------------------------------------------------------------------------------
    def farm(self, written: str) -> Farm:
        """The member; ``ImportRowError``: ``import.farm``, ``import.farms``."""
        name = plain(written)
        found = [farm for farm in self.farms if farm.id == written or plain(farm.called()) == name]
        found = found or [farm for farm in self.farms if name in farm.names]
        return _the_one(found, "import.farm", "import.farms", self.farms, Farm.called)

    def plot(self, farm: Farm, written: str) -> Plot:
        """The farm's plot; ``ImportRowError``: ``import.plot``, ``import.plots``."""
        plots = self._plots_of(farm.id)
        found = [p for p in plots if p.id == written or plain(p.called()) == plain(written)]
        return _the_one(found, "import.plot", "import.plots", plots, Plot.called)

    def product(self, written: str) -> Product:
        """The product; ``ImportRowError``: ``import.product``, ``import.products``."""
        name = plain(written)
        whole = [p for p in self.products if name in p.names or written.zfill(14) == p.gtin]
        found = whole or [p for p in self.products if any(n.startswith(name) for n in p.names)]
        return _the_one(found, "import.product", "import.products", self.products, Product.called)

    # -- reading -------------------------------------------------------------------------------
    @cached_property
    def farms(self) -> list[Farm]:
        """The present members, and the party itself where it has plots of its own."""
        parties = [self.cooperative, *self._now.reader.members(self.cooperative)]
        return [farm for party in parties if (farm := self._farm(party)) is not None]

    def _farm(self, party: str) -> Farm | None:
        statement = self._now.reader.statements("party", party)[-1]
        own = party == self.cooperative and self._plots_of(party)
        if not own and self.cooperative not in statement.data.members_of:
            return None
        record = self._now.reader.signed(statement.index)  # names of people are here alone
        data: Any = record.body.data if record is not None else statement.data  # type: ignore[attr-defined]
        names = (data.name, data.person, data.shown)
        return Farm(party, data.number, frozenset(plain(name) for name in names if name))

    def _plots_of(self, farm: str) -> list[Plot]:
        if farm not in self._plots:
            found = (
                self._now.reader.statements("place", each)[-1] for each in self._of(farm, "place")
            )
            self._plots[farm] = [
                Plot(each.subject, each.data.code) for each in found if each.data.closed is None
            ]
        return self._plots[farm]

    @cached_property
    def products(self) -> list[Product]:
        """The cooperative's products that members harvest, and those of the members."""
        found: list[Product] = []
        for party in (self.cooperative, *(farm.id for farm in self.farms)):
            for gtin in self._of(party, "product"):
                data = self._now.reader.statements("product", gtin)[-1].data
                open_to = data.makers in ("members", "anyone") or party != self.cooperative
                names = tuple(plain(name) for name in (data.name.vi, data.name.en) if name)
                if open_to and not data.withdrawn and all(gtin != p.gtin for p in found):
                    found.append(Product(gtin, data.name.vi, names))
        return found

    def _of(self, party: str, kind: str) -> list[str]:
        rows = self._now.rows(
            "SELECT subject FROM statement WHERE party = ? AND kind = ? GROUP BY subject"
            " ORDER BY min(idx)",
            party,
            kind,
        )
        return [subject for (subject,) in rows]


def _the_one(
    found: Sequence[T],
    none: str,
    several: str,
    known: Iterable[T],
    called: Callable[[T], str],
) -> T:
    if len(found) == 1:
        return found[0]
    names = [called(each) for each in (found or known)]
    listed = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    raise ImportRowError(several if found else none, known=listed or "–")
